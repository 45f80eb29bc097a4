"""An atomization as plain data, for ``mge atomize --json`` and the REST API."""

from mge_assets.model.atoms import Atom, Atomization


def atomization_json(atomization: Atomization) -> dict[str, object]:
    """The file, its language, its syntax findings as sentences, and one row for each atom; offsets are bytes, lines count from 1."""
    return {
        "file": atomization.file,
        "language": atomization.language.value,
        "errors": [str(finding) for finding in atomization.errors],
        "atoms": [_row(atom) for atom in atomization.atoms],
    }


def _row(atom: Atom) -> dict[str, object]:
    return {
        "name": atom.name,
        "kind": atom.kind.value,
        "start_byte": atom.span.start_byte,
        "end_byte": atom.span.end_byte,
        "start_line": atom.span.start_line,
        "end_line": atom.span.end_line,
        "loc": atom.loc,
        "complexity": atom.complexity,
        "completeness": atom.context.completeness,
        "atomicity": atom.atomicity.score,
    }

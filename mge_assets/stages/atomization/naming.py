"""Names of atoms: dotted module path and qualified name, unique in the file, with ``#2`` and so on for later parts."""

from pathlib import PurePosixPath

from mge_assets.model.atoms import AtomKind
from mge_assets.stages.atomization.grammar import DEFINITIONS
from mge_assets.stages.atomization.packing import Packed

_NAMED = (*DEFINITIONS, AtomKind.CONSTANT, AtomKind.TYPE, AtomKind.DATA_LITERAL)


def module_path(file: str) -> str:
    """``a/b/c.py`` ▸ ``a.b.c``; ``a/__init__.py`` ▸ ``a``; ``src/x.ts`` ▸ ``src.x``."""
    path = PurePosixPath(file.replace("\\", "/"))
    parts = [part for part in path.parts if part not in {"/", ".", ".."}]
    if not parts:
        return "module"
    stem = parts[-1]
    for ending in (".d.ts", path.suffix):
        if ending and stem.endswith(ending) and stem != ending:
            stem = stem[: -len(ending)]
            break
    parts[-1] = stem
    if stem == "__init__" and len(parts) > 1:
        parts.pop()
    return ".".join(parts)


def _base(atom: Packed) -> tuple[str, bool]:
    """The name before numbering, and whether the atom may carry it plain although others of that name come first."""
    first = atom.lead
    path, description = first.scope.path, first.description
    named = f"{path}.{description.name}" if description.name else path
    top = first.scope.owner is None
    if first.header:
        return path, True
    if first.whole:
        return named, not description.overload
    if first.kind is AtomKind.DOCSTRING:
        return named, False
    if first.kind is AtomKind.ENTRY_POINT:
        return f"{path}.__main__", True
    script = first.kind is AtomKind.CONSTANT and any(piece.kind is AtomKind.STATEMENT_GROUP for piece in atom.pieces)
    return (named if top and description.kind in _NAMED and not script else path), top


def names_of(atoms: list[Packed]) -> list[str]:
    """A unique name for each atom, in order. The atom with a definition's header has the plain name, wherever its other parts stand."""
    bases = [_base(atom) for atom in atoms]
    holder: dict[str, int] = {}
    for index, (base, carries) in enumerate(bases):
        if carries:
            holder.setdefault(base, index)
    for index, (base, _) in enumerate(bases):
        holder.setdefault(base, index)
    counts: dict[str, int] = {}
    taken = set(holder)
    names: list[str] = []
    for index, (base, _) in enumerate(bases):
        if holder[base] == index:
            names.append(base)
            continue
        number = counts.get(base, 1) + 1
        while f"{base}#{number}" in taken:
            number += 1
        counts[base] = number
        names.append(f"{base}#{number}")
        taken.add(names[-1])
    return names

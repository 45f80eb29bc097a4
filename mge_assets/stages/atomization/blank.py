"""The atom of a file that has no draft yet: the whole file, still to be written."""

from pathlib import PurePosixPath

from mge_assets.model.atoms import Atom, Atomization, AtomKind, Span
from mge_resources.syntax import Language


def blank_file(file: str, language: Language) -> Atomization:
    """One empty atom that stands for the whole file; it is a stub, so nothing takes it as it is."""
    name = ".".join(PurePosixPath(file).with_suffix("").parts)
    atom = Atom(
        name=name,
        number=1,
        kind=AtomKind.STATEMENT_GROUP,
        language=language,
        file=file,
        span=Span(0, 0, 1, 1),
        text=b"",
        loc=0,
        complexity=1,
        node_type="module",
        scope=name,
        stub=True,
    )
    return Atomization(file, language, (atom,))

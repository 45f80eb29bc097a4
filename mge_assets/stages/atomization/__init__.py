"""Atomization: a file's bytes into atoms of about 10 LOC that tile it, each with its context and its atomicity (specification §3).

The way through: ``parsing`` (bytes ▸ tree) ▸ ``units`` and ``decomposition`` (tree ▸ pieces) ▸ ``packing`` (pieces ▸ groups) ▸
``assembly`` (groups ▸ atoms) ▸ ``context`` and ``atomicity`` (what each needs, how good it is). What a language looks like is in
``languages`` and ``queries``; adding one takes a file in each and a line in ``grammar``.
"""

from mge_assets.model.atoms import Atom, AtomContext, Atomicity, Atomization
from mge_assets.stages.atomization.assembly import Tiling, assemble
from mge_assets.stages.atomization.atomicity import AtomicityValidator
from mge_assets.stages.atomization.classification import ASTClassifier
from mge_assets.stages.atomization.collection import collector_paused
from mge_assets.stages.atomization.context import ContextInjector
from mge_assets.stages.atomization.decomposition import RecursiveDecomposer
from mge_assets.stages.atomization.naming import module_path
from mge_assets.stages.atomization.packing import pack
from mge_assets.stages.atomization.parsing import MultiLanguageParser, ParsedSource
from mge_assets.stages.atomization.rows import atomization_json
from mge_resources.syntax import Language

__all__ = [
    "ASTClassifier",
    "AtomicityValidator",
    "ContextInjector",
    "MultiLanguageParser",
    "ParsedSource",
    "RecursiveDecomposer",
    "Tiling",
    "atomization_json",
    "atomize",
    "module_path",
    "tile",
]


def tile(parsed: ParsedSource) -> Tiling:
    """The file's atoms with LOC and complexity, without context."""
    with collector_paused():
        pieces = RecursiveDecomposer(parsed, module_path(parsed.file)).decompose()
        return assemble(parsed, pack(pieces, parsed.lines, parsed.decisions))


def atomize(source: bytes, file: str, language: Language, *, tests: str = "") -> Atomization:
    """A file's atoms, in order, with context and atomicity. Takes any bytes; what does not parse is in the result's ``errors``.

    Args:
        source: the file's bytes; the atoms' texts joined are these bytes again.
        file: its path relative to the project, from which the atoms' names follow.
        language: what it is written in.
        tests: acceptance tests in the same language; those that name an atom become its test cases.
    """
    with collector_paused():
        return _atomize(source, file, language, tests)  # what it made and needs no more is gone before the collector runs again


def _atomize(source: bytes, file: str, language: Language, tests: str) -> Atomization:
    parsed = MultiLanguageParser().parse(source, file, language, full=True)
    tiling = tile(parsed)
    injector = ContextInjector(tiling, tests)
    validator = AtomicityValidator(injector.facts)
    found = zip(injector.inject(), injector.subjects, tiling.packed, strict=True)
    for context, subject, packed in found:
        _complete(subject.atom, context, validator.validate(context, subject, packed))
    return Atomization(file, language, tiling.atoms, parsed.errors)


def _complete(atom: Atom, context: AtomContext, atomicity: Atomicity) -> None:
    """Give an atom that nobody has seen yet its context and its verdict; a copy of each would cost as much as all of the packing."""
    object.__setattr__(atom, "context", context)
    object.__setattr__(atom, "atomicity", atomicity)

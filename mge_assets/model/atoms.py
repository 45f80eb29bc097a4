"""Atoms: units of about 10 lines of code that tile a file."""

from dataclasses import dataclass, field
from enum import StrEnum

from mge_assets.model.cases import RunCase
from mge_assets.model.findings import Finding
from mge_resources.syntax import Language

MAX_LOC = 15
"""Upper bound of an atom's LOC, unless one indivisible line or expression is longer (specification §3)."""


class AtomKind(StrEnum):
    """What an atom is in its language."""

    IMPORT = "import"
    CONSTANT = "constant"
    TYPE = "type"
    INTERFACE = "interface"
    ENUM = "enum"
    CLASS_HEADER = "class_header"
    METHOD = "method"
    FUNCTION = "function"
    STATEMENT_GROUP = "statement_group"
    ENTRY_POINT = "entry_point"
    DOCSTRING = "docstring"
    DATA_LITERAL = "data_literal"
    TRIVIA = "trivia"


@dataclass(frozen=True, slots=True)
class Span:
    """Where an atom stands in its file: byte offsets (end excluded) and 1-based lines (end included)."""

    start_byte: int
    end_byte: int
    start_line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class AtomContext:
    """The five components that an atom needs beside its code, and hints on what it depends on.

    A component is empty when nothing true of this atom could be said; ``exempt`` names the components that do not
    apply to the atom's kind (a docstring has no postcondition) and so count as complete. ``cases`` are those that were really
    run against the draft; the first of them are among ``test_cases`` in words, the others only test.
    """

    imports: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    preconditions: tuple[str, ...] = ()
    postconditions: tuple[str, ...] = ()
    test_cases: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    exempt: frozenset[str] = frozenset()
    cases: tuple[RunCase, ...] = ()

    COMPONENTS = ("imports", "types", "preconditions", "postconditions", "test_cases")

    @property
    def completeness(self) -> float:
        """Share of the five components that are filled or exempt, 0.0–1.0 (specification §3)."""
        said = (self.imports, self.types, self.preconditions, self.postconditions, self.test_cases)
        if all(said):
            return 1.0
        missing = [name for name, words in zip(self.COMPONENTS, said, strict=True) if not words and name not in self.exempt]
        return (len(said) - len(missing)) / len(said)


@dataclass(frozen=True, slots=True)
class Atomicity:
    """The ten criteria's verdict: ``score`` 0.0–1.0 and a finding for each criterion that is not fully met."""

    score: float
    violations: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Atom:
    """One unit of code.

    ``name`` is unique in the plan: dotted module path and qualified name, ``#2`` and so on for later parts of one definition.
    ``number`` counts from 1 in the file; ``text`` is the exact slice of the file's bytes; ``scope`` is the qualified name
    of the definition that holds it (the module's for top-level code); ``signature`` is the header a caller sees, if it has
    one; ``stub`` says that a body is there in name only (``...``, ``pass``, ``raise NotImplementedError``, empty).
    """

    name: str
    number: int
    kind: AtomKind
    language: Language
    file: str
    span: Span
    text: bytes
    loc: int
    complexity: int
    node_type: str
    scope: str
    indent: str = ""
    signature: str = ""
    stub: bool = False
    context: AtomContext = field(default_factory=AtomContext)
    atomicity: Atomicity = field(default_factory=lambda: Atomicity(0.0))


@dataclass(frozen=True, slots=True)
class Atomization:
    """A file's atoms, in order; their texts joined are the file's bytes. ``errors`` are the syntax findings."""

    file: str
    language: Language
    atoms: tuple[Atom, ...]
    errors: tuple[Finding, ...] = ()

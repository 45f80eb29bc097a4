"""What can be looked up about an atom: its definition, its holder, the variables that pass through it, its exits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.stages.atomization.assembly import Tiling, leading
from mge_assets.stages.atomization.decomposition import Piece, Scope
from mge_assets.stages.atomization.definitions import Definition, Definitions, Flow, flows
from mge_assets.stages.atomization.grammar import DEFINITIONS
from mge_assets.stages.atomization.marks import Marks
from mge_assets.stages.atomization.suspects import Calls
from mge_assets.stages.atomization.usage import Usage

_DECLARED = (AtomKind.TYPE, AtomKind.INTERFACE, AtomKind.ENUM, AtomKind.CLASS_HEADER)
CALLABLE = (AtomKind.FUNCTION, AtomKind.METHOD)
_ABOVE = (AtomKind.DOCSTRING, AtomKind.TRIVIA)
"""Atoms that may hold the documentation of the definition below, be there a blank line between."""
_NO_FLOW = Flow()
_DEEP = 8
_REACH = 16_000
"""Nesting and bytes up to which the header of an opened function speaks for all of it; beyond, for its own rows only (the cost would be quadratic)."""


@dataclass(slots=True, eq=False)
class Subject:
    """An atom, the piece that leads it, the offsets between which its facts stand (for a header: its whole definition), the text above it.

    ``defines`` is true for a whole definition and for the header of an opened one, ``callable`` where that is a function or a method.
    """

    atom: Atom
    piece: Piece
    start: int
    end: int
    lead: bytes = b""
    defines: bool = False
    callable: bool = False

    @property
    def in_header(self) -> bool:
        """True for further rows of an opened definition's header, such as parameters."""
        piece, owner = self.piece, self.piece.scope.owner
        return piece.statement != 0 and owner is not None and piece.description is owner


def subjects(tiling: Tiling) -> list[Subject]:
    """A subject for each atom."""
    found: list[Subject] = []
    source = tiling.parsed.source
    before: Atom | None = None
    for atom, item in zip(tiling.atoms, tiling.packed, strict=True):
        piece = leading(item)
        start, end, lead = atom.span.start_byte, atom.span.end_byte, b""
        node = piece.description.node
        defines = piece.header or piece.whole
        callable_ = defines and atom.kind in CALLABLE
        if piece.header and callable_ and piece.scope.level <= _DEEP:
            end = max(end, min(node.end_byte, start + _REACH))
        if defines:
            lead = source[start : max(start, node.start_byte)]
            if before is not None and before.kind in _ABOVE and b"/**" not in lead:
                lead = before.text + lead
        found.append(Subject(atom, piece, start, end, lead, defines, callable_))
        before = atom
    return found


class Facts:
    """Look-ups over one file."""

    def __init__(self, tiling: Tiling) -> None:
        parsed = tiling.parsed
        self.grammar, self.source = parsed.grammar, parsed.source
        self.marks = Marks(parsed.source, parsed.context_marks())
        self._functions = self.marks.listed(parsed.marks.get("function", ()))
        self.random, self.effects = (Calls(self.marks.table("call"), names) for names in (self.grammar.random, self.grammar.effects))
        self._definitions = Definitions(tiling, self.marks)
        self._flows = flows(tiling, self.marks)
        self._bindings: dict[int, tuple[tuple[str, str], ...]] = {}
        self.usage = Usage(parsed.root, self.marks)
        self.imports = self._imported()
        self.defined, self.members = _defined(tiling)
        self._self_name = self.grammar.self_name.encode()
        self._owners: dict[int, str] = {}
        self._asked: Subject | None = None
        self._answer: Mapping[str, Sequence[Node]] = {}

    def _imported(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for node in self.marks.table("import").nodes:
            found.update(self.bindings(node))
        return found

    def bindings(self, node: Node) -> tuple[tuple[str, str], ...]:
        """The names that an import binds, each with the import that gives this name alone."""
        known = self._bindings.get(node.start_byte)
        if known is None:
            known = self._bindings[node.start_byte] = self.grammar.bindings(node)
        return known

    def definition(self, subject: Subject) -> Definition:
        """The definition that the subject is the whole or the header of."""
        piece = subject.piece
        known = self._definitions.known(piece.description)
        if known is not None:
            return known
        path = piece.scope.path if piece.header else f"{piece.scope.path}.{piece.description.name}"
        return self._definitions.get(piece.description, path, subject.lead)

    def holder(self, subject: Subject) -> Definition | None:
        """The innermost function or method that the atom is a part of."""
        scope: Scope | None = subject.piece.scope
        for _ in range(_DEEP):
            if scope is None or scope.owner is None:
                break
            if scope.in_function:
                return self._definitions.known(scope.owner) or self._definitions.get(scope.owner, scope.path)
            scope = scope.parent
        return None

    def owner_class(self, subject: Subject) -> str:
        """The dotted name of the class around the atom; empty where there is none."""
        scope = subject.piece.scope
        found = self._owners.get(id(scope))
        if found is None:
            found = self._owners[id(scope)] = _owner_class(scope)
        return found

    def mentions_self(self, subject: Subject) -> bool:
        """True where the atom's text uses ``self`` or ``this``."""
        return self._self_name in subject.atom.text

    def flow(self, subject: Subject) -> Flow:
        """The variables that pass between the atom and other parts of its function."""
        return self._flows.get(subject.atom.number - 1, _NO_FLOW)

    def bound(self, subject: Subject) -> dict[str, int]:
        """Names that the atom itself binds, not what functions in it bind for themselves; of a type or class: what it defines for the file."""
        start, end = subject.atom.span.start_byte, subject.atom.span.end_byte
        found = {**self.marks.names("bind", start, end), **self.marks.names("rebind", start, end)}
        if subject.atom.kind in _DECLARED:
            return {name: at for name, at in found.items() if name in self.defined}
        if found and (functions := self._functions.within(start, end)):
            spans = [(node.start_byte, node.end_byte, self._name_at(node)) for node in functions]
            return {name: at for name, at in found.items() if not any(first < at < last and at != own for first, last, own in spans)}
        return found

    @staticmethod
    def _name_at(function: Node) -> int:
        """Where a function's own name stands, which it binds outside of itself."""
        name = function.child_by_field_name("name")
        return name.start_byte if name is not None else -1

    def is_own(self, called: str, subject: Subject) -> bool:
        """Whether a called name is the code's own: one that the file defines, or what stands before its dot a variable of the function around."""
        first, dot, _ = called.partition(".")
        if not dot and first in self.defined:
            return True
        definition = self.definition(subject) if subject.callable else self.holder(subject)
        if definition is None:
            return False
        start, end = definition.start, definition.end
        return any(parameter.name == first for parameter in definition.parameters) or first in self.marks.names("bind", start, end)

    def gives(self, subject: Subject) -> bool:
        """Whether the atom has a result: a value that it returns or yields, or a variable that other parts of its function read."""
        if not subject.defines and self.flow(subject).live_out:
            return True
        return any(node.named_child_count for table in ("return", "yield") for node in self.own(table, subject))

    def functions_within(self, subject: Subject) -> int:
        """Functions that begin in the atom."""
        return len(self._functions.within(subject.atom.span.start_byte, subject.atom.span.end_byte))

    def own(self, table: str, subject: Subject) -> Sequence[Node]:
        """A table's nodes in the subject, those inside functions nested in it left out."""
        if self._asked is not subject:
            self._asked, self._answer = subject, self._own_tables(subject)
        return self._answer.get(table, ())

    def _own_tables(self, subject: Subject) -> Mapping[str, Sequence[Node]]:
        tables = self.marks.held(subject.start, subject.end)
        functions = self._functions.within(subject.start, subject.end) if tables else ()
        if not functions:
            return tables
        own_start = subject.piece.description.node.start_byte if subject.callable else -1
        nested = [(f.start_byte, f.end_byte) for f in functions if f.start_byte != own_start]
        return {name: _outside(nodes, nested) for name, nodes in tables.items()} if nested else tables


def _owner_class(scope: Scope) -> str:
    around: Scope | None = scope
    for _ in range(_DEEP):
        if around is None:
            break
        if around.in_class:
            return around.path
        around = around.parent
    return ""


def _outside(nodes: Sequence[Node], spans: Sequence[tuple[int, int]]) -> list[Node]:
    """The nodes that start in none of the spans; both are in order."""
    found: list[Node] = []
    index, inner = 0, 0
    for node in nodes:
        at = node.start_byte
        while index < len(spans) and spans[index][0] <= at:
            inner = max(inner, spans[index][1])
            index += 1
        if at >= inner:
            found.append(node)
    return found


def _defined(tiling: Tiling) -> tuple[dict[str, str], dict[str, str]]:
    """Names that the file defines at its top level, and members as ``Class.member``, each with the atom that defines it."""
    names: dict[str, str] = {}
    members: dict[str, str] = {}
    for atom, item in zip(tiling.atoms, tiling.packed, strict=True):
        for piece in item.pieces:
            short = piece.description.name
            if not short or not (piece.whole or piece.header or piece.kind in {AtomKind.CONSTANT, AtomKind.TYPE}):
                continue
            around = piece.scope.parent if piece.header and piece.scope.parent else piece.scope
            if around.owner is None:
                names.setdefault(short, atom.name)
            elif around.owner.kind in DEFINITIONS:
                members.setdefault(f"{around.path}.{short}", atom.name)
    return names, members

"""From a tree to pieces: rows at which a file may be cut, each with what stands there (specification §3, ``RecursiveDecomposer``).

What belongs here: which units are opened and which stay whole. Whole definitions of up to 15 LOC stay whole (by_function, by_class);
longer ones are opened into header and body (by_block), down to single rows (single_atom). An explicit stack, no recursion: ten
thousand levels of nesting are no trouble.
"""

from dataclasses import dataclass, replace

from mge_assets.model.atoms import MAX_LOC, AtomKind
from mge_assets.stages.atomization.classification import CLASS_LIKE, ASTClassifier
from mge_assets.stages.atomization.grammar import DEFINITIONS, Description
from mge_assets.stages.atomization.parsing import ParsedSource
from mge_assets.stages.atomization.traits import PLAIN
from mge_assets.stages.atomization.units import Element, Group, Role, Unit, Units


@dataclass(slots=True, eq=False)
class Scope:
    """The definition that holds a piece. ``path`` is the dotted name; ``owner`` describes it (none for the module)."""

    path: str
    owner: Description | None = None
    parent: "Scope | None" = None
    in_function: bool = False
    level: int = 0

    @property
    def in_class(self) -> bool:
        """True directly inside a class."""
        return self.owner is not None and self.owner.kind in CLASS_LIKE


@dataclass(slots=True, eq=False)
class Enclosing:
    """The header of a statement that was opened, from ``start`` to ``end``, and what encloses that."""

    start: int
    end: int
    outer: "Enclosing | None"


@dataclass(slots=True, eq=False)
class Piece:
    """Rows from ``first`` up to the next piece. ``group`` names the opened unit that it comes from, ``statement`` the opened expression
    or definition's header that it is a part of.

    ``depth`` counts the blocks and expressions around it; ``local`` says that one of them is a function, be it one without a name.
    ``closes`` marks one that begins with a closing bracket, ``header`` the first piece of an opened definition,
    ``whole`` a definition in one piece.
    """

    first: int
    kind: AtomKind
    role: Role
    scope: Scope
    group: int
    depth: int
    description: Description
    statement: int = 0
    header: bool = False
    whole: bool = False
    local: bool = False
    closes: bool = False
    enclosing: Enclosing | None = None

    def line(self, row: int) -> "Piece":
        """A row of the piece as one by itself."""
        place = (self.scope, self.group, self.depth, self.description, self.statement)
        return Piece(row, self.kind, Role.LINE, *place, local=self.local, closes=self.closes, enclosing=self.enclosing)


@dataclass(slots=True, eq=False)
class _Frame:
    """A unit that waits to be opened, and what is known of where it stands. ``part_of`` describes the opened unit that it is a mere part of."""

    unit: Unit
    main: Element
    description: Description
    scope: Scope
    group: int = 0
    depth: int = 0
    statement: int = 0
    part_of: Description | None = None
    header: bool = False
    local: bool = False
    enclosing: Enclosing | None = None


_NAMED_LEVELS = 50
_DEEPER = (Role.STATEMENT, Role.ITEM, Role.LINE, Role.FRAGMENT, Role.BODY)
_BRANCHING = (Role.STATEMENT, Role.BODY, Role.CLAUSE)
_OPENED_FROM = 6
"""LOC from which a statement with several decisions is opened, so that packing may cut it: in fewer lines no cut helps."""


class RecursiveDecomposer:
    """Opens units until each piece has at most 15 LOC or is a single row."""

    def __init__(self, parsed: ParsedSource, module: str) -> None:
        self._lines, self._code = parsed.lines, parsed.lines.code
        self._units = Units(parsed.lines, parsed.traits)
        self._classify = ASTClassifier(parsed.grammar)
        self._root, self._tops, self._decisions = parsed.root, parsed.tops, parsed.decisions
        self._module = Scope(module)
        self._groups = 0

    def decompose(self) -> list[Piece]:
        """The pieces in order; the first begins on row 0."""
        whole = Description(AtomKind.STATEMENT_GROUP, self._root)
        nothing = _Frame(Element(0, 0, Role.STATEMENT, None), Element(0, 0, Role.STATEMENT, None), whole, self._module, depth=-1)
        stack = self._sorted(self._units.of_statements(self._tops), nothing)
        pieces: list[Piece] = []
        while stack:
            top = stack.pop()
            if isinstance(top, Piece):
                pieces.append(top)
            else:
                stack.extend(self._open(top))
        if not pieces and len(self._lines):
            pieces.append(Piece(0, AtomKind.TRIVIA, Role.COMMENT, self._module, 0, 0, Description(AtomKind.TRIVIA, self._root)))
        if pieces:
            pieces[0].first = 0
        return self._bounded(pieces)

    def _stays_whole(self, unit: Unit, role: Role, description: Description, part_of: Description | None, local: bool) -> bool:
        first, last = unit.first, unit.last
        if first == last:
            return True
        if role is Role.BODY and part_of is not None and (part_of.scoped or part_of.split):
            return False  # a definition's body is cut into statements or members even where it would fit
        loc = self._code[last + 1] - self._code[first]
        if loc > MAX_LOC or description.split:
            return False
        if not local or loc < _OPENED_FROM or role not in _BRANCHING or description.scoped:
            return True
        return self._decisions.within(self._lines.starts[first], self._lines.offset(last + 1)) < 2

    def _open(self, frame: _Frame) -> "list[Piece | _Frame]":
        """The unit's parts, last first."""
        unit, description = frame.unit, frame.description
        apart = self._units.detached(unit)
        if len(apart) == 2 and not description.split and (self._loc(apart[1]) <= MAX_LOC or self._loc(apart[0]) > MAX_LOC // 2):
            return self._comment_apart(frame, apart)
        parts = self._units.opened(unit)
        if len(parts) == 1 and (parts[0].main.role is not Role.STATEMENT or parts[0].main is frame.main):
            parts[0].last = parts[0].first  # nothing left to cut: one row, or a token that hides its own
            frame.unit, frame.main = parts[0], parts[0].main
            return [self._whole(frame)]
        self._groups += 1
        if description.scoped and frame.part_of is None:
            return self._sorted(parts, self._definition(frame))
        expression = frame.part_of is None and not self._classify.is_compound(frame.main)
        statement = frame.statement or (self._groups if expression else 0)
        enclosing = frame.enclosing
        if not expression and frame.main.role is not Role.BODY:
            enclosing = Enclosing(self._lines.offset(unit.first), self._lines.offset(parts[1].first if len(parts) > 1 else parts[0].first), enclosing)
        local, part_of = frame.local or expression, frame.part_of or description
        return self._sorted(parts, _Frame(unit, frame.main, description, frame.scope, 0, frame.depth, statement, part_of, frame.header, local, enclosing))

    def _definition(self, frame: _Frame) -> _Frame:
        """What stands above the parts of an opened definition."""
        description, scope = frame.description, frame.scope
        in_function = description.kind in {AtomKind.FUNCTION, AtomKind.METHOD}
        deep = scope.level >= _NAMED_LEVELS  # names of ten thousand levels would be megabytes; numbers tell the atoms apart
        inner = Scope(scope.path if deep else _join(scope.path, description.name), description, scope, in_function, scope.level + 1)
        local = in_function or (frame.local and description.kind not in CLASS_LIKE)
        return _Frame(frame.unit, frame.main, description, inner, 0, frame.depth, self._groups, description, True, local)

    def _comment_apart(self, frame: _Frame, apart: list[Unit]) -> "list[Piece | _Frame]":
        kind = AtomKind.DOCSTRING if frame.description.defines else AtomKind.TRIVIA
        about = Description(kind, frame.description.node, frame.description.name)
        comment = replace(frame, unit=apart[0], main=apart[0].main, description=about, header=False)
        rest = replace(frame, unit=apart[1], main=apart[1].main)
        return [self._settled(rest), self._settled(comment)]

    def _settled(self, frame: _Frame) -> "Piece | _Frame":
        whole = self._stays_whole(frame.unit, frame.main.role, frame.description, frame.part_of, frame.local)
        return self._whole(frame) if whole else frame

    def _whole(self, frame: _Frame) -> Piece:
        place = (frame.scope, frame.group, frame.depth, frame.statement, frame.part_of, frame.header, frame.local, frame.enclosing)
        return self._piece(frame.unit, frame.main, frame.description, *place)

    def _loc(self, unit: Unit) -> int:
        return self._code[unit.last + 1] - self._code[unit.first]

    def _sorted(self, units: list[Unit], above: _Frame) -> "list[Piece | _Frame]":
        """A piece for each unit that stays whole and a frame for each that will be opened, last first, as a new group.

        Statements, members and parts of expressions stand one level deeper than headers, clauses and closing brackets.
        """
        found: list[Piece | _Frame] = []
        in_class, local, group = above.scope.in_class, above.local, self._groups
        level = above.main.role is Role.BODY and not above.unit.closes
        declares = in_class and above.scope.owner is not None and above.scope.owner.kind is not AtomKind.CLASS_HEADER
        overload: tuple[Unit, str] | None = None
        for index, unit in enumerate(units):
            scope, depth, main = above.scope, above.depth, unit.main
            role, node = main.role, main.node
            fresh = role is Role.STATEMENT
            part_of, statement = (None, 0) if fresh else (above.part_of, above.statement)
            if fresh and local and main.traits & PLAIN and node is not None:
                description = Description(AtomKind.STATEMENT_GROUP, node)
            else:
                description = self._classify.unit(main, in_class, part_of)
                if declares and node is not None and description.body is None and description.kind is AtomKind.METHOD:
                    description = Description(AtomKind.STATEMENT_GROUP, node)  # a signature: a member of its interface, and nothing by itself
                if role is Role.ITEM and description.defines:
                    part_of = None
                    scope = replace(scope, path=_join(scope.path, above.part_of.name if above.part_of else ""))
            if overload is not None and overload[1] == description.name and self._code[unit.last + 1] - self._code[overload[0].first] <= MAX_LOC:
                unit = Group(overload[0].first, unit.last, overload[0].elements + unit.elements)  # noqa: PLW2901 - with its overloads
                found.pop()
            overload = (unit, description.name) if description.overload else None
            if not level and (fresh or index or depth < 0) and role in _DEEPER and not unit.closes:
                depth += 1
            place = (scope, group, depth, statement, part_of, above.header and index == 0, local, above.enclosing)
            if unit.first == unit.last or self._stays_whole(unit, role, description, part_of, local):
                piece = self._piece(unit, main, description, *place)
                if not index and above.main.role is Role.CLAUSE:
                    piece.role = Role.CLAUSE  # the header of an opened clause begins as late in its statement as a whole one
                found.append(piece)
            else:
                found.append(_Frame(unit, main, description, *place))
        found.reverse()
        return found

    def _piece(  # noqa: PLR0913, PLR0917 - a frame's fields, without a frame for each piece
        self, unit: Unit, main: Element, description: Description, scope: Scope, group: int, depth: int, statement: int, part_of: Description | None,
        header: bool, local: bool, enclosing: Enclosing | None,
    ) -> Piece:  # fmt: skip
        owner, kind = scope.owner, description.kind
        whole = part_of is None and (kind in DEFINITIONS or description.body is not None)
        if header and owner is not None:
            description = owner
        kind = self._classify.piece(description, main.role, owner, whole or header)
        return Piece(unit.first, kind, main.role, scope, group, depth, description, statement, header, whole, local, unit.closes, enclosing)

    def _bounded(self, pieces: list[Piece]) -> list[Piece]:
        """Cut by rows what is still over 15 LOC because the tree does not cover it (bytes that an ERROR node skipped)."""
        bounded: list[Piece] = []
        for index, piece in enumerate(pieces):
            end = pieces[index + 1].first if index + 1 < len(pieces) else len(self._lines)
            bounded.append(piece)
            if end - piece.first <= MAX_LOC or self._lines.loc(piece.first, end) <= MAX_LOC:
                continue
            piece.statement = -piece.group
            bounded += [piece.line(row) for row in range(piece.first + 1, end) if not self._lines.blank(row)]
        return bounded


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if name else path

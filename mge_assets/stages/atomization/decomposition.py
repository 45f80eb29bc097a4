"""From a tree to pieces: rows at which a file may be cut, each with what stands there (specification §3, ``RecursiveDecomposer``).

What belongs here: which units are opened and which stay whole. Whole definitions of up to 15 LOC stay whole (by_function, by_class);
longer ones are opened into header and body (by_block), down to single rows (single_atom). An explicit stack, no recursion: ten
thousand levels of nesting are no trouble.
"""

from dataclasses import dataclass, replace

from mge_assets.model.atoms import MAX_LOC, AtomKind
from mge_assets.stages.atomization.classification import CLASS_LIKE, ASTClassifier
from mge_assets.stages.atomization.grammar import Description
from mge_assets.stages.atomization.parsing import ParsedSource
from mge_assets.stages.atomization.units import Element, Role, Unit, Units


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Enclosing:
    """The header of a statement that was opened, from ``start`` to ``end``, and what encloses that."""

    start: int
    end: int
    outer: "Enclosing | None"


@dataclass(slots=True)
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


@dataclass(slots=True)
class _Frame:
    """A unit that waits its turn, and what is known of where it stands. ``part_of`` describes the opened unit that it is a mere part of."""

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
_CLOSING = frozenset({"}", ")", "]", ">", "/>"})
_OPENED_FROM = 6
"""LOC from which a statement with several decisions is opened, so that packing may cut it: in fewer lines no cut helps."""


class RecursiveDecomposer:
    """Opens units until each piece has at most 15 LOC or is a single row."""

    def __init__(self, parsed: ParsedSource, module: str) -> None:
        self._lines = parsed.lines
        self._units = Units(parsed.lines, parsed.grammar)
        self._classify = ASTClassifier(parsed.grammar)
        self._root, self._decisions = parsed.root, parsed.decisions
        self._module = Scope(module)
        self._groups = 0

    def decompose(self) -> list[Piece]:
        """The pieces in order; the first begins on row 0."""
        whole = Description(AtomKind.STATEMENT_GROUP, self._root)
        nothing = _Frame(Unit(0, 0, []), Element(0, 0, Role.STATEMENT, None), whole, self._module, depth=-1)
        stack = self._frames(self._units.of_children(self._root), nothing)
        pieces: list[Piece] = []
        while stack:
            frame = stack.pop()
            if self._stays_whole(frame):
                pieces.append(self._piece(frame))
            else:
                stack.extend(self._open(frame))
        if not pieces and len(self._lines):
            pieces.append(Piece(0, AtomKind.TRIVIA, Role.COMMENT, self._module, 0, 0, Description(AtomKind.TRIVIA, self._root)))
        if pieces:
            pieces[0].first = 0
        return self._bounded(pieces)

    def _loc(self, unit: Unit) -> int:
        return self._lines.loc(unit.first, unit.last + 1)

    def _stays_whole(self, frame: _Frame) -> bool:
        unit = frame.unit
        if unit.first == unit.last:
            return True
        if frame.part_of is not None and frame.part_of.scoped and frame.main.role is Role.BODY:
            return False  # a definition's body is cut into statements or members even where it would fit
        loc = self._loc(unit)
        return loc <= MAX_LOC and not frame.description.split and not (frame.local and loc >= _OPENED_FROM and self._branches(frame))

    def _branches(self, frame: _Frame) -> bool:
        """True for a statement, a body or a clause (of no definition) with more than one decision in it."""
        if frame.description.scoped or frame.main.role not in {Role.STATEMENT, Role.BODY, Role.CLAUSE}:
            return False
        offset = self._lines.offset
        return self._decisions.within(offset(frame.unit.first), offset(frame.unit.last + 1)) > 1

    def _open(self, frame: _Frame) -> list[_Frame]:
        """Frames of the unit's parts, last first."""
        unit, description = frame.unit, frame.description
        apart = self._units.detached(unit)
        if len(apart) == 2 and not description.split and (self._loc(apart[1]) <= MAX_LOC or self._loc(apart[0]) > MAX_LOC // 2):
            return self._comment_apart(frame, apart)
        parts = self._units.opened(unit)
        if len(parts) == 1:
            parts[0].last = parts[0].first  # nothing left to cut: one row, or a token that hides its own
            return [replace(frame, unit=parts[0], main=parts[0].main)]
        self._groups += 1
        if description.scoped and frame.part_of is None:
            in_function = description.kind in {AtomKind.FUNCTION, AtomKind.METHOD}
            deep = frame.scope.level >= _NAMED_LEVELS  # names of ten thousand levels would be megabytes; numbers tell the atoms apart
            scope = Scope(frame.scope.path if deep else _join(frame.scope.path, description.name), description, frame.scope, in_function, frame.scope.level + 1)
            local = in_function or (frame.local and description.kind not in CLASS_LIKE)
            return self._frames(parts, replace(frame, scope=scope, part_of=description, header=True, statement=self._groups, enclosing=None, local=local))
        expression = frame.part_of is None and not self._classify.is_compound(frame.main)
        statement = frame.statement or (self._groups if expression else 0)
        enclosing = frame.enclosing
        if not expression and frame.main.role is not Role.BODY:
            enclosing = Enclosing(self._lines.offset(unit.first), self._lines.offset(parts[1].first), enclosing)
        local = frame.local or expression
        return self._frames(parts, replace(frame, part_of=frame.part_of or description, statement=statement, enclosing=enclosing, local=local))

    def _comment_apart(self, frame: _Frame, apart: list[Unit]) -> list[_Frame]:
        kind = AtomKind.DOCSTRING if frame.description.defines else AtomKind.TRIVIA
        about = Description(kind, frame.description.node, frame.description.name)
        comment = replace(frame, unit=apart[0], main=apart[0].main, description=about, header=False)
        return [replace(frame, unit=apart[1], main=apart[1].main), comment]

    def _frames(self, units: list[Unit], above: _Frame) -> list[_Frame]:
        """One frame a unit, last first, as a new group. Statements, members and parts of expressions stand one level deeper than headers and clauses."""
        frames = []
        in_class = above.scope.in_class
        level = above.main.role is Role.BODY and not _closes(above.unit)
        for index, unit in enumerate(units):
            main = unit.main
            role = main.role
            fresh = role is Role.STATEMENT
            part_of = None if fresh else above.part_of
            description = self._classify.unit(main, in_class, part_of)
            scope = above.scope
            if role is Role.ITEM and description.defines:
                part_of = None
                scope = replace(scope, path=_join(scope.path, above.part_of.name if above.part_of else ""))
            first = index == 0 and above.depth >= 0 and not fresh
            depth = above.depth + (not first and not level and role in _DEEPER and not _closes(unit))
            statement = 0 if fresh else above.statement
            header = above.header and index == 0
            frames.append(_Frame(unit, main, description, scope, self._groups, depth, statement, part_of, header, above.local, above.enclosing))
        frames = self._with_overloads(frames)
        frames.reverse()
        return frames

    def _with_overloads(self, frames: list[_Frame]) -> list[_Frame]:
        """Overload signatures joined to the definition that follows, as long as they make one atom."""
        joined: list[_Frame] = []
        for frame in frames:
            before = joined[-1] if joined else None
            if before is not None and before.description.overload and before.description.name == frame.description.name:
                unit = Unit(before.unit.first, frame.unit.last, before.unit.elements + frame.unit.elements)
                if self._loc(unit) <= MAX_LOC:
                    joined[-1] = replace(frame, unit=unit, main=frame.main)
                    continue
            joined.append(frame)
        return joined

    def _piece(self, frame: _Frame) -> Piece:
        description, scope = frame.description, frame.scope
        typed = description.kind is AtomKind.TYPE and description.scoped
        whole = (description.defines or typed) and frame.part_of is None
        if frame.header and scope.owner is not None:
            description = scope.owner
        role = frame.main.role
        kind = self._classify.piece(description, role, scope.owner, whole or frame.header)
        place = (frame.group, frame.depth, description, frame.statement, frame.header, whole, frame.local, _closes(frame.unit), frame.enclosing)
        return Piece(frame.unit.first, kind, role, scope, *place)

    def _bounded(self, pieces: list[Piece]) -> list[Piece]:
        """Cut by rows what is still over 15 LOC because the tree does not cover it (bytes that an ERROR node skipped)."""
        bounded: list[Piece] = []
        for index, piece in enumerate(pieces):
            end = pieces[index + 1].first if index + 1 < len(pieces) else len(self._lines)
            bounded.append(piece)
            if end - piece.first <= MAX_LOC or self._lines.loc(piece.first, end) <= MAX_LOC:
                continue
            piece.statement = -piece.group
            rows = (row for row in range(piece.first + 1, end) if not self._lines.blank(row))
            bounded.extend(replace(piece, first=row, role=Role.LINE, header=False, whole=False) for row in rows)
        return bounded


def _closes(unit: Unit) -> bool:
    """True where the unit begins with a closing bracket."""
    first = unit.elements[0]
    return first.role is Role.PUNCTUATION and first.node is not None and first.node.type in _CLOSING


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if name else path

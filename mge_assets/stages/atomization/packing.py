"""From pieces to atoms: neighbours that belong together share one (10 LOC on average, never over 15).

What belongs here: which neighbours may share an atom, and the choice of cuts, by dynamic programming over a run of joinable pieces:
atoms near 10 LOC, complexity under 3, cuts at blank lines and between statements of one block, no atom that ends a block begun in another.
"""

from dataclasses import dataclass
from itertools import pairwise

from mge_assets.model.atoms import MAX_LOC, AtomKind
from mge_assets.stages.atomization.complexity import DecisionPoints
from mge_assets.stages.atomization.decomposition import Piece
from mge_assets.stages.atomization.text import Lines
from mge_assets.stages.atomization.units import Role

_TARGET = 10
_PRICE = [4.0 + 0.08 * max(0, _TARGET - loc) ** 2 for loc in range(MAX_LOC + 1)]
"""An atom's price by its LOC: 4 for being one, and what it misses to 10."""
_DECISIONS = [0.0, 0.0, 2.0, 5.0, *(20.0 + 5.0 * over for over in range(60))]
"""What an atom costs by its decision points: complexity under 3 is free, 3 and 4 cost less than an atom of half the size, 5 and more cost that too."""
_SMALL_TYPE = 4
_SMALL_CONSTANT = 3
_NEVER = 100.0
_MOST = 50
_KEPT = 6.0
_STRADDLES = 6.0
"""What an atom costs that begins with a clause of a statement and goes on after that statement."""
_DEEPEST = 1 << 30
_ALONE = (AtomKind.FUNCTION, AtomKind.METHOD, AtomKind.ENTRY_POINT)
_SCRIPT = (AtomKind.CONSTANT, AtomKind.STATEMENT_GROUP)
"""What may stand together at the top level where no blank line parts it: a script's assignments and calls."""
_NAMES = (AtomKind.CONSTANT, AtomKind.TYPE)
"""What a string directly below documents."""
_STATEFUL = (AtomKind.CLASS_HEADER, AtomKind.INTERFACE, AtomKind.ENUM, AtomKind.TYPE)


@dataclass(slots=True, eq=False)
class Packed:
    """The pieces of one atom, and its half-open range of rows."""

    pieces: list[Piece]
    first: int
    end: int

    @property
    def lead(self) -> Piece:
        """The piece that says what the atom is: its first that is no trivia."""
        first = self.pieces[0]
        if first.kind is not AtomKind.TRIVIA:
            return first
        return next((piece for piece in self.pieces if piece.kind is not AtomKind.TRIVIA), first)


def pack(pieces: list[Piece], lines: Lines, decisions: DecisionPoints) -> list[Packed]:
    """The atoms' pieces, in order; every piece is in exactly one."""
    if not pieces:
        return []
    packed: list[Packed] = []
    ends = [piece.first for piece in pieces]
    ends.append(len(lines))
    del ends[0]
    code = lines.code
    loc = [code[end] - code[piece.first] for piece, end in zip(pieces, ends, strict=True)]
    start, before = 0, pieces[0]
    for index in range(1, len(pieces) + 1):
        if index < len(pieces):
            piece = pieces[index]
            joins = _may_join(before, piece, loc[index - 1], loc[index])
            before = piece
            if joins:
                continue
        if index - start == 1:
            packed.append(Packed([pieces[start]], pieces[start].first, ends[start]))
        else:
            for first, last in _cuts(pieces, loc, lines, decisions, start, index):
                packed.append(Packed(pieces[first : last + 1], pieces[first].first, ends[last]))
        start = index
    return packed


def _may_join(before: Piece, piece: Piece, loc_before: int, loc: int) -> bool:
    if (piece.closes or piece.role is Role.PUNCTUATION) and piece.statement >= 0 and not before.whole:
        return True  # a closing bracket goes with what it closes
    if before.header and before.description.scoped:
        return _joins_header(before, piece)
    if before.whole or piece.whole or piece.header:
        return False
    if before.statement and before.statement == piece.statement:
        return True
    if before.scope is not piece.scope or piece.kind in _ALONE or before.kind in _ALONE:
        return False
    neighbours = before.group == piece.group and before.depth == piece.depth
    return (before.local and piece.local) or (neighbours and _same_sort(before, piece, loc_before, loc))


def _joins_header(header: Piece, piece: Piece) -> bool:
    """A header takes its own further rows, its docstring and the statements or the state that follow; nothing takes another definition."""
    if piece.whole or piece.header or piece.scope is not header.scope or piece.kind in _ALONE:
        return False
    return piece.local or piece.kind is AtomKind.DOCSTRING or header.kind in _STATEFUL or header.statement == piece.statement != 0


def _same_sort(before: Piece, piece: Piece, loc_before: int, loc: int) -> bool:
    if piece.kind is AtomKind.DOCSTRING:
        return before.kind is AtomKind.DOCSTRING or before.kind in _NAMES
    if before.kind is AtomKind.DOCSTRING:
        return piece.kind in _STATEFUL and piece.scope.owner is not None
    if piece.kind is AtomKind.TYPE and piece.scope.owner is None:
        return before.kind is AtomKind.TYPE and max(loc, loc_before) <= _SMALL_TYPE
    if before.kind is piece.kind:
        return True
    constant = loc_before if before.kind is AtomKind.CONSTANT else loc
    return before.kind in _SCRIPT and piece.kind in _SCRIPT and constant <= _SMALL_CONSTANT


def _cuts(pieces: list[Piece], loc: list[int], lines: Lines, decisions: DecisionPoints, start: int, end: int) -> list[tuple[int, int]]:
    """The cuts of a run of joinable pieces, as (first, last) indices."""
    run = pieces[start:end]
    lowest = min([piece.depth for piece in run])
    seams = [0.0, *(_seam(before, piece, lines, lowest) for before, piece in pairwise(run))]
    points = decisions.before_each([lines.starts[piece.first] for piece in run], lines.offset(pieces[end].first) if end < len(pieces) else len(lines.source))
    even = points[0] == points[-1] and all(piece.depth == lowest and piece.role is not Role.CLAUSE for piece in run)
    cuts = _least_cost_even(loc[start:end], seams) if even else _least_cost(run, loc[start:end], seams, points)
    return [(start + first, start + last) for first, last in cuts]


def _least_cost_even(loc: list[int], seams: list[float]) -> list[tuple[int, int]]:
    """As ``_least_cost`` of pieces at one depth without decisions, as rows of comments and lists of data are: in half the time."""
    best, back = [0.0], [0]
    for stop in range(1, len(loc) + 1):
        first, total, lowest, chosen = stop, 0, 1e9, stop - 1
        while first:
            first -= 1
            total += loc[first]
            if total > MAX_LOC:
                if first < stop - 1:
                    break
                total = MAX_LOC
            cost = best[first] + _PRICE[total] + seams[first]
            if cost < lowest:
                lowest, chosen = cost, first
        best.append(lowest)
        back.append(chosen)
    return _traced(back)


def _least_cost(run: list[Piece], loc: list[int], seams: list[float], points: list[int]) -> list[tuple[int, int]]:
    """The cheapest of all ways to cut a run into atoms of at most 15 LOC; linear, for an atom has at most 15 pieces with code in them.

    ``seams`` is what a cut before each piece costs. No atom goes on below the depth at which it begins, unless within one expression
    or with closing brackets at its end; one that begins with a clause had better end with its statement.
    """
    best, back = [0.0], [0]
    shape = [(piece.depth, piece.statement, piece.closes, piece.role is Role.CLAUSE) for piece in run]
    for stop in range(1, len(loc) + 1):
        first, total, lowest, chosen = stop, 0, 1e9, stop - 1
        depth, decided, closing, after = _DEEPEST, points[stop], True, _DEEPEST
        statement = shape[stop - 1][1]
        while first:
            first -= 1
            total += loc[first]
            if total > MAX_LOC and first < stop - 1:
                break
            begins, of, closes, clause = shape[first]
            over = decided - points[first]
            cost = best[first] + _PRICE[total if total < MAX_LOC else MAX_LOC] + seams[first]
            if over > 1:
                cost += _DECISIONS[over if over < _MOST else _MOST]
            if begins > depth:
                cost += 3.0 if of and of == statement else _NEVER
            if clause:
                cost += _STRADDLES if after <= begins else 0.0
            elif begins < after and not closes:
                after = begins
            closing = closing and closes
            if not closing and begins < depth:
                depth = begins
            if cost < lowest:
                lowest, chosen = cost, first
        best.append(lowest)
        back.append(chosen)
    return _traced(back)


def _traced(back: list[int]) -> list[tuple[int, int]]:
    """The cuts as (first, last), of where the best atom that ends before each index begins."""
    cuts: list[tuple[int, int]] = []
    stop = len(back) - 1
    while stop:
        cuts.append((back[stop], stop - 1))
        stop = back[stop]
    cuts.reverse()
    return cuts


def _seam(before: Piece, piece: Piece, lines: Lines, lowest: int) -> float:
    """The price of a cut between two neighbours: high before a closing bracket, a docstring or a clause and after a header, low at blank lines."""
    parted = lines.blank(piece.first - 1)
    if piece.kind is AtomKind.DOCSTRING and before.kind in _NAMES:
        return -_NEVER if parted else _KEPT
    if piece.closes or piece.role is Role.PUNCTUATION or piece.kind is AtomKind.DOCSTRING:
        return _KEPT
    if piece.kind is not before.kind and piece.scope.owner is None and not piece.local:
        return -_NEVER if parted else -1.0
    price = -1.0 if parted else 0.0
    if piece.role is Role.CLAUSE:
        price += 2.0
    elif before.depth < piece.depth:
        price += 1.5
    return price + 0.5 * min(3, piece.depth - lowest)

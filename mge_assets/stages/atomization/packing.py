"""From pieces to atoms: neighbours that belong together share one (10 LOC on average, never over 15).

What belongs here: which neighbours may share an atom, and the choice of cuts, by dynamic programming over a run of joinable pieces:
atoms near 10 LOC, cuts at blank lines, few changes of depth, complexity under 3.
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
"""An atom's price by its LOC: 4 for being one, and what it misses to 10; each decision over two costs half a point more."""
_SMALL_TYPE = 4
_NEVER = 100.0
_ALONE = (AtomKind.FUNCTION, AtomKind.METHOD, AtomKind.ENTRY_POINT)
_SCRIPT = (AtomKind.CONSTANT, AtomKind.STATEMENT_GROUP)
"""What may stand together at the top level where no blank line parts it: a script's assignments and calls."""
_STATEFUL = (AtomKind.CLASS_HEADER, AtomKind.INTERFACE, AtomKind.ENUM, AtomKind.TYPE)


@dataclass(frozen=True, slots=True)
class Packed:
    """The pieces of one atom, and its half-open range of rows."""

    pieces: tuple[Piece, ...]
    first: int
    end: int


def pack(pieces: list[Piece], lines: Lines, decisions: DecisionPoints) -> list[Packed]:
    """The atoms' pieces, in order; every piece is in exactly one."""
    packed: list[Packed] = []
    ends = [*(piece.first for piece in pieces[1:]), *([len(lines)] if pieces else [])]
    loc = [lines.loc(piece.first, end) for piece, end in zip(pieces, ends, strict=True)]
    start = 0
    for index in range(1, len(pieces) + 1):
        if index < len(pieces) and _may_join(pieces[index - 1], pieces[index], loc[index - 1], loc[index]):
            continue
        for first, last in _cuts(pieces, loc, lines, decisions, start, index):
            packed.append(Packed(tuple(pieces[first : last + 1]), pieces[first].first, ends[last]))
        start = index
    return packed


def _may_join(before: Piece, piece: Piece, loc_before: int, loc: int) -> bool:
    if piece.role is Role.PUNCTUATION and piece.statement >= 0 and not before.whole:
        return True  # a closing bracket goes with what it closes
    if before.header and before.description.scoped:
        return _joins_header(before, piece)
    if before.whole or piece.whole or piece.header:
        return False
    if before.statement and before.statement == piece.statement:
        return True
    return before.scope is piece.scope and _adjoins(before, piece, loc_before, loc)


def _adjoins(before: Piece, piece: Piece, loc_before: int, loc: int) -> bool:
    """A block's header takes the statements that begin its body; statements of one block go together."""
    if before.role in (Role.HEADER, Role.CLAUSE) and piece.depth == before.depth + 1 and piece.scope.in_function:
        return piece.kind not in _ALONE
    return before.group == piece.group and before.depth == piece.depth and _same_sort(before, piece, loc_before, loc)


def _joins_header(header: Piece, piece: Piece) -> bool:
    """A header takes its docstring; a class header also the state that follows; nothing takes another definition."""
    if piece.whole or piece.header or piece.scope is not header.scope:
        return False
    return piece.kind is AtomKind.DOCSTRING or header.kind in _STATEFUL or piece.role is Role.HEADER


def _same_sort(before: Piece, piece: Piece, loc_before: int, loc: int) -> bool:
    if piece.kind in _ALONE or before.kind in _ALONE:
        return False
    if AtomKind.DOCSTRING in (before.kind, piece.kind):
        return before.kind is piece.kind is AtomKind.DOCSTRING or piece.kind in _STATEFUL
    if piece.scope.in_function:
        return True
    if piece.kind is AtomKind.TYPE and piece.scope.owner is None:
        return before.kind is AtomKind.TYPE and max(loc, loc_before) <= _SMALL_TYPE
    return before.kind is piece.kind or (before.kind in _SCRIPT and piece.kind in _SCRIPT)


def _cuts(pieces: list[Piece], loc: list[int], lines: Lines, decisions: DecisionPoints, start: int, end: int) -> list[tuple[int, int]]:
    """The cuts of a run of joinable pieces, as (first, last) indices."""
    if end - start == 1:
        return [(start, start)]
    run = pieces[start:end]
    seams = [_seam(before, piece, lines) for before, piece in pairwise(run)]
    points = [decisions.before(lines.offset(piece.first)) for piece in run]
    points.append(decisions.before(lines.offset(pieces[end].first)) if end < len(pieces) else decisions.before(len(lines.source)))
    return [(start + first, start + last) for first, last in _least_cost(loc[start:end], seams, points)]


def _least_cost(loc: list[int], seams: list[float], points: list[int]) -> list[tuple[int, int]]:
    """The cheapest of all ways to cut a run into atoms of at most 15 LOC; linear, for an atom has at most 15 pieces with code in them."""
    best, back = [0.0], [0]
    for stop in range(1, len(loc) + 1):
        first = stop - 1
        total, inner, decided = loc[first], 0.0, points[stop] - 1
        lowest, chosen = best[first] + _PRICE[min(total, MAX_LOC)] + 0.5 * max(0, decided - points[first]), first
        while first and (total := total + loc[first - 1]) <= MAX_LOC:
            first -= 1
            inner += seams[first]
            over = decided - points[first]
            cost = best[first] + _PRICE[total] + inner + (0.5 * over if over > 0 else 0.0)
            if cost < lowest:
                lowest, chosen = cost, first
        best.append(lowest)
        back.append(chosen)
    cuts: list[tuple[int, int]] = []
    stop = len(loc)
    while stop:
        cuts.append((back[stop], stop - 1))
        stop = back[stop]
    cuts.reverse()
    return cuts


def _seam(before: Piece, piece: Piece, lines: Lines) -> float:
    """The price of keeping two neighbours together: a closing bracket or a docstring nothing, a blank line or a change of depth something."""
    if piece.role is Role.PUNCTUATION or piece.kind is AtomKind.DOCSTRING:
        return -3.0
    parted = lines.blank(piece.first - 1)
    if piece.kind is not before.kind and piece.scope.owner is None:
        return _NEVER if parted else 1.0
    return (1.0 if parted else 0.0) + (1.5 if piece.depth != before.depth else 0.0)

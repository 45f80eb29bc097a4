"""A good order of the nodes of large components: the better of two to begin with, then nodes moved to where their own arcs lose least.

Round by round, on arrays: of the nodes that gain by a move those move that gain more than every neighbour that would, so that what they gain adds up.
On 100,000 nodes and 500,000 arcs at random nothing moves any more after 0.6 s, and 11 % of the cost is lost; one node after another loses 14 % in 2 s,
and is not at its end.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mge_assets.stages.dependency.waves.knots import Flags, Knots, Numbers, summed

_LOOKS = 24_000_000
"""Arcs looked at while moving nodes: two seconds, of which most graphs need a third. An order is good at any time; more of them make it better."""
_AGAIN = 4_000_000
"""The same for further attempts, which only small components get: from the other start, then from the best order disturbed."""
_TIMES = 12
_ROUND = 2_500
"""Arcs that could be looked at in the time that a round of few takes to begin."""
_ROOM = 16
"""Places between two nodes, as a power of two: so many rounds can put nodes between them before places are given anew."""
_FEW = 16
"""A node of more arcs is looked at again once the sixteenth part of its neighbours has moved, and last of all for any."""
_STEP = 1 << (_ROOM - 1)
_NEVER = np.iinfo(np.int64).max
_T = TypeVar("_T", np.int64, np.bool_)


def good_places(knots: Knots) -> Numbers:
    """A place of each node, needed nodes first. No component loses more than half of its cost: its order or the reverse is taken."""
    beside, numbered, balanced = _Beside.of(knots), np.arange(knots.count), _balanced(knots)
    best, _ = _moved(_better(knots, numbered, balanced), knots, beside, _LOOKS)
    left = _AGAIN
    for number in range(_TIMES):
        if left < _TIMES * len(beside.other):
            break
        start = (numbered, balanced)[number] if number < 2 else _disturbed(best, knots, number)
        other, looked = _moved(start, knots, beside, left)
        best, left = _better(knots, best, other), left - looked
    return _better(knots, best, -best)


def _balanced(knots: Knots) -> Numbers:
    """What is needed more than it needs first."""
    needs = np.bincount(knots.tails, knots.costs, knots.count)
    needed = np.bincount(knots.heads, knots.costs, knots.count)
    return _ranks(np.argsort((needs - needed) / np.maximum(needs + needed, 1), kind="stable"))


def _disturbed(place: Numbers, knots: Knots, number: int) -> Numbers:
    """The order with three nodes of ten somewhere else, a tenth of their component away in the mean; what is done to one has no say in another."""
    size = np.bincount(knots.home)
    chance, most = np.random.default_rng(number), int(np.max(size))
    far = np.where(chance.random(most) < 0.3, chance.normal(0, 0.1, most), 0)
    inside = np.arange(knots.count) - (np.cumsum(size) - size)[knots.home]
    return _ranks(np.lexsort((place + far[inside] * size[knots.home], knots.home)))


def _better(knots: Knots, one: Numbers, other: Numbers) -> Numbers:
    """Of two orders the one that loses less, component by component."""
    better = knots.lost(knots.violated(other)) < knots.lost(knots.violated(one))
    return np.where(better[knots.home], other, one)


def _ranks(order: Numbers) -> Numbers:
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    return place


@dataclass(frozen=True, slots=True, eq=False)
class _Beside:
    """From ``first[v]`` to ``first[v + 1]`` the nodes beside v, with what is lost less once v stands behind them: what v needs, negative, or is needed."""

    first: Numbers
    other: Numbers
    change: Numbers

    @classmethod
    def of(cls, knots: Knots) -> "_Beside":
        """Of two that need each other the dearer arc counts, by how much it is."""
        low, high = np.minimum(knots.tails, knots.heads), np.maximum(knots.tails, knots.heads)
        keys, net = summed(low * knots.count + high, np.where(knots.tails == high, knots.costs, -knots.costs))
        low, high = keys // knots.count, keys % knots.count
        owner = np.concatenate((high, low))
        order = np.argsort(owner)
        first = np.concatenate(([0], np.cumsum(np.bincount(owner, minlength=knots.count))))
        return cls(first, np.concatenate((low, high))[order], np.concatenate((-net, net))[order])


def _moved(place: Numbers, knots: Knots, beside: _Beside, looks: int) -> tuple[Numbers, int]:
    """The places once no node gains by a move or so many arcs were looked at, and how many were."""
    wrong = knots.violated(place)
    todo = np.unique(np.concatenate((knots.tails[wrong], knots.heads[wrong])))
    moving = _Moving(place, beside)
    while len(todo) and moving.looks < looks:
        todo = moving.round(todo)
    return moving.places(), moving.looks


@dataclass(frozen=True, slots=True, eq=False)
class _Spans:
    """The arcs of the nodes looked at, sorted by node and by the place of the other end; ``begin`` is each node's first."""

    begin: Numbers
    count: Numbers
    other: Numbers
    spot: Numbers
    change: Numbers

    def each(self, values: NDArray[_T]) -> NDArray[_T]:
        """A node's value for each of its arcs."""
        return np.repeat(values, self.count)

    def behind(self) -> Numbers:
        """What is lost less, by the node behind which one comes to stand; a great loss where there is no room."""
        run = np.cumsum(self.change)
        run -= self.each(run[self.begin] - self.change[self.begin])
        tight = np.flatnonzero(np.diff(self.spot) < 2)
        run[np.setdiff1d(tight, self.begin - 1, assume_unique=True)] = _NEVER
        return run


class _Moving:
    """Places with room between them, so that a move disturbs no other, and how many arcs were looked at."""

    def __init__(self, place: Numbers, beside: _Beside) -> None:
        self._place, self._beside = place << _ROOM, beside
        self._bits = int(len(place) + 2 * _ROOM).bit_length()
        self._stirred = np.zeros_like(place)
        self._rounds = 0
        self.looks = 0

    def places(self) -> Numbers:
        """Places without room."""
        return _ranks(np.argsort(self._place, kind="stable"))

    def round(self, todo: Numbers) -> Numbers:
        """Move what gains most; the nodes to look at next."""
        self._rounds += 1
        if self._rounds % (_ROOM - 4) == 0:
            self._place = self.places() << _ROOM
        spans = self._spans(todo)
        self.looks += len(spans.other) + _ROUND
        now = np.add.reduceat(np.where(spans.spot < spans.each(self._place[todo]), spans.change, 0), spans.begin)
        behind = spans.behind()
        best = np.minimum(np.minimum.reduceat(behind, spans.begin), 0)
        gains, goes = self._chosen(todo, now - best, spans)
        self._move(todo, goes, best, behind, spans)
        return self._next(todo, gains & ~goes, spans.other[spans.each(goes)])

    def _next(self, seen: Numbers, again: Flags, stirred: Numbers) -> Numbers:
        """Nodes that still gain, and those of which enough neighbours have moved: to look at one of many arcs each time takes half as long again on hubs."""
        arcs = np.diff(self._beside.first)
        self._stirred[seen] = np.where(again, arcs[seen], 0)
        nodes, moves = np.unique(stirred, return_counts=True)
        self._stirred[nodes] += moves
        ready = np.flatnonzero((self._stirred > 0) & (self._stirred * _FEW >= arcs))
        return ready if len(ready) else np.flatnonzero(self._stirred)

    def _spans(self, todo: Numbers) -> _Spans:
        count = self._beside.first[todo + 1] - self._beside.first[todo]
        begin = np.cumsum(count) - count
        arcs = np.arange(int(count.sum())) + np.repeat(self._beside.first[todo] - begin, count)
        spot = self._place[self._beside.other[arcs]]
        order = np.argsort((np.repeat(np.arange(len(todo)), count) << (self._bits + _ROOM + 1)) + spot)
        arcs = arcs[order]
        return _Spans(begin, count, self._beside.other[arcs], spot[order], self._beside.change[arcs])

    def _chosen(self, todo: Numbers, gain: Numbers, spans: _Spans) -> tuple[Flags, Flags]:
        """Which nodes would gain, and which of them gain more than every neighbour."""
        gains = gain > 0
        rank = np.zeros_like(self._place)
        rank[todo[gains]] = (gain[gains] << self._bits) + todo[gains]
        return gains, gains & (rank[todo] > np.maximum.reduceat(rank[spans.other], spans.begin))

    def _move(self, todo: Numbers, goes: Flags, best: Numbers, behind: Numbers, spans: _Spans) -> None:
        """Each behind the first node where it loses least, half the way to the next; in front of all where that is as good."""
        front = goes & (best == 0)
        self._place[todo[front]] = spans.spot[spans.begin[front]] - _STEP
        among = goes & (best < 0)
        slots = np.flatnonzero((behind == spans.each(best)) & spans.each(among))
        owner = np.searchsorted(spans.begin, slots, side="right") - 1
        owner, first = np.unique(owner, return_index=True)
        slots = slots[first]
        last = slots == spans.begin[owner] + spans.count[owner] - 1
        room = np.where(last, 2 * _STEP, spans.spot[np.minimum(slots + 1, len(spans.spot) - 1)] - spans.spot[slots])
        self._place[todo[owner]] = spans.spot[slots] + np.minimum(_STEP, room // 2)

"""How cheap a feedback arc set can be at best: a bound from cycles that share no cost (local ratio; Bar-Yehuda and Even, 1985).

Every cycle must lose an arc. Cycles are taken one after another, those of two first, then a shortest one through each arc that was cut, and each takes the
least residual cost of its arcs away from all of them; what was taken away in all is a cost that no cut can stay below. Cycles of dear arcs come first
(capacity scaling): they take no longer to find than others, and give more.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from mge_assets.stages.dependency.waves.knots import Beside, Knots, Numbers

BOUND_STEPS = 1_000_000
"""Arcs looked at, half a second; fewer cycles give a lower bound, and never a wrong one."""
EACH_STEPS = 1_000
"""Of these for one cycle, where there are many: what is far to find is left out, not all that comes after it."""


def least_cost(knots: Knots, cut: Numbers) -> int:
    """A cost that no feedback arc set of these components can stay below, from the cycles through these arcs."""
    paired = _paired(knots)
    left, taken, steps = knots.costs - paired, int(paired.sum()) // 2, BOUND_STEPS
    each = max(EACH_STEPS, BOUND_STEPS // max(len(cut), 1))
    for bit in range(int(np.max(left)).bit_length() - 1 & ~1, -1, -2):
        wanted = cut[left[cut] >> bit > 0]
        if len(wanted) and steps > 0:
            packing = _Packing(knots, left, 1 << bit, steps)
            taken += sum(packing.through(*ends, each) for ends in zip(knots.tails[wanted].tolist(), knots.heads[wanted].tolist(), strict=True))
            steps, left[packing.arcs] = packing.steps, packing.left
    return taken


def _paired(knots: Knots) -> Numbers:
    """What each arc loses to the cycle of two that it is on, if it is."""
    keys, back = knots.tails * knots.count + knots.heads, knots.heads * knots.count + knots.tails
    there = np.minimum(np.searchsorted(keys, back), len(keys) - 1)
    return np.where(keys[there] == back, np.minimum(knots.costs, knots.costs[there]), 0)


class _Packing:
    """Arcs that have at least this cost left, both ways: a cycle is searched from both ends of an arc, which looks at far fewer than from one."""

    def __init__(self, knots: Knots, left: Numbers, least: int, steps: int) -> None:
        self.arcs = np.flatnonzero(left >= least)
        self.left: list[int] = left[self.arcs].tolist()
        self.steps = steps
        tails, heads = knots.tails[self.arcs], knots.heads[self.arcs]
        self._needs, self._users = Beside(tails, heads, knots.count), Beside(heads, tails, knots.count)
        self._least = least

    def through(self, node: int, other: int, each: int) -> int:
        """What the cycles through this arc take away, until it has too little left or none is near."""
        taken = 0
        while other in self._needs[node] and (cycle := self._cycle(node, other, each)):
            taken += self._take([(node, other), *pairwise(cycle)])
        return taken

    def _take(self, cycle: Sequence[tuple[int, int]]) -> int:
        arcs = [self._needs[node][other] for node, other in cycle]
        least = min(self.left[arc] for arc in arcs)
        for arc, (node, other) in zip(arcs, cycle, strict=True):
            self.left[arc] -= least
            if self.left[arc] < self._least:
                del self._needs[node][other], self._users[other][node]
        return least

    def _cycle(self, node: int, other: int, each: int) -> list[int]:
        """The nodes of a shortest way back from the arc's head to its tail; none where there is none, or no time."""
        below, above = [{other}], [{node}]
        seen = ({other}, {node})
        end = max(self.steps - each, 0)
        while self.steps > end and below[-1] and above[-1]:
            if len(below[-1]) <= len(above[-1]):
                met = self._spread(self._needs, below, above[-1], seen[0])
            else:
                met = self._spread(self._users, above, below[-1], seen[1])
            if met is not None:
                return self._way(met, below, above)
        return []

    def _spread(self, beside: Beside, layers: list[set[int]], goal: set[int], seen: set[int]) -> int | None:
        """One step further from one end; the node where both ends meet, if they do."""
        rows = [beside[node] for node in layers[-1]]
        for row in rows:
            if not row.keys().isdisjoint(goal):
                layers.append(goal)
                return min(row.keys() & goal)
        self.steps -= sum(map(len, rows)) + len(rows)
        fresh = set[int]().union(*rows)
        fresh -= seen
        seen |= fresh
        layers.append(fresh)
        return None

    def _way(self, met: int, below: Sequence[set[int]], above: Sequence[set[int]]) -> list[int]:
        """From the last of one side's nodes over the one that both have reached to the first of the other's."""
        way = [met]
        for layer in below[-2::-1]:
            way.append(min(node for node in layer if way[-1] in self._needs[node]))
        way.reverse()
        for layer in above[-2::-1]:
            way.append(min(node for node in layer if node in self._needs[way[-1]]))
        return way

"""How cheap a feedback arc set can be at best: a bound from cycles that share no cost (local ratio; Bar-Yehuda and Even, 1985).

Every cycle must lose an arc. Cycles are taken one after another, shortest first from each node, and each takes the least residual cost of its arcs
away from all of them; what was taken away in all is a cost that no cut can stay below.

Of a large component only the cycles through the arcs that were cut are taken: they are few, and every cycle goes through one of them.
"""

from collections import deque
from collections.abc import Collection, Mapping, Sequence

Arc = tuple[int, int]
BOUND_STEPS = 2_000_000
"""Arcs looked at; fewer cycles give a lower bound, and never a wrong one."""
THROUGH_STEPS = 1_000_000
"""The same for large components: half a second."""
EACH_STEPS = 1_000
"""Of these for one cycle: what is far to find is left out, not all that comes after it."""
_NOTHING = 1e-9


def least_cost(nodes: Sequence[int], cost: Mapping[Arc, float]) -> float:
    """A cost that no feedback arc set of this component can stay below."""
    return _Packing(nodes, cost).pack()


def least_cost_through(cut: Collection[Arc], cost: Mapping[Arc, float]) -> float:
    """As ``least_cost``, from the cycles through these arcs alone."""
    return _Through(cost).pack(cut)


class _Through:
    """Costs that are left, and both ways along the arcs: a cycle is searched from both ends of an arc, which looks at far fewer than from one."""

    def __init__(self, cost: Mapping[Arc, float]) -> None:
        self._left = dict(cost)
        self._steps = THROUGH_STEPS
        self._ways: tuple[dict[int, list[int]], dict[int, list[int]]] = ({}, {})
        for node, other in cost:
            self._ways[0].setdefault(node, []).append(other)
            self._ways[1].setdefault(other, []).append(node)

    def pack(self, cut: Collection[Arc]) -> float:
        taken = 0.0
        for arc in sorted(cut):
            while self._left[arc] > _NOTHING and (cycle := self._cycle(arc)):
                least = min(self._left[step] for step in cycle)
                taken += least
                for step in cycle:
                    self._left[step] -= least
        return taken

    def _cycle(self, arc: Arc) -> list[Arc]:
        """The arcs of a short cycle through the arc; none where there is none, or no time."""
        came: tuple[dict[int, int], dict[int, int]] = ({arc[1]: arc[1]}, {arc[0]: arc[0]})
        edge = [[arc[1]], [arc[0]]]
        end = self._steps - EACH_STEPS
        while edge[0] and edge[1] and self._steps > max(end, 0):
            side = 0 if len(edge[0]) <= len(edge[1]) else 1
            met = self._spread(side, edge, came)
            if met is not None:
                return [arc, *_way(met, came[0], back=False), *_way(met, came[1], back=True)]
        return []

    def _spread(self, side: int, edge: list[list[int]], came: tuple[dict[int, int], dict[int, int]]) -> int | None:
        """One step further from one end; the node where both ends meet, if they do."""
        fresh: list[int] = []
        for node in edge[side]:
            beside = self._ways[side].get(node, ())
            self._steps -= len(beside)
            for other in beside:
                if other not in came[side] and self._left[(other, node) if side else (node, other)] > _NOTHING:
                    came[side][other] = node
                    if other in came[1 - side]:
                        return other
                    fresh.append(other)
        edge[side] = fresh
        return None


def _way(node: int, came: Mapping[int, int], *, back: bool) -> list[Arc]:
    """The arcs between an end and the node."""
    way = []
    while came[node] != node:
        way.append((node, came[node]) if back else (came[node], node))
        node = came[node]
    return way


class _Packing:
    """Costs that are left, and what has been taken."""

    def __init__(self, nodes: Sequence[int], cost: Mapping[Arc, float]) -> None:
        self._nodes = nodes
        self._left: dict[int, dict[int, float]] = {node: {} for node in nodes}
        for (node, other), value in sorted(cost.items()):
            self._left[node][other] = value
        self._steps = BOUND_STEPS

    def pack(self) -> float:
        taken = 0.0
        for node in self._nodes:
            while (cycle := self._shortest_cycle(node)) is not None:
                taken += self._take(cycle)
            del self._left[node]
        return taken

    def _shortest_cycle(self, start: int) -> list[int] | None:
        """The nodes of a shortest cycle through ``start`` among those that are left; ``None`` where there is none, or no time."""
        came: dict[int, int] = {}
        queue = deque([start])
        while queue and self._steps > 0:
            node = queue.popleft()
            for other in self._left.get(node, ()):
                self._steps -= 1
                if other == start:
                    return self._way(start, node, came)
                if other not in came and other in self._left:
                    came[other] = node
                    queue.append(other)
        return None

    @staticmethod
    def _way(start: int, node: int, came: Mapping[int, int]) -> list[int]:
        way = [node]
        while way[-1] != start:
            way.append(came[way[-1]])
        return way[::-1]

    def _take(self, cycle: Sequence[int]) -> float:
        arcs = list(zip(cycle, [*cycle[1:], cycle[0]], strict=True))
        least = min(self._left[node][other] for node, other in arcs)
        for node, other in arcs:
            self._left[node][other] -= least
            if self._left[node][other] <= 1e-9:
                del self._left[node][other]
        return least

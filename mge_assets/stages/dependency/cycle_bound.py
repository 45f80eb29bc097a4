"""How cheap a feedback arc set can be at best: a bound from cycles that share no cost (local ratio; Bar-Yehuda and Even, 1985).

Every cycle must lose an arc. Cycles are taken one after another, shortest first from each node, and each takes the least residual cost of its arcs
away from all of them; what was taken away in all is a cost that no cut can stay below.
"""

from collections import deque
from collections.abc import Mapping, Sequence

Arc = tuple[int, int]
BOUND_STEPS = 2_000_000
"""Arcs looked at; fewer cycles give a lower bound, and never a wrong one."""


def least_cost(nodes: Sequence[int], cost: Mapping[Arc, float]) -> float:
    """A cost that no feedback arc set of this component can stay below."""
    return _Packing(nodes, cost).pack()


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

"""Nodes of large components that make no difference to the cheapest cut, contracted: what is left of rings, chains and their like is small.

Where one other node alone needs a node, at no less than all that this one needs costs, its own arcs can be cut in place of that one: the two become one
node. The same holds where a node needs one other alone. An arc that comes to lead from a node to itself is cut. (Levy and Low, 1988, for arcs that all
cost the same.)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mge_assets.stages.dependency.waves.knots import Beside, Knots, Numbers, knots

Arc = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Contracted:
    """The components that are left, their arcs and what these cost; ``stands_for`` are the arcs that one of them is, where it is not itself;
    ``loops`` are arcs that must be cut, at ``lost`` in all.
    """

    groups: Sequence[Sequence[int]]
    tails: Sequence[int]
    heads: Sequence[int]
    costs: Sequence[int]
    stands_for: Mapping[Arc, Sequence[Arc]]
    loops: frozenset[Arc]
    lost: int

    def spelled(self, arcs: Iterable[Arc]) -> frozenset[Arc]:
        """The arcs of the graph that these are."""
        return frozenset(each for arc in arcs for each in self.stands_for.get(arc, (arc,)))


def contracted(groups: Sequence[Sequence[int]], tails: Sequence[int], heads: Sequence[int], costs: Sequence[int]) -> Contracted:
    """What is left of these components."""
    found = knots(groups, tails, heads, costs)
    return _Contraction(found).run()


class _Contraction:
    """Arcs keep their numbers when their ends change; one that comes to lie beside another is cut with that."""

    def __init__(self, found: Knots) -> None:
        self._found = found
        self._needs, self._users = Beside(found.tails, found.heads, found.count), Beside(found.heads, found.tails, found.count)
        self._cost: list[int] = found.costs.tolist()
        self._moved: dict[int, Arc] = {}
        self._with: dict[int, list[int]] = {}
        self._gone, self._left = np.zeros(found.count, bool), np.ones(len(found.tails), bool)
        self._loops: list[int] = []

    def run(self) -> Contracted:
        """Contract while there is something to."""
        found = self._found
        single = (np.bincount(found.tails, minlength=found.count) == 1) | (np.bincount(found.heads, minlength=found.count) == 1)
        self._todo: list[int] = np.flatnonzero(single)[::-1].tolist()
        while self._todo:
            node = self._todo.pop()
            if not self._gone[node]:
                self._look(node)
        return self._rest()

    def _look(self, node: int) -> None:
        needs, users = self._needs[node], self._users[node]
        if not needs or not users:
            self._take_out(node)
            return
        for one, others, ahead in ((users, needs, True), (needs, users, False)):
            if len(one) == 1:
                ((near, arc),) = one.items()
                if sum(self._cost[each] for each in others.values()) <= self._cost[arc]:
                    kept = list(others.items())
                    self._take_out(node)
                    for far, each in kept:
                        self._join(near, far, each) if ahead else self._join(far, near, each)
                    return

    def _take_out(self, node: int) -> None:
        """The node and its arcs are no more; whoever lost one is looked at again."""
        self._gone[node] = True
        for other, arc in self._needs[node].items():
            del self._users[other][node]
            self._left[arc] = False
        for other, arc in self._users[node].items():
            del self._needs[other][node]
            self._left[arc] = False
        self._todo += [*self._needs[node], *self._users[node]]

    def _join(self, node: int, other: int, arc: int) -> None:
        """The arc leads from this node to the other now."""
        beside = self._needs[node].get(other)
        if node == other:
            self._loops.append(arc)
        elif beside is not None:
            self._cost[beside] += self._cost[arc]
            self._with.setdefault(beside, []).append(arc)
        else:
            self._needs[node][other] = self._users[other][node] = arc
            self._moved[arc] = (node, other)
            self._left[arc] = True

    def _rest(self) -> Contracted:
        found, nodes = self._found, self._found.nodes
        tails, heads = found.tails.copy(), found.heads.copy()
        for arc, (tail, head) in self._moved.items():
            tails[arc], heads[arc] = tail, head
        changed = [arc for arc in {**self._moved, **self._with} if self._left[arc]]
        named = zip(nodes[tails[changed]].tolist(), nodes[heads[changed]].tolist(), changed, strict=True)
        return Contracted(
            self._groups(np.unique(np.concatenate((tails[self._left], heads[self._left])))),
            nodes[tails[self._left]].tolist(),
            nodes[heads[self._left]].tolist(),
            np.asarray(self._cost, np.int64)[self._left].tolist(),
            {(tail, head): self._spelled([arc]) for tail, head, arc in named},
            frozenset(self._spelled(self._loops)),
            sum(self._cost[arc] for arc in self._loops),
        )

    def _groups(self, stay: Numbers) -> list[list[int]]:
        parts: list[Numbers] = np.split(self._found.nodes[stay], np.flatnonzero(np.diff(self._found.home[stay])) + 1)
        return [part.tolist() for part in parts if len(part)]

    def _spelled(self, arcs: Iterable[int]) -> list[Arc]:
        """The graph's own arcs that are cut with these."""
        todo = list(arcs)
        for arc in todo:
            todo += self._with.get(arc, ())
        return list(zip(self._found.nodes[self._found.tails[todo]].tolist(), self._found.nodes[self._found.heads[todo]].tolist(), strict=True))

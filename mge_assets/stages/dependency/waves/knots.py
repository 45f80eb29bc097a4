"""The large strongly connected components of a graph, all at once, on arrays: their nodes numbered anew, and the arcs between them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Knots:
    """``nodes`` are their numbers in the graph, ``home`` is each node's component.

    Node ``tails[i]`` needs ``heads[i]`` of the same component, each pair once, sorted, at ``costs[i]``.
    """

    nodes: Numbers
    home: Numbers
    tails: Numbers
    heads: Numbers
    costs: Numbers

    @property
    def count(self) -> int:
        """How many nodes there are."""
        return len(self.home)

    def violated(self, place: Numbers) -> Flags:
        """The arcs whose needed node stands later."""
        return place[self.heads] > place[self.tails]

    def lost(self, arcs: Flags) -> Numbers:
        """What these arcs cost, by component."""
        return np.bincount(self.home[self.tails[arcs]], self.costs[arcs], int(self.home[-1]) + 1).astype(np.int64)


def knots(groups: Sequence[Sequence[int]], tails: Sequence[int], heads: Sequence[int], costs: Sequence[int]) -> Knots:
    """Of the arcs those inside a group, its nodes numbered in the order given; what is told twice costs what both cost."""
    nodes = np.concatenate([np.asarray(group, np.int64) for group in groups])
    number = np.full(int(nodes.max()) + 1, -1)
    number[nodes] = np.arange(len(nodes))
    home = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    below, above = (_numbers(np.asarray(ends, np.int64), number) for ends in (tails, heads))
    inside = np.flatnonzero((below >= 0) & (above >= 0))
    inside = inside[home[below[inside]] == home[above[inside]]]
    keys, values = summed(below[inside] * len(nodes) + above[inside], np.asarray(costs, np.int64)[inside])
    return Knots(nodes, home, keys // len(nodes), keys % len(nodes), values)


def _numbers(nodes: Numbers, number: Numbers) -> Numbers:
    """New numbers; -1 where there is none."""
    return np.where(nodes < len(number), number[np.minimum(nodes, len(number) - 1)], -1)


def summed(keys: Numbers, values: Numbers) -> tuple[Numbers, Numbers]:
    """Each key once, sorted, with the sum of its values."""
    order = np.argsort(keys)
    keys, values = keys[order], values[order]
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    return keys[first], np.add.reduceat(values, first)


class Beside(dict[int, dict[int, int]]):
    """Of each node the nodes beside it on one side, with the numbers of their arcs; made when first asked for."""

    def __init__(self, ends: Numbers, others: Numbers, count: int) -> None:
        super().__init__()
        order = np.argsort(ends, kind="stable")
        self._first: list[int] = np.searchsorted(ends[order], np.arange(count + 1)).tolist()
        self._others, self._arcs = others[order].tolist(), order.tolist()

    def __missing__(self, node: int) -> dict[int, int]:
        span = slice(self._first[node], self._first[node + 1])
        row = self[node] = dict(zip(self._others[span], self._arcs[span], strict=True))
        return row

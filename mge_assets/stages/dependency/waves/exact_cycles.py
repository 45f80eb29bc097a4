"""The cheapest cuts of small components, by dynamic programming over the subsets of their nodes (Held and Karp), for many of one size at once.

8,300 components of 12 nodes take 2 s; one after another, in a loop over the subsets, 75 s.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from mge_assets.stages.dependency.waves.knots import Knots, Numbers, knots

_CELLS = 1 << 22
"""Costs that are held at once: 32 MB."""
_NEVER = np.iinfo(np.int64).max


def cut_small(
    groups: Sequence[Sequence[int]], tails: Sequence[int], heads: Sequence[int], costs: Sequence[int]
) -> Iterator[tuple[frozenset[tuple[int, int]], int]]:
    """Of the components of each size the arcs to cut, and what they cost."""
    for size in sorted({len(group) for group in groups}):
        found = knots([sorted(group) for group in groups if len(group) == size], tails, heads, costs)
        cut = found.violated(_places(found, size))
        ends = zip(found.nodes[found.tails[cut]].tolist(), found.nodes[found.heads[cut]].tolist(), strict=True)
        yield frozenset(ends), int(found.costs[cut].sum())


def _places(found: Knots, size: int) -> Numbers:
    """Each node's place in an order of its component that loses least."""
    needs = np.zeros((size, size, found.count // size), np.int64)
    needs[found.tails % size, found.heads % size, found.home[found.tails]] = found.costs
    step = max(_CELLS // (size << size), 1)
    return np.concatenate([_orders(needs[:, :, begin : begin + step]) for begin in range(0, needs.shape[2], step)], axis=1).T.ravel()


def _orders(needs: Numbers) -> Numbers:
    """Places by node and component; ``best[S]`` is what is lost at least where the set S comes first, ``lost[i, S]`` what i needs of S."""
    size = len(needs)
    full = (1 << size) - 1
    lost = np.zeros((size, full + 1, needs.shape[2]), np.int64)
    for node in range(size):
        lost[:, 1 << node : 2 << node] = lost[:, : 1 << node] + needs[:, node, None]
    best = np.zeros((full + 1, needs.shape[2]), np.int64)
    for count in range(1, size + 1):
        last = np.array(list(combinations(range(size), count)))
        sets = (1 << last).sum(axis=1)
        best[sets] = (best[sets[:, None] ^ 1 << last] + lost[last, full ^ sets[:, None]]).min(axis=1)
    return _traced(best, lost)


def _traced(best: Numbers, lost: Numbers) -> Numbers:
    """The places that make up the best, from the last one down."""
    size, full, each = len(lost), best.shape[0] - 1, np.arange(best.shape[1])
    nodes, rest = np.arange(size)[:, None], np.full(best.shape[1], full)
    place = np.zeros((size, best.shape[1]), np.int64)
    for number in range(size - 1, -1, -1):
        total = np.where(rest >> nodes & 1, best[rest & ~(1 << nodes), each] + lost[nodes, full ^ rest, each], _NEVER)
        last = total.argmin(axis=0)
        place[last, each] = number
        rest = rest & ~(1 << last)
    return place

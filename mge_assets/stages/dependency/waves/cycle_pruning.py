"""Cut arcs put back, dearest first, that close no cycle: a cut against an order need not be minimal, as another order may violate less of it.

On 400 components of 250 nodes that is 6 % of the cost. Components of up to ``REACH_NODES`` nodes have what each node reaches as the bits of a number; in
larger ones each arc is searched for a way back.
"""

from collections.abc import Sequence

import numpy as np

from mge_assets.stages.dependency.waves.knots import Beside, Flags, Knots, Numbers

REACH_NODES = 10_000
"""12 MB of bits."""
REACH_ARCS = 100_000
"""More on so few nodes: on 1,000 nodes and 500,000 arcs what is put back saves 0.3 % of the cost and makes 881 waves of 604."""
REACH_STEPS = 2_000_000
"""Nodes looked at after arcs were put back; a quarter of a second."""
SEARCH_STEPS = 500_000
"""Arcs looked at where ways are searched; a quarter of a second."""
SEARCH_CUT = 10_000
"""Where more arcs are cut none is searched for: it would end after the first few."""


def pruned(knots: Knots, cut: Flags, place: Numbers) -> Numbers:
    """The numbers of these arcs, which are cut against this order, but for those that close no cycle."""
    left = cut.copy()
    home = knots.home[knots.tails]
    nodes, arcs, losses = np.bincount(knots.home), np.bincount(home), np.bincount(home, cut)
    few = nodes <= REACH_NODES
    _by_reach(knots, left, place, np.flatnonzero(few & (arcs <= REACH_ARCS)))
    _by_search(knots, left, (~few & (losses <= SEARCH_CUT))[home])
    return np.flatnonzero(left)


def _by_reach(knots: Knots, left: Flags, place: Numbers, wanted: Numbers) -> None:
    steps = REACH_STEPS
    nodes = np.searchsorted(knots.home, np.arange(int(knots.home[-1]) + 2)).tolist()
    for number in wanted.tolist():
        begin, end = nodes[number], nodes[number + 1]
        arcs = np.arange(*np.searchsorted(knots.tails, (begin, end)))
        cut, kept = arcs[left[arcs]], arcs[~left[arcs]]
        cut, kept = cut[np.lexsort((cut, -knots.costs[cut]))], kept[np.argsort(place[knots.tails[kept]], kind="stable")]
        reach = _reach(end - begin, (knots.tails[kept] - begin).tolist(), (knots.heads[kept] - begin).tolist())
        for arc, node, other in zip(cut.tolist(), (knots.tails[cut] - begin).tolist(), (knots.heads[cut] - begin).tolist(), strict=True):
            if steps > 0 and not reach[other] >> node & 1:
                left[arc] = False
                reach[:] = [below | reach[other] if below >> node & 1 else below for below in reach]
                steps -= len(reach)


def _reach(count: int, tails: Sequence[int], heads: Sequence[int]) -> list[int]:
    """What each node reaches, itself as well, as bits; the arcs of needed nodes come first."""
    reach = [1 << node for node in range(count)]
    for node, other in zip(tails, heads, strict=True):
        reach[node] |= reach[other]
    return reach


def _by_search(knots: Knots, left: Flags, wanted: Flags) -> None:
    cut, kept = np.flatnonzero(left & wanted), np.flatnonzero(~left & wanted)
    cut = cut[np.lexsort((cut, -knots.costs[cut]))]
    needs = Beside(knots.tails[kept], knots.heads[kept], knots.count)
    steps = SEARCH_STEPS
    for arc, node, other in zip(cut.tolist(), knots.tails[cut].tolist(), knots.heads[cut].tolist(), strict=True):
        seen, looked = _seen(needs, other, node, steps)
        steps -= looked
        if steps <= 0:
            break
        if not seen:
            left[arc] = False
            needs[node][other] = arc


def _seen(needs: Beside, start: int, wanted: int, steps: int) -> tuple[bool, int]:
    """Whether a node is reached from another one, and how many arcs that took to tell; at most so many."""
    seen, stack, looked = {start}, [start], 0
    while stack and wanted not in seen and looked < steps:
        below = needs[stack.pop()]
        looked += len(below)
        fresh = [node for node in below if node not in seen]
        seen.update(fresh)
        stack += fresh
    return wanted in seen, looked

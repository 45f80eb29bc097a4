"""Breaking cycles: a minimum-weight feedback arc set of each strongly connected component.

Exact up to ``EXACT_NODES`` nodes (``exact_cycles``). Larger ones are contracted first (``contraction``); where more than that many nodes are left, an order
is made better and better, and a bound says how far from the best it can be (``large_cycles``).
"""

from collections.abc import Sequence
from dataclasses import dataclass

Arc = tuple[int, int]
"""``(v, u)``: node ``v`` needs node ``u``."""

EXACT_NODES = 12


@dataclass(frozen=True, slots=True)
class Cut:
    """The arcs to cut, what they cost, and a cost that no other cut can stay below."""

    arcs: frozenset[Arc]
    cost: int
    bound: int


def cut_cycles(groups: Sequence[Sequence[int]], tails: Sequence[int], heads: Sequence[int], costs: Sequence[int]) -> list[Cut]:
    """The cheapest cuts that are found in these components, with their bounds: node ``tails[i]`` needs ``heads[i]`` at ``costs[i]``, in any order."""
    from mge_assets.stages.dependency.waves.contraction import contracted  # noqa: PLC0415 -- numpy, half of analysis's start
    from mge_assets.stages.dependency.waves.exact_cycles import cut_small  # noqa: PLC0415 -- the same
    from mge_assets.stages.dependency.waves.large_cycles import cut_large  # noqa: PLC0415 -- the same

    small, large = _by_size(groups)
    cuts = [Cut(arcs, cost, cost) for arcs, cost in cut_small(small, tails, heads, costs)]
    if not large:
        return cuts
    rest = contracted(large, tails, heads, costs)
    small, large = _by_size(rest.groups)
    ends = rest.tails, rest.heads, rest.costs
    cuts += [Cut(rest.loops, rest.lost, rest.lost), *(Cut(rest.spelled(arcs), cost, cost) for arcs, cost in cut_small(small, *ends))]
    if large:
        arcs, cost, bound = cut_large(large, *ends)
        cuts.append(Cut(rest.spelled(arcs), cost, bound))
    return cuts


def _by_size(groups: Sequence[Sequence[int]]) -> tuple[list[Sequence[int]], list[Sequence[int]]]:
    """Those that are cut exactly, and larger ones."""
    small = [group for group in groups if len(group) <= EXACT_NODES]
    return small, [group for group in groups if len(group) > EXACT_NODES]

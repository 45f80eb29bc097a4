"""Breaking cycles: a minimum-weight feedback arc set of each strongly connected component.

Exact up to ``EXACT_NODES`` nodes (``exact_cycles``); of larger ones an order is made better and better, and a bound says how far from the best it can be
(``large_cycles``).
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
    from mge_assets.stages.dependency.waves.exact_cycles import cut_small  # noqa: PLC0415 -- numpy, half of analysis's start
    from mge_assets.stages.dependency.waves.large_cycles import cut_large  # noqa: PLC0415 -- the same

    small, large = ([group for group in groups if (len(group) <= EXACT_NODES) == exact] for exact in (True, False))
    cuts = [Cut(arcs, cost, cost) for arcs, cost in cut_small(small, tails, heads, costs)]
    return [*cuts, Cut(*cut_large(large, tails, heads, costs))] if large else cuts

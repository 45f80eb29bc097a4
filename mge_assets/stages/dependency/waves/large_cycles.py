"""Cutting the cycles of large components: arcs against a good order, those put back that close no cycle, and how far from the best that can be at most."""

from collections.abc import Sequence

from mge_assets.stages.dependency.waves.cycle_bound import least_cost
from mge_assets.stages.dependency.waves.cycle_order import good_places
from mge_assets.stages.dependency.waves.cycle_pruning import pruned
from mge_assets.stages.dependency.waves.knots import knots


def cut_large(groups: Sequence[Sequence[int]], tails: Sequence[int], heads: Sequence[int], costs: Sequence[int]) -> tuple[frozenset[tuple[int, int]], int, int]:
    """Arcs to cut so that the rest has no cycle, as cheap as can be, what they cost, and what any cut must cost."""
    found = knots(groups, tails, heads, costs)
    place = good_places(found)
    cut = pruned(found, found.violated(place), place)
    ends = zip(found.nodes[found.tails[cut]].tolist(), found.nodes[found.heads[cut]].tolist(), strict=True)
    cost = int(found.costs[cut].sum())
    return frozenset(ends), cost, min(cost, least_cost(found, cut))

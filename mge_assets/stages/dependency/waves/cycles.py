"""Breaking cycles: a minimum-weight feedback arc set of each strongly connected component.

Exact by dynamic programming over subsets up to ``EXACT_NODES`` nodes; larger components are cut all at once by ``large_cycles``.
"""

from collections.abc import Mapping, Sequence
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
    small = [sorted(group) for group in groups if len(group) <= EXACT_NODES]
    cuts = [_exact_cut(group, cost) for group, cost in zip(small, _inside(small, tails, heads, costs), strict=True)]
    large = [group for group in groups if len(group) > EXACT_NODES]
    if large:
        from mge_assets.stages.dependency.waves.large_cycles import cut_large  # noqa: PLC0415 -- numpy, half of analysis's start

        cuts.append(Cut(*cut_large(large, tails, heads, costs)))
    return cuts


def _inside(groups: Sequence[Sequence[int]], tails: Sequence[int], heads: Sequence[int], costs: Sequence[int]) -> list[dict[Arc, int]]:
    """The costs of the arcs inside each of the groups."""
    home = {node: place for place, group in enumerate(groups) for node in group}
    found: list[dict[Arc, int]] = [{} for _ in groups]
    if home:
        for node, other, value in zip(tails, heads, costs, strict=True):
            place = home.get(node)
            if place is not None and place == home.get(other):
                found[place][node, other] = found[place].get((node, other), 0) + value
    return found


def _exact_cut(nodes: Sequence[int], cost: Mapping[Arc, int]) -> Cut:
    """The cheapest cut of a component; its bound is its own cost."""
    arcs = _violated(_exact_order(nodes, cost), cost)
    total = sum(cost[arc] for arc in arcs)
    return Cut(frozenset(arcs), total, total)


def _violated(order: Sequence[int], cost: Mapping[Arc, float]) -> set[Arc]:
    """Arcs whose needed node comes later in the order."""
    position = {node: number for number, node in enumerate(order)}
    return {(node, other) for node, other in cost if position[other] > position[node]}


def _exact_order(nodes: Sequence[int], cost: Mapping[Arc, float]) -> list[int]:
    """The order of least violated cost: best[S] is the least cost of putting the set S first."""
    count = len(nodes)
    number = {node: i for i, node in enumerate(nodes)}
    full = (1 << count) - 1
    needs = [[0.0] * (full + 1) for _ in range(count)]
    single = [[0.0] * count for _ in range(count)]
    for (node, other), value in cost.items():
        single[number[node]][number[other]] = value
    for i in range(count):
        row, arcs = needs[i], single[i]
        for mask in range(1, full + 1):
            low = mask & -mask
            row[mask] = row[mask ^ low] + arcs[low.bit_length() - 1]
    best, last = [float("inf")] * (full + 1), [0] * (full + 1)
    best[0] = 0.0
    for mask in range(full):
        base, later = best[mask], full ^ mask
        for i in range(count):
            bit = 1 << i
            if later & bit:
                total = base + needs[i][later ^ bit]
                if total < best[mask | bit]:
                    best[mask | bit], last[mask | bit] = total, i
    order, mask = [], full
    while mask:
        order.append(nodes[last[mask]])
        mask ^= 1 << last[mask]
    return order[::-1]

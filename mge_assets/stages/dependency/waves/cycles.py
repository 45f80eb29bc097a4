"""Breaking cycles: a minimum-weight feedback arc set of one strongly connected component.

Exact by dynamic programming over subsets up to ``EXACT_NODES`` nodes. Up to ``SIFT_NODES`` the greedy order of Eades, Lin and Smyth (1993) with costs for
degrees, made better by moving single nodes; it never violates more than half of the component's cost, as each node is placed where the lesser of what it
still needs and what still needs it is lost. Above, a depth-first order with nodes moved (``cycle_order``), bound by half as well: on 100,000 atoms and
500,000 edges with 250 turned round it cuts 1,128 where the greedy order cuts 124,205. Up to ``PROVEN_ARCS``
edges both are pruned until no cut edge can be put back, and ``cycle_bound`` tells how far from the best they can be at most.
"""

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mge_assets.stages.dependency.waves.cycle_bound import least_cost, least_cost_through
from mge_assets.stages.dependency.waves.cycle_order import large_order

Arc = tuple[int, int]
"""``(v, u)``: node ``v`` needs node ``u``."""

EXACT_NODES = 12
SIFT_NODES = 300
PROVEN_ARCS = 100_000
"""Above, a component's cut is neither pruned nor bounded from below: each takes longer than all the rest."""
PRUNE_STEPS = 500_000
"""Edges looked at while putting cut edges back; bounds the time on huge components to under a second."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The arcs to cut in a component, what they cost, and a cost that no other cut can stay below."""

    arcs: frozenset[Arc]
    cost: float
    bound: float


def cut_cycles(nodes: Sequence[int], cost: Mapping[Arc, float]) -> Cut:
    """The cheapest cut that is found, with its bound; the bound of an exact one is its own cost."""
    arcs = frozenset(feedback_arcs(nodes, cost))
    total = math.fsum(cost[arc] for arc in arcs)
    return Cut(arcs, total, total if len(nodes) <= EXACT_NODES else _bound(nodes, cost, arcs, total))


def _bound(nodes: Sequence[int], cost: Mapping[Arc, float], arcs: frozenset[Arc], total: float) -> float:
    return min(total, least_cost(nodes, cost) if len(cost) <= PROVEN_ARCS else least_cost_through(arcs, cost))


def feedback_arcs(nodes: Sequence[int], cost: Mapping[Arc, float]) -> set[Arc]:
    """The arcs to cut so that the rest has no cycle, as cheap as can be. ``cost`` holds the arcs between ``nodes``."""
    if len(nodes) <= EXACT_NODES:
        return _violated(_exact_order(nodes, cost), cost)
    order = large_order(nodes, cost) if len(nodes) > SIFT_NODES else _sifted(_greedy_order(nodes, cost), cost)
    cut = _violated(order, cost)
    return _pruned(nodes, cut, cost) if len(cost) <= PROVEN_ARCS else cut


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


class _Greedy:
    """The nodes not yet placed, with the cost of what they still need and of what still needs them."""

    def __init__(self, nodes: Sequence[int], cost: Mapping[Arc, float]) -> None:
        self.needs: dict[int, dict[int, float]] = {node: {} for node in nodes}
        self.users: dict[int, dict[int, float]] = {node: {} for node in nodes}
        self.balance = dict.fromkeys(nodes, 0.0)
        for (node, other), value in cost.items():
            self.needs[node][other] = value
            self.users[other][node] = value
            self.balance[node] += value
            self.balance[other] -= value
        self.heap = [(*self._rank(node), node) for node in nodes]
        heapq.heapify(self.heap)

    def _rank(self, node: int) -> tuple[int, float]:
        """First nodes that need nothing more, then those that violate least for what they serve."""
        return (1, self.balance[node]) if self.needs[node] else (0, 0.0)

    def pop(self) -> int | None:
        """The node to place next, taken out of its neighbours' books; ``None`` at the end."""
        while self.heap:
            kind, rank, node = heapq.heappop(self.heap)
            if node not in self.needs or (kind, rank) != self._rank(node):
                continue
            for other, value in self.users.pop(node).items():
                del self.needs[other][node]
                self.balance[other] -= value
                heapq.heappush(self.heap, (*self._rank(other), other))
            for other, value in self.needs.pop(node).items():
                users = self.users.get(other)
                if users is not None and users.pop(node, None) is not None:
                    self.balance[other] += value
                    heapq.heappush(self.heap, (*self._rank(other), other))
            return node
        return None


def _greedy_order(nodes: Sequence[int], cost: Mapping[Arc, float]) -> list[int]:
    """Eades, Lin and Smyth's order, needed nodes first."""
    greedy = _Greedy(nodes, cost)
    order = []
    while (node := greedy.pop()) is not None:
        order.append(node)
    return order


def _sifted(order: list[int], cost: Mapping[Arc, float]) -> list[int]:
    """Move single nodes to their best place until nothing gets cheaper (at most 10 rounds)."""
    for _ in range(10):
        moved = False
        for node in order:
            start = order.index(node)
            rest = order[:start] + order[start + 1 :]
            running = best = 0.0
            place = 0
            for number, other in enumerate(rest, 1):
                # node moves behind other: its need of other is met, other's need of it no longer
                running += cost.get((other, node), 0.0) - cost.get((node, other), 0.0)
                if running < best - 1e-9:
                    best, place = running, number
            now = sum(cost.get((other, node), 0.0) - cost.get((node, other), 0.0) for other in rest[:start])
            if best < now - 1e-9:
                order = [*rest[:place], node, *rest[place:]]
                moved = True
        if not moved:
            break
    return order


def _pruned(nodes: Sequence[int], cut: set[Arc], cost: Mapping[Arc, float]) -> set[Arc]:
    """Put back, dearest first, every cut arc that closes no cycle; stops after ``PRUNE_STEPS`` edges looked at."""
    needs: dict[int, list[int]] = {node: [] for node in nodes}
    for node, other in cost:
        if (node, other) not in cut:
            needs[node].append(other)
    steps, kept = PRUNE_STEPS, set(cut)
    for arc in sorted(cut, key=lambda arc: (-cost[arc], arc)):
        node, other = arc
        seen, stack = {other}, [other]
        while stack and node not in seen and steps > 0:
            for below in needs[stack.pop()]:
                steps -= 1
                if below not in seen:
                    seen.add(below)
                    stack.append(below)
        if steps <= 0:
            break
        if node not in seen:
            kept.discard(arc)
            needs[node].append(other)
    return kept

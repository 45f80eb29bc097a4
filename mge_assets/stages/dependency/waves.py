"""Waves: the levels of the atom graph once its cycles are cut."""

import gc
import math
from collections.abc import Iterable
from itertools import pairwise

from mge_assets.model.graph import AtomEdge, AtomGraph, EdgeType
from mge_assets.model.waves import Order, Wave, WaveFigures, WavePlan
from mge_assets.stages.dependency.cycles import Arc, Cut, cut_cycles
from mge_assets.stages.dependency.levels import components, levels, longest_path
from mge_assets.stages.dependency.orders import Contracts, ordering_edges

CUT_COST = {
    EdgeType.TYPE: 10.0,
    EdgeType.FUNCTION_CALL: 20.0,
    EdgeType.VARIABLE: 40.0,
    EdgeType.DATA_FLOW: 80.0,
    EdgeType.IMPORT: 160.0,
    EdgeType.TEMPORAL: 320.0,
}
"""What it costs to give the target as a contract only: a type or a signature says nearly all, an import or an order does not."""
BASE_COST = 160.0
"""A base class costs what an import does: what is inherited is in no signature."""
_NO_CONTRACTS = Contracts()
_UNITS = 1024
"""Of a cost; a power of two, so that whole numbers of places stay exact."""


def cut_cost(edge: AtomEdge) -> float:
    """Cost of cutting the edge: its type decides, its weight (at most 10) only among equals."""
    return (BASE_COST if edge.inherits else CUT_COST[edge.type]) + min(edge.weight, 10.0) - 1.0


def _sort_key(edge: AtomEdge) -> tuple[str, str, str]:
    return edge.source, edge.target, edge.type


class TopologicalSorter:
    """The edges that order a graph, between numbered atoms, its cycles cut.

    Atoms are numbered by name, so the result does not depend on the order in which atoms or edges are given.
    Edges to itself and edges that name no atom of the graph have no say.
    """

    def __init__(self, graph: AtomGraph, order: Order = Order.CODE, contracts: Contracts = _NO_CONTRACTS) -> None:
        self.names = sorted(set(graph.atoms))
        number = {name: i for i, name in enumerate(self.names)}
        self.edges = list(ordering_edges(graph, order, contracts))
        count = len(self.names)
        arcs = [divmod(key, count) for key in sorted({number[edge.source] * count + number[edge.target] for edge in self.edges})]
        self.cuts = self._cuts(self._adjacency(arcs), arcs, number)
        gone = frozenset[Arc]().union(*(cut.arcs for cut in self.cuts))
        self.cut = tuple(sorted((edge for edge in self.edges if (number[edge.source], number[edge.target]) in gone), key=_sort_key)) if gone else ()
        self.needs = self._adjacency(arc for arc in arcs if arc not in gone)

    def _adjacency(self, arcs: Iterable[Arc]) -> list[list[int]]:
        needs: list[list[int]] = [[] for _ in self.names]
        for node, other in arcs:
            needs[node].append(other)
        return needs

    def _cuts(self, needs: list[list[int]], arcs: list[Arc], number: dict[str, int]) -> list[Cut]:
        """The cut of each strongly connected component; costs are summed as whole numbers, so that their order changes nothing."""
        groups = [group for group in components(needs) if len(group) > 1]
        home = {node: place for place, group in enumerate(groups) for node in group}
        costs: list[dict[Arc, int]] = [{} for _ in groups]
        for arc in arcs if groups else ():
            place = home.get(arc[0])
            if place is not None and place == home.get(arc[1]):
                costs[place][arc] = 0
        for edge in self.edges if groups else ():
            place = home.get(number[edge.source])
            if place is not None and (arc := (number[edge.source], number[edge.target])) in costs[place]:
                costs[place][arc] += round(cut_cost(edge) * _UNITS)
        return [cut_cycles(group, {arc: units / _UNITS for arc, units in inside.items()}) for group, inside in zip(groups, costs, strict=True)]


class WaveGenerator:
    """Turns a sorted graph into waves."""

    def __init__(self, graph: AtomGraph, order: Order = Order.CODE, contracts: Contracts = _NO_CONTRACTS) -> None:
        self._graph, self._order = graph, order
        self._sorter = TopologicalSorter(graph, order, contracts)

    def plan(self) -> WavePlan:
        """Every atom on its longest-path level; atoms of a wave stand in plan order."""
        names, needs, cuts = self._sorter.names, self._sorter.needs, self._sorter.cuts
        level = levels(needs)
        by_name = dict(zip(names, level, strict=True))
        rows: list[list[str]] = [[] for _ in range(max(level, default=-1) + 1)]
        for name in dict.fromkeys(self._graph.atoms):
            rows[by_name[name]].append(name)
        waves = tuple(Wave(number, tuple(row)) for number, row in enumerate(rows))
        path = tuple(names[node] for node in longest_path(needs, level))
        return WavePlan(waves, self._sorter.cut, path, self._order, math.fsum(cut.cost for cut in cuts), math.fsum(cut.bound for cut in cuts))


def plan_waves(graph: AtomGraph, order: Order = Order.CODE, contracts: Contracts = _NO_CONTRACTS) -> WavePlan:
    """Waves of the graph: wave 0 needs nothing, wave N only waves 0…N-1; as many waves as the critical path is long.

    Cycles are broken by cutting edges of least cost; each cut edge is recorded and no atom is dropped. Nothing that is made on the way
    is freed before the end, so the collector of cycles is kept from walking it.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return WaveGenerator(graph, order, contracts).plan()
    finally:
        if collecting:
            gc.enable()


def wave_figures(graph: AtomGraph, waves: WavePlan, limit: int) -> WaveFigures:
    """The waves in figures; ``limit`` is how many atoms may be in flight."""
    types: dict[tuple[str, str], str] = {}
    steps = set(pairwise(waves.critical_path))
    for edge in graph.edges:
        if (edge.target, edge.source) in steps:
            types.setdefault((edge.target, edge.source), edge.type.value)
    along = tuple(types[step] for step in pairwise(waves.critical_path))
    sizes = tuple(len(wave.atoms) for wave in waves.waves)
    return WaveFigures(waves.order, sizes, waves.critical_path, along, len(waves.cut), waves.cut_cost, waves.cut_bound, max(limit, 1))

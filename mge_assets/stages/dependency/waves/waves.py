"""Waves: the levels of the atom graph once its cycles are cut."""

import gc
from itertools import pairwise

from mge_assets.model.graph import AtomEdge, AtomGraph, EdgeType
from mge_assets.model.waves import Order, Wave, WaveFigures, WavePlan
from mge_assets.stages.dependency.waves.cycles import Cut, cut_cycles
from mge_assets.stages.dependency.waves.levels import components, levels, longest_path
from mge_assets.stages.dependency.waves.orders import Contracts, ordering_edges

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
    least = BASE_COST if edge.inherits else CUT_COST[edge.type]
    return least + (edge.weight if edge.weight < 10.0 else 10.0) - 1.0


def _sort_key(edge: AtomEdge) -> tuple[str, str, str]:
    return edge.source, edge.target, edge.type


class TopologicalSorter:
    """The edges that order a graph, between numbered atoms, its cycles cut.

    Atoms are numbered by name, so the result does not depend on the order in which atoms or edges are given.
    Edges of an atom to itself have no say.

    Raises NotFoundError at an edge that names no atom of the graph.
    """

    def __init__(self, graph: AtomGraph, order: Order = Order.CODE, contracts: Contracts = _NO_CONTRACTS) -> None:
        self.names = sorted(set(graph.atoms))
        self.edges = ordering_edges(graph, order, contracts)
        number = {name: i for i, name in enumerate(self.names)}
        self._sources = [number[edge.source] for edge in self.edges]
        self._targets = [number[edge.target] for edge in self.edges]
        self.needs = self._needs()
        self.cuts = self._cuts()
        self.cut = self._take_out() if self.cuts else ()

    def _needs(self) -> list[list[int]]:
        """What each atom needs, sorted and once: edges in order of their targets go to their sources."""
        users: list[list[int]] = [[] for _ in self.names]
        for node, other in zip(self._sources, self._targets, strict=True):
            users[other].append(node)
        needs: list[list[int]] = [[] for _ in self.names]
        for other, nodes in enumerate(users):
            for node in set(nodes):
                needs[node].append(other)
        return needs

    def _cuts(self) -> list[Cut]:
        """The cuts of the strongly connected components; costs are summed as whole numbers, so that their order changes nothing."""
        groups = [group for group in components(self.needs) if len(group) > 1]
        if not groups:
            return []
        return cut_cycles(groups, self._sources, self._targets, [round(cut_cost(edge) * _UNITS) for edge in self.edges])

    def _take_out(self) -> tuple[AtomEdge, ...]:
        """Take the cut arcs out of the needs; the edges that they stand for."""
        gone: dict[int, set[int]] = {}
        for cut in self.cuts:
            for node, other in cut.arcs:
                gone.setdefault(node, set()).add(other)
        for node, lost in gone.items():
            self.needs[node] = [other for other in self.needs[node] if other not in lost]
        places = zip(self.edges, self._sources, self._targets, strict=True)
        return tuple(sorted((edge for edge, node, other in places if node in gone and other in gone[node]), key=_sort_key))


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
        return WavePlan(waves, self._sorter.cut, path, self._order, sum(cut.cost for cut in cuts) / _UNITS, sum(cut.bound for cut in cuts) / _UNITS)


def plan_waves(graph: AtomGraph, order: Order = Order.CODE, contracts: Contracts = _NO_CONTRACTS) -> WavePlan:
    """Waves of the graph: wave 0 needs nothing, wave N only waves 0…N-1; as many waves as the critical path is long.

    Cycles are broken by cutting edges of least cost; each cut edge is recorded and no atom is dropped. Nothing that is made on the way
    is freed before the end, so the collector of cycles is kept from walking it. Raises NotFoundError at an edge that names no atom of the graph.
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

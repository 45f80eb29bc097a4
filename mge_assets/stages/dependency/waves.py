"""Waves: the levels of the atom graph once its cycles are cut."""

from collections.abc import Iterable

from mge_assets.model.graph import AtomEdge, AtomGraph, Confidence, EdgeType
from mge_assets.model.waves import Wave, WavePlan
from mge_assets.stages.dependency.cycles import Arc, feedback_arcs
from mge_assets.stages.dependency.levels import components, levels, longest_path

CUT_COST = {
    EdgeType.TYPE: 10.0,
    EdgeType.FUNCTION_CALL: 20.0,
    EdgeType.VARIABLE: 40.0,
    EdgeType.DATA_FLOW: 80.0,
    EdgeType.IMPORT: 160.0,
    EdgeType.TEMPORAL: 320.0,
}
"""What it costs to give the target as a contract only: a type or a signature says nearly all, an import or an order does not."""


def cut_cost(edge: AtomEdge) -> float:
    """Cost of cutting the edge: its type decides, its weight (at most 10) only among equals."""
    return CUT_COST[edge.type] + min(edge.weight, 10.0) - 1.0


def _sort_key(edge: AtomEdge) -> tuple[str, str, str]:
    return edge.source, edge.target, edge.type


class TopologicalSorter:
    """The resolved edges of a graph between numbered atoms, its cycles cut.

    Atoms are numbered by name, so the result does not depend on the order in which atoms or edges are given.
    Edges to itself and edges that name no atom of the graph have no say.
    """

    def __init__(self, graph: AtomGraph) -> None:
        self.names = sorted(set(graph.atoms))
        number = {name: i for i, name in enumerate(self.names)}
        self._arcs: dict[Arc, list[AtomEdge]] = {}
        for edge in sorted(graph.edges, key=_sort_key):
            known = edge.source in number and edge.target in number
            if known and edge.source != edge.target and edge.confidence is Confidence.RESOLVED:
                self._arcs.setdefault((number[edge.source], number[edge.target]), []).append(edge)
        self._cut_arcs = self._choose_cut()
        self.cut = tuple(sorted((edge for arc in self._cut_arcs for edge in self._arcs[arc]), key=_sort_key))
        self.needs = self._adjacency(arc for arc in self._arcs if arc not in self._cut_arcs)

    def _adjacency(self, arcs: Iterable[Arc]) -> list[list[int]]:
        needs: list[list[int]] = [[] for _ in self.names]
        for node, other in arcs:
            needs[node].append(other)
        return needs

    def _choose_cut(self) -> set[Arc]:
        """The arcs to cut, component by component."""
        home = {}
        inside: dict[int, dict[Arc, float]] = {}
        groups = [group for group in components(self._adjacency(self._arcs)) if len(group) > 1]
        for number, group in enumerate(groups):
            inside[number] = {}
            home.update(dict.fromkeys(group, number))
        for arc, edges in self._arcs.items():
            group_number = home.get(arc[0])
            if group_number is not None and group_number == home.get(arc[1]):
                inside[group_number][arc] = sum(cut_cost(edge) for edge in edges)
        return {arc for number, group in enumerate(groups) for arc in feedback_arcs(group, inside[number])}


class WaveGenerator:
    """Turns a sorted graph into waves."""

    def __init__(self, graph: AtomGraph) -> None:
        self._graph = graph
        self._sorter = TopologicalSorter(graph)

    def plan(self) -> WavePlan:
        """Every atom on its longest-path level; atoms of a wave stand in plan order."""
        names, needs = self._sorter.names, self._sorter.needs
        level = levels(needs)
        by_name = dict(zip(names, level, strict=True))
        rows: list[list[str]] = [[] for _ in range(max(level, default=-1) + 1)]
        for name in dict.fromkeys(self._graph.atoms):
            rows[by_name[name]].append(name)
        waves = tuple(Wave(number, tuple(row)) for number, row in enumerate(rows))
        path = tuple(names[node] for node in longest_path(needs, level))
        return WavePlan(waves=waves, cut=self._sorter.cut, critical_path=path)


def plan_waves(graph: AtomGraph) -> WavePlan:
    """Waves of the graph: wave 0 needs nothing, wave N only waves 0…N-1; as many waves as the critical path is long.

    Cycles are broken by cutting edges of least cost; each cut edge is recorded and no atom is dropped.
    """
    return WaveGenerator(graph).plan()

"""Graph and waves as a use case: build them once for a set of atoms, keep them until the atoms change."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from mge_assets.model.errors import OrderError
from mge_assets.model.graph import AtomEdge, AtomGraph
from mge_assets.model.stages import Stage
from mge_assets.model.waves import WavePlan
from mge_assets.services.clock import timed
from mge_assets.stages.dependency import analyse, build_graph, dependency_svg, plan_waves
from mge_assets.stages.dependency.promises import with_promises
from mge_assets.store.atoms import AtomStore, StoredAtom
from mge_assets.store.graphs import GraphStore, StoredGraph
from mge_assets.store.plans import PlanStore

ANALYSER_VERSION = "2"
"""Changes when the same atoms would give another graph or other waves, so that stored ones are made again."""


@dataclass(frozen=True, slots=True)
class GraphReport:
    """A plan's graph as now stored; ``kept`` says that the stored one still held. ``svg`` is empty until the waves are planned."""

    plan: str
    atoms: int
    edges: int
    edge_types: Mapping[str, int]
    statistics: Mapping[str, float]
    kept: bool
    svg: str


@dataclass(frozen=True, slots=True)
class WaveReport:
    """A plan's waves as now stored; ``kept`` says that the stored ones still held."""

    plan: str
    sizes: tuple[int, ...]
    cut: tuple[AtomEdge, ...]
    critical_path: tuple[str, ...]
    max_parallel: int
    kept: bool
    svg: str


class DependencyService:
    """Builds, stores and reads graphs and waves."""

    def __init__(self, plans: PlanStore, atoms: AtomStore, graphs: GraphStore) -> None:
        self._plans, self._atoms, self._graphs = plans, atoms, graphs

    def build(self, plan: str) -> GraphReport:
        """Build the graph of the plan's atoms, unless the stored one is of the same atoms. Raises OrderError without atoms."""
        with timed() as clock:
            atoms = self._atoms.of_plan(plan)
            digest = self._digest(plan, atoms)
            head = self._graphs.head(plan)
            kept = head is not None and head.digest == digest
            if not kept:
                files = {draft.file: draft.content for draft in self._plans.drafts(plan)}
                units = [stored.atom for stored in atoms]
                graph = with_promises(build_graph(units, analyse(files)), units)
                self._graphs.save(plan, graph, _ids(atoms), digest)
                head = self._graphs.head(plan)
        if not kept:
            self._plans.add_seconds(plan, Stage.DEPENDENCY, clock.seconds)
        return self._graph_report(plan, head, kept)

    def plan_waves(self, plan: str) -> WaveReport:
        """Plan the waves of the stored graph, unless that is done. Raises OrderError without a graph."""
        waves, kept = self._graphs.waves(plan), True
        if waves is None:
            graph = self.graph(plan)
            waves, kept = plan_waves(graph), False
            svg = dependency_svg(graph, waves, None)
            self._graphs.save_waves(plan, waves, _ids(self._atoms.of_plan(plan)), svg)
            self._plans.set_figures(plan, total_waves=len(waves.waves), max_parallelism=waves.max_parallel)
        head = self._graphs.head(plan)
        sizes = tuple(len(wave.atoms) for wave in waves.waves)
        return WaveReport(plan, sizes, waves.cut, waves.critical_path, waves.max_parallel, kept, head.svg if head else "")

    def graph(self, plan: str) -> AtomGraph:
        """The stored graph. Raises OrderError where there is none."""
        graph = self._graphs.load(plan)
        if graph is None:
            raise OrderError(f"masterplan {plan} has no dependency graph yet", fix="materialize dependency_graph, or give the plan to `mge run`")
        return graph

    def waves(self, plan: str) -> WavePlan:
        """The stored waves. Raises OrderError where there are none."""
        waves = self._graphs.waves(plan)
        if waves is None:
            raise OrderError(f"masterplan {plan} has no waves yet", fix="materialize waves, or give the plan to `mge run`")
        return waves

    def _digest(self, plan: str, atoms: Sequence[StoredAtom]) -> str:
        """What a graph follows from: the files, and how they were cut. Raises OrderError where atoms are missing."""
        done = self._plans.atomized_digests(plan)
        if not all(done.values()):
            missing = ", ".join([task for task, mark in done.items() if not mark][:3])
            raise OrderError(f"masterplan {plan} is not atomized: {missing}", fix="materialize atoms first")
        told = hashlib.sha256(ANALYSER_VERSION.encode())
        for task, mark in sorted(done.items()):
            told.update(f"{task}\0{mark}\0".encode())
        for stored in atoms:
            told.update(f"{stored.atom.name}\0".encode())
        return told.hexdigest()

    @staticmethod
    def _graph_report(plan: str, head: StoredGraph | None, kept: bool) -> GraphReport:
        if head is None:
            raise OrderError(f"masterplan {plan} has no dependency graph yet", fix="materialize dependency_graph")
        return GraphReport(plan, head.atoms, head.edges, head.edge_types, head.statistics, kept, head.svg)


def _ids(atoms: Sequence[StoredAtom]) -> dict[str, UUID]:
    return {stored.atom.name: stored.atom_id for stored in atoms}

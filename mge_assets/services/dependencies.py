"""Graph and waves as a use case: build them once for a set of atoms, keep them until the atoms change."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from mge_assets.model.changes import Change, Snapshot
from mge_assets.model.errors import NotFoundError, OrderError
from mge_assets.model.graph import AtomEdge, AtomGraph, Boundaries
from mge_assets.model.masterplan import Masterplan
from mge_assets.model.stages import Stage
from mge_assets.model.waves import Order, WaveFigures, WavePlan
from mge_assets.services.clock import timed
from mge_assets.services.stores import Stores
from mge_assets.services.versions import ANALYSER_VERSION
from mge_assets.stages.dependency import Contracts, analyse, boundaries, build_graph, changes, contracts_of, dependency_svg, plan_waves, snapshot, wave_figures
from mge_assets.stages.dependency.kept import Kept
from mge_assets.stages.dependency.waves.promises import with_promises
from mge_assets.store.atoms import StoredAtom


@dataclass(frozen=True, slots=True)
class GraphReport:
    """A plan's graph as now stored; ``kept`` says that the stored one still held. ``svg`` is empty until the waves are planned.

    ``change`` is what is different from the state before; ``None`` where there was none, or nothing changed.
    """

    plan: str
    atoms: int
    edges: int
    edge_types: Mapping[str, int]
    statistics: Mapping[str, float]
    boundaries: Boundaries
    kept: bool
    svg: str
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class WaveReport:
    """A plan's waves as now stored, and what each order makes of its atoms; ``kept`` says that the stored ones still held."""

    plan: str
    order: Order
    sizes: tuple[int, ...]
    cut: tuple[AtomEdge, ...]
    critical_path: tuple[str, ...]
    max_parallel: int
    figures: Mapping[Order, WaveFigures]
    kept: bool
    svg: str


class DependencyService:
    """Builds, stores and reads graphs and waves. ``limit`` is how many atoms may be in flight; what is ``kept`` of files is not analysed again."""

    def __init__(self, stores: Stores, limit: int, kept: Kept | None = None) -> None:
        self._kept = kept
        self._plans, self._atoms, self._graphs, self._versions, self._limit = stores.plans, stores.atoms, stores.graphs, stores.graph_versions, limit

    def build(self, plan: str) -> GraphReport:
        """Build the graph of the plan's atoms, unless the stored one is of the same atoms. Raises OrderError without atoms."""
        with timed() as clock:
            atoms = self._atoms.of_plan(plan)
            digest = self._digest(plan, atoms)
            head, change = self._graphs.head(plan), None
            kept = head is not None and head.digest == digest
            if not kept:
                change = self._build(plan, atoms, digest)
                head = self._graphs.head(plan)
        if not kept:
            self._plans.add_seconds(plan, Stage.DEPENDENCY, clock.seconds)
        if head is None:
            raise OrderError(f"masterplan {plan} has no dependency graph yet", fix="materialize dependency_graph")
        return GraphReport(plan, head.atoms, head.edges, head.edge_types, head.statistics, head.boundaries, kept, head.svg, change)

    def _build(self, plan: str, atoms: Sequence[StoredAtom], digest: str) -> Change | None:
        files = {**self._masterplan(plan)[0].carried, **{draft.file: draft.content for draft in self._plans.drafts(plan)}}
        pure = [stored.atom for stored in atoms]
        graph = with_promises(build_graph(pure, analyse(files, kept=self._kept)), pure)
        found = boundaries(graph, {atom.name: atom.file for atom in pure})
        before, now = self._versions.load(plan), snapshot(pure, graph)
        self._graphs.save(plan, graph, _ids(atoms), digest, found)
        self._versions.save(plan, self._masterplan(plan)[1], digest, now)
        return changes(before, now) if before else None

    def plan_waves(self, plan: str, order: Order | None = None) -> WaveReport:
        """Plan the waves of the stored graph, unless that is done in this order, the plan's own if left out. Raises OrderError without a graph."""
        masterplan, _ = self._masterplan(plan)
        order = order or masterplan.order
        head, waves, atoms = self._graphs.head(plan), self._graphs.waves(plan), self._atoms.of_plan(plan)
        contracts = _contracts(masterplan, atoms)
        follows = _follows(contracts, self._limit)
        told = head.figures if head else {}
        kept = waves is not None and waves.order is order and head is not None and head.waves_follow == follows
        if waves is None or not kept:
            graph = self.graph(plan)
            planned = {each: plan_waves(graph, each, contracts) for each in Order}
            told = {each: wave_figures(graph, planned[each], self._limit) for each in Order}
            waves = planned[order]
            self._graphs.save_waves(plan, waves, _ids(atoms), dependency_svg(graph, waves, None), told, follows)
            self._plans.set_figures(plan, total_waves=len(waves.waves), max_parallelism=waves.max_parallel)
            head = self._graphs.head(plan)
        sizes = tuple(len(wave.atoms) for wave in waves.waves)
        return WaveReport(plan, order, sizes, waves.cut, waves.critical_path, waves.max_parallel, told, kept, head.svg if head else "")

    def graph(self, plan: str, *, places: bool = True) -> AtomGraph:
        """The stored graph, its edges with or without their places. Raises OrderError where there is none."""
        graph = self._graphs.load(plan, places=places)
        if graph is None:
            raise no_graph(plan)
        return graph

    def boundaries(self, plan: str) -> Boundaries:
        """How the stored graph falls into parts; nothing where there is no graph."""
        head = self._graphs.head(plan)
        return head.boundaries if head else Boundaries()

    def waves(self, plan: str) -> WavePlan:
        """The stored waves. Raises OrderError where there are none."""
        waves = self._graphs.waves(plan)
        if waves is None:
            raise OrderError(f"masterplan {plan} has no waves yet", fix="materialize waves, or give the plan to `mge run`")
        return waves

    def figures(self, plan: str) -> Mapping[Order, WaveFigures]:
        """What each order makes of the plan's atoms; empty before the waves are planned."""
        head = self._graphs.head(plan)
        return head.figures if head else {}

    def contracts(self, plan: str) -> Contracts:
        """Which of the plan's atoms are import statements, and which are still to be written."""
        return _contracts(self._masterplan(plan)[0], self._atoms.of_plan(plan))

    def changed(self, plan: str, now: Snapshot, version: int | None = None, *, other: bool = False) -> Change:
        """What is different in ``now`` from the plan's newest stored state, or the newest of a version of it. Raises NotFoundError.

        With ``other`` the state that the stored graph is of does not count: what the last run changed is told.
        """
        head = self._graphs.head(plan) if other and version is None else None
        before = self._versions.load(plan, version, but=head.digest if head else "")
        if before is None:
            known = ", ".join(map(str, self._versions.versions(plan))) or "none"
            wanted = "a graph" if version is None else f"a graph of its version {version}"
            raise NotFoundError(f"masterplan {plan} lacks {wanted} to compare with", fix=f"versions with a graph: {known}; a run stores one")
        return changes(before, now)

    def now(self, plan: str) -> Snapshot:
        """The plan's stored state. Raises OrderError without a graph."""
        return snapshot([stored.atom for stored in self._atoms.of_plan(plan)], self.graph(plan))

    def _masterplan(self, plan: str) -> tuple[Masterplan, int]:
        stored = self._plans.load(plan)
        if stored is None:
            raise NotFoundError(f"there is no masterplan {plan!r}", fix="give a plan file to `mge run` to add it")
        return stored.masterplan, stored.version

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
        for path, content in sorted(self._masterplan(plan)[0].carried.items()):
            told.update(f"{path}\0".encode() + content)
        return told.hexdigest()


def no_graph(plan: str) -> OrderError:
    """The error where a plan has no graph, with how to mend that."""
    return OrderError(f"masterplan {plan} has no dependency graph yet", fix="materialize dependency_graph, or give the plan to `mge run`")


def _contracts(plan: Masterplan, atoms: Sequence[StoredAtom]) -> Contracts:
    anew = {task.name for task in plan.tasks if task.regenerate}
    return contracts_of([stored.atom for stored in atoms], frozenset(s.atom.name for s in atoms if s.task in anew or s.rejected_because))


def _follows(contracts: Contracts, limit: int) -> str:
    """What waves follow from beside the graph."""
    told = hashlib.sha256(f"{ANALYSER_VERSION}\0{limit}".encode())
    for name in sorted(contracts.written):
        told.update(f"\0{name}".encode())
    return told.hexdigest()


def _ids(atoms: Sequence[StoredAtom]) -> dict[str, UUID]:
    return {stored.atom.name: stored.atom_id for stored in atoms}

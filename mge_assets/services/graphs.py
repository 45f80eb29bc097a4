"""Looking at a plan's graph: as a page shows it, as other programs take it, one atom at a time. Building it is ``dependencies``' part."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from mge_assets.model.errors import NotFoundError
from mge_assets.model.graph import AtomEdge, AtomGraph, Tie
from mge_assets.services.dependencies import DependencyService, no_graph
from mge_assets.services.stores import Stores
from mge_assets.stages.dependency import AtomFacts, GraphView, GraphViewer, Show, dependency_svg, plan_json
from mge_assets.stages.dependency.views.drawing import MAX_NODES
from mge_assets.store.atoms import BriefAtom
from mge_assets.store.ties import TieStore

_KEPT = 4
_FOUND = 50


class _PlanTies:
    """What views ask of the stored edges of a plan, whose atoms the database knows by id."""

    def __init__(self, store: TieStore, plan: str, facts: Mapping[str, AtomFacts]) -> None:
        self._store, self._plan, self._facts = store, plan, facts
        self._names = {fact.id: name for name, fact in facts.items()}

    def near(self, atoms: Collection[str]) -> set[str]:
        """These atoms, what they need, and what needs them."""
        found = self._store.near(self._plan, [self._facts[atom].id for atom in atoms])
        return {self._names[atom] for atom in found if atom in self._names}

    def between(self, parts: Mapping[str, str]) -> Iterable[Tie]:
        """How the parts that atoms are of depend on one another."""
        return self._store.between(self._plan, {self._facts[atom].id: part for atom, part in parts.items()})


@dataclass(frozen=True, slots=True)
class AtomNeeds:
    """One atom's dependencies and dependents; ``wave`` is ``None`` until waves are planned."""

    atom: BriefAtom
    wave: int | None
    needs: tuple[AtomEdge, ...]
    needed_by: tuple[AtomEdge, ...]
    cut: frozenset[AtomEdge]


class GraphService:
    """Reads graphs. The last few plans' views stay in memory."""

    def __init__(self, stores: Stores, dependencies: DependencyService) -> None:
        self._stores, self._dependencies = stores, dependencies
        self._viewers: OrderedDict[str, tuple[tuple[str, str], Mapping[str, AtomFacts], GraphViewer]] = OrderedDict()
        self._lock = threading.Lock()

    def whole(self, plan: str, show: Show | None = None) -> GraphView:
        """The whole graph; collapsed by task above 200 atoms unless asked otherwise. Raises OrderError without graph and waves."""
        return self._viewer(plan).whole(show)

    def group(self, plan: str, show: Show, key: str, task: str = "") -> GraphView:
        """One task or wave opened, or a task's part of a wave. Raises NotFoundError where the plan has none of that name."""
        view = self._viewer(plan).group(show, key, task)
        if all(node.kind == show.value for node in view.nodes):
            raise NotFoundError(f"masterplan {plan} has no {show.value} {key!r} with atoms", fix="look at the whole graph")
        return view

    def around(self, plan: str, atom: str) -> GraphView:
        """One atom with what it needs and what needs it. Raises NotFoundError."""
        viewer = self._viewer(plan)
        if not viewer.has(atom):
            raise NotFoundError(f"masterplan {plan} has no atom {atom!r}", fix="look at the whole graph")
        return viewer.around(atom)

    def search(self, plan: str, words: str) -> tuple[BriefAtom, ...]:
        """The first fifty atoms whose name or file has all the words, letters' case apart."""
        wanted = words.casefold().split()
        found = [brief for brief in self._stores.atoms.brief(plan) if all(word in f"{brief.name} {brief.file}".casefold() for word in wanted)]
        return tuple(sorted(found, key=lambda brief: (len(brief.name), brief.name))[:_FOUND])

    def document(self, plan: str) -> dict[str, Any]:
        """Everything in one JSON object."""
        graph, waves = self._dependencies.graph(plan), self._dependencies.waves(plan)
        return plan_json(plan, graph, waves, self._facts(plan), self._dependencies.figures(plan), self._dependencies.boundaries(plan))

    def svg(self, plan: str) -> str:
        """The picture of the plan as it stands. Raises OrderError without graph and waves."""
        self._key(plan)
        waves, statuses = self._dependencies.waves(plan), {name: fact.status for name, fact in self._facts(plan).items()}
        # above that many atoms bars are drawn, which show no edge: networkx's 120,000 took 1.1 s to read
        drawn = len(statuses) <= MAX_NODES
        graph = self._dependencies.graph(plan, places=False) if drawn else AtomGraph(tuple(statuses), (), {})
        return dependency_svg(graph, waves, statuses)

    def atom(self, atom: UUID) -> AtomNeeds:
        """One atom's dependencies and dependents. Raises NotFoundError, and OrderError without a graph."""
        plan, brief = self._stores.atoms.owner(atom), self._stores.atoms.one_brief(atom)
        if plan is None or brief is None:
            raise NotFoundError(f"there is no atom {atom}", fix="list a masterplan's atoms at /api/v2/atoms/by-masterplan/{name}")
        ties = self._stores.ties.of(plan, atom)
        if ties is None:
            raise no_graph(plan)
        return AtomNeeds(brief, ties.wave, ties.needs, ties.needed_by, ties.cut)

    def _viewer(self, plan: str) -> GraphViewer:
        """The plan's viewer: the last one where neither the graph nor any atom is another than before, as its views are then made already."""
        key, facts = self._key(plan), self._facts(plan)
        with self._lock:
            before = self._viewers.get(plan)
        if before is not None and before[:2] == (key, facts):
            return before[2]
        viewer = GraphViewer(_PlanTies(self._stores.ties, plan, facts), self._dependencies.waves(plan), facts)
        with self._lock:
            self._viewers[plan] = (key, facts, viewer)
            self._viewers.move_to_end(plan)
            while len(self._viewers) > _KEPT:
                self._viewers.popitem(last=False)
        return viewer

    def _facts(self, plan: str) -> Mapping[str, AtomFacts]:
        atoms = self._stores.atoms.plain(plan)
        return {name: AtomFacts(atom, kind, task, file, status, confidence) for atom, name, task, file, kind, status, confidence in atoms}

    def _key(self, plan: str) -> tuple[str, str]:
        """Changes when the plan's graph or its waves do. Raises OrderError without a graph."""
        mark = self._stores.graphs.mark(plan)
        if not mark:
            raise no_graph(plan)
        return plan, mark

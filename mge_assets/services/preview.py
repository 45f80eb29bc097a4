"""A plan's graph and waves straight from its file, without a database: nothing is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mge_assets.model.atoms import Atom
from mge_assets.model.changes import Snapshot
from mge_assets.model.graph import AtomGraph, Boundaries
from mge_assets.model.waves import Order, WaveFigures, WavePlan
from mge_assets.stages.atomization import atomize
from mge_assets.stages.atomization.blank import blank_file
from mge_assets.stages.atomization.plan_names import PlanNames
from mge_assets.stages.dependency import (
    AtomFacts,
    analyse,
    boundaries,
    build_graph,
    contracts_of,
    dependency_svg,
    plan_json,
    plan_waves,
    snapshot,
    wave_figures,
)
from mge_assets.stages.drafting import prepare_drafts, read_tests
from mge_assets.stages.planning import load_masterplan
from mge_assets.store.plans import task_language


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan's atoms, their graph and its waves in the chosen order, with what either order makes of them."""

    plan: str
    atoms: Mapping[str, AtomFacts]
    graph: AtomGraph
    parts: Boundaries
    waves: WavePlan
    figures: Mapping[Order, WaveFigures]
    state: Snapshot

    def document(self) -> dict[str, Any]:
        """Everything in one JSON object."""
        return plan_json(self.plan, self.graph, self.waves, self.atoms, self.figures, self.parts)

    def svg(self) -> str:
        """The picture."""
        return dependency_svg(self.graph, self.waves, {name: fact.status for name, fact in self.atoms.items()})


def plan_from_file(path: Path, limit: int, order: Order | None = None) -> Planned:
    """What a run of the plan file would plan; ``limit`` is how many atoms may be in flight. Raises PlanError, DraftError."""
    loaded = load_masterplan(path.absolute())
    plan = loaded.masterplan
    drafts = {draft.task: draft for draft in prepare_drafts(plan, loaded.folder).drafts}
    names = PlanNames(task.file for task in plan.tasks)
    atoms: list[Atom] = []
    facts: dict[str, AtomFacts] = {}
    anew: set[str] = set()
    for task in plan.tasks:
        draft, tests = drafts.get(task.name), read_tests(task, loaded.folder)
        quoted = tests.decode(errors="replace") if tests else ""
        cut = atomize(draft.content, draft.file, draft.language, tests=quoted) if draft else blank_file(task.file, task_language(task))
        named = names.named(cut).atoms
        atoms += named
        facts.update({atom.name: AtomFacts("", atom.kind.value, task.name, atom.file, "pending") for atom in named})
        anew |= {atom.name for atom in named if task.regenerate}
    graph = build_graph(atoms, analyse({draft.file: draft.content for draft in drafts.values()}))
    contracts = contracts_of(atoms, frozenset(anew))
    planned = {each: plan_waves(graph, each, contracts) for each in Order}
    figures = {each: wave_figures(graph, waves, limit) for each, waves in planned.items()}
    parts = boundaries(graph, {atom.name: atom.file for atom in atoms})
    return Planned(plan.name, facts, graph, parts, planned[order or plan.order], figures, snapshot(atoms, graph))

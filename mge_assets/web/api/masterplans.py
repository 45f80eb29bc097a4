"""Masterplans, and the graph and waves of their atoms."""

from fastapi import APIRouter

from mge_assets.services.workspace import Workspace
from mge_assets.store.plans import StoredPlan
from mge_assets.web.shapes.plans import (
    EdgeShape,
    GraphShape,
    MasterplanDetailShape,
    MasterplanShape,
    MasterplansShape,
    MilestoneShape,
    NodeShape,
    PhaseShape,
    ProgressShape,
    TaskShape,
    WaveShape,
    WavesShape,
)


def masterplan_routes(workspace: Workspace) -> APIRouter:
    """Routes of masterplans and of dependencies."""
    router = APIRouter()

    @router.get("/masterplans", tags=["masterplans"])
    def masterplans() -> MasterplansShape:
        """Every known masterplan."""
        return MasterplansShape(masterplans=[masterplan_shape(workspace, name) for name in workspace.plans.names()])

    @router.get("/masterplans/{name}", tags=["masterplans"])
    def masterplan(name: str) -> MasterplanDetailShape:
        """One masterplan with its phases, milestones and tasks."""
        return _detail(workspace, workspace.plans.stored(name))

    @router.get("/dependency/graph/{name}", tags=["dependency"])
    def graph(name: str) -> GraphShape:
        """The atoms and the typed edges between them. 409 before the graph is built."""
        return _graph(workspace, name)

    @router.get("/dependency/waves/{name}", tags=["dependency"])
    def waves(name: str) -> WavesShape:
        """The waves and how they went. 409 before they are planned."""
        return waves_shape(workspace, name)

    return router


def masterplan_shape(workspace: Workspace, name: str) -> MasterplanShape:
    """A masterplan in short. Raises NotFoundError."""
    return MasterplanShape.model_validate(_head(workspace, workspace.plans.stored(name)))


def waves_shape(workspace: Workspace, name: str) -> WavesShape:
    """A masterplan's waves. Raises NotFoundError, and OrderError before they are planned."""
    workspace.plans.stored(name)
    plan = workspace.dependencies.waves(name)
    states = {number: (status, seconds) for number, status, _, seconds in workspace.stores.executions.wave_states(name)}
    ids = workspace.stores.executions.wave_ids(name)
    waves = [
        WaveShape(wave_id=ids[w.number], number=w.number, status=states[w.number][0], atoms=list(w.atoms), seconds=states[w.number][1]) for w in plan.waves
    ]
    cut = [EdgeShape.of(edge, cut=True) for edge in plan.cut]
    return WavesShape(masterplan=name, order=plan.order, waves=waves, max_parallel=plan.max_parallel, cut=cut, critical_path=list(plan.critical_path))


def _graph(workspace: Workspace, name: str) -> GraphShape:
    workspace.plans.stored(name)
    graph = workspace.dependencies.graph(name)
    plan = workspace.stores.graphs.waves(name)
    wave_of = {atom: wave.number for wave in plan.waves for atom in wave.atoms} if plan else {}
    cut = {(edge.source, edge.target, edge.type) for edge in plan.cut} if plan else set()
    return GraphShape(
        masterplan=name,
        atoms=[NodeShape(name=atom, wave=wave_of.get(atom)) for atom in graph.atoms],
        edges=[EdgeShape.of(edge, cut=(edge.source, edge.target, edge.type) in cut) for edge in graph.edges],
        statistics=graph.statistics,
    )


def _head(workspace: Workspace, stored: StoredPlan) -> dict[str, object]:
    plan = stored.masterplan
    progress = ProgressShape.of(workspace.execution.progress(plan.name))
    known = {"name": plan.name, "version": stored.version, "description": plan.description, "path": stored.path}
    return {**known, "tasks": sum(1 for _ in plan.tasks), "progress": progress}


def _detail(workspace: Workspace, stored: StoredPlan) -> MasterplanDetailShape:
    plan = stored.masterplan
    phases = [
        PhaseShape(
            name=phase.name,
            description=phase.description,
            milestones=[
                MilestoneShape(
                    name=milestone.name,
                    description=milestone.description,
                    tasks=[TaskShape.model_validate(task, from_attributes=True) for task in milestone.tasks],
                )
                for milestone in phase.milestones
            ],
        )
        for phase in plan.phases
    ]
    return MasterplanDetailShape.model_validate({**_head(workspace, stored), "requirements": list(plan.requirements), "phases": phases})

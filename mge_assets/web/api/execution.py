"""Executions: how far they are, and what a person asks of them. What is asked is a row that Dagster's daemon, or the running process, takes up."""

from uuid import UUID

from fastapi import APIRouter

from mge_assets.model.errors import NotFoundError
from mge_assets.model.executions import ExecutionStatus
from mge_assets.services.clock import timed
from mge_assets.services.workspace import Workspace
from mge_assets.store.executions import StoredExecution
from mge_assets.web.shapes.executions import (
    AtomStandShape,
    ExecutionMetricsShape,
    ExecutionShape,
    OrderedShape,
    ResumeInput,
    StartInput,
    WaveStandShape,
)
from mge_assets.web.shapes.plans import HealthShape, ProgressShape


def execution_routes(workspace: Workspace) -> APIRouter:
    """Routes of executions."""
    router = APIRouter(prefix="/execution", tags=["execution"])
    _orders(router, workspace)
    _plans_readings(router, workspace)
    _readings(router, workspace)
    _parts(router, workspace)
    return router


def _orders(router: APIRouter, workspace: Workspace) -> None:
    control = workspace.execution

    @router.post("/start")
    def start(given: StartInput) -> OrderedShape:
        """Have a masterplan executed. 409 where it is being executed, or was asked for already."""
        if given.budget_usd is not None:
            control.set_budget(given.masterplan, given.budget_usd)
        return _ordered(workspace, control.ask(given.masterplan, schedule=given.schedule, batch=given.batch))

    @router.post("/{execution_id}/pause")
    def pause(execution_id: UUID) -> OrderedShape:
        """Start nothing more; what is in flight is settled. 409 where the execution is over."""
        control.pause(_plan(workspace, execution_id))
        return _ordered(workspace, execution_id)

    @router.post("/{execution_id}/cancel")
    def cancel(execution_id: UUID) -> OrderedShape:
        """End the execution; what was done is kept. 409 where it is over."""
        control.cancel(_plan(workspace, execution_id))
        return _ordered(workspace, execution_id)

    @router.post("/{execution_id}/resume")
    def resume(execution_id: UUID, given: ResumeInput | None = None) -> OrderedShape:
        """Go on with a paused execution. 409 where it is over."""
        plan = _plan(workspace, execution_id)
        stood = control.resume(plan, budget_usd=given.budget_usd if given else None)
        if stood is ExecutionStatus.PAUSED:
            control.go_on(plan)
        return _ordered(workspace, execution_id)

    @router.post("/retry/{atom_id}")
    def retry(atom_id: UUID) -> OrderedShape:
        """Try a failed or blocked atom again, with what it blocks. 409 where it passed, or its masterplan is being executed."""
        return _ordered(workspace, control.ask_again(control.retry(atom_id)))

    @router.post("/waves/{wave_id}/execute")
    def execute_wave(wave_id: UUID) -> OrderedShape:
        """Execute one wave alone; those before it must be done."""
        plan, number = _wave(workspace, wave_id)
        return _ordered(workspace, control.ask_again(plan, wave=number))


def _plans_readings(router: APIRouter, workspace: Workspace) -> None:
    executions = workspace.stores.executions

    @router.get("/progress/{name}")
    def progress(name: str) -> ProgressShape:
        """How far a masterplan's newest execution is."""
        return ProgressShape.of(workspace.execution.progress(name))

    @router.get("/status/{name}")
    def status(name: str) -> ExecutionShape:
        """A masterplan's newest execution. 404 where it was never executed."""
        workspace.plans.stored(name)
        found = executions.newest(name)
        if found is None:
            raise NotFoundError(f"masterplan {name} was never executed", fix="POST /api/v2/execution/start, or `mge run`")
        return ExecutionShape.of(name, found)

    @router.get("/health")
    def health() -> HealthShape:
        """Asks the database. 500 where it does not answer."""
        with timed() as clock:
            names = workspace.plans.names()
        return HealthShape(status="ok", database_seconds=clock.seconds, masterplans=len(names), model=workspace.model.name)


def _readings(router: APIRouter, workspace: Workspace) -> None:
    @router.get("/{execution_id}")
    def execution(execution_id: UUID) -> ExecutionShape:
        """One execution."""
        return ExecutionShape.of(_plan(workspace, execution_id), _found(workspace, execution_id))

    @router.get("/{execution_id}/progress")
    def progress_of(execution_id: UUID) -> ProgressShape:
        """How far the execution's masterplan is."""
        return ProgressShape.of(workspace.execution.progress(_plan(workspace, execution_id)))

    @router.get("/{execution_id}/metrics")
    def metrics(execution_id: UUID) -> ExecutionMetricsShape:
        """What the execution's calls cost."""
        budget = workspace.execution.budget(_plan(workspace, execution_id))
        bill = workspace.stores.journal.bill(execution_id)
        counts = {"calls": bill.calls, "open_calls": bill.open_calls, "unknown_calls": bill.unknown_calls}
        tokens = {"tokens_input": bill.tokens_input, "tokens_output": bill.tokens_output}
        return ExecutionMetricsShape(**counts, **tokens, cost_usd=bill.usd, plan_committed_usd=budget.committed_usd, plan_budget_usd=budget.hard_usd)


def _parts(router: APIRouter, workspace: Workspace) -> None:
    executions = workspace.stores.executions

    @router.get("/{execution_id}/waves/{wave_id}")
    def wave(execution_id: UUID, wave_id: UUID) -> WaveStandShape:
        """How a wave of the execution's masterplan stands."""
        plan, number = _wave(workspace, wave_id)
        if plan != _plan(workspace, execution_id):
            raise NotFoundError(f"execution {execution_id} has no wave {wave_id}", fix=f"it executes {plan}")
        state = executions.wave_states(plan)[number]
        _, atoms, ended = executions.wave_progress(plan)[number]
        return WaveStandShape(number=number, status=state[1], atoms=atoms, ended=ended, seconds=state[3])

    @router.get("/{execution_id}/atoms/{atom_id}")
    def atom(execution_id: UUID, atom_id: UUID) -> AtomStandShape:
        """How an atom of the execution's masterplan stands."""
        stored, plan = workspace.atoms.get(atom_id), _plan(workspace, execution_id)
        if workspace.stores.atoms.owner(atom_id) != plan:
            raise NotFoundError(f"execution {execution_id} has no atom {atom_id}", fix=f"it executes {plan}")
        head = {"atom_id": atom_id, "name": stored.atom.name, "status": stored.status, "attempts": stored.attempts}
        return AtomStandShape(**head, cost_usd=stored.bill.cost_usd)


def _found(workspace: Workspace, execution: UUID) -> StoredExecution:
    found = workspace.stores.executions.one(execution)
    if found is None:
        raise NotFoundError(f"there is no execution {execution}", fix="GET /api/v2/execution/status/{name} tells the newest of a masterplan")
    return found


def _plan(workspace: Workspace, execution: UUID) -> str:
    _found(workspace, execution)
    return workspace.stores.executions.plan_of(execution) or ""


def _wave(workspace: Workspace, wave: UUID) -> tuple[str, int]:
    found = workspace.stores.executions.wave_of(wave)
    if found is None:
        raise NotFoundError(f"there is no wave {wave}", fix="GET /api/v2/dependency/waves/{name} lists a masterplan's waves with their ids")
    return found


def _ordered(workspace: Workspace, execution: UUID) -> OrderedShape:
    return OrderedShape(execution_id=execution, masterplan=_plan(workspace, execution), status=_found(workspace, execution).status)

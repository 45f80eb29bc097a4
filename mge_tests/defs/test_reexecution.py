"""Runs executed again from Dagster's own pages: what its buttons send, to its real schema over the loaded pipeline, on a real instance."""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from dagster import DagsterEvent, DagsterEventType, DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run_iterator
from dagster._core.remote_origin import InProcessCodeLocationOrigin
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import InProcessWorkspaceLoadTarget
from dagster_graphql.test.utils import execute_dagster_graphql

from mge_assets.definitions import build_definitions
from mge_assets.defs.launch import one_line, run_plan
from mge_assets.defs.resources import shared_workspace
from mge_assets.model.attempts import AtomOutcome
from mge_assets.model.executions import ExecutionStatus
from mge_assets.services.execution import ExecutionServiceV2
from mge_assets.services.workspace import open_workspace
from mge_resources.settings import Settings
from mge_tests.fakes.emulator.server import MessagesServer
from mge_tests.services.layered import Layered, generating

PLAN = Layered("again", (3, 3, 2))
ATOMS = 10  # imports of two layers among them
_LAUNCH = """
mutation($parent: String!, $strategy: ReexecutionStrategy!) {
  launchRunReexecution(reexecutionParams: {parentRunId: $parent, strategy: $strategy}) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message stack }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""


@pytest.fixture
def model() -> Iterator[MessagesServer]:
    with PLAN.emulator() as server:
        yield server


class Page:
    def __init__(self, context: WorkspaceProcessContext, instance: DagsterInstance) -> None:
        self._context, self._instance = context, instance

    def again(self, parent: str, strategy: str) -> DagsterRun:
        """Press the button, and do what the daemon and the run's process do with what was queued."""
        answer = execute_dagster_graphql(self._context.create_request_context(), _LAUNCH, {"parent": parent, "strategy": strategy})
        launched = answer.data["launchRunReexecution"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        run = self._instance.get_run_by_id(launched["run"]["runId"])
        assert run is not None
        assert run.status is DagsterRunStatus.QUEUED
        self._instance.report_dagster_event(DagsterEvent(DagsterEventType.RUN_STARTING.value, run.job_name), run.run_id)
        run = self._instance.get_run_by_id(run.run_id)
        assert run is not None
        job = build_definitions().resolve_job_def(run.job_name)
        self.events = list(execute_run_iterator(InMemoryJob(job), run, self._instance))
        ended = self._instance.get_run_by_id(run.run_id)
        assert ended is not None
        return ended

    @property
    def errors(self) -> list[str]:
        return [one_line(event.step_failure_data.error) for event in self.events if event.is_step_failure and event.step_failure_data.error]


@pytest.fixture
def paid(settings: Settings, model: MessagesServer, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", model.url)
    return generating(settings, model)


@pytest.fixture
def page(instance: DagsterInstance, paid: Settings) -> Iterator[Page]:
    target = LoadableTargetOrigin(executable_path=sys.executable, module_name="mge_assets.definitions", attribute="defs")
    with WorkspaceProcessContext(instance, InProcessWorkspaceLoadTarget(InProcessCodeLocationOrigin(target, location_name="mge"))) as context:
        yield Page(context, instance)


def broken_off(how: str, instance: DagsterInstance, settings: Settings, folder: Path, patch: pytest.MonkeyPatch) -> str:
    """A run of the plan that ended early, after three atoms; answers its execution job's run."""
    run_atom, ran = ExecutionServiceV2.run_atom, list[UUID]()

    async def not_the_fourth(self: ExecutionServiceV2, execution: UUID, atom: UUID) -> AtomOutcome:
        ran.append(atom)
        if len(ran) == 4:
            if how == "lost":
                message = "connection lost"
                raise ConnectionError(message)
            getattr(self, how)(PLAN.name)
            self._heart.beat()
            await asyncio.sleep(0.2)
        return await run_atom(self, execution, atom)

    with shared_workspace(settings) as workspace:
        workspace.plans.register(PLAN.write(folder))
        with patch.context() as context:
            context.setattr(ExecutionServiceV2, "run_atom", not_the_fourth)
            jobs = run_plan(PLAN.name, instance, settings, folder / "out").jobs
        assert workspace.execution.progress(PLAN.name).status is (ExecutionStatus.PAUSED if how == "pause" else ExecutionStatus.FAILED)
    assert [job.success for job in jobs] == [True, False]
    return jobs[1].run_id


@pytest.mark.parametrize(("how", "strategy"), [("lost", "ALL_STEPS"), ("pause", "FROM_FAILURE"), ("pause", "ALL_STEPS"), ("cancel", "FROM_FAILURE")])
def test_a_run_that_broke_off_is_brought_to_its_end_and_nothing_is_paid_for_twice(
    how: str, strategy: str, page: Page, instance: DagsterInstance, paid: Settings, model: MessagesServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    parent = broken_off(how, instance, paid, tmp_path, monkeypatch)
    ended = page.again(parent, strategy)
    assert ended.status is DagsterRunStatus.SUCCESS, page.errors
    with shared_workspace(paid) as workspace:
        progress = workspace.execution.progress(PLAN.name)
    assert progress.status is ExecutionStatus.COMPLETED
    assert progress.atoms.completed == progress.atoms.total
    bills = Counter(bill.atom for bill in model.ledger.bills)
    assert len(bills) == ATOMS
    assert set(bills.values()) == {1}
    assert page.again(parent, "ALL_STEPS").status is DagsterRunStatus.SUCCESS, page.errors
    assert len(model.ledger.bills) == ATOMS


def test_while_something_else_runs_the_plan_a_run_that_is_executed_again_says_so_and_changes_nothing(
    page: Page, instance: DagsterInstance, paid: Settings, model: MessagesServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    parent = broken_off("lost", instance, paid, tmp_path, monkeypatch)
    bills = len(model.ledger.bills)
    with open_workspace(paid) as other:
        execution = other.execution.start(PLAN.name, "another")
        for strategy in ("FROM_FAILURE", "ALL_STEPS"):
            assert page.again(parent, strategy).status is DagsterRunStatus.FAILURE
            assert {error.split(";")[0] for error in page.errors} == {f"masterplan {PLAN.name} is being executed by another process"}
            held = other.stores.executions.one(execution)
            assert held is not None
            assert held.status is ExecutionStatus.RUNNING
        assert len(model.ledger.bills) == bills
        other.execution.finish(execution)
    assert page.again(parent, "FROM_FAILURE").status is DagsterRunStatus.SUCCESS, page.errors
    assert len({bill.atom for bill in model.ledger.bills}) == len(model.ledger.bills) == ATOMS

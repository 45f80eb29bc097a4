"""A plan goes through all three jobs in this process, in a real instance on a real database."""

import os
import shutil
import signal
import threading
from pathlib import Path
from uuid import UUID

import pytest
from dagster import AssetKey, DagsterInstance, DagsterRunStatus
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run_iterator

from mge_assets.definitions import build_definitions
from mge_assets.defs.launch import PlanRun, StepEnd, run_plan
from mge_assets.defs.partitions import PARTITION
from mge_assets.defs.resources import shared_workspace
from mge_assets.model.attempts import AtomOutcome
from mge_assets.model.executions import ExecutionStatus
from mge_assets.services.execution import ExecutionServiceV2
from mge_resources.settings import Settings
from mge_tests.defs.toy import run_again_from_failure

SMALL = Path(__file__).parents[2] / "mge_assets" / "examples" / "small"


@pytest.fixture
def plan(settings: Settings, tmp_path: Path) -> str:
    shutil.copytree(SMALL, tmp_path / "plan")
    with shared_workspace(settings) as workspace:
        return workspace.plans.register(tmp_path / "plan" / "plan.yaml").name


def go(plan: str, instance: DagsterInstance, settings: Settings, out: Path) -> tuple[PlanRun, list[StepEnd]]:
    seen: list[StepEnd] = []
    return run_plan(plan, instance, settings, out, watch=seen.append), seen


def test_a_plan_is_planned_executed_and_delivered_and_the_second_time_nothing_is_done_twice(
    plan: str, instance: DagsterInstance, settings: Settings, tmp_path: Path
):
    first, seen = go(plan, instance, settings, tmp_path / "out")
    assert first.success, first.errors
    assert [job.job for job in first.jobs] == ["planning_job", "execution_job", "delivery_job"]
    waves = [step.wave for step in seen if step.wave is not None]
    assert waves == sorted(waves)
    assert len(waves) > 10
    with shared_workspace(settings) as workspace:
        progress = workspace.execution.progress(plan)
        assert progress.status is ExecutionStatus.COMPLETED
        assert progress.atoms.completed == progress.atoms.total == len(waves)
    assert (tmp_path / "out" / ".git").is_dir()

    keys = {instance.get_latest_materialization_event(AssetKey(name)) is not None for name in ("masterplan", "waves", "review_queue", "delivered_project")}
    assert keys == {True}
    executed = {f"{plan}|w{wave:02d}" for wave in range(max(waves) + 1)}
    assert instance.get_materialized_partitions(AssetKey("generated_code")) == executed
    assert instance.get_materialized_partitions(AssetKey("validation_results")) == executed

    second, seen = go(plan, instance, settings, tmp_path / "out")
    assert second.success, second.errors
    assert [step for step in seen if step.wave is not None] == []
    with shared_workspace(settings) as workspace:
        assert workspace.execution.progress(plan).atoms.reused == len(waves)


def test_every_value_that_the_ui_is_given_stays_under_a_hundred_kilobytes(plan: str, instance: DagsterInstance, settings: Settings, tmp_path: Path):
    walk, _ = go(plan, instance, settings, tmp_path / "out")
    entries = [entry for job in walk.jobs for entry in instance.all_logs(job.run_id)]
    metadata = [
        (label, value)
        for entry in entries
        if entry.dagster_event and entry.dagster_event.is_step_materialization
        for label, value in entry.dagster_event.step_materialization_data.materialization.metadata.items()
    ]
    assert len(metadata) > 30
    assert [label for label, value in metadata if len(str(value.value)) > 100_000] == []


def test_a_wave_alone_says_which_waves_come_first(plan: str, instance: DagsterInstance, settings: Settings):
    definitions = build_definitions()
    with shared_workspace(settings) as workspace:
        workspace.plans.refresh(plan)
        for step in (workspace.drafts.prepare, workspace.atoms.decompose, workspace.dependencies.build, workspace.dependencies.plan_waves):
            step(plan)
        instance.add_dynamic_partitions("masterplan", [plan])
        instance.add_dynamic_partitions("wave", ["w00", "w01", "w02"])
        job = definitions.resolve_job_def("execution_job")
        tags = {PARTITION: f"{plan}|w02", f"{PARTITION}/masterplan": plan, f"{PARTITION}/wave": "w02"}
        run = instance.create_run_for_job(job, tags=tags)
        errors = [
            str(event.step_failure_data.error.cause.message)
            for event in execute_run_iterator(InMemoryJob(job), run, instance)
            if event.is_step_failure and event.step_failure_data.error and event.step_failure_data.error.cause
        ]
    assert len(errors) == 1
    assert "wave 2 can't run before wave 0" in errors[0]


def test_a_plan_that_is_wrong_ends_with_the_error_in_one_line(plan: str, instance: DagsterInstance, settings: Settings, tmp_path: Path):
    with (tmp_path / "plan" / "plan.yaml").open("a") as file:
        file.write("\nnonsense: [\n")
    walk, _ = go(plan, instance, settings, tmp_path / "out")
    assert [job.success for job in walk.jobs] == [False]
    assert len(walk.errors) == 1
    assert walk.errors[0].startswith(str(tmp_path / "plan" / "plan.yaml"))
    assert "\n" not in walk.errors[0]
    assert not (tmp_path / "out").exists()


def test_a_run_that_lost_its_database_is_taken_up_again_from_the_run_page(
    plan: str, instance: DagsterInstance, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run_atom, ran = ExecutionServiceV2.run_atom, list[UUID]()

    async def third_is_lost(self: ExecutionServiceV2, execution: UUID, atom: UUID) -> AtomOutcome:
        ran.append(atom)
        if len(ran) == 3:
            message = "connection lost"
            raise ConnectionError(message)
        return await run_atom(self, execution, atom)

    monkeypatch.setattr(ExecutionServiceV2, "run_atom", third_is_lost)
    walk, _ = go(plan, instance, settings, tmp_path / "out")
    assert [job.success for job in walk.jobs] == [True, False]
    assert walk.errors == ("ConnectionError: connection lost",)
    failed = instance.get_run_by_id(walk.jobs[1].run_id)
    assert failed is not None
    with shared_workspace(settings) as workspace:
        assert workspace.execution.progress(plan).status is ExecutionStatus.FAILED
        total, before = workspace.execution.progress(plan).atoms.total, len(ran)
        again = run_again_from_failure(build_definitions().resolve_job_def("execution_job"), instance, failed)
        assert again.status is DagsterRunStatus.SUCCESS
        assert workspace.execution.progress(plan).status is ExecutionStatus.COMPLETED
    assert before == total
    assert ran[before:] == [ran[2]]


def test_an_interrupt_cancels_the_walk_and_the_next_one_goes_on(
    plan: str, instance: DagsterInstance, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    held, released = threading.Event(), threading.Event()

    def hold(self: object, plan: str) -> None:
        held.set()
        released.wait(150)

    def interrupt() -> None:
        held.wait(120)
        os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr("mge_assets.services.dependencies.DependencyService.build", hold)
        threading.Thread(target=interrupt, daemon=True).start()
        walk, _ = go(plan, instance, settings, tmp_path / "out")
    released.set()
    assert walk.cancelled
    assert [job.job for job in walk.jobs] == ["planning_job"]
    run = instance.get_run_by_id(walk.jobs[0].run_id)
    assert run is not None
    assert run.status is DagsterRunStatus.CANCELED
    again, _ = go(plan, instance, settings, tmp_path / "out")
    assert again.success, again.errors

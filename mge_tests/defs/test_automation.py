"""Sensors and schedule: what they ask for, and what they leave alone."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from dagster import DagsterInstance, DagsterRunStatus, RunRequest, SensorResult, SkipReason, build_schedule_context, build_sensor_context

from mge_assets.definitions import build_definitions
from mge_assets.defs.jobs import planning_job
from mge_assets.defs.launch import run_plan
from mge_assets.defs.lost_runs import PROCESS_TAG
from mge_assets.defs.schedules import rerun_unfinished
from mge_assets.defs.sensors import masterplan_files, reap_lost_runs
from mge_assets.services.workspace import Workspace
from mge_assets.store.owners import owner_name
from mge_resources.settings import Settings

SMALL = Path(__file__).parents[2] / "mge_assets" / "examples" / "small"


@pytest.fixture
def folder(settings: Settings) -> Path:
    settings.watched.mkdir(parents=True)
    return settings.watched


def drop(folder: Path, name: str) -> Path:
    shutil.copytree(SMALL, folder, dirs_exist_ok=True)
    path = folder / f"{name}.yaml"
    (folder / "plan.yaml").rename(path)
    lines = [f"name: {name}" if line.startswith("name:") else line for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines) + "\n")
    return path


@dataclass(frozen=True)
class Tick:
    plans: list[str | None]
    keys: list[str | None]
    added: list[str]
    reason: str
    cursor: str | None


def look(instance: DagsterInstance, cursor: str | None = None) -> Tick:
    context = build_sensor_context(instance=instance, cursor=cursor, definitions=build_definitions())
    answer = masterplan_files(context)
    if isinstance(answer, SkipReason):
        return Tick([], [], [], answer.skip_message or "", context.cursor)
    assert isinstance(answer, SensorResult)
    requests = answer.run_requests or []
    added = [key for request in answer.dynamic_partitions_requests or () for key in request.partition_keys]
    return Tick([request.partition_key for request in requests], [request.run_key for request in requests], added, "", context.cursor)


def test_an_empty_or_missing_folder_is_no_trouble(instance: DagsterInstance):
    tick = look(instance)
    assert tick.plans == []
    assert "no new or changed plan file" in tick.reason


def test_a_new_file_is_asked_for_once_and_a_changed_one_again(instance: DagsterInstance, folder: Path, workspace: Workspace):
    path = drop(folder, "first")
    tick = look(instance)
    assert tick.plans == tick.added == ["first"]
    assert workspace.plans.names() == ("first",)
    assert look(instance, tick.cursor).plans == []
    path.write_text(path.read_text() + "# changed\n")
    changed = look(instance, tick.cursor)
    assert changed.plans == ["first"]
    assert changed.keys != tick.keys


def test_a_broken_file_is_told_with_its_line_and_holds_up_no_other(instance: DagsterInstance, folder: Path):
    (folder / "broken.yaml").write_text("name: broken\nphases: [\n")
    drop(folder, "good")
    tick = look(instance)
    assert tick.plans == ["good"]
    after = look(instance, tick.cursor)
    assert after.plans == []
    assert after.reason.startswith(f"{folder / 'broken.yaml'}:3")
    assert "\n" not in after.reason


def test_files_that_are_no_plans_are_left_alone(instance: DagsterInstance, folder: Path):
    (folder / "notes.txt").write_text("hello")
    (folder / ".hidden.yaml").write_text("[")
    (folder / "folder.yaml").mkdir()
    assert "no new or changed plan file" in look(instance).reason


def test_the_schedule_asks_for_every_plan_that_is_not_completed(instance: DagsterInstance, folder: Path, workspace: Workspace):
    def asked() -> list[RunRequest | SkipReason]:
        context = build_schedule_context(instance=instance, scheduled_execution_time=datetime(2026, 1, 1, tzinfo=UTC))
        return list(cast("Iterator[RunRequest | SkipReason]", rerun_unfinished(context)))

    assert [type(answer) for answer in asked()] == [SkipReason]
    workspace.plans.register(drop(folder, "one"))
    requests = [answer for answer in asked() if isinstance(answer, RunRequest)]
    assert [request.partition_key for request in requests] == ["one"]
    assert instance.get_dynamic_partitions("masterplan") == ["one"]


GONE = subprocess.run([sys.executable, "-c", "from mge_assets.store.owners import owner_name; print(owner_name())"], capture_output=True, text=True, check=True)


def started(instance: DagsterInstance, process: str = "", tags: Mapping[str, str] | None = None) -> str:
    """A run of planning that has begun, signed by a process if one is given."""
    run = instance.create_run_for_job(build_definitions().resolve_job_def(planning_job.name), tags=dict(tags or {}), status=DagsterRunStatus.STARTED)
    if process:
        instance.add_run_tags(run.run_id, {PROCESS_TAG: f"{run.run_id}/{process}"})
    return run.run_id


def status(instance: DagsterInstance, run: str) -> DagsterRunStatus:
    found = instance.get_run_by_id(run)
    assert found is not None
    return found.status


def test_a_planning_run_whose_process_was_killed_is_ended_and_no_other(instance: DagsterInstance):
    lost, alive, unsigned = started(instance, GONE.stdout.strip()), started(instance, owner_name()), started(instance)
    dead = instance.get_run_by_id(lost)
    assert dead is not None
    again = started(instance, tags={PROCESS_TAG: dead.tags[PROCESS_TAG]})  # executed again: it has its parent's tags, and has not signed yet
    reap_lost_runs(build_sensor_context(instance=instance, definitions=build_definitions()))
    assert status(instance, lost) is DagsterRunStatus.FAILURE
    assert {status(instance, run) for run in (alive, unsigned, again)} == {DagsterRunStatus.STARTED}


def test_each_run_says_which_process_executes_it(instance: DagsterInstance, settings: Settings, workspace: Workspace, tmp_path: Path):
    plan = workspace.plans.register(SMALL / "plan.yaml").name
    for job in run_plan(plan, instance, settings, tmp_path / "out").jobs:
        run = instance.get_run_by_id(job.run_id)
        assert run is not None
        assert run.tags[PROCESS_TAG].startswith(f"{job.run_id}/{owner_name().rpartition('/')[0]}/")

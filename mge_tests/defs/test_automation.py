"""Sensors and schedule: what they ask for, and what they leave alone."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from dagster import DagsterInstance, RunRequest, SensorResult, SkipReason, build_schedule_context, build_sensor_context

from mge_assets.definitions import build_definitions
from mge_assets.defs.schedules import rerun_unfinished
from mge_assets.defs.sensors import masterplan_files
from mge_assets.services.workspace import Workspace
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

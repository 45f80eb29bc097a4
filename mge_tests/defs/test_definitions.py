"""What an operator finds in the Dagster UI is complete, and loads as `dagster dev` loads it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from dagster import AssetKey, AssetSpec, DynamicPartitionsDefinition, MultiPartitionsDefinition
from dagster._core.remote_representation.external_data import RepositorySnap
from dagster._serdes import serialize_value

from mge_assets.definitions import build_definitions
from mge_assets.model.stages import Stage

TOP = Path(__file__).parents[2]
PLAN_LEVEL = ("masterplan", "drafts", "atoms", "dependency_graph", "waves", "review_queue", "delivered_project")
WAVE_LEVEL = ("generated_code", "validation_results")


@pytest.fixture(scope="module")
def specs() -> Mapping[str, AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in build_definitions().resolve_all_asset_specs()}


def test_there_are_nine_assets_in_the_eight_stages(specs: Mapping[str, AssetSpec]):
    assert set(specs) == {*PLAN_LEVEL, *WAVE_LEVEL}
    assert {spec.group_name for spec in specs.values()} == {stage.value for stage in Stage}


@pytest.mark.parametrize("name", [*PLAN_LEVEL, *WAVE_LEVEL])
def test_every_asset_says_what_it_is_whose_it_is_and_of_what_kind(specs: Mapping[str, AssetSpec], name: str):
    spec = specs[name]
    assert len(spec.description or "") > 60
    assert list(spec.owners) == ["team:mge"]
    assert spec.kinds
    assert type(spec.group_name) is str


def test_plans_and_waves_are_the_partitions(specs: Mapping[str, AssetSpec]):
    for name in PLAN_LEVEL:
        definition = specs[name].partitions_def
        assert isinstance(definition, DynamicPartitionsDefinition)
        assert definition.name == "masterplan"
    for name in WAVE_LEVEL:
        definition = specs[name].partitions_def
        assert isinstance(definition, MultiPartitionsDefinition)
        assert definition.partition_dimension_names == ["masterplan", "wave"]


def test_the_lineage_is_the_flow(specs: Mapping[str, AssetSpec]):
    needs = {name: {dep.asset_key.to_user_string() for dep in spec.deps} for name, spec in specs.items()}
    assert needs == {
        "masterplan": set(),
        "drafts": {"masterplan"},
        "atoms": {"drafts"},
        "dependency_graph": {"atoms"},
        "waves": {"dependency_graph"},
        "generated_code": {"waves"},
        "validation_results": {"generated_code"},
        "review_queue": {"validation_results"},
        "delivered_project": {"validation_results", "review_queue"},
    }


def test_each_level_has_a_check_and_only_atoms_do_not_block():
    graph = build_definitions().resolve_asset_graph()
    checks = {key.name: graph.get(key).blocking for key in graph.asset_check_keys}
    assert checks == {"atomic_level": False, "task_level": True, "milestone_level": True, "masterplan_level": True}
    assert {key.asset_key for key in graph.asset_check_keys} == {AssetKey("validation_results")}


def test_the_whole_can_be_sent_to_the_web_server():
    snap = RepositorySnap.from_def(build_definitions().get_repository_def())
    assert len(serialize_value(snap)) > 10_000


def test_only_the_schedule_is_off_until_somebody_switches_it_on():
    repository = build_definitions().get_repository_def()
    assert {sensor.name: sensor.default_status.value for sensor in repository.sensor_defs} == {
        "masterplan_files": "RUNNING",
        "execute_when_asked": "RUNNING",
        "reap_lost_runs": "RUNNING",
        "execute_when_planned": "RUNNING",
        "deliver_when_executed": "RUNNING",
        "queue_when_blocked": "RUNNING",
    }
    assert {schedule.name: schedule.default_status.value for schedule in repository.schedule_defs} == {"rerun_unfinished": "STOPPED"}


def test_importing_the_definitions_opens_nothing_and_warns_of_nothing(tmp_path: Path):
    code = "import warnings; warnings.simplefilter('default'); import mge_assets.definitions"
    environment = {**os.environ, "PYTHONPATH": str(TOP), "MGE_DATABASE_URL": "not a url", "V2_MAX_PARALLEL_ATOMS": "not a number"}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    ours = [line for line in done.stderr.splitlines() if "mge_" in line or "BetaWarning" in line or "PreviewWarning" in line]
    assert ours == []
    assert list(tmp_path.iterdir()) == []


def test_dagster_validates_the_workspace_without_a_warning_of_ours(database: str, tmp_path: Path):
    for name in ("dagster.yaml", "workspace.yaml"):
        (tmp_path / name).write_bytes((TOP / name).read_bytes())
    environment = {**os.environ, "PYTHONPATH": str(TOP), "MGE_DATABASE_URL": database, "MGE_HOME": str(tmp_path / "mge")}
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "-w", "workspace.yaml"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "All code locations passed validation" in done.stderr + done.stdout
    warned = [line for line in done.stderr.splitlines() if "Warning" in line and "SupersessionWarning" not in line]
    assert warned == []

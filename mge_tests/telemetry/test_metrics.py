"""Metrics against the rows that they are counted from."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from mge_assets.model.decisions import ReviewStatus
from mge_assets.services.workspace import Workspace, open_workspace
from mge_assets.telemetry import CONTENT_TYPE, metrics_text
from mge_resources.settings import Settings
from mge_tests.web.stored_plan import store_shop

SPECIFIED = {
    "v2_execution_time_seconds",
    "v2_atoms_generated_total",
    "v2_atoms_failed_total",
    "v2_atoms_completed_total",
    "v2_atoms_succeeded_total",
    "v2_waves_executed_total",
    "v2_parallel_atoms",
    "v2_precision_percent",
    "v2_context_completeness",
    "v2_atomicity_score",
    "v2_confidence_score",
    "v2_validation_passed",
    "v2_validation_failed",
    "v2_retry_attempts_total",
    "v2_retry_success",
    "v2_retry_success_rate",
    "v2_retry_temperature_changes",
    "v2_review_queue_size",
    "v2_cost_per_project_usd",
    "v2_execution_cost_usd_total",
    "v2_loc_per_atom",
    "v2_complexity_per_atom",
    "v2_wave_duration_seconds",
    "v2_wave_completion_percent",
    "v2_wave_atom_throughput",
    "v2_wave_time_seconds",
    "v2_execution_precision_percent",
    "v2_atom_execution_time_seconds",
    "v2_atom_validation_pass_rate",
    "v2_user_satisfaction",
}
ADDED_BY_A_SHOP = {
    "v2_atoms_generated_total": 4,
    "v2_atoms_succeeded_total": 3,
    "v2_atoms_failed_total": 1,
    "v2_atoms_completed_total": 3,
    "v2_waves_executed_total": 2,
    "v2_retry_attempts_total": 4,
    "v2_retry_success": 1,
    "v2_retry_temperature_changes": 3,
    "v2_review_queue_size": 3,
    "v2_execution_cost_usd_total": 0.25,
    "v2_execution_time_seconds_count": 1,
    "v2_wave_duration_seconds_count": 2,
    "v2_wave_duration_seconds_sum": 4,
    "v2_atom_execution_time_seconds_count": 4,
    "v2_atom_execution_time_seconds_sum": 8,
    'v2_validation_passed{level="atomic"}': 3,
    'v2_validation_failed{level="atomic"}': 1,
    'v2_validation_passed{level="task"}': 1,
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with open_workspace(Settings(home=tmp_path_factory.mktemp("home"), sandbox="off", user="reviewer", anthropic_api_key=None)) as opened:
        yield opened


def samples(workspace: Workspace) -> dict[str, float]:
    found = {}
    for family in text_string_to_metric_families(metrics_text(workspace).decode()):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sample.labels.items())
            found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


def test_an_installation_without_plans_answers_with_zeros(workspace: Workspace) -> None:
    if workspace.plans.names():
        pytest.skip("the database given by MGE_DATABASE_URL holds plans already")
    found = samples(workspace)
    assert found["v2_atoms_generated_total"] == 0
    assert "v2_precision_percent" not in found
    assert set(found.values()) == {0.0}


def test_counts_follow_the_rows(workspace: Workspace, tmp_path: Path) -> None:
    before = samples(workspace)
    store_shop(workspace, tmp_path)
    store_shop(workspace, tmp_path)
    after = samples(workspace)
    assert {name: after[name] - before[name] for name in ADDED_BY_A_SHOP} == pytest.approx({name: 2 * added for name, added in ADDED_BY_A_SHOP.items()})


def test_means_are_over_all_plans(workspace: Workspace, tmp_path: Path) -> None:
    alone = not workspace.plans.names()
    store_shop(workspace, tmp_path)
    found = samples(workspace)
    assert 0 < found["v2_confidence_score"] < 1
    assert 0 < found["v2_retry_success_rate"] <= 1
    if alone or all(name.startswith("shop-") for name in workspace.plans.names()):
        expected = {"v2_precision_percent": 75, "v2_atom_validation_pass_rate": 0.75, "v2_context_completeness": 0.6, "v2_atomicity_score": 0.9}
        expected |= {"v2_loc_per_atom": 3, "v2_complexity_per_atom": 1.5, "v2_confidence_score": (0.62 + 0.31 + 0.74) / 3, "v2_retry_success_rate": 0.5}
        expected |= {"v2_wave_atom_throughput": 1, "v2_wave_time_seconds": 2, "v2_wave_completion_percent": 100, "v2_cost_per_project_usd": 0.25}
        assert {name: found[name] for name in expected} == pytest.approx(expected)


def test_a_decision_takes_a_review_out_of_the_queue_and_completes_its_atom(workspace: Workspace, tmp_path: Path) -> None:
    shop = store_shop(workspace, tmp_path)
    before = samples(workspace)
    review = workspace.review.get(shop.review(2))
    workspace.review.decide(review.review_id, ReviewStatus.APPROVED, code_digest=review.code_digest)
    after = samples(workspace)
    assert after["v2_review_queue_size"] == before["v2_review_queue_size"] - 1
    assert after["v2_atoms_completed_total"] == before["v2_atoms_completed_total"] + 1


def test_names_are_the_specifications_and_no_plan_or_atom_is_a_label(workspace: Workspace, tmp_path: Path) -> None:
    shop = store_shop(workspace, tmp_path)
    text = metrics_text(workspace).decode()
    named = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    assert named <= SPECIFIED
    assert SPECIFIED - named == {"v2_user_satisfaction"}
    assert set(re.findall(r"(\w+)=\"", text)) == {"level"}
    assert shop.name not in text
    assert all(re.search(rf"^# HELP {name} \S", text, re.MULTILINE) for name in named)
    assert CONTENT_TYPE.startswith("text/plain")

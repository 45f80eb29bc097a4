"""A plan from its file to the delivered project, through the services on a real database."""

from dataclasses import replace
from pathlib import Path

import pytest

from mge_assets.examples import example
from mge_assets.model.attempts import AtomStatus
from mge_assets.model.errors import ConflictError, NotFoundError, OrderError
from mge_assets.model.executions import ExecutionStatus
from mge_assets.services.validation import CHARGED
from mge_assets.services.workspace import Workspace, open_workspace
from mge_tests.services.conftest import Walked
from mge_tests.services.walk import plan_all, walk

PLAN = """
name: pair
phases:
  - name: Core
    milestones:
      - name: Both
        tasks:
          - name: base
            description: What the other needs.
            file: pair/base.py
            code: |
              def twice(number: int) -> int:
                  return 2 * number
          - name: user
            description: Uses the base.
            file: pair/user.py
            depends_on: [base]
            code: |
              from pair.base import twice


              def four(number: int) -> int:
                  return twice(twice(number))
"""


@pytest.fixture
def pair(tmp_path: Path) -> Path:
    path = tmp_path / "pair.yaml"
    path.write_text(PLAN)
    return path


def test_the_small_plan_is_delivered_whole_and_valid(workspace: Workspace, tmp_path: Path):
    done = walk(workspace, example("small"), tmp_path / "out")
    assert done.progress.status is ExecutionStatus.COMPLETED
    assert done.progress.atoms.completed == done.progress.atoms.total > 10
    assert done.progress.precision_percent == 100.0
    assert {result.level.value for result in workspace.validation.results(done.plan)} == {1, 2, 3, 4}
    assert done.delivery.report.read_text().count("<html") == 1


def test_the_second_run_reuses_everything_and_touches_nothing(workspace: Workspace, tmp_path: Path):
    first = walk(workspace, example("small"), tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*") if path.is_file()}
    second = walk(workspace, example("small"), tmp_path / "out")
    assert second.tickets == ()
    assert second.progress.atoms.reused == second.progress.atoms.total == first.progress.atoms.total
    assert second.delivery.unchanged
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*") if path.is_file()} == before


def test_the_same_plan_gives_the_same_atoms_graph_and_waves_anywhere(workspace: Workspace, settings, server, tmp_path: Path, database_beside):
    plan = plan_all(workspace, example("inventory"))
    with open_workspace(settings.model_copy(update={"home": tmp_path / "other", "database_url": database_beside})) as other:
        plan_all(other, example("inventory"))
        assert [(s.atom_id, s.atom) for s in workspace.atoms.of_plan(plan)] == [(s.atom_id, s.atom) for s in other.atoms.of_plan(plan)]
        assert workspace.dependencies.graph(plan) == other.dependencies.graph(plan)
        assert workspace.dependencies.waves(plan) == other.dependencies.waves(plan)


def test_only_what_follows_from_a_change_is_run_again(workspace: Workspace, pair: Path, tmp_path: Path):
    walk(workspace, pair, tmp_path / "out")
    pair.write_text(PLAN.replace("2 * number", "number + number"))
    again = walk(workspace, pair, tmp_path / "out")
    assert {ticket.name.split("#")[0] for ticket in again.tickets} == {"pair.base.twice"}
    assert again.delivery.commits == 1
    assert b"number + number" in (tmp_path / "out/pair/base.py").read_bytes()


def test_a_deleted_task_takes_its_atoms_with_it(workspace: Workspace, pair: Path, tmp_path: Path):
    walk(workspace, pair, tmp_path / "out")
    pair.write_text(PLAN[: PLAN.index("          - name: user")])
    again = walk(workspace, pair, tmp_path / "out")
    assert {stored.task for stored in workspace.atoms.of_plan("pair")} == {"base"}
    assert again.progress.status is ExecutionStatus.COMPLETED
    assert not (tmp_path / "out/pair/user.py").exists()


def test_tasks_may_swap_their_files(workspace: Workspace, pair: Path, tmp_path: Path):
    walk(workspace, pair, tmp_path / "out")
    pair.write_text(PLAN.replace("pair/base.py", "pair/x.py").replace("pair/user.py", "pair/base.py").replace("pair/x.py", "pair/user.py"))
    plan_all(workspace, pair)
    assert {stored.task: stored.atom.file for stored in workspace.atoms.of_plan("pair")} == {"base": "pair/user.py", "user": "pair/base.py"}


def test_a_defective_draft_fails_alone_and_goes_before_a_person(inventory: Workspace, inventory_once: Walked):
    done = inventory_once.done
    failed = {outcome.name for outcome in done.outcomes if outcome.status is AtomStatus.FAILED}
    assert failed == {"inventory.reporting.column_widths", "inventory.stock.turnover"}
    assert done.progress.status is ExecutionStatus.FAILED
    queue = inventory.review.queue(done.plan)
    assert failed <= {review.atom for review in queue}
    last = max(place for place, review in enumerate(queue) if review.atom in failed)
    assert {review.parts["validation"] for review in queue[: last + 1]} == {0.0}, "only what fails a check of its own may come before them"
    assert [attempt.number for attempt in next(o for o in done.outcomes if o.name in failed).attempts] == [0, 1]


def test_a_task_without_a_draft_says_which_variable_to_set(workspace: Workspace, pair: Path, tmp_path: Path):
    pair.write_text(PLAN[: PLAN.index("            depends_on")])
    done = walk(workspace, pair, tmp_path / "out")
    (failed,) = [outcome for outcome in done.outcomes if outcome.status is not AtomStatus.COMPLETED]
    assert failed.status is AtomStatus.FAILED
    assert "ANTHROPIC_API_KEY" in failed.attempts[-1].error


def test_a_wave_is_not_run_before_the_earlier_ones(workspace: Workspace, pair: Path):
    plan = plan_all(workspace, pair)
    execution = workspace.execution.start(plan, "run")
    with pytest.raises(OrderError, match=r"wave 1 can't run before wave 0"):
        workspace.execution.atoms(execution, [1])


def test_two_executions_of_one_plan_at_once_are_refused(workspace: Workspace, settings, pair: Path):
    plan = plan_all(workspace, pair)
    first = workspace.execution.start(plan, "one")
    assert workspace.execution.start(plan, "one") == first
    with open_workspace(settings) as other, pytest.raises(ConflictError, match="being executed by another process"):
        other.execution.start(plan, "two")
    workspace.execution.finish(first)
    assert workspace.execution.start(plan, "three") == first, "what is left of it is gone on with"
    workspace.execution.finish(first, error="it broke")
    assert workspace.execution.start(plan, "four") != first


def test_an_execution_that_its_process_left_open_is_closed_as_failed(workspace: Workspace, settings, pair: Path):
    plan = plan_all(workspace, pair)
    with open_workspace(settings) as other:
        other.execution.start(plan, "left")
    assert workspace.execution.progress(plan).status is ExecutionStatus.FAILED


def test_an_unknown_plan_is_named_with_those_that_are_known(workspace: Workspace, pair: Path):
    plan_all(workspace, pair)
    with pytest.raises(NotFoundError, match="pair"):
        workspace.execution.progress("pear")


def test_waves_without_atoms_say_what_comes_first(workspace: Workspace, pair: Path):
    workspace.plans.register(pair)
    with pytest.raises(OrderError, match="not atomized"):
        workspace.dependencies.build("pair")
    with pytest.raises(OrderError, match="no waves"):
        workspace.execution.start("pair", "run")


def test_every_level_of_the_result_survives_the_database(inventory: Workspace, inventory_once: Walked):
    done = inventory_once.done
    stored = {(result.level, result.subject): result for result in inventory.validation.results(done.plan)}
    for outcome in done.outcomes:
        last = outcome.attempts[-1].validation
        assert last is not None
        found = stored[last.level, outcome.name]
        found = replace(found, checks=tuple(check for check in found.checks if check.name != CHARGED))
        assert replace(found, seconds=0, isolation="") == replace(last, seconds=0, isolation="")

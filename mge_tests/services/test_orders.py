"""Waves by code and by contract, from the plan file to what the model is shown."""

import re
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.errors import NotFoundError
from mge_assets.model.waves import Order
from mge_assets.services.workspace import Workspace
from mge_resources.llm.port import ModelReply, ModelRequest
from mge_resources.llm.prices import TokenUsage
from mge_tests.services.walk import plan_all, walk

PLAN = '''
name: ladder
ORDER
phases:
  - name: Core
    milestones:
      - name: Steps
        tasks:
          - name: base
            description: The first steps, and the type that they hand on.
            file: ladder/base.py
            regenerate: true
            code: |
              """Steps."""

              from dataclasses import dataclass


              @dataclass
              class Step:
                  """A step."""

                  height: int


              def first() -> Step:
                  """The lowest step."""
                  return Step(0)


              def second() -> Step:
                  """The step above the first."""
                  return Step(first().height)
          - name: top
            description: The last steps.
            file: ladder/top.py
            depends_on: [base]
            regenerate: true
            code: |
              """The top."""

              from ladder.base import Step, second


              def third() -> Step:
                  """The step above the second."""
                  return Step(second().height)


              def stairs() -> list[Step]:
                  """All steps."""
                  return [second(), third()]
'''
BODIES = {
    "ladder.base.first": 'def first() -> Step:\n    """The lowest step."""\n    return Step(1)\n',
    "ladder.base.second": 'def second() -> Step:\n    """The step above the first."""\n    return Step(first().height + 1)\n',
    "ladder.top.third": 'def third() -> Step:\n    """The step above the second."""\n    return Step(second().height + 1)\n',
}
"""What the model writes in place of the drafts; of everything else it hands the draft back."""
TOP = "          - name: top\n"
TESTED_TOP = (
    TOP
    + """\
            tests: |
              from ladder.top import stairs


              def test_heights():
                  assert [step.height for step in stairs()] == [2, 3]
"""
)


class Author:
    """A model that writes each function from its name, and notes what it was shown."""

    name = "author"
    remote = False

    def __init__(self, bodies: dict[str, str]) -> None:
        self.bodies, self.shown = bodies, dict[str, str]()

    def name_of(self, attempt: int) -> str:
        return self.name

    def price_usd(self, attempt: int, usage: TokenUsage, *, batch: bool = False) -> float:
        return 0.0

    def batches(self, attempt: int) -> None:
        """None."""

    def reservation_usd(self, request: ModelRequest, *, batch: bool = False) -> float:
        return 0.0

    async def complete(self, request: ModelRequest) -> ModelReply:
        name = re.findall(r'<atom name="([^"]+)"', request.prompt)[-1]
        self.shown[name] = request.shared + request.prompt
        code = self.bodies.get(name) or (request.draft or b"").decode()
        return ModelReply(f"```python\n{code}```", self.name, tokens_input=1, tokens_output=1, cost_usd=0.0)

    async def aclose(self) -> None:
        """Nothing to close."""


@pytest.fixture
def ladder(tmp_path: Path) -> Path:
    path = tmp_path / "ladder.yaml"
    path.write_text(PLAN.replace("ORDER", ""))
    return path


def wave_of(workspace: Workspace, plan: str) -> dict[str, int]:
    return {name: wave.number for wave in workspace.dependencies.waves(plan).waves for name in wave.atoms}


def test_the_plan_says_what_waves_are_ordered_by_and_a_run_may_say_otherwise(workspace: Workspace, ladder: Path):
    plan = plan_all(workspace, ladder)
    assert workspace.dependencies.waves(plan).order is Order.CODE
    assert workspace.dependencies.plan_waves(plan, Order.CONTRACT).order is Order.CONTRACT
    assert workspace.dependencies.waves(plan).order is Order.CONTRACT
    assert not workspace.dependencies.plan_waves(plan).kept
    ladder.write_text(PLAN.replace("ORDER", "order: contract"))
    plan_all(workspace, ladder)
    assert workspace.dependencies.waves(plan).order is Order.CONTRACT
    assert workspace.dependencies.plan_waves(plan).kept


def test_both_orders_stand_side_by_side_whichever_is_chosen(workspace: Workspace, ladder: Path):
    plan = plan_all(workspace, ladder)
    told = dict(workspace.dependencies.figures(plan))
    assert set(told) == {Order.CODE, Order.CONTRACT}
    assert told[Order.CONTRACT].waves < told[Order.CODE].waves
    for order in Order:
        report = workspace.dependencies.plan_waves(plan, order)
        assert (report.sizes, report.critical_path) == (told[order].sizes, told[order].critical_path)
        assert dict(report.figures) == told


def test_by_contract_callers_and_callees_are_written_side_by_side_and_see_contracts(workspace: Workspace, ladder: Path, tmp_path: Path):
    ladder.write_text(PLAN.replace("ORDER", "order: contract"))
    author = Author(BODIES)
    workspace.execution._model = author
    done = walk(workspace, ladder, tmp_path / "out")
    assert done.progress.atoms.completed == done.progress.atoms.total
    waves = wave_of(workspace, done.plan)
    assert waves["ladder.base.first"] == waves["ladder.base.second"] == waves["ladder.top.third"] > waves["ladder.base.Step"]
    shown = author.shown["ladder.top.third"]
    assert "def second() -> Step" in shown
    assert "first().height" not in shown, "no body of the other, neither the draft's nor the one that is being written"
    assert "class Step" in shown
    assert "height: int" in shown
    assert b"Step(second().height + 1)" in (tmp_path / "out/ladder/top.py").read_bytes()
    assert {result.level.value for result in workspace.validation.results(done.plan)} == {1, 2, 3, 4}


def test_by_code_a_caller_waits_and_sees_the_code(workspace: Workspace, ladder: Path, tmp_path: Path):
    author = Author(BODIES)
    workspace.execution._model = author
    done = walk(workspace, ladder, tmp_path / "out")
    waves = wave_of(workspace, done.plan)
    assert waves["ladder.base.first"] < waves["ladder.base.second"] < waves["ladder.top.third"]
    assert "first().height + 1" in author.shown["ladder.top.third"]


def test_by_contract_a_lost_atom_does_not_block_its_callers_and_by_code_it_does(workspace: Workspace, ladder: Path, tmp_path: Path):
    wrong = {**BODIES, "ladder.base.second": 'def second() -> Step:\n    """The step above the first."""\n    return nowhere\n'}
    for order, expected in (("contract", AtomStatus.COMPLETED), ("code", AtomStatus.BLOCKED)):
        ladder.write_text(PLAN.replace("ORDER", f"order: {order}").replace("name: ladder", f"name: ladder-{order}"))
        workspace.execution._model = Author(wrong)
        done = walk(workspace, ladder, tmp_path / order)
        fates = {outcome.name: outcome.status for outcome in done.outcomes}
        assert fates["ladder.base.second"] is AtomStatus.FAILED
        assert fates["ladder.top.third"] is expected


def test_validation_sees_the_assembled_code_whatever_the_order(workspace: Workspace, ladder: Path, tmp_path: Path):
    """Each function passes alone against the others' contracts; together one of them breaks the acceptance test."""
    ladder.write_text(PLAN.replace("ORDER", "order: contract").replace(TOP, TESTED_TOP))
    workspace.execution._model = Author({**BODIES, "ladder.base.first": BODIES["ladder.base.first"].replace("Step(1)", "Step(7)")})
    done = walk(workspace, ladder, tmp_path / "out")
    assert all(outcome.status is AtomStatus.COMPLETED for outcome in done.outcomes)
    task = next(result for result in workspace.validation.results(done.plan) if result.level.value == 2 and result.subject == "top")
    ran = [check for check in task.checks if check.findings and check.status.value == "failed"]
    assert ran or workspace.validation.untested(done.plan), "the assembled code was tested, or it is said that it was not"


def test_what_a_cycle_cut_off_reaches_the_model_as_a_contract(workspace: Workspace, tmp_path: Path):
    path = tmp_path / "ring.yaml"
    written = {
        name: f'def {name}(number: int) -> int:\n    """Plays."""\n    return {other}(number - 1)\n' for name, other in (("ping", "pong"), ("pong", "ping"))
    }
    indented = "\n\n\n".join(written.values()).replace("\n", "\n              ")
    head = PLAN.replace("ORDER", "").replace("ladder", "ring")
    path.write_text(head[: head.index('              """Steps')] + "              " + indented + "\n")
    author = Author({})
    workspace.execution._model = author
    done = walk(workspace, path, tmp_path / "out")
    ((source, target),) = {(cut.source, cut.target) for cut in workspace.dependencies.waves(done.plan).cut}
    first, second = (name.rpartition(".")[2] for name in (source, target))
    assert f"def {second}(number: int) -> int" in author.shown[source]
    assert f"return {first}(" not in author.shown[source], "the target is shown by its contract"
    assert f"return {second}(" in author.shown[target], "the code of what came first is shown"
    assert done.progress.atoms.completed == done.progress.atoms.total


def test_a_change_is_told_with_the_cone_that_it_touches(workspace: Workspace, ladder: Path):
    plan = plan_all(workspace, ladder)
    first = workspace.dependencies.now(plan)
    ladder.write_text(PLAN.replace("ORDER", "").replace("The lowest step.", "The very lowest step."))
    workspace.plans.register(ladder)
    workspace.drafts.prepare(plan)
    workspace.atoms.decompose(plan)
    change = workspace.dependencies.build(plan).change
    assert change is not None
    assert change.changed == ("ladder.base.first",)
    assert change.removed == change.added == ()
    assert workspace.dependencies.changed(plan, first, 2) != workspace.dependencies.changed(plan, first, 1)
    assert workspace.dependencies.changed(plan, first, 1).nothing
    with pytest.raises(NotFoundError, match="versions with a graph: 1, 2"):
        workspace.dependencies.changed(plan, replace(first), 9)


def test_a_state_that_comes_back_is_the_newest_again(workspace: Workspace, ladder: Path):
    plan = plan_all(workspace, ladder)
    name = f"d-{uuid4()}"
    now = workspace.dependencies.now(plan)
    other = replace(now, edges=())
    store = workspace.stores.graph_versions
    for digest, snapshot in ((name, now), ("other", other), (name, now)):
        store.save(plan, 1, digest, snapshot)
    assert store.load(plan) == now
    assert store.load(plan, but=name) == other

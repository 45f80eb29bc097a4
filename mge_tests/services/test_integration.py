"""Integration tests while a plan is executed: the atom that breaks another task's test is named, sent back, and else put before a person."""

from pathlib import Path

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.findings import CheckStatus
from mge_assets.services.workspace import Workspace, open_workspace
from mge_resources.sandbox import Sandbox
from mge_resources.settings import Settings
from mge_tests.fakes.emulator.requests import Received
from mge_tests.fakes.emulator.server import MessagesServer
from mge_tests.fakes.emulator.writer import fenced
from mge_tests.services.layered import generating
from mge_tests.services.walk import Walk, walk

WRONG, RIGHT = "def rate(kind):\n    return 3\n", "def rate(kind):\n    return {'book': 3, 'toy': 7}[kind]\n"
OTHER = "def taxed(kind, amount):\n    return amount + rate(kind) * amount // 100\n"
PLAN = """\
name: taxes
phases:
  - name: Core
    milestones:
      - name: One
        tasks:
          - name: rates
            description: Rates.
            file: rates.py
            code: |
              def rate(kind):
                  ...
          - name: prices
            description: Prices.
            file: prices.py
            depends_on: [rates]
            code: |
              from rates import rate


              def taxed(kind, amount):
                  ...
            tests: |
              from prices import taxed


              def test_book():
                  assert taxed("book", 1000) == 1030
          - name: reports
            description: Reports, with tests of what the others do together.
            file: reports.py
            depends_on: [rates, prices]
            code: |
              from rates import rate


              def report(kind):
                  return f"{kind}: {rate(kind)}"
            tests: |
              from rates import rate


              def test_toy():
                  assert rate("toy") == 7
"""


class Kinds:
    """Writes ``taxed`` right, and ``rate`` with these texts, one after the other."""

    def __init__(self, *rates: str) -> None:
        self._rates = list(rates)
        self.requests: list[str] = []

    def answer(self, request: Received) -> str:
        self.requests.append(request.text)
        if request.tag is not None and request.tag.name.endswith("taxed"):
            return fenced(OTHER)
        return fenced(self._rates.pop(0) if len(self._rates) > 1 else self._rates[0])


def run(settings: Settings, folder: Path, solver: Kinds, look, plan: str = PLAN) -> Walk:
    path = folder / "taxes.yaml"
    path.write_text(plan)
    with MessagesServer(solver) as server, open_workspace(generating(settings, server)) as workspace:
        done = walk(workspace, path, folder / "out")
        look(workspace, done)
        return done


def rounds(workspace: Workspace):
    execution = workspace.stores.executions.newest("taxes")
    assert execution is not None
    return workspace.stores.integration.of_execution(execution.execution_id)


def test_what_another_tasks_test_finds_is_mended_while_the_plan_is_executed(sandbox: Sandbox, settings: Settings, tmp_path: Path):
    solver = Kinds(WRONG, RIGHT)

    def look(workspace: Workspace, done: Walk) -> None:
        found = rounds(workspace)
        assert any(row["atom"] == "rates.rate" and row["blame"] == "code" for each in found for row in each.culprits)
        assert found[-1].tests_failed == 0
        (stored,) = [atom for atom in workspace.atoms.of_plan(done.plan) if atom.atom.name == "rates.rate"]
        assert b"'toy': 7" in (stored.code or b"")
        result = workspace.review.results_of(stored.atom_id)
        assert result is not None
        assert result.passed

    done = run(settings.model_copy(update={"integration_every": 2}), tmp_path, solver, look)
    assert done.progress.status.value == "completed"
    assert any('rate("toy")' in text or "rate('toy')" in text for text in solver.requests)
    assert not any("== 7" in text for text in solver.requests)


def test_what_no_answer_mends_is_put_before_a_person_with_the_evidence(sandbox: Sandbox, settings: Settings, tmp_path: Path):
    def look(workspace: Workspace, done: Walk) -> None:
        (stored,) = [atom for atom in workspace.atoms.of_plan(done.plan) if atom.atom.name == "rates.rate"]
        result = workspace.review.results_of(stored.atom_id)
        assert result is not None
        (check,) = [check for check in result.checks if check.name == "integration"]
        assert check.status is CheckStatus.FAILED
        assert "test_toy" in check.findings[0].message
        assert stored.status is AtomStatus.COMPLETED
        review = next(one for one in workspace.review.queue(done.plan) if one.atom == "rates.rate")
        assert any("integration" in reason for reason in review.reasons)

    run(settings.model_copy(update={"integration_every": 2}), tmp_path, Kinds(WRONG), look)


def test_no_round_is_run_where_none_is_wanted(sandbox: Sandbox, settings: Settings, tmp_path: Path):
    def look(workspace: Workspace, done: Walk) -> None:
        assert rounds(workspace) == ()

    run(settings.model_copy(update={"integration_every": 0}), tmp_path, Kinds(RIGHT), look)


MATHS = "import math\n\n\ndef rate(kind):\n    return math.floor({'book': 3.5, 'toy': 7.5}[kind])\n"
IMPORTING = PLAN.replace("              def rate", "              import os\n\n              SEPARATOR = os.sep\n\n\n              def rate", 1)


def test_what_changed_beside_an_atom_is_in_the_very_next_round(sandbox: Sandbox, settings: Settings, tmp_path: Path):
    def look(workspace: Workspace, done: Walk) -> None:
        assert "import math" in (tmp_path / "out/rates.py").read_text()
        found = rounds(workspace)
        assert found[-1].tests_telling == 2
        assert [(each.tests_failed, each.culprits) for each in found] == [(0, ())] * len(found)

    run(settings.model_copy(update={"integration_every": 1}), tmp_path, Kinds(MATHS), look, IMPORTING)

"""Whole plans written by a model that makes mistakes: through the services, on a real database, against the emulator."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.executions import ExecutionStatus
from mge_assets.services.workspace import Workspace, open_workspace
from mge_resources.settings import Settings
from mge_tests.fakes.emulator.references import References
from mge_tests.fakes.emulator.server import MessagesServer
from mge_tests.fakes.emulator.writer import ReferenceWriter
from mge_tests.services.walk import Walk, walk

FINISHED = """
import math


class Account:
    def __init__(self, owner):
        self.owner = owner
        self.entries = []

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("an amount is positive")
        self.entries.append(amount)

    def balance(self):
        return sum(self.entries)

    def growth(self, rate, years):
        return round(self.balance() * math.pow(1 + rate, years), 2)
"""
DRAFT = '''
import math


class Account:
    """Money of one person."""

    def __init__(self, owner):
        """Begins without entries, in `entries`."""

    def deposit(self, amount):
        """Adds an entry. Raises ValueError for what is not positive."""
        ...

    def balance(self):
        """Sum of the entries."""
        raise NotImplementedError

    def growth(self, rate, years):
        """The balance after so many years at this yearly rate, to two places."""
        pass
'''
TESTS = """
import pytest
from account import Account


def test_deposit():
    account = Account("ann")
    account.deposit(41)
    assert account.entries == [41]
    with pytest.raises(ValueError):
        account.deposit(0)


def test_balance():
    account = Account("ann")
    account.entries = [7000, 123]
    assert account.balance() == 7123


def test_growth():
    account = Account("ann")
    account.deposit(1000)
    assert account.growth(0.1, 2) == 1210.0
"""
SECRETS = ("7123", "1210")


def plan(folder: Path) -> Path:
    indented = ["\n".join(f"              {line}" if line else "" for line in text.strip().split("\n")) for text in (DRAFT, TESTS)]
    path = folder / "bank.yaml"
    path.write_text(
        f"""name: bank
phases:
  - name: Core
    milestones:
      - name: Money
        tasks:
          - name: account
            description: Accounts.
            file: account.py
            code: |
{indented[0]}
            tests: |
{indented[1]}
"""
    )
    return path


@pytest.fixture
def made(settings: Settings, tmp_path: Path) -> Iterator:
    """Runs the plan with these mistakes; answers the walk, the server and the writer."""

    def run(**mistakes) -> tuple[Walk, MessagesServer, ReferenceWriter]:
        writer = ReferenceWriter(References({"account.py": FINISHED}), check_context=True, **mistakes)
        with MessagesServer(writer) as server:
            with open_workspace(settings.model_copy(update={"anthropic_base_url": server.url})) as workspace:
                done = walk(workspace, plan(tmp_path), tmp_path / "out")
                run.total = workspace.execution.progress("bank").cost_usd
            return done, server, writer

    yield run


def test_a_blank_class_is_written_whole_at_what_the_ledger_says(made, tmp_path: Path):
    done, server, writer = made()
    assert done.progress.status is ExecutionStatus.COMPLETED
    assert writer.refusals == writer.unknown == []
    assert all(count == 1 for count in writer.asked.values())
    assert len(writer.asked) == 4
    assert made.total == pytest.approx(server.ledger.usd, abs=1e-4)
    assert not any(secret in request.text for request in server.received for secret in SECRETS)
    space: dict = {}
    exec((tmp_path / "out/account.py").read_text(), space)
    account = space["Account"]("ann")
    account.deposit(100)
    assert account.growth(0.5, 1) == 150.0


@pytest.mark.parametrize("seed", [1, 5])
def test_wrong_answers_are_found_by_the_tests_and_mended_without_giving_them_away(made, seed: int):
    done, server, writer = made(mistakes=1.0, seed=seed, stubborn=0.3, kinds=("operator", "no result", "off by one", "wrong type", "comparison", "to do"))
    assert {outcome.status for outcome in done.outcomes} == {AtomStatus.COMPLETED}
    assert done.progress.status is ExecutionStatus.COMPLETED
    assert writer.made
    assert not any(secret in request.text for request in server.received for secret in SECRETS)


def test_without_a_model_the_drafts_are_handed_back_and_nothing_is_tested(workspace: Workspace, tmp_path: Path):
    done = walk(workspace, plan(tmp_path), tmp_path / "out")
    checks = [check for outcome in done.outcomes for attempt in outcome.attempts if attempt.validation for check in attempt.validation.checks]
    assert {check.status.value for check in checks if check.name == "unit_test"} <= {"not_run"}

"""Level 1's unit tests where an answer takes the run with it: it is refused by what its tests did before, and hears where it was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mge_assets.model.findings import Check, CheckStatus, Level, ValidationResult
from mge_assets.services.live import LiveExecution
from mge_assets.services.unit_tests import CHECK, UnitTests
from mge_assets.store.plans import StoredTests
from mge_resources.sandbox import Sandbox
from mge_resources.settings import Settings
from mge_tests.services.test_integration import Kinds
from mge_tests.services.walk import begun

PLAN = """\
name: known
phases:
  - name: Core
    milestones:
      - name: One
        tasks:
          - name: known
            description: Functions by their names.
            file: known.py
            code: |
              KNOWN = {}


              def registered(name):
                  \"\"\"Give a decorator that keeps the function under the name.\"\"\"
                  raise NotImplementedError


              @registered("double")
              def double(value):
                  \"\"\"Twice the value.\"\"\"
                  return value * 2
            tests: |
              from known import KNOWN, double

              def test_known():
                  assert KNOWN["double"](2) == 4

              def test_itself():
                  assert double(2) == 4
"""
RIGHT = "def registered(name):\n    def keep(function):\n        return KNOWN.setdefault(name, function)\n    return keep\n"


@pytest.fixture
def live(settings: Settings, tmp_path: Path) -> Iterator[LiveExecution]:
    path = tmp_path / "known.yaml"
    path.write_text(PLAN)
    with begun(settings, path, Kinds(RIGHT)) as execution:
        yield execution


def judged(live: LiveExecution, sandbox: Sandbox, code: str) -> Check:
    tests = UnitTests(live, sandbox, StoredTests("", {}, {task.name: task.tests or "" for task in live.atoms.plan.tasks}))
    stored = live.atoms.by_name["known.registered"]
    result = tests.judged(ValidationResult(Level.ATOMIC, "known.registered", ()), stored.atom, code.encode(), live.work(stored.atom_id).before)
    return next(check for check in result.checks if check.name == CHECK)


def test_what_breaks_the_loading_of_its_tests_fails_them(live: LiveExecution, sandbox: Sandbox):
    found = judged(live, sandbox, "def registered(name):\n    return None\n")
    assert found.status is CheckStatus.FAILED
    assert found.findings[0].message == "loading the tests ends with TypeError ('NoneType' object is not callable)"


def test_what_nothing_can_interrupt_fails_them_and_hears_where_it_was(live: LiveExecution, sandbox: Sandbox):
    kept = "def registered(name):\n    def keep(function):\n        KNOWN[name] = endless\n        return function\n    return keep\n"
    swallows = "def endless(value):\n    while True:\n        try:\n            str(value)\n        except BaseException:\n            pass\n"
    found = judged(live, sandbox, f"{kept}\n\n{swallows}")
    assert found.status is CheckStatus.FAILED
    assert found.findings[0].message.startswith("a test does not come to an end in time: TimeoutError")
    assert found.findings[0].place is not None


def test_what_is_right_is_not_spoken_against(live: LiveExecution, sandbox: Sandbox):
    assert judged(live, sandbox, RIGHT).status is not CheckStatus.FAILED

"""An atom lands only where it fits those that use it and those that it uses; whoever does not keep the contract writes again."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mge_assets.model.attempts import AtomStatus
from mge_assets.services.workspace import open_workspace
from mge_resources.settings import Settings
from mge_tests.fakes.emulator.server import MessagesServer
from mge_tests.services.layered import generating
from mge_tests.services.walk import Walk, walk

PLAN = '''name: crates
phases:
  - name: Core
    milestones:
      - name: All
        tasks:
          - name: things
            description: Things.
            file: things.py
            code: |
              class Box:
                  def __init__(self, size):
                      self.size = size


              class Crate:
                  def __init__(self, weight):
                      self.weight = weight


              def make(size) -> Box:
                  """A box of this size."""
                  ...


              def doubled(size):
                  """The size of a box twice as large, by make."""
                  ...
          - name: views
            description: What is shown of things.
            file: views.py
            depends_on: [things]
            code: |
              from things import make


              def shown():
                  """How large a made box is."""
                  box = make(2)
                  return box.size
'''
MAKE = "def make(size) -> Box:\n    return Box(size)"
DOUBLED = "def doubled(size):\n    return make(2 * size).size"


def carried_out(settings: Settings, folder: Path, **first: str) -> tuple[Walk, MessagesServer]:
    right = {"make": MAKE, "doubled": DOUBLED}
    path = folder / "crates.yaml"
    path.write_text(PLAN)

    def answers(name: str):
        return lambda asked: first.get(name, right[name]) if asked == 1 else right[name]

    with MessagesServer({f"things.{name}": answers(name) for name in right}) as server, open_workspace(generating(settings, server)) as workspace:
        return walk(workspace, path, folder / "out"), server


def attempts(done: Walk, name: str) -> list[list[str]]:
    """The rules of the errors of each attempt at an atom."""
    outcome = next(outcome for outcome in done.outcomes if outcome.name == f"things.{name}")
    assert outcome.status is AtomStatus.COMPLETED
    found = [attempt.validation.findings if attempt.validation else () for attempt in outcome.attempts]
    return [[finding.rule for finding in findings if finding.severity.value == "error"] for findings in found]


def test_what_fits_lands_at_once(settings, tmp_path: Path):
    done, server = carried_out(settings, tmp_path)
    assert attempts(done, "make") == attempts(done, "doubled") == [[]]
    assert len(server.ledger.bills) == 2


def test_a_callee_whose_result_its_callers_cannot_use_is_written_again(settings, tmp_path: Path):
    done, server = carried_out(settings, tmp_path, make="def make(size) -> Crate:\n    return Crate(size)")
    first, second = attempts(done, "make")
    assert set(first) == {"landing.callee"}
    assert second == []
    assert attempts(done, "doubled") == [[]]
    again = [got for got in server.received if got.atom == "things.make"][-1]
    assert "views.shown uses it by its contract" in again.text


@pytest.mark.parametrize("wrong", ["def doubled(size):\n    return make(size, 2).size", "def doubled(size):\n    return make(2 * size).height"])
def test_a_caller_that_uses_another_wrongly_is_written_again(settings, tmp_path: Path, wrong: str):
    done, _ = carried_out(settings, tmp_path, doubled=wrong)
    assert attempts(done, "make") == [[]]
    first, second = attempts(done, "doubled")
    assert first
    assert not second


MEETING = '''name: meeting
phases:
  - name: Core
    milestones:
      - name: All
        tasks:
          - name: ranks
            description: Ranks.
            file: ranks.py
            code: |
              def best(values: list) -> list:
                  """The three largest, the largest first."""
                  ...


              def report(values: list) -> str:
                  """The best and, after a bar, the first of the values as they were given."""
                  ...
'''
BEST = "def best(values: list) -> list:\n    return sorted(values, reverse=True)[:3]"
CHANGING = "def best(values: list) -> list:\n    values.sort(reverse=True)\n    return values[:3]"
REPORT = "def report(values: list) -> str:\n    top = best(values)\n    return f'{top} | {values[0]}'"


def test_members_that_each_pass_and_do_not_fit_together_are_not_left_so(settings, tmp_path: Path):
    path = tmp_path / "meeting.yaml"
    path.write_text(MEETING)
    answers: dict[str, str | Callable[[int], str]] = {"ranks.best": lambda asked: CHANGING if asked == 1 else BEST, "ranks.report": REPORT}
    with MessagesServer(answers) as server, open_workspace(generating(settings, server)) as workspace:
        done = walk(workspace, path, tmp_path / "out")
    again = [got.text for got in server.received if got.atom == "ranks.best"]
    assert len(again) == 2
    assert "changes its argument" in again[1]
    # whoever lands last: the callee is told in its own loop, the caller's arrival brings the callee a round with the caller's code
    assert "ranks.report uses it by its contract" in again[1]
    scope: dict[str, Any] = {}
    exec((tmp_path / "out/ranks.py").read_text(), scope)
    assert scope["report"]([1, 3, 2]) == "[3, 2, 1] | 1", (tmp_path / "out/ranks.py").read_text()
    assert done.progress.status.value == "completed"


JOINT = """name: game
phases:
  - name: Core
    milestones:
      - name: All
        tasks:
          - name: cards
            description: Cards.
            file: cards.py
            code: |
              def deal() -> list[int]:
                  ...


              def used(cards: list[int], word: str) -> bool:
                  ...
            tests: |
              from cards import deal, used


              def test_four():
                  assert len(deal()) == 4


              def test_order():
                  assert deal() == sorted(deal())


              def test_nothing():
                  assert used([], "")


              def test_too_few():
                  assert not used([1, 1], "1")


              def test_too_many():
                  assert not used([2], "22")


              def test_all():
                  assert used(deal(), "1234")
"""
DEAL = "def deal() -> list[int]:\n    return [1, 2, 3, 4]"
USED = "def used(cards: list[int], word: str) -> bool:\n    return sorted(map(str, cards)) == sorted(word)"
UNUSED = "def used(cards: list[int], word: str) -> bool:\n    return not cards"


def test_an_atom_that_passed_before_the_joint_test_could_run_is_looked_at_again(settings, tmp_path: Path):
    path = tmp_path / "game.yaml"
    path.write_text(JOINT)

    def late(_: int) -> str:
        time.sleep(1.5)  # the other one has landed by then
        return DEAL

    answers: dict[str, str | Callable[[int], str]] = {"cards.deal": late, "cards.used": lambda asked: UNUSED if asked == 1 else USED}
    with MessagesServer(answers) as server, open_workspace(generating(settings, server)) as workspace:
        done = walk(workspace, path, tmp_path / "out")
    assert [each.status for each in done.outcomes] == [AtomStatus.COMPLETED] * len(done.outcomes)
    assert "sorted(word)" in (tmp_path / "out/cards.py").read_text()
    assert [got.atom for got in server.received].count("cards.used") == 2


SCRIPT_PLAN = """name: crates
phases:
  - name: Core
    milestones:
      - name: All
        tasks:
          - name: things
            description: Things.
            file: things.mjs
            code: |
              /** A box of this size, with what it holds. @returns {object} */
              export function make(size) {
                throw new Error("not implemented");
              }

              /** What a size is. */
              export function sized(size) {
                return { size };
              }

              /** The label of a size. */
              export function label(size) {
                throw new Error("not implemented");
              }
          - name: views
            description: What is shown of things.
            file: views.mjs
            depends_on: [things]
            code: |
              import { make } from "./things.mjs";

              /** How large a made box is. */
              export function shown() {
                const box = make(2);
                return box.size.toFixed(2);
              }
"""
SCRIPTS = {
    "make": "export function make(size) {\n  return { size, held: [] };\n}",
    "label": "export function label(size) {\n  return `a box of ${sized(size).size}`;\n}",
}


@pytest.mark.parametrize(
    ("name", "first", "words"),
    [
        ("make", "export function make(size) {\n  return { width: size, held: [] };\n}", "returns an object without size"),
        ("label", "export function label(size) {\n  return sized(size).label();\n}", "returns an object without label"),
    ],
)
def test_in_javascript_too_it_lands_only_where_it_fits(settings: Settings, tmp_path: Path, name: str, first: str, words: str):
    path = tmp_path / "crates.yaml"
    path.write_text(SCRIPT_PLAN)

    def answers(each: str):
        return lambda asked: f"```javascript\n{first if asked == 1 and each == name else SCRIPTS[each]}\n```"

    with MessagesServer({f"things.{each}": answers(each) for each in SCRIPTS}) as server, open_workspace(generating(settings, server)) as workspace:
        done = walk(workspace, path, tmp_path / "out")
    assert attempts(done, name) == [["landing.callee" if name == "make" else "landing.caller"], []]
    outcome = next(outcome for outcome in done.outcomes if outcome.name == f"things.{name}")
    assert words in str(outcome.attempts[0].error)
    assert "width" not in (tmp_path / "out/things.mjs").read_text()

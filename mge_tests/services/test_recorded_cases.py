"""What a complete draft really did is what code in its place must do, without being told what that was."""

import shutil
from pathlib import Path

import pytest

from mge_assets.model.attempts import AtomStatus
from mge_assets.services.workspace import open_workspace
from mge_resources.sandbox import Sandbox
from mge_resources.settings import Settings
from mge_tests.fakes.emulator.requests import Received
from mge_tests.fakes.emulator.server import MessagesServer
from mge_tests.fakes.emulator.writer import fenced
from mge_tests.services.layered import generating
from mge_tests.services.walk import Walk, walk

PYTHON = "def price(amount: int, rate: int) -> int:\n    total = amount * 37 + rate\n    if total > 900:\n        total = total - 11\n    return total\n"
JAVASCRIPT = "export function price(amount, rate) {\n  const total = amount * 37 + rate;\n  return total > 900 ? total - 11 : total;\n}\n"
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")


class Answers:
    """Gives these texts one after the other, the last one for ever."""

    def __init__(self, *texts: str) -> None:
        self._texts = list(texts)

    def answer(self, _: Received) -> str:
        return fenced(self._texts.pop(0) if len(self._texts) > 1 else self._texts[0])


def plan(folder: Path, file: str, code: str, tests: str = "") -> Path:
    def indented(text: str) -> str:
        return "\n".join(f"              {line}".rstrip() for line in text.splitlines())

    path = folder / "shop.yaml"
    head = (
        "name: shop\nphases:\n  - name: Core\n    milestones:\n      - name: One\n        tasks:\n          - name: price\n            description: Prices.\n"
    )
    told = f"            tests: |\n{indented(tests)}\n" if tests else ""
    path.write_text(f"{head}            file: {file}\n            regenerate: true\n            code: |\n{indented(code)}\n{told}")
    return path


def run(settings: Settings, path: Path, out: Path, *answers: str) -> tuple[Walk, MessagesServer]:
    with MessagesServer(Answers(*answers)) as server, open_workspace(generating(settings, server, case_seconds=60.0)) as workspace:
        return walk(workspace, path, out), server


@pytest.mark.parametrize(("file", "code"), [("price.py", PYTHON), pytest.param("price.js", JAVASCRIPT, marks=needs_node)])
def test_an_answer_that_does_other_than_the_draft_is_sent_back_and_not_told_what_is_expected(
    sandbox: Sandbox, settings: Settings, tmp_path: Path, file: str, code: str
):
    done, server = run(settings, plan(tmp_path, file, code), tmp_path / "out", code.replace("> 900", "> 9"), code)
    (outcome,) = [each for each in done.outcomes if each.attempts]
    assert outcome.status is AtomStatus.COMPLETED
    assert [attempt.passed for attempt in outcome.attempts] == [False, True]
    assert "which is not what the draft does" in outcome.attempts[0].error
    assert (tmp_path / "out" / file).read_text() == code
    shown = [case for case in server.received if "which is not what the draft does" in case.text]
    assert len(shown) == 1


def test_a_draft_that_fails_its_own_acceptance_tests_is_no_measure(sandbox: Sandbox, settings: Settings, tmp_path: Path):
    right = PYTHON.replace("* 37", "* 38")
    tests = "from price import price\n\n\ndef test_price():\n    assert price(2, 5) == 81\n"
    done, _ = run(settings, plan(tmp_path, "price.py", PYTHON, tests), tmp_path / "out", right)
    (outcome,) = [each for each in done.outcomes if each.attempts]
    assert outcome.status is AtomStatus.COMPLETED
    assert len(outcome.attempts) == 1
    assert (tmp_path / "out/price.py").read_text() == right

"""A failed test is judged by evidence: code, test or machine; what is not the code's doing is charged to no atom."""

import pytest

from mge_assets.model.errors import Place
from mge_assets.model.findings import Check, CheckStatus, Finding, Severity, ValidationResult
from mge_assets.stages.atomization import atomize
from mge_assets.stages.validation import TaskValidator
from mge_assets.stages.validation.judging import Grounds, judged
from mge_assets.stages.validation.promises import Drafts
from mge_resources.sandbox import Sandbox
from mge_resources.syntax import Language
from mge_tests.stages.validation.cases import check, cut, task

FILE = "shop/stock.py"
GOOD = b'''import math


class Stock:
    """Counts of things, in `counts`."""

    def __init__(self, name: str):
        self.name = name
        self.counts: dict[str, int] = {}

    def add(self, thing: str, count: int) -> int:
        """Adds and answers the new count.

        >>> Stock("a").add("x", 2)
        2
        """
        self.counts[thing] = self.counts.get(thing, 0) + count
        return self.counts[thing]


def rounded(value: float) -> int:
    return math.floor(value + 0.5)
'''
HEAD = "from shop.stock import Stock, rounded\n\n\n"
REQUIREMENTS = ("requests", "notinstalledhere>=1")


def judge(sandbox: Sandbox, tests: str, code: bytes = GOOD, drafts: bytes = GOOD, stubs=(), changed=()) -> ValidationResult:
    spans, line = [], 1
    for atom in atomize(code, FILE, Language.PYTHON).atoms:
        spans.append((line, atom.name))
        line += atom.text.count(b"\n")
    grounds = Grounds(Drafts({FILE: drafts}), REQUIREMENTS, {FILE: spans}, frozenset(stubs), frozenset(changed))
    return TaskValidator(sandbox).validate(task("stock", FILE), code, cut(FILE, drafts), {FILE: code}, REQUIREMENTS, tests=tests, grounds=grounds)


def verdicts(result: ValidationResult) -> list[tuple[str, str]]:
    return [(finding.rule.removeprefix("triage."), finding.message) for finding in check(result, "triage").findings]


TEST_AT_FAULT = {
    "does not parse": ("def test_a(:\n    pass\n", "does not parse"),
    "asks for what was never planned": ("def test_a():\n    assert Stock('a').average() == 1\n", "'average'"),
    "imports what was never planned": ("from shop.stock import median\n\n\ndef test_a():\n    assert median([1]) == 1\n", "'median'"),
    "imports what nobody declared": ("import pandas_of_nobody\n\n\ndef test_a():\n    assert rounded(1.0) == 1\n", "does not declare"),
    "calls it otherwise than the draft says": ("def test_a():\n    assert Stock('a').add('x', 1, 2) == 1\n", "otherwise than the plan's draft"),
    "uses a name of its own that is not there": ("def test_a():\n    assert rounded(1.2) == wanted_value\n", "'wanted_value'"),
    "contradicts another test": ("def test_a():\n    assert rounded(2.5) == 3\n\n\ndef test_b():\n    assert rounded(2.5) == 2\n", "no code gives both"),
    "contradicts the documentation": ("def test_a():\n    assert Stock('a').add('x', 2) == 3\n", "documentation gives 2"),
    "never comes near the project": ("def test_a():\n    assert sum([1, 2]) == 4\n", "without a line of the project"),
    "ends its own process": ("def test_a():\n    import os\n    os._exit(1)\n", "it ends the process"),
    "asks for a fixture that nobody has": ("def test_a(stock_of_mine):\n    assert rounded(stock_of_mine) == 1\n", "stock_of_mine"),
}


@pytest.mark.parametrize("name", TEST_AT_FAULT)
def test_a_wrong_test_is_told_from_wrong_code(sandbox: Sandbox, name: str):
    body, words = TEST_AT_FAULT[name]
    result = judge(sandbox, HEAD + body)
    ((blame, said),) = verdicts(result)
    assert blame == "test"
    assert words in said
    assert not result.passed
    assert all(
        "correct the test" in finding.fix or "requirements" in finding.fix for finding in check(result, "tests").findings if finding.severity is Severity.ERROR
    )


ENVIRONMENT = {
    "a network": ("import urllib.request\n\n\ndef test_a():\n    rounded(1.0)\n    urllib.request.urlopen('http://example.org', timeout=2)\n", "stand-in"),
    "a program": ("import subprocess\n\n\ndef test_a():\n    rounded(1.0)\n    subprocess.run(['no-such-program'])\n", "no-such-program"),
    "a package that is declared": ("import notinstalledhere\n\n\ndef test_a():\n    assert rounded(1.0) == 1\n", "pip install"),
    "a folder outside": ("from pathlib import Path\n\n\ndef test_a():\n    rounded(1.0)\n    Path('/usr/x').write_text('a')\n", "tmp_path"),
    "a plugin": ("def test_a(mocker):\n    assert rounded(1.0) == 1\n", "pytest-mock"),
    "coroutines": ("async def test_a():\n    assert rounded(1.0) == 1\n", "asyncio.run"),
}


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_what_the_machine_withholds_fails_nothing_and_is_told_with_the_mend(sandbox: Sandbox, name: str):
    body, words = ENVIRONMENT[name]
    result = judge(sandbox, HEAD + body)
    ((blame, _),) = verdicts(result)
    assert blame == "environment"
    tests = check(result, "tests")
    assert tests.status is CheckStatus.NOT_RUN
    assert words in tests.reason
    assert result.passed


CODE_AT_FAULT = {
    "another value": (b"floor(value + 0.5)", b"floor(value)", "def test_a():\n    assert rounded(2.5) == 3\n", "rounded"),
    "an exception": (b"self.counts.get(thing, 0)", b"self.counts[thing]", "def test_a():\n    assert Stock('a').add('x', 1) == 1\n", "Stock"),
    "a promised attribute that is not there": (b"self.name = name", b"self.title = name", "def test_a():\n    assert Stock('a').name == 'a'\n", ""),
    "other parameters": (b"thing: str, count: int)", b"thing: str)", "def test_a():\n    assert Stock('a').add('x', 1) == 1\n", ""),
    "a name that is not there": (b"math.floor", b"floor", "def test_a():\n    assert rounded(1.0) == 1\n", "rounded"),
    "an end of the process": (b"return math", b"import os\n    os._exit(0)\n    return math", "def test_a():\n    assert rounded(1.0) == 1\n", ""),
    "an error that it means to raise": (
        b"return math",
        b"raise ConnectionRefusedError(111, 'no')\n    return math",
        "def test_a():\n    assert rounded(1.0) == 1\n",
        "",
    ),
}


@pytest.mark.parametrize("name", CODE_AT_FAULT)
def test_wrong_code_is_charged_to_the_atom_that_the_tests_point_at(sandbox: Sandbox, name: str):
    was, now, body, atom = CODE_AT_FAULT[name]
    assert was in GOOD
    result = judge(sandbox, HEAD + body + "\n\ndef test_other():\n    assert Stock('b').counts == {}\n", GOOD.replace(was, now))
    ((blame, said),) = verdicts(result)
    assert blame == "code"
    assert atom in said
    assert not result.passed


def test_the_plans_own_draft_is_a_witness(sandbox: Sandbox):
    tests = HEAD + "def test_a():\n    assert rounded(2.5) == 3\n\n\ndef test_b():\n    assert rounded(-0.5) == -1\n"
    changed = {"shop.stock.rounded"}
    wrong = GOOD.replace(b"math.floor(value + 0.5)", b"int(value)")
    told = dict(verdicts(judge(sandbox, tests, wrong, changed=changed)))
    assert "own draft passes it" in told["code"]
    assert "own complete draft fails it" in told["test"]


def test_a_test_that_fails_once_and_then_passes_is_not_charged_to_the_code(sandbox: Sandbox):
    tests, file = HEAD + "def test_a():\n    assert rounded(1.0) == 1\n", "tests/test_stock.py"
    failed = Check.of("tests", (Finding("tests.failed", Severity.ERROR, "test_a: assert 2 == 1", "", Place(file, 5)),))

    def again(second: Check) -> list[Check]:
        return judged(failed, sandbox, {FILE: GOOD}, file, tests, Grounds(Drafts({FILE: GOOD})), lambda: second)

    assert [finding.rule for finding in again(Check.of("tests", ()))[1].findings] == ["triage.test"]
    assert [finding.rule for finding in again(failed)[1].findings] == ["triage.code"]


ENDLESS = {"code": (b"return math", b"while value:\n        pass\n    return math", ""), "test": (b"", b"", "    while True:\n        pass\n")}


@pytest.mark.parametrize("blame", ENDLESS)
def test_what_does_not_end_is_told_by_where_it_was(sandbox: Sandbox, blame: str):
    was, now, more = ENDLESS[blame]
    tests, file = HEAD + f"def test_a():\n    rounded(1.0)\n{more}", "tests/test_stock.py"
    project = {FILE: GOOD.replace(was, now)}
    limit = Check.of("tests", (Finding("tests.limit", Severity.ERROR, "the tests were ended at the cpu limit after 60 s", "", Place(file)),))
    (_, told) = judged(limit, sandbox, project, file, tests, Grounds(Drafts({FILE: GOOD})), lambda: limit)
    assert [finding.rule for finding in told.findings] == [f"triage.{blame}"]
    assert told.findings[0].message.startswith("test_a: ")

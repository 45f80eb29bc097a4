"""Code that cheats does not pass, whichever way it cheats; honest code passes, whatever its tests lean on."""

import shutil

import pytest

from mge_assets.model.findings import Check, CheckStatus, Severity
from mge_assets.stages.validation import run_tests
from mge_assets.stages.validation.grading import python_check
from mge_assets.stages.validation.testshape import shape_of
from mge_resources.sandbox import Limits, Sandbox
from mge_resources.syntax import Language
from mge_tests.security.corpora import JAVASCRIPT_TESTS, PYTHON_OTHERS, PYTHON_TESTS, projects

CHEATS, HONEST = projects("cheats_python"), projects("honest_python")
LONG = {
    "reads its own memory",
    "reads its relatives' memory",
    "an endless generator",
    "exit in a thread",
    "reads the tests from linecache",
    "a float equal to everything",
    "raises SystemExit(0)",
    "writes a report file",
    "kills itself",
    "a stub that returns nothing",
    "replaces the excepthook and raises",
    "patches how pytest makes reports",
    "random input",
    "changes its result after it was returned",
    "signals that end well",
    "ends well at its end",
    "asks who refers to its argument",
    "reads the locals of whoever called it through inspect",
    "an int that is never unequal",
    "a value that learns from its hash and its text",
    "answers what it was compared with last time",
    "a plugin by an entry point",
    "plugins named in a module",
    "a generator that gives the answer first",
    "an object that is asked very often",
    "an awaitable that agrees",
    "a coroutine that is never waited for",
}
"""Left to the long proof, which tries all of them: others of the same kind stand here."""


def judged(sandbox: Sandbox, files: dict[str, str], tests: str) -> Check:
    project = {name: text.encode() for name, text in {**PYTHON_OTHERS, **files}.items()}
    return run_tests(sandbox, project, "tests/test_model.py", tests, Language.PYTHON)


def test_the_corpora_are_as_large_as_promised():
    assert len(CHEATS) >= 90
    assert len(HONEST) >= 20
    assert len(JS_CHEATS) >= 40


@pytest.mark.parametrize("name", [name for name in CHEATS if name not in LONG])
def test_code_that_cheats_fails(sandbox, name):
    assert judged(sandbox, CHEATS[name], PYTHON_TESTS).status is CheckStatus.FAILED


@pytest.mark.parametrize("name", [name for name in HONEST if name not in LONG])
def test_honest_code_passes(sandbox, name):
    files = dict(HONEST[name])
    tests = files.pop("tests/test_model.py")
    check = judged(sandbox, files, tests)
    assert check.status is CheckStatus.PASSED, check.findings


def test_tests_that_need_the_codes_process_are_said_to_be_graded_there(sandbox):
    files = dict(HONEST["threads"])
    (note,) = judged(sandbox, files, files.pop("tests/test_model.py")).findings
    assert (note.rule, note.severity) == ("tests.beside", Severity.INFO)
    assert "threading" in note.message


def test_code_that_only_the_distance_makes_slow_passes_and_endless_code_does_not(sandbox):
    files = dict(HONEST["an object that is asked very often"])
    tests = files.pop("tests/test_model.py").replace("500_000", "100_000").replace("2_250_000", "450_000")
    seconds = 0.7

    def graded(more: str) -> Check:
        project = {name: (text + more).encode() for name, text in files.items()}
        return python_check(sandbox, project, "tests/test_model.py", tests, Limits(), seconds)

    assert [finding.rule for finding in graded("").findings] == ["tests.beside"]
    assert [finding.rule for finding in graded("def row(length):\n    while True:\n        pass\n").findings] == ["tests.limit"]


def test_a_warning_of_the_code_reaches_tests_apart_from_it(sandbox):
    files = dict(HONEST["warnings"])
    assert judged(sandbox, files, files.pop("tests/test_model.py")).findings == ()


def test_what_the_tests_can_not_load_does_not_speak_against_them(sandbox):
    files = {**HONEST["threads"], "sums.py": "def total(text):\n    return eval(text)\n"}
    assert judged(sandbox, files, files.pop("tests/test_model.py")).status is CheckStatus.PASSED


@pytest.mark.parametrize("way", ["import sums\n", "import pkgutil\ntotal = pkgutil.resolve_name('su' + 'ms:total')\n"])
def test_what_the_code_loads_speaks_against_it_however_it_is_named(sandbox, way):
    files = {**HONEST["threads"], "sums.py": "def total(text):\n    return eval(text)\n"}
    tests = files.pop("tests/test_model.py")
    (name,) = [name for name in files if name.startswith("pkg/") and not name.endswith("__init__.py")]
    files[name] = way + files[name]
    assert [finding.rule for finding in judged(sandbox, files, tests).findings][:1] == ["tests.tampering"]


def test_a_pass_beside_the_code_is_not_believed_of_code_that_looks_around(sandbox):
    check = judged(sandbox, CHEATS["patches pytest's verdict"], "import threading\n" + PYTHON_TESTS)
    assert [finding.rule for finding in check.findings][:1] == ["tests.tampering"]
    assert "touches pytest" in check.findings[0].message


JS_CHEATS, JS_HONEST = projects("cheats_javascript"), projects("honest_javascript")
JS_LONG = {
    "process.reallyExit",
    "kills its process",
    "deletes the tests",
    "a worker that ends the process",
    "swallows every error",
    "replaces node:test",
    "a stub",
    "pollutes every prototype",
    "a boxed number",
    "swallows rejections",
    "mocks by node:test",
    "turns into the number when it is asked",
    "a promise that never ends",
    "replaces timers, buffers and how messages are read",
}
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")


def judged_javascript(sandbox: Sandbox, files: dict[str, str]) -> Check:
    texts = {"tests/model.test.mjs": JAVASCRIPT_TESTS, **files}
    tests = texts.pop("tests/model.test.mjs")
    return run_tests(sandbox, {name: text.encode() for name, text in texts.items()}, "tests/model.test.mjs", tests, Language.JAVASCRIPT)


@needs_node
@pytest.mark.parametrize("name", [name for name in JS_CHEATS if name not in JS_LONG])
def test_javascript_that_cheats_fails(sandbox, name):
    assert judged_javascript(sandbox, JS_CHEATS[name]).status is CheckStatus.FAILED


@needs_node
@pytest.mark.parametrize("name", JS_HONEST)
def test_honest_javascript_passes(sandbox, name):
    check = judged_javascript(sandbox, JS_HONEST[name])
    assert check.status is CheckStatus.PASSED, check.findings


@pytest.mark.parametrize(
    ("tests", "served", "plain"),
    [
        ("from pkg.m import f\ndef test(): assert f(1) == 2\n", True, True),
        ("import json, pytest\nfrom pkg.m import f\n", True, True),
        ("import random\nfrom pkg.m import f\n", True, False),
        ("from pkg.m import f\ndef test(monkeypatch): pass\n", True, False),
        ("from pkg.m import Base\nclass Fake(Base): pass\n", True, False),
        ("import numpy as np\nfrom pkg.m import f\n", False, False),
        ("import threading\n", False, False),
        ("def broken(:\n", True, True),
    ],
)
def test_what_tests_need_is_read_from_their_text(tests, served, plain):
    shape = shape_of(tests, ["pkg"])
    assert (shape.served, shape.plain) == (served, plain)

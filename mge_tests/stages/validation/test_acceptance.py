"""Acceptance tests run isolated; what fails is named with its place, and code can't end its tests early and pass."""

import shutil

import pytest

from mge_assets.model.findings import CheckStatus, Severity
from mge_assets.stages.validation import TaskValidator, acceptance, run_tests
from mge_assets.store.rows import check_from_json, check_to_json
from mge_resources.sandbox import Limits, Sandbox, open_sandbox
from mge_resources.syntax import Language
from mge_tests.stages.validation.cases import check, cut, task

MODEL = b"def double(x):\n    return 2 * x\n"
TESTS = "from pkg.model import double\n\n\ndef test_double():\n    assert double(2) == 4\n\n\ndef test_zero():\n    assert double(0) == 0\n"
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")


def run(sandbox: Sandbox, model: bytes, tests: str = TESTS):
    return run_tests(sandbox, {"pkg/model.py": model}, "tests/test_model.py", tests, Language.PYTHON)


def test_honest_code_passes_and_the_isolation_is_recorded(sandbox):
    assert run(sandbox, MODEL).status is CheckStatus.PASSED
    unit = task("model", "pkg/model.py", tests=TESTS)
    result = TaskValidator(sandbox).validate(unit, MODEL, cut("pkg/model.py", MODEL), {})
    assert result.passed
    assert check(result, "tests").status is CheckStatus.PASSED
    assert result.isolation == sandbox.isolation


def test_a_failed_test_is_named_with_its_line_and_message(sandbox):
    result = run(sandbox, b"def double(x):\n    return x * x\n", TESTS.replace("double(2) == 4", "double(3) == 6"))
    (finding,) = result.findings
    assert finding.rule == "tests.failed"
    assert finding.message == "test_double: assert 9 == 6"
    assert str(finding.place) == "tests/test_model.py:5"


def test_the_share_of_tests_that_passed_is_told_and_kept(sandbox):
    half = run(sandbox, MODEL.replace(b"2 * x", b"3 * x"))
    assert (half.status, half.share) == (CheckStatus.FAILED, 0.5)
    assert check_from_json(check_to_json(half)) == half
    assert run(sandbox, MODEL).share == 1.0
    assert run(sandbox, b"def double(x):\n    return (x\n").share in {0.0, None}


@needs_node
def test_the_share_of_tests_that_passed_is_told_in_javascript_too(sandbox):
    code = b"export const doubled = (x) => 3 * x;\n"
    tests = 'import test from "node:test";\nimport assert from "node:assert";\nimport { doubled } from "../m.mjs";\n'
    tests += "".join(f'test("{number}", () => assert.equal(doubled({number}), {2 * number}));\n' for number in (0, 1, 2, 3))
    told = run_tests(sandbox, {"m.mjs": code}, "tests/m.test.mjs", tests, Language.JAVASCRIPT)
    assert (told.status, told.share) == (CheckStatus.FAILED, 0.25)


def test_an_exception_in_the_code_points_at_the_code(sandbox):
    (finding, _) = run(sandbox, b"def double(x):\n    return y\n").findings
    assert "NameError" in finding.message
    assert str(finding.place) == "pkg/model.py:2"


def test_a_file_that_can_not_be_imported_points_at_the_fault(sandbox):
    (finding,) = run(sandbox, b"def double(x):\n    return (x\n").findings
    assert "SyntaxError" in finding.message
    assert finding.place is not None
    assert finding.place.file == "pkg/model.py"


CHEATS = {
    "exit at import": b"import sys\nsys.exit(0)\n",
    "hard exit at import": b"import os\nos._exit(0)\n",
    "hard exit in the call": b"import os\ndef double(x):\n    os._exit(0)\n",
    "exit in the call": b"import sys\ndef double(x):\n    sys.exit(0)\n",
    "pytest.exit": b"import pytest\ndef double(x):\n    pytest.exit('done', returncode=0)\n",
    "skips itself": b"import pytest\ndef double(x):\n    pytest.skip('no')\n",
    "skips at import": b"import pytest\npytest.skip('no', allow_module_level=True)\n",
    "prints a report": b"import os\nprint('2 passed')\nos.write(1, b'{\"finished\": true, \"passed\": 2}')\nos._exit(0)\n",
    "deletes the tests": b"import os\nos.remove('tests/test_model.py')\ndef double(x):\n    return 0\n",
    "stub": b"def double(x):\n    raise NotImplementedError\n",
}


@pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS)
def test_a_cheat_does_not_pass(sandbox, cheat):
    assert run(sandbox, cheat).status is not CheckStatus.PASSED


def test_a_conftest_of_the_project_and_a_shadowed_pytest_have_no_say(sandbox):
    hooks = b"import pytest\n@pytest.hookimpl(tryfirst=True)\ndef pytest_pyfunc_call(pyfuncitem):\n    return True\n"
    project = {"pkg/model.py": b"def double(x):\n    return 0\n", "conftest.py": hooks, "tests/conftest.py": hooks, "pytest.py": b"raise SystemExit(0)\n"}
    project["pytest.ini"] = b"[pytest]\naddopts = --co\n"
    assert run_tests(sandbox, project, "tests/test_model.py", TESTS, Language.PYTHON).status is CheckStatus.FAILED


def test_an_endless_test_is_ended_and_said_to_be(sandbox, monkeypatch):
    monkeypatch.setattr(acceptance, "_LIMITS", Limits(wall_seconds=2.0))
    (finding,) = run(sandbox, b"def double(x):\n    while True: pass\n").findings
    assert finding.rule == "tests.limit"


def test_one_endless_test_costs_its_own_seconds_and_the_others_are_judged(sandbox):
    tests = TESTS + "\n\ndef test_three():\n    assert double(3) == 6\n"
    found = run_tests(
        sandbox, {"pkg/model.py": b"def double(x):\n    while x == 2: pass\n    return x + x * (x < 3)\n"}, "tests/test_model.py", tests, Language.PYTHON, 1.0
    )
    assert {(finding.rule, finding.message.partition(":")[0], str(finding.place)) for finding in found.findings} == {
        ("tests.limit", "test_double", "tests/test_model.py:5"),
        ("tests.failed", "test_three", "tests/test_model.py:13"),
    }


def test_a_file_without_tests_is_an_error(sandbox):
    (finding,) = run(sandbox, MODEL, "x = 1\n").findings
    assert (finding.rule, finding.severity) == ("tests.none", Severity.ERROR)


def test_without_a_sandbox_the_tests_are_not_run_and_the_reason_is_given():
    result = run(open_sandbox("off"), MODEL)
    assert result.status is CheckStatus.NOT_RUN
    assert "MGE_SANDBOX" in result.reason


CART = b"export function add(a, b) {\n  return a + b;\n}\n"
PLAIN = 'import assert from "node:assert/strict";\nimport { add } from "../web/cart.mjs";\n\nassert.equal(add(1, 2), 3);\n'
NODE_TEST = 'import test from "node:test";\n' + PLAIN.replace("assert.equal(add(1, 2), 3);", 'test("adds", () => assert.equal(add(1, 2), 3));')


def run_node(sandbox: Sandbox, cart: bytes, tests: str):
    return run_tests(sandbox, {"web/cart.mjs": cart}, "tests/cart.test.mjs", tests, Language.JAVASCRIPT)


@needs_node
@pytest.mark.parametrize("tests", [PLAIN, NODE_TEST], ids=["plain", "node-test"])
def test_javascript_tests_pass_and_fail(sandbox, tests):
    assert run_node(sandbox, CART, tests).status is CheckStatus.PASSED
    failed = run_node(sandbox, CART.replace(b"a + b", b"a - b"), tests)
    assert failed.status is CheckStatus.FAILED
    assert failed.findings[0].place is not None
    assert failed.findings[0].place.file == "tests/cart.test.mjs"
    assert run_node(sandbox, b"process.exit(0);\n" + CART, tests).status is CheckStatus.FAILED


@needs_node
def test_a_failed_javascript_assertion_has_its_line(sandbox):
    (finding,) = run_node(sandbox, CART.replace(b"a + b", b"a - b"), PLAIN).findings
    assert str(finding.place) == "tests/cart.test.mjs:4"
    (finding,) = run_node(sandbox, CART.replace(b"a + b", b"a - b"), NODE_TEST).findings
    assert str(finding.place) == "tests/cart.test.mjs:5"
    assert finding.message == "adds: Expected values to be strictly equal: -1 !== 3"


def test_file_names_that_climb_out_of_the_project_are_an_error(sandbox):
    result = run_tests(sandbox, {"../../x.py": b""}, "tests/test_model.py", TESTS, Language.PYTHON)
    assert [finding.rule for finding in result.findings] == ["tests.file_name"]

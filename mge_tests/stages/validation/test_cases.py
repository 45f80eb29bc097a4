"""Hidden cases: only inputs enter the sandbox, and outputs are compared outside, type for type."""

import shutil

import pytest

from mge_assets.model.findings import Check, CheckStatus
from mge_assets.stages.validation.cases import HiddenCase, run_cases
from mge_assets.stages.validation.plain import NotPlainError, from_json, same, to_json
from mge_resources.sandbox import Sandbox, SandboxJob, SandboxOutcome, open_sandbox
from mge_resources.syntax import Language

CASES = [HiddenCase("double", (2,), 4), HiddenCase("double", (21,), 42), HiddenCase("double", ("a",), "aa"), HiddenCase("double", (None,), raises="TypeError")]
PYTHON = b"def double(x):\n    return 2 * x\n"
JAVASCRIPT = b"export const double = (x) => { if (x === null) throw new TypeError('no'); return typeof x === 'string' ? x + x : 2 * x; };\n"


def python(sandbox: Sandbox, code: bytes, cases=CASES) -> Check:
    return run_cases(sandbox, {"pkg/model.py": code}, "pkg/model.py", cases, Language.PYTHON)


def test_code_that_does_what_is_expected_passes(sandbox):
    assert python(sandbox, PYTHON).status is CheckStatus.PASSED


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
@pytest.mark.parametrize(
    ("code", "passes"),
    [(JAVASCRIPT, True), (JAVASCRIPT.replace(b"2 * x", b"x * x"), False), (b"process.exit(0);\n" + JAVASCRIPT, False)],
    ids=["good", "wrong", "exits"],
)
def test_javascript_is_held_to_the_same_cases(sandbox, code, passes):
    check = run_cases(sandbox, {"web/model.mjs": code}, "web/model.mjs", CASES, Language.JAVASCRIPT)
    assert (check.status is CheckStatus.PASSED) is passes


@pytest.mark.parametrize(
    "code",
    [
        b"def double(x):\n    return x * x\n",
        b"def double(x):\n    return float(2 * x) if isinstance(x, int) else 2 * x\n",
        b"class Any(int):\n    __eq__ = lambda s, o: True\n    __hash__ = int.__hash__\ndef double(x):\n    return Any(4)\n",
        b"import os\nos._exit(0)\n",
        b"import sys\nsys.exit(0)\n",
        b'import os\nos.write(1, b\'{"value": {"int": "0x4"}}\\n\' * 4)\nos._exit(0)\n',
        b"def double(x):\n    raise NotImplementedError\n",
        b"def double(x):\n    while True: yield 4\n",
    ],
    ids=["wrong", "float", "agrees", "exits", "ends", "forges", "stub", "generator"],
)
def test_code_that_does_not_fails(sandbox, code):
    check = python(sandbox, code)
    assert check.status is CheckStatus.FAILED
    assert {finding.rule for finding in check.findings} <= {"cases.failed", "tests.unfinished"}


def test_a_finding_names_the_call_and_keeps_the_expectation_to_itself(sandbox):
    (finding,) = python(sandbox, b"def double(x):\n    return 2 * x if x != 21 else 7\n").findings
    assert finding.message == "double(21) gives 7, which is not what is expected"


def test_what_is_expected_never_enters_the_sandbox():
    class Recording:
        isolation = "recorded"

        def run(self, job: SandboxJob) -> SandboxOutcome:
            self.seen = job.stdin + b"".join(job.files.values()) + repr((job.command, job.environment)).encode()
            return SandboxOutcome(0, b"", b"", 0.1, "recorded")

    recording = Recording()
    run_cases(recording, {"m.py": PYTHON}, "m.py", [HiddenCase("double", (1,), "the-expected-word")], Language.PYTHON)
    assert b"double" in recording.seen
    assert b"the-expected-word" not in recording.seen


def test_without_cases_or_sandbox_nothing_is_said_to_have_passed():
    assert run_cases(open_sandbox("off"), {"m.py": PYTHON}, "m.py", CASES, Language.PYTHON).status is CheckStatus.NOT_RUN
    assert run_cases(open_sandbox("off"), {"m.py": PYTHON}, "m.py", [], Language.PYTHON).status is CheckStatus.NOT_RUN


@pytest.mark.parametrize("value", [None, True, 1, -(10**40), 0.1, -0.0, float("inf"), "ä\ud800", b"\0\xff", [1, (2, {3})], {"a": {1: None}}, frozenset({1})])
def test_plain_data_comes_back_as_it_went(value):
    assert same(from_json(to_json(value)), value)


def test_plain_data_is_compared_type_for_type():
    nan = float("nan")
    assert same([nan], [nan])
    assert not same(1, 1.0)
    assert not same(True, 1)
    assert not same([1], (1,))
    assert not same({"a": 1}, {"a": 1.0})
    with pytest.raises(NotPlainError, match="object"):
        to_json([object()])

"""What tests enter and how they end, also where many of them do not end by themselves."""

import pytest

from mge_assets.stages.validation.reach import reach, run_reaching
from mge_assets.stages.validation.runs import Entry
from mge_resources.sandbox import Sandbox

ENDLESS = b"def fixed(text):\n    while True:\n        pass\n"


def test_code_that_no_test_gets_out_of_is_told_by_the_first_few(sandbox: Sandbox):
    tests = "from m import fixed\n" + "".join(f"\n\ndef test_{number}():\n    assert fixed('{number}') == '{number}'\n" for number in range(30))
    found = reach(sandbox, {"m.py": ENDLESS}, "tests/test_m.py", tests, seconds=0.5)
    assert [run.name for run in found.tests] == ["test_0", "test_1", "test_2"]
    assert {run.error for run in found.tests} == {"TooLong"}
    assert all(any(entry.file == "m.py" for entry in run.entered) for run in found.tests)
    assert found.limit == ""


THREE = "from m import fixed\n" + "".join(f"\n\ndef test_{name}():\n    assert fixed('{name}') == '{name}'\n" for name in "abc")
ON_B = "def fixed(text):\n    if text == 'b':\n        stop()\n    return text\n\n\ndef stop():\n"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("    while True:\n        try:\n            sum(range(1000))\n        except BaseException:\n            pass\n", "TooLong"),
        ("    sum(range(10**13))\n", "TooLong"),
        ("    import os\n    os._exit(0)\n", "ProcessEnded"),
        ("    import ctypes\n    ctypes.string_at(0)\n", "ProcessEnded"),
    ],
    ids=["swallows the interruption", "a loop in C", "leaves", "crashes"],
)
def test_a_test_that_nothing_can_interrupt_is_told_and_the_others_are_run_without_it(sandbox: Sandbox, body: str, error: str):
    found = reach(sandbox, {"m.py": (ON_B + body).encode()}, "tests/test_m.py", THREE, seconds=0.5)
    ends = {run.name: run.error for run in found.tests}
    assert ends == {"test_a": "", "test_b": error, "test_c": ""}
    stuck = next(run for run in found.tests if run.name == "test_b")
    assert {Entry("m.py", 1), Entry("m.py", 7)} <= stuck.entered
    assert [entry.file for entry in stuck.frames][-1:] == (["m.py"] if error == "TooLong" else [])
    assert found.limit == ""


def test_a_test_that_takes_all_memory_from_the_run_is_told(sandbox: Sandbox):
    body = "    import mmap\n    kept = []\n    while True:\n        kept.append(mmap.mmap(-1, 64 << 20))\n        kept[-1].write(b'x' * (64 << 20))\n"
    found = reach(sandbox, {"m.py": (ON_B + body).encode()}, "tests/test_m.py", THREE, seconds=2)
    assert {run.name: run.passed for run in found.tests} == {"test_a": True, "test_b": False, "test_c": True}


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        ("for (;;);", "TooLong", ""),
        ("process.exit(0);", "ProcessEnded", "it ends the process that its tests run in, or waits for what never comes"),
        ("return new Promise(() => {});", "ProcessEnded", "it ends the process that its tests run in, or waits for what never comes"),
        ("setTimeout(() => { throw new Error('late'); }, 1); return new Promise((go) => setTimeout(go, 200));", "Error", "late"),
    ],
    ids=["endless", "leaves", "never goes on", "throws where nobody catches"],
)
def test_a_scripts_test_that_ends_the_run_is_told_and_the_others_are_run_without_it(sandbox: Sandbox, body: str, error: str, message: str):
    code = f"export function fixed(text) {{\n  if (text === 'b') return stop();\n  return text;\n}}\nfunction stop() {{\n  {body}\n}}\n"
    tests = "import test from 'node:test';\nimport assert from 'node:assert';\nimport { fixed } from '../m.js';\n"
    tests += "".join(f"test('{name}', async () => assert.equal(await fixed('{name}'), '{name}'));\n" for name in "abc")
    found = reach(sandbox, {"m.js": code.encode()}, "tests/m.test.js", tests, seconds=1)
    assert {run.name: (run.error, run.message) for run in found.tests} == {"a": ("", ""), "b": (error, message), "c": ("", "")}
    assert Entry("m.js", 5) in next(run for run in found.tests if run.name == "b").entered or error == "TooLong"


def test_what_is_entered_while_loading_comes_to_grief_is_a_run_of_its_own(sandbox: Sandbox):
    code = b"def register(name):\n    return None\n\n\n@register('x')\ndef fixed(text):\n    return text\n"
    runs = run_reaching(sandbox, {"m.py": code}, "tests/test_m.py", THREE)
    assert [(run.name, run.passed, run.error, run.entered) for run in runs] == [("", False, "TypeError", frozenset({Entry("m.py", 1)}))]
    script = b"function made() {\n  return null;\n}\nexport const fixed = made().fixed;\n"
    tests = "import test from 'node:test';\nimport { fixed } from '../m.js';\ntest('a', () => fixed('a'));\n"
    runs = run_reaching(sandbox, {"m.js": script}, "tests/m.test.js", tests)
    assert [(run.name, run.passed, run.error, run.entered) for run in runs] == [("", False, "TypeError", frozenset({Entry("m.js", 1)}))]


@pytest.mark.parametrize("code", [b"import nothing_of_the_name\n", b"def made():\n    import nothing_of_the_name\n\n\nmade()\n", b"def made(:\n"])
def test_what_is_missing_or_does_not_parse_speaks_against_nothing_that_was_entered(sandbox: Sandbox, code: bytes):
    assert run_reaching(sandbox, {"m.py": code}, "tests/test_m.py", THREE) == ()

"""Which functions each test of a file enters, and how it ends: what tells whose fault a failure is while parts of a project are still unwritten."""

import ast
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from mge_assets.stages.validation.harness import program
from mge_assets.stages.validation.reach_javascript import script_reach
from mge_assets.stages.validation.reach_report import REPORT, broken_of, entries_of, files_of, repeated, rows_of, run_of
from mge_assets.stages.validation.runs import TEST_SECONDS, Entry, Failure, Reach, TestRun
from mge_assets.stages.validation.script_tests import ScriptTests
from mge_resources.sandbox.port import Limits, Sandbox, SandboxJob, SandboxOutcome
from mge_resources.syntax import parse_python

_STACKS = "stacks.txt"
_LIMITS = Limits(wall_seconds=40.0, cpu_seconds=30)
_ENVIRONMENT = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
_SETUP_LINES = 6
_LONGEST = 400
_FRAME = re.compile(r'^  File "(.*)", line (\d+) in ', re.M)
_OTHERS = frozenset({"ImportError", "SyntaxError", "OSError"})
"""How loading comes to grief that is not the doing of what was entered meanwhile."""
_KILLED = 128 + 9
"""Exit code of a process that was killed: by the machine, for all that can be known."""
_ENDS = {
    "": Failure("ProcessEnded", "it ends the process that its tests run in", kinds=("ProcessEnded",)),
    "memory": Failure("MemoryError", "it takes more memory than it may", kinds=("MemoryError", "Exception")),
}
"""How a test ended its process, by the limit that was met. Time is that of all tests together: each has a bound of its own that is met before."""


def reach(
    sandbox: Sandbox, project: Mapping[str, bytes], test_file: str, tests: str, only: Iterable[str] | None = None, seconds: float = TEST_SECONDS
) -> Reach:
    """Run the tests, or ``only`` those of these names, each for at most ``seconds``; skipped ones are left out. Raises SandboxUnavailableError."""
    if not test_file.endswith(".py"):
        return script_reach(sandbox, project, test_file, tests, only, seconds)
    files = {f"project/{name}": content for name, content in project.items()}
    files |= {f"project/{test_file}": tests.encode(), "reach.py": program("reach.py.txt"), "pytest.ini": b"[pytest]\n"}

    def run(given: dict[str, Any]) -> tuple[Reach, list[TestRun]]:
        said = json.dumps(given).encode()
        return _read(sandbox.run(SandboxJob(("{python}", "reach.py", test_file), files, _ENVIRONMENT, _LIMITS, (REPORT, _STACKS), stdin=said, warm=True)))

    return repeated(run, only, seconds)


def _read(outcome: SandboxOutcome) -> tuple[Reach, list[TestRun]]:
    """What came of the run, and the test that ended its process, if one did."""
    rows = list(rows_of(outcome.files.get(REPORT, b"")))
    runs, running, loading = _runs(rows)
    files = files_of(rows)
    loaded = frozenset(entry.file for run in runs for entry in run.entered) if files is None else files
    found = Reach(tuple(runs), broken_of(rows), loaded, "", outcome.seconds, loading)
    failure = _end_of(outcome, rows) if files is None and rows and (running or not runs) else None
    if failure is None:
        return replace(found, limit=outcome.limit or ("report" if files is None else "")), []
    if running is None:
        return replace(found, broken=replace(failure, phase="collect"), limit=outcome.limit, loading=loading.union(failure.frames)), []
    return found, [replace(running, entered=running.entered.union(failure.frames), failure=failure)]


def _end_of(outcome: SandboxOutcome, rows: Iterable[Mapping[str, Any]]) -> Failure | None:
    """How the process came to end before its time; ``None`` where that may have been the machine's doing, or the time of all tests together."""
    return _stuck(outcome, rows) or (_ENDS.get(outcome.limit) if outcome.exit_code != _KILLED else None)


def _runs(rows: Iterable[Mapping[str, Any]]) -> tuple[list[TestRun], TestRun | None, frozenset[Entry]]:
    """The tests that came to their end, and the one that did not, with what each has entered; and what was entered before the first."""
    ended: dict[str, TestRun] = {}
    loading, running = set[Entry](), None
    for row in rows:
        if "began" in row:
            running = TestRun(str(row["began"]), passed=False, entered=frozenset())
        elif "entered" in row:
            places = entries_of([row["entered"]])
            loading.update(places if not ended and running is None else ())
            running = running and replace(running, entered=running.entered.union(places))
        elif running is not None and row.get("test") == running.name:
            run, running = run_of(row, running.entered), None
            ended |= {run.name: run} if run else {}
    return list(ended.values()), running, frozenset(loading)


def _stuck(outcome: SandboxOutcome, rows: Iterable[Mapping[str, Any]]) -> Failure | None:
    """What the stacks say of a process that nothing could interrupt: the main thread's is the last, and in each the innermost line is the first."""
    stacks = outcome.files.get(_STACKS, b"").decode("utf-8", "replace")
    if not stacks:
        return None
    project = next((str(row["project"]) for row in rows if "project" in row), "")
    lines = [[Entry(path.removeprefix(f"{project}/"), int(line)) for path, line in _FRAME.findall(stack) if path.startswith(f"{project}/")]
             for stack in stacks.split("\n\n")]  # fmt: skip
    frames = tuple(entry for stack in lines for entry in reversed(stack))
    return Failure("TooLong", frames=frames, kinds=("TooLong",), last=frames[-1].file if frames else "")


def run_reaching(sandbox: Sandbox, project: Mapping[str, bytes], test_file: str, tests: str) -> tuple[TestRun, ...]:
    """Every test that ran, in order; where code that they need came to grief while it was loaded, that is one more, without a name.

    Raises SandboxUnavailableError.
    """
    found = reach(sandbox, project, test_file, tests)
    if found.broken is None or not found.loading or _OTHERS.intersection(found.broken.kinds):
        return found.tests
    return (*found.tests, TestRun("", passed=False, entered=found.loading, failure=found.broken))


def failing_input(tests: str, test_file: str, run: TestRun, names: frozenset[str]) -> str:
    """What the failing test called and what it had prepared, without what it expects; empty where that can't be told.

    ``names`` are the project's functions, methods and classes: only calls of those are shown.
    """
    line = next((frame.line for frame in reversed(run.frames) if frame.file == test_file), None)
    if not test_file.endswith(".py"):
        return ScriptTests(tests).failing_input(line, names) if line is not None else ""
    try:
        tree = parse_python(tests)
    except SyntaxError:
        return ""
    function = _around(tree, line) if line is not None else None
    if function is None or line is None:
        return ""
    failing = next((each for each in function.body if each.lineno <= line <= (each.end_lineno or each.lineno)), None)
    if failing is None:
        return ""
    calls = [ast.unparse(call) for call in _outermost_calls(failing, names)]
    setup = [ast.unparse(each) for each in function.body if each.end_lineno and each.end_lineno < failing.lineno and _is_setup(each, names)]
    shown = [*setup[-_SETUP_LINES:], *calls]
    return "; ".join(shown)[:_LONGEST]


def _around(tree: ast.Module, line: int) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    found = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.lineno <= line <= (n.end_lineno or n.lineno)]
    return found[-1] if found else None


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""


def _outermost_calls(node: ast.AST, names: frozenset[str]) -> list[ast.Call]:
    """Calls of the project's own, not those inside one another."""
    if isinstance(node, ast.Call) and _called(node) in names:
        return [node]
    return [call for child in ast.iter_child_nodes(node) for call in _outermost_calls(child, names)]


def _is_setup(node: ast.stmt, names: frozenset[str]) -> bool:
    """A statement that prepares: it calls the project, or sets something of an object. Plain variables may hold what is expected."""
    if isinstance(node, ast.Assert):
        return False
    calls = _outermost_calls(node, names)
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Call) and bool(calls) and _called(node.value) in names
    if isinstance(node, ast.Assign):
        return bool(calls) or any(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets)
    return False

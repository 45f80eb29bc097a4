"""Which functions each test of a file enters, and how it ends: what tells whose fault a failure is while parts of a project are still unwritten."""

import ast
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mge_assets.stages.validation.harness import program
from mge_assets.stages.validation.reach_javascript import script_reach
from mge_assets.stages.validation.runs import TEST_SECONDS, Entry, Failure, Reach, TestRun
from mge_assets.stages.validation.script_tests import ScriptTests
from mge_resources.sandbox.port import Limits, Sandbox, SandboxJob
from mge_resources.syntax import parse_python

_REPORT = "reach.json"
_LIMITS = Limits(wall_seconds=40.0, cpu_seconds=30)
_ENVIRONMENT = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
_SETUP_LINES = 6
_LONGEST = 400


def reach(
    sandbox: Sandbox, project: Mapping[str, bytes], test_file: str, tests: str, only: Iterable[str] | None = None, seconds: float = TEST_SECONDS
) -> Reach:
    """Run the tests, or ``only`` those of these names, each for at most ``seconds``; skipped ones are left out. Raises SandboxUnavailableError."""
    if not test_file.endswith(".py"):
        return script_reach(sandbox, project, test_file, tests, only, seconds)
    files = {f"project/{name}": content for name, content in project.items()}
    files |= {f"project/{test_file}": tests.encode(), "reach.py": program("reach.py.txt"), "pytest.ini": b"[pytest]\n"}
    given = json.dumps({"only": None if only is None else sorted(only), "seconds": seconds}).encode()
    outcome = sandbox.run(SandboxJob(("{python}", "reach.py", test_file), files, _ENVIRONMENT, _LIMITS, (_REPORT,), stdin=given, warm=True))
    try:
        report = json.loads(outcome.files.get(_REPORT, b"{}"))
        runs = tuple(_run(name, test) for name, test in report.get("tests", {}).items() if not test.get("skipped"))
        broken = _failure(report["broken"]) if report.get("broken") else None
        return Reach(runs, broken, frozenset(map(str, report.get("files", ()))), outcome.limit, outcome.seconds)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Reach(limit=outcome.limit or "report", seconds=outcome.seconds)


def run_reaching(sandbox: Sandbox, project: Mapping[str, bytes], test_file: str, tests: str) -> tuple[TestRun, ...]:
    """Every test that ran, in order; none where the tests could not be collected or their process did not end by itself.

    Raises SandboxUnavailableError.
    """
    return reach(sandbox, project, test_file, tests).tests


def _run(name: str, test: Mapping[str, Any]) -> TestRun:
    entered = frozenset(_entries(test.get("entered", [])))
    return TestRun(name, bool(test["passed"]), entered, None if test["passed"] else _failure(test))


def _failure(said: Mapping[str, Any]) -> Failure:
    return Failure(
        error=str(said.get("error", "")),
        message=str(said.get("message", "")),
        frames=tuple(_entries(said.get("frames", []))),
        kinds=tuple(map(str, said.get("kinds", ()))),
        last=str(said.get("last", "")),
        number=int(said["errno"]) if isinstance(said.get("errno"), int) else 0,
        subject=str(said.get("name") or ""),
        phase=str(said.get("phase", "call")),
        said=str(said.get("said", "")),
    )


def _entries(value: Iterable[Sequence[Any]]) -> list[Entry]:
    return [Entry(str(file), int(line)) for file, line in value]


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

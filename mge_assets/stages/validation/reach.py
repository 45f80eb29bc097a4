"""Which functions each test of a file enters, and how it ends: what tells whose fault a failure is while parts of a project are still unwritten."""

import ast
import json
from collections.abc import Mapping
from dataclasses import dataclass

from mge_assets.stages.validation.harness import program
from mge_resources.sandbox.port import Limits, Sandbox, SandboxJob
from mge_resources.syntax import parse_python

_REPORT = "reach.json"
_LIMITS = Limits(wall_seconds=40.0, cpu_seconds=30)
_SETUP_LINES = 6
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Entry:
    """A function that a test entered: the project's file and the 1-based line on which its definition begins."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class TestRun:
    """One test: how it ended, what it entered. ``error`` is the exception's name; ``frames`` are the places in the project that it went through."""

    __test__ = False

    name: str
    passed: bool
    entered: frozenset[Entry]
    error: str = ""
    message: str = ""
    frames: tuple[Entry, ...] = ()


def run_reaching(sandbox: Sandbox, project: Mapping[str, bytes], test_file: str, tests: str) -> tuple[TestRun, ...]:
    """Every test that ran, in order; none where the tests could not be collected or their process did not end by itself.

    Raises SandboxUnavailableError.
    """
    files = {f"project/{name}": content for name, content in project.items()}
    files |= {f"project/{test_file}": tests.encode(), "reach.py": program("reach.py.txt"), "pytest.ini": b"[pytest]\n"}
    job = SandboxJob(("{python}", "reach.py", test_file), files, {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, _LIMITS, (_REPORT,))
    try:
        report = json.loads(sandbox.run(job).files.get(_REPORT, b"{}"))
        return tuple(_run(name, test) for name, test in report.get("tests", {}).items() if not test.get("skipped"))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()


def _run(name: str, test: Mapping[str, object]) -> TestRun:
    entered = frozenset(Entry(str(file), int(line)) for file, line in _pairs(test["entered"]))
    frames = tuple(Entry(str(file), int(line)) for file, line in _pairs(test.get("frames", [])))
    return TestRun(name, bool(test["passed"]), entered, str(test.get("error", "")), str(test.get("message", "")), frames)


def _pairs(value: object) -> list[tuple[object, int]]:
    assert isinstance(value, list)
    return [(each[0], int(each[1])) for each in value]


def failing_input(tests: str, test_file: str, run: TestRun, names: frozenset[str]) -> str:
    """What the failing test called and what it had prepared, without what it expects; empty where that can't be told.

    ``names`` are the project's functions, methods and classes: only calls of those are shown.
    """
    line = next((frame.line for frame in reversed(run.frames) if frame.file == test_file), None)
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

"""The verdict on Python tests: run where the code can't reach them, and beside it only where they need that.

What runs the code never grades it: the tests run in one process, the code in another that never sees them (``apart``). Tests that lean on being
in the code's process (a web client around an application object, arrays, threads) run ``beside`` it in a second run, and that verdict is
believed only where nothing in the code speaks against it.
"""

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mge_assets.model.errors import Place
from mge_assets.model.findings import Check, Finding, Severity
from mge_assets.stages.validation.harness import program
from mge_assets.stages.validation.tampering import suspicions
from mge_assets.stages.validation.testshape import TestShape, shape_of
from mge_resources.sandbox.port import Limits, Sandbox, SandboxJob, SandboxOutcome

CHECK = "tests"
FIX = "correct the code, or the test where the test is wrong"
TAMPERED = "let the code do what the test asks for, and nothing to the test; a person can override this"
_PROGRAMS = ("grade.py", "tester.py", "code_side.py", "wire.py")
_ENVIRONMENT = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


@dataclass(frozen=True, slots=True)
class Graded:
    """What one run said: the outcome, and the report if it is whole and ours."""

    outcome: SandboxOutcome
    report: Mapping[str, Any]

    @property
    def finished(self) -> bool:
        """Whether the tests came to their end."""
        return bool(self.report.get("finished"))

    @property
    def passed(self) -> bool:
        """Whether no test failed, and the run came to its end."""
        return self.finished and not self.report["failures"] and not self.report.get("lies")


def failed(message: str, place: Place, rule: str = "tests.failed", fix: str = FIX) -> Finding:
    """A finding of a test that failed."""
    return Finding(rule, Severity.ERROR, message, fix, place)


def last_line(text: bytes, most: int = 300) -> str:
    """The last line that a process wrote, shortened."""
    lines = text.decode(errors="replace").strip().splitlines()
    return lines[-1].strip()[:most] if lines else "no message"


def unfinished(outcome: SandboxOutcome, test_file: str) -> Finding:
    """The finding of a run that did not come to its end."""
    if outcome.limit:
        return failed(f"the tests were ended at the {outcome.limit} limit after {outcome.seconds:.0f} s", Place(test_file), "tests.limit")
    message = f"the process ended (exit code {outcome.exit_code}) before the tests were done: {last_line(outcome.stderr)}"
    return failed(message, Place(test_file), "tests.unfinished")


def _names(project: Mapping[str, bytes], test_file: str) -> list[str]:
    """What the project's own modules are called at the top."""
    return sorted({name.partition("/")[0].removesuffix(".py") for name in project if name.endswith((".py", ".pyi")) and name != test_file})


def _run(sandbox: Sandbox, mode: str, project: Mapping[str, bytes], test_file: str, tests: str, limits: Limits) -> Graded:
    nonce = secrets.token_hex(16)
    files = {f"project/{name}": content for name, content in project.items()}
    files |= {f"project/{test_file}": b"", "pytest.ini": b"[pytest]\n", **{name: program(f"{name}.txt") for name in _PROGRAMS}}
    given = json.dumps({"tests": tests, "names": _names(project, test_file), "nonce": nonce}).encode()
    outcome = sandbox.run(SandboxJob(("{python}", "grade.py", mode, test_file), files, _ENVIRONMENT, limits, stdin=given, warm=True))
    return Graded(outcome, _report(outcome.stdout, nonce))


def _report(said: bytes, nonce: str) -> Mapping[str, Any]:
    """The report, if it is one and carries the word that only its reader knew; nothing otherwise."""
    try:
        found = json.loads(said)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and found.get("nonce") == nonce else {}


def _findings(graded: Graded, test_file: str) -> Iterator[Finding]:
    report = graded.report
    if not graded.finished:
        yield unfinished(graded.outcome, test_file)
        return
    for failure in report["failures"]:
        path = failure["path"] if failure["path"] and not failure["path"].startswith("..") else test_file
        yield failed(f"{failure['name']}: {failure['message']}", Place(path, failure["line"]))
    if not report["failures"] and not report["passed"] and not report.get("expected"):
        count = report["skipped"]
        message = f"all {count} tests were skipped" if count else "there is no test in the file"
        yield Finding("tests.none", Severity.WARNING if count else Severity.ERROR, message, "write a test that runs", Place(test_file))


def _doubts(apart: Graded | None, shape: TestShape, project: Mapping[str, bytes], test_file: str) -> Iterator[Finding]:
    """Why a pass beside the code is not believed."""
    if apart is not None and (lies := apart.report.get("lies")):
        yield failed(str(lies[0]), Place(test_file), "tests.tampering", TAMPERED)
        return
    if apart is not None and shape.plain and not apart.report.get("limits"):
        for finding in _findings(apart, test_file):
            yield failed(f"{finding.message}; it passes only beside the code that it judges", finding.place or Place(test_file), "tests.tampering", TAMPERED)
        return
    for place, what in suspicions(project, test_file):
        yield failed(f"the tests pass only beside the code, and the code {what}", place, "tests.tampering", TAMPERED)


def _beside(shape: TestShape, apart: Graded | None, test_file: str) -> Finding:
    limits = apart.report.get("limits") if apart else ()
    why = str(limits[0]) if limits else shape.reason or "the tests change the process that they run in"
    return Finding("tests.beside", Severity.INFO, f"graded in the code's own process: {why}", "", Place(test_file))


def python_check(sandbox: Sandbox, project: Mapping[str, bytes], test_file: str, tests: str, limits: Limits) -> Check:
    """Run the tests and judge. Raises SandboxUnavailableError, and ValueError for file names that climb out of the project."""
    shape = shape_of(tests, _names(project, test_file))
    apart = _run(sandbox, "apart", project, test_file, tests, limits) if shape.served else None
    if apart is not None and (apart.passed or (apart.outcome.limit and shape.plain)):
        return Check.of(CHECK, tuple(_findings(apart, test_file)))
    beside = _run(sandbox, "beside", project, test_file, tests, limits)
    found = tuple(_findings(beside, test_file))
    if not beside.passed:
        return Check.of(CHECK, found)
    doubts = tuple(_doubts(apart, shape, project, test_file))
    return Check.of(CHECK, (*found, *(doubts or (_beside(shape, apart, test_file),))))

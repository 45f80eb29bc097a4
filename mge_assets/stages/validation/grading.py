"""The verdict on Python tests: run where the code can't reach them, and beside it only where they need that.

What runs the code never grades it: the tests run in one process, the code in another that never sees them (``apart``). Tests that lean on being
in the code's process (a web client around an application object, arrays, threads) run ``beside`` it in a second run, and that verdict is
believed only where nothing in the code speaks against it.
"""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mge_assets.model.errors import Place
from mge_assets.model.findings import Check, Finding, Severity
from mge_assets.stages.validation.harness import program
from mge_assets.stages.validation.tampering import suspicions
from mge_assets.stages.validation.testshape import TestShape, shape_of
from mge_resources.sandbox.port import Limits, Sandbox, SandboxJob, SandboxOutcome

CHECK = "tests"
SECONDS = 10.0
"""Wall seconds that one test may take, where nobody says otherwise."""
MOST_LATE = 3
"""Tests of a file that may not end; after so many the rest of it is left unrun."""
LATE = "tests.limit"
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
    def late(self) -> bool:
        """Whether the run, or a test of it, was ended because it went on for too long."""
        return bool(self.outcome.limit) or any(failure.get("late") for failure in self.report.get("failures", ()))

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


def share_of(report: Mapping[str, Any]) -> float | None:
    """How many of the tests that ran passed, 0–1; ``None`` where the run did not come to its end or ran none."""
    passed, lost = int(report.get("passed") or 0), len(report.get("failures", ())) + len(report.get("late", ()))
    return passed / (passed + lost) if report.get("finished") and passed + lost else None


def late_finding(name: str, seconds: float, place: Place) -> Finding:
    """The finding of one test that was ended because it went on for too long."""
    return failed(f"{name}: the test did not end within {seconds:g} s", place, LATE, f"{FIX}; a test that needs longer asks for a larger MGE_TEST_SECONDS")


def _names(project: Mapping[str, bytes], test_file: str) -> list[str]:
    """What the project's own modules are called at the top."""
    return sorted({name.partition("/")[0].removesuffix(".py") for name in project if name.endswith((".py", ".pyi")) and name != test_file})


@dataclass(frozen=True, slots=True)
class Suite:
    """What is tested: the project, the tests' file, its text, and how long all of it and each test may take."""

    project: Mapping[str, bytes]
    file: str
    tests: str
    limits: Limits
    seconds: float


def _run_once(sandbox: Sandbox, mode: str, suite: Suite, skip: Sequence[str]) -> Graded:
    nonce, names = secrets.token_hex(16), _names(suite.project, suite.file)
    files = {f"project/{name}": content for name, content in suite.project.items()}
    files |= {f"project/{suite.file}": b"", "pytest.ini": b"[pytest]\n", **{name: program(f"{name}.txt") for name in _PROGRAMS}}
    given = json.dumps({"tests": suite.tests, "names": names, "nonce": nonce, "seconds": suite.seconds, "skip": skip}).encode()
    outcome = sandbox.run(SandboxJob(("{python}", "grade.py", mode, suite.file), files, _ENVIRONMENT, suite.limits, stdin=given, warm=True))
    return Graded(outcome, _report(outcome.stdout, nonce))


def _run(sandbox: Sandbox, mode: str, suite: Suite) -> Graded:
    """All tests: after one that does not end nothing more can be asked of the code, and the others are run again without it."""
    late: dict[str, Mapping[str, Any]] = {}
    while True:
        graded = _run_once(sandbox, mode, suite, list(late))
        failures = graded.report.get("failures", ())
        stuck = [failure for failure in failures if failure.get("late") and failure["name"] not in late]
        late |= {failure["name"]: failure for failure in stuck}
        if not stuck or len(late) >= MOST_LATE:
            known = [failure for failure in failures if not failure.get("late")]
            return Graded(graded.outcome, {**graded.report, "failures": [*known, *late.values()]} if graded.report else {})


def _report(said: bytes, nonce: str) -> Mapping[str, Any]:
    """The report, if it is one and carries the word that only its reader knew; nothing otherwise."""
    try:
        found = json.loads(said)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and found.get("nonce") == nonce else {}


def _findings(graded: Graded, suite: Suite) -> Iterator[Finding]:
    report, test_file = graded.report, suite.file
    if not graded.finished:
        yield unfinished(graded.outcome, test_file)
        return
    for failure in report["failures"]:
        if failure.get("late"):
            yield late_finding(failure["name"], suite.seconds, Place(test_file, failure["line"]))
            continue
        path = failure["path"] if failure["path"] and not failure["path"].startswith("..") else test_file
        yield failed(f"{failure['name']}: {failure['message']}", Place(path, failure["line"]))
    if not report["failures"] and not report["passed"] and not report.get("expected"):
        count = report["skipped"]
        message = f"all {count} tests were skipped" if count else "there is no test in the file"
        yield Finding("tests.none", Severity.WARNING if count else Severity.ERROR, message, "write a test that runs", Place(test_file))


def _doubts(apart: Graded | None, shape: TestShape, suite: Suite) -> Iterator[Finding]:
    """Why a pass beside the code is not believed."""
    if apart is not None and (lies := apart.report.get("lies")):
        yield failed(str(lies[0]), Place(suite.file), "tests.tampering", TAMPERED)
        return
    if apart is not None and shape.plain and not apart.report.get("limits"):
        # what only takes too long may do so because each question to an object of the code is a message
        told = [finding for finding in _findings(apart, suite) if finding.rule != LATE]
        for finding in told:
            yield failed(f"{finding.message}; it passes only beside the code that it judges", finding.place or Place(suite.file), "tests.tampering", TAMPERED)
        if told:
            return
    for place, what in suspicions(suite.project, suite.file, suite.tests):
        yield failed(f"the tests pass only beside the code, and the code {what}", place, "tests.tampering", TAMPERED)


def _beside(shape: TestShape, apart: Graded | None, test_file: str) -> Finding:
    limits = apart.report.get("limits") if apart else ()
    why = str(limits[0]) if limits else shape.reason or "the tests change the process that they run in"
    return Finding("tests.beside", Severity.INFO, f"graded in the code's own process: {why}", "", Place(test_file))


def passes_beside(sandbox: Sandbox, suite: Suite) -> bool:
    """Whether the tests pass in the code's own process, believed as they are. Raises SandboxUnavailableError."""
    graded = _run(sandbox, "beside", suite)
    return graded.passed and bool(graded.report.get("passed"))


def python_check(sandbox: Sandbox, project: Mapping[str, bytes], test_file: str, tests: str, limits: Limits, seconds: float) -> Check:
    """Run the tests, each for at most ``seconds``, and judge.

    Raises SandboxUnavailableError, and ValueError for file names that climb out of the project.
    """
    shape, suite = shape_of(tests, _names(project, test_file)), Suite(project, test_file, tests, limits, seconds)
    apart = _run(sandbox, "apart", suite) if shape.served else None
    if apart is not None and apart.passed:
        return Check.of(CHECK, tuple(_findings(apart, suite)), share_of(apart.report))
    beside = _run(sandbox, "beside", suite)
    found = tuple(_findings(beside, suite))
    if not beside.passed:
        return Check.of(CHECK, found, share_of(beside.report))
    return Check.of(CHECK, (*found, *(tuple(_doubts(apart, shape, suite)) or (_beside(shape, apart, test_file),))))

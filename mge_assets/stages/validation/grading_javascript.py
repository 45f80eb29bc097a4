"""The verdict on JavaScript and TypeScript tests: run where the code can't reach them, in another sandbox, and beside it only where they need that."""

import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mge_assets.model.errors import Place
from mge_assets.model.findings import Check, Finding, Severity
from mge_assets.stages.validation.grading import CHECK, MOST_LATE, TAMPERED, Suite, failed, last_line, late_finding, share_of, unfinished
from mge_assets.stages.validation.harness import program
from mge_assets.stages.validation.reach_javascript import WHOLE, programs, speaks_typescript, with_tests
from mge_assets.stages.validation.spelling import spelled_out
from mge_assets.stages.validation.tampering_javascript import suspicions
from mge_resources.sandbox.port import Limits, Sandbox, SandboxJob, SandboxOutcome

_SHORT = 300
_FRAME = re.compile(r"/job/project/([^:)\s]+):(\d+)")
_FAILED_LINE = re.compile(r"^\s*(?:not ok \d+ - |✖ )(?P<name>.+?)(?: \([\d.]+ms\))?$", re.MULTILINE)
_OWN_PROCESS = re.compile(r"\b(mock|process|globalThis|global|console|setTimeout|setInterval|Date\.now|performance|jest|vi|sinon|Worker|extends)\b")
_BUILT_IN = re.compile(r"""(?:from\s*|import\s*\(?\s*|require\s*\(\s*)["'](?!\.)([^"'\n]+)["']""")
_PLAIN = re.compile(r"^(node:)?(assert(/strict)?|test|util|path|events|buffer|url|string_decoder|querystring)$")
_ASKING = re.compile(r"\b(assert|expect|throw|fail)\b")
_PROGRAMS = ("grade.mjs", "wire.mjs", "tests.mjs", "late.mjs", "places.mjs", "told.mjs")


@dataclass(frozen=True, slots=True)
class _Graded:
    outcome: SandboxOutcome
    report: Mapping[str, Any]

    @property
    def passed(self) -> bool:
        said = self.report
        return bool(said.get("finished")) and not any(said.get(what) for what in ("code", "error", "lies", "failures", "late"))

    @property
    def failures(self) -> Sequence[Mapping[str, Any]]:
        """What the tests that failed say, those that did not end last."""
        return (*self.report.get("failures", ()), *self.report.get("late", ()))


class _Suite(Suite):
    """The same, with what its language asks of a run."""

    @property
    def typed(self) -> bool:
        """Whether the code must be compiled before it runs, or the tests."""
        return speaks_typescript([*self.project, self.file])

    @property
    def plain(self) -> bool:
        """Whether nothing in the tests needs the process that the code runs in."""
        return not _OWN_PROCESS.search(self.tests) and all(_PLAIN.match(name) for name in _BUILT_IN.findall(self.tests))


def _job(suite: _Suite, files: Mapping[str, bytes], mode: str, skip: Sequence[str]) -> tuple[SandboxJob, str]:
    nonce, mark = secrets.token_hex(16), secrets.token_hex(16)
    brought, text = with_tests({}, suite.file, suite.tests)
    given = {"tests": text, "nonce": nonce, "mark": mark, "skip": skip, "seconds": suite.seconds, "whole": WHOLE, "typescript": suite.typed}
    content = {**files, **brought, **programs(*_PROGRAMS)}
    job = SandboxJob(("{node}", "grade.mjs", mode, suite.file), content, {}, suite.limits, stdin=json.dumps(given).encode(), typescript=suite.typed)
    return job, mark + nonce


def _report(outcome: SandboxOutcome, words: str) -> Mapping[str, Any]:
    mark, nonce = words[:32].encode(), words[32:]
    lines = [line.removeprefix(mark) for line in outcome.stdout.splitlines() if line.startswith(mark)]
    try:
        found = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) and found.get("nonce") == nonce else {}


def _apart(sandbox: Sandbox, suite: _Suite, skip: Sequence[str]) -> _Graded:
    """The tests in one sandbox, the code in another, a socket between them."""
    settings = {f"project/{name}": content for name, content in suite.project.items() if name.rpartition("/")[2] == "package.json"}
    job, words = _job(suite, {"project/.keep": b"", **settings}, "apart", skip)
    files = {f"project/{name}": content for name, content in suite.project.items() if name != suite.file}
    files |= {"code.mjs": program("code.mjs.txt"), "wire.mjs": program("wire.mjs.txt")}
    partner = SandboxJob(("{node}", "code.mjs", f"{suite.seconds + 1:g}"), files, {}, suite.limits, typescript=suite.typed)
    outcome = sandbox.run(replace(job, partner=partner))
    return _Graded(outcome, _report(outcome, words))


def _beside(sandbox: Sandbox, suite: _Suite, skip: Sequence[str]) -> _Graded:
    job, words = _job(suite, {f"project/{name}": content for name, content in suite.project.items()}, "beside", skip)
    outcome = sandbox.run(job)
    return _Graded(outcome, _report(outcome, words))


def _run(run: Callable[[Sequence[str]], _Graded]) -> _Graded:
    """All tests: one that does not end ends its process, and the others are run again without it."""
    late: list[Mapping[str, Any]] = []
    while True:
        graded = run([str(one["name"]) for one in late])
        stuck = graded.report.get("late")
        if isinstance(stuck, dict):
            late.append(stuck)
        if not isinstance(stuck, dict) or len(late) == MOST_LATE or stuck.get("name") == WHOLE:
            return _Graded(graded.outcome, {**graded.report, "late": late})


def _findings(graded: _Graded, suite: _Suite) -> Iterator[Finding]:
    report, outcome, own = graded.report, graded.outcome, Place(suite.file)
    for failure in report.get("failures", ()):
        frame = _innermost(failure, suite)
        yield failed(f"{failure['name']}: {failure['message']}"[:_SHORT], Place(*frame) if frame else own)
    for stuck in report.get("late", ()):
        frame = _innermost(stuck, suite)
        yield late_finding(str(stuck["name"]), suite.seconds, Place(*frame) if frame else own)
    if not report.get("finished"):
        yield unfinished(outcome, suite.file)
    elif not graded.failures and report.get("error"):
        match = _FRAME.search(report.get("stack", ""))
        yield failed(report["error"].strip().replace("\n", " ")[:_SHORT], Place(match.group(1), int(match.group(2))) if match else own)
    elif not graded.failures and report.get("code"):
        names = dict.fromkeys(match.group("name") for match in _FAILED_LINE.finditer(outcome.stdout.decode(errors="replace")))
        names.pop("failing tests:", None)
        for name in names or [last_line(outcome.stderr)]:
            yield failed(name[:_SHORT], own)
    if lies := report.get("lies"):
        yield failed(str(lies[0]), own, "tests.tampering", TAMPERED)


def _innermost(failure: Mapping[str, Any], suite: _Suite) -> tuple[str, int] | None:
    """The last place of the project or its tests that a failure came through."""
    frames = failure.get("frames")
    known = [frame for frame in frames if frame[0] in suite.project or frame[0] == suite.file] if isinstance(frames, list) else []
    return (str(known[-1][0]), int(known[-1][1])) if known else None


def _none(graded: _Graded, suite: _Suite) -> Iterator[Finding]:
    """What to say of tests that pass because there are none."""
    report = graded.report
    if report.get("runs") and not report.get("passed"):
        count = report.get("registered", 0)
        message = f"all {count} tests were skipped" if count else "there is no test in the file"
        yield Finding("tests.none", Severity.WARNING if count else Severity.ERROR, message, "write a test that runs", Place(suite.file))
    elif not report.get("runs") and not _ASKING.search(suite.tests):
        yield Finding("tests.none", Severity.ERROR, "there is no test in the file", "write a test that runs", Place(suite.file))


def _doubts(apart: _Graded, suite: _Suite) -> Iterator[Finding]:
    if lies := apart.report.get("lies"):
        yield failed(str(lies[0]), Place(suite.file), "tests.tampering", TAMPERED)
    elif suite.plain and not apart.report.get("limits"):
        for finding in _findings(apart, suite):
            yield failed(f"{finding.message}; it passes only beside the code that it judges", finding.place or Place(suite.file), "tests.tampering", TAMPERED)
    else:
        for place, what in suspicions(suite.project, suite.file, suite.tests):
            yield failed(f"the tests pass only beside the code, and the code {what}", place, "tests.tampering", TAMPERED)


def javascript_check(sandbox: Sandbox, project: Mapping[str, bytes], test_file: str, tests: str, limits: Limits, seconds: float) -> Check:
    """Run the tests, each for at most ``seconds``, and judge.

    Raises SandboxUnavailableError, and ValueError for file names that climb out of the project.
    """
    project, tests = spelled_out(project, test_file, tests)
    suite = _Suite(project, test_file, tests, limits, seconds)
    apart = _run(lambda skip: _apart(sandbox, suite, skip))
    if apart.passed:
        return Check.of(CHECK, tuple(_none(apart, suite)))
    if suite.plain and (apart.outcome.limit or apart.report.get("late")):
        return Check.of(CHECK, tuple(_findings(apart, suite)), share_of(apart.report))
    beside = _run(lambda skip: _beside(sandbox, suite, skip))
    if not beside.passed:
        return Check.of(CHECK, tuple(_findings(beside, suite)), share_of(beside.report))
    note = Finding("tests.beside", Severity.INFO, "graded in the code's own process: the tests lean on it", "", Place(test_file))
    return Check.of(CHECK, (*_none(beside, suite), *(tuple(_doubts(apart, suite)) or (note,))))

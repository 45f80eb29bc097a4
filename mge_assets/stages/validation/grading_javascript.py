"""The verdict on JavaScript and TypeScript tests: run where the code can't reach them, in another sandbox, and beside it only where they need that."""

import json
import re
import secrets
import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from mge_assets.model.errors import Place
from mge_assets.model.findings import Check, Finding, Severity
from mge_assets.stages.validation.grading import CHECK, TAMPERED, failed, last_line, unfinished
from mge_assets.stages.validation.harness import program
from mge_assets.stages.validation.tampering_javascript import suspicions
from mge_resources.sandbox.port import Limits, Sandbox, SandboxJob, SandboxOutcome

_SHORT = 300
_FRAME = re.compile(r"/job/project/([^:)\s]+):(\d+)")
_FAILED_LINE = re.compile(r"^\s*(?:not ok \d+ - |✖ )(?P<name>.+?)(?: \([\d.]+ms\))?$", re.MULTILINE)
_NO_TYPESCRIPT = re.compile(r"Unknown file extension \"\.tsx?\"|ERR_UNKNOWN_FILE_EXTENSION")
_OWN_PROCESS = re.compile(r"\b(mock|process|globalThis|global|console|setTimeout|setInterval|Date\.now|performance|jest|vi|sinon|Worker|extends)\b")
_BUILT_IN = re.compile(r"""(?:from\s*|import\s*\(?\s*|require\s*\(\s*)["'](?!\.)([^"'\n]+)["']""")
_PLAIN = re.compile(r"^(node:)?(assert(/strict)?|test|util|path|events|buffer|url|string_decoder|querystring)$")


@dataclass(frozen=True, slots=True)
class _Graded:
    outcome: SandboxOutcome
    report: Mapping[str, Any]

    @property
    def passed(self) -> bool:
        return bool(self.report.get("finished")) and not self.report.get("code") and not self.report.get("error") and not self.report.get("lies")


def _is_plain(tests: str) -> bool:
    """Whether nothing in the tests needs the process that the code runs in."""
    return not _OWN_PROCESS.search(tests) and all(_PLAIN.match(name) for name in _BUILT_IN.findall(tests))


def _job(files: Mapping[str, bytes], mode: str, test_file: str, tests: str, limits: Limits) -> tuple[SandboxJob, str]:
    nonce, mark = secrets.token_hex(16), secrets.token_hex(16)
    given = json.dumps({"tests": tests, "nonce": nonce, "mark": mark}).encode()
    programs = {"grade.mjs": program("grade.mjs.txt"), "wire.mjs": program("wire.mjs.txt")}
    return SandboxJob(("{node}", "grade.mjs", mode, test_file), {**files, **programs}, {}, limits, stdin=given), mark + nonce


def _report(outcome: SandboxOutcome, words: str) -> Mapping[str, Any]:
    mark, nonce = words[:32].encode(), words[32:]
    lines = [line.removeprefix(mark) for line in outcome.stdout.splitlines() if line.startswith(mark)]
    try:
        found = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) and found.get("nonce") == nonce else {}


def _apart(sandbox: Sandbox, project: Mapping[str, bytes], test_file: str, tests: str, limits: Limits) -> _Graded:
    """The tests in one sandbox, the code in another, a socket between them."""
    settings = {f"project/{name}": content for name, content in project.items() if name.rpartition("/")[2] == "package.json"}
    job, words = _job({"project/.keep": b"", **settings}, "apart", test_file, tests, limits)
    files = {f"project/{name}": content for name, content in project.items() if name != test_file}
    files |= {"code.mjs": program("code.mjs.txt"), "wire.mjs": program("wire.mjs.txt")}
    code = SandboxJob(("{node}", "code.mjs"), files, {}, replace(limits, wall_seconds=limits.wall_seconds + 5))
    ours, theirs = socket.socketpair()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(_linked, sandbox, code, theirs)
        outcome = _linked(sandbox, job, ours)
        running.result()
    return _Graded(outcome, _report(outcome, words))


def _linked(sandbox: Sandbox, job: SandboxJob, end: socket.socket) -> SandboxOutcome:
    """Run the job with this end of the socket; it is closed afterwards, so that the other side sees the end."""
    with end:
        return sandbox.run(replace(job, link=end.fileno()))


def _beside(sandbox: Sandbox, project: Mapping[str, bytes], test_file: str, tests: str, limits: Limits) -> _Graded:
    job, words = _job({f"project/{name}": content for name, content in project.items()}, "beside", test_file, tests, limits)
    outcome = sandbox.run(job)
    return _Graded(outcome, _report(outcome, words))


def _findings(graded: _Graded, test_file: str) -> Iterator[Finding]:
    report, outcome = graded.report, graded.outcome
    if not report.get("finished"):
        yield unfinished(outcome, test_file)
    elif report.get("error"):
        frame = _FRAME.search(report.get("stack", ""))
        yield failed(report["error"].strip().replace("\n", " ")[:_SHORT], Place(frame.group(1), int(frame.group(2))) if frame else Place(test_file))
    elif report.get("code"):
        names = dict.fromkeys(match.group("name") for match in _FAILED_LINE.finditer(outcome.stdout.decode(errors="replace")))
        names.pop("failing tests:", None)
        for name in names or [last_line(outcome.stderr)]:
            yield failed(name[:_SHORT], Place(test_file))
    if lies := report.get("lies"):
        yield failed(str(lies[0]), Place(test_file), "tests.tampering", TAMPERED)


def _doubts(apart: _Graded, project: Mapping[str, bytes], test_file: str, *, plain: bool) -> Iterator[Finding]:
    if lies := apart.report.get("lies"):
        yield failed(str(lies[0]), Place(test_file), "tests.tampering", TAMPERED)
    elif plain and not apart.report.get("limits"):
        for finding in _findings(apart, test_file):
            yield failed(f"{finding.message}; it passes only beside the code that it judges", finding.place or Place(test_file), "tests.tampering", TAMPERED)
    else:
        for place, what in suspicions(project, test_file):
            yield failed(f"the tests pass only beside the code, and the code {what}", place, "tests.tampering", TAMPERED)


def javascript_check(sandbox: Sandbox, project: Mapping[str, bytes], test_file: str, tests: str, limits: Limits) -> Check:
    """Run the tests and judge. Raises SandboxUnavailableError, and ValueError for file names that climb out of the project."""
    apart = _apart(sandbox, project, test_file, tests, limits)
    if apart.passed:
        return Check.of(CHECK, ())
    if _NO_TYPESCRIPT.search(str(apart.report.get("error", ""))):
        return Check.not_run(CHECK, "the tests need TypeScript, which this Node can't load; install Node 22.18 or later")
    plain = _is_plain(tests)
    if apart.outcome.limit and plain:
        return Check.of(CHECK, (unfinished(apart.outcome, test_file),))
    beside = _beside(sandbox, project, test_file, tests, limits)
    if not beside.passed:
        return Check.of(CHECK, tuple(_findings(beside, test_file)))
    note = Finding("tests.beside", Severity.INFO, "graded in the code's own process: the tests lean on it", "", Place(test_file))
    return Check.of(CHECK, tuple(_doubts(apart, project, test_file, plain=plain)) or (note,))

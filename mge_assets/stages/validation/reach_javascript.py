"""Which functions each test of a JavaScript or TypeScript file enters, and how it ends: Node's own coverage, taken after every test."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mge_assets.stages.validation.grading import MOST_LATE
from mge_assets.stages.validation.harness import program
from mge_assets.stages.validation.runs import Entry, Failure, Reach, TestRun
from mge_assets.stages.validation.spelling import spelled_out
from mge_resources.sandbox.port import Limits, Sandbox, SandboxJob, SandboxOutcome
from mge_resources.syntax import Language, detect_language

WHOLE = "all tests"
"""The name of a file of tests that uses no runner: what it does is one test."""
REPORT = "reach.jsonl"
PROGRAMS = ("reach.mjs", "tests.mjs", "late.mjs", "places.mjs", "told.mjs")
_LIMITS = Limits(wall_seconds=40.0, cpu_seconds=30)
_TYPED = {Language.TYPESCRIPT, Language.TSX}


def programs(*names: str) -> dict[str, bytes]:
    """The harness's programs of these names, as files of a job."""
    return {name: program(f"{name}.txt") for name in names}


def speaks_typescript(names: Iterable[str]) -> bool:
    """Whether one of these files must be compiled before it runs."""
    return any(detect_language(name) in _TYPED for name in names)


def with_tests(project: Mapping[str, bytes], test_file: str, tests: str) -> tuple[dict[str, bytes], str | None]:
    """The project's files for a job and the tests' text: as one of the files where it is TypeScript, which is compiled there."""
    project, tests = spelled_out(project, test_file, tests)
    files = {f"project/{name}": content for name, content in project.items()}
    if not speaks_typescript([test_file]):
        return files, tests
    return {**files, f"project/{test_file}": tests.encode()}, None


def script_reach(sandbox: Sandbox, project: Mapping[str, bytes], test_file: str, tests: str, only: Iterable[str] | None, seconds: float) -> Reach:
    """Run the tests, or ``only`` those of these names, each for at most ``seconds``. Raises SandboxUnavailableError."""
    files, text = with_tests(project, test_file, tests)
    wanted, late, found = None if only is None else sorted(only), list[TestRun](), Reach()
    for _ in range(MOST_LATE):
        given = {"tests": text, "only": wanted, "skip": [run.name for run in late], "seconds": seconds, "whole": WHOLE}
        job = SandboxJob(
            ("{node}", "reach.mjs", test_file), {**files, **programs(*PROGRAMS)}, {}, _LIMITS, (REPORT,), json.dumps(given).encode(),
            typescript=speaks_typescript([*project, test_file]),
        )  # fmt: skip
        found, stuck = _read(sandbox.run(job))
        late += stuck
        if not stuck:
            break
    return Reach((*found.tests, *late), found.broken, found.files, found.limit, found.seconds)


def _read(outcome: SandboxOutcome) -> tuple[Reach, list[TestRun]]:
    """What came of the run, and the tests that did not end."""
    rows = list(rows_of(outcome.files.get(REPORT, b"")))
    runs = {run.name: run for row in rows if "test" in row and (run := _run(row)) is not None}
    broken = next((failure_of(row["broken"]) for row in rows if isinstance(row.get("broken"), dict)), None)
    end = next((row for row in rows if row.get("finished")), None)
    stuck = [run for run in runs.values() if run.error == "TooLong"]
    files = frozenset(map(str, end.get("files", ()))) if end else frozenset(entry.file for run in runs.values() for entry in run.entered)
    limit = outcome.limit or ("" if end or stuck else "report")
    return Reach(tuple(run for run in runs.values() if run not in stuck), broken, files, limit, outcome.seconds), stuck


def rows_of(content: bytes) -> Iterator[dict[str, Any]]:
    """The objects of a file of JSON lines; what is none is passed over, since the code under test could write there."""
    for line in content.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            yield row


def _run(row: Mapping[str, Any]) -> TestRun | None:
    if not isinstance(row.get("test"), str) or not row["test"]:
        return None
    passed = row.get("passed") is True
    return TestRun(row["test"], passed, frozenset(_entries(row.get("entered"))), None if passed else failure_of(row))


def failure_of(said: Mapping[str, Any]) -> Failure:
    """How a test came to grief, as the harness tells it."""
    kinds = said.get("kinds")
    return Failure(
        error=str(said.get("error", "")),
        message=str(said.get("message", "")),
        frames=tuple(_entries(said.get("frames"))),
        kinds=tuple(map(str, kinds if isinstance(kinds, list) else ())),
        last=str(said.get("last", "")),
        subject=str(said.get("code") or ""),
        phase=str(said.get("phase", "call")),
        said=str(said.get("said", "")),
    )


def _entries(value: Any) -> list[Entry]:  # noqa: ANN401 - JSON of a process that runs code under test
    pairs: Sequence[Any] = value if isinstance(value, list) else ()
    return [Entry(str(pair[0]), int(pair[1])) for pair in pairs if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], int)]

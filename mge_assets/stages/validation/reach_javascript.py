"""Which functions each test of a JavaScript or TypeScript file enters, and how it ends: Node's own coverage, taken after every test."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from mge_assets.stages.validation.harness import program
from mge_assets.stages.validation.reach_report import REPORT, broken_of, entries_of, files_of, repeated, rows_of, run_of
from mge_assets.stages.validation.runs import Reach, TestRun
from mge_assets.stages.validation.spelling import spelled_out
from mge_resources.sandbox.port import Limits, Sandbox, SandboxJob, SandboxOutcome
from mge_resources.syntax import Language, detect_language

WHOLE = "all tests"
"""The name of a file of tests that uses no runner: what it does is one test."""
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

    def run(given: dict[str, Any]) -> tuple[Reach, list[TestRun]]:
        job = SandboxJob(
            ("{node}", "reach.mjs", test_file), {**files, **programs(*PROGRAMS)}, {}, _LIMITS, (REPORT,),
            json.dumps({**given, "tests": text, "whole": WHOLE}).encode(), typescript=speaks_typescript([*project, test_file]),
        )  # fmt: skip
        return _read(sandbox.run(job))

    return repeated(run, only, seconds)


def _read(outcome: SandboxOutcome) -> tuple[Reach, list[TestRun]]:
    """What came of the run, and the tests behind which no other was run: they did not end, or ended the process."""
    rows = list(rows_of(outcome.files.get(REPORT, b"")))
    runs = {run.name: run for row in rows if (run := run_of(row)) is not None}
    broken = broken_of(rows)
    last, files = {row.get("test") for row in rows if row.get("last_of_all")}, files_of(rows)
    stuck = [run for run in runs.values() if run.name in last]
    limit = outcome.limit or ("" if files is not None or stuck or broken else "report")
    if files is None:
        files = frozenset(entry.file for run in runs.values() for entry in run.entered)
    loading = frozenset(entry for row in rows if "broken" in row for entry in entries_of(row.get("entered")))
    return Reach(tuple(run for run in runs.values() if run not in stuck), broken, files, limit, outcome.seconds, loading), stuck

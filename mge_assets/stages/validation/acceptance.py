"""Acceptance tests, run in the sandbox over the whole project. What runs the tests writes a report; its exit code is not believed."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mge_assets.model.errors import Place
from mge_assets.model.findings import Check, Finding
from mge_assets.model.testfiles import test_file_name
from mge_assets.stages.validation.grading import CHECK, failed, last_line, python_check, unfinished
from mge_assets.stages.validation.harness import program
from mge_resources.sandbox.port import Limits, Sandbox, SandboxJob, SandboxOutcome, SandboxUnavailableError
from mge_resources.syntax import Language, detect_language, parse

_REPORT = "report.json"
_LIMITS = Limits(wall_seconds=120.0, cpu_seconds=60)
_SHORT = 300
_FRAME = re.compile(r"/job/project/([^:)\s]+):(\d+)")
_FAILED_LINE = re.compile(r"^\s*(?:not ok \d+ - |✖ )(?P<name>.+?)(?: \([\d.]+ms\))?$", re.MULTILINE)
_NO_TYPESCRIPT = re.compile(r"Unknown file extension \"\.tsx?\"|ERR_UNKNOWN_FILE_EXTENSION")


def _job(project: Mapping[str, bytes], test_file: str, tests: str) -> SandboxJob:
    files = {f"project/{name}": content for name, content in project.items()}
    files |= {f"project/{test_file}": tests.encode(), "grade.mjs": program("grade.js")}
    return SandboxJob(("{node}", "grade.mjs", test_file), files, {}, _LIMITS, (_REPORT,))


def _report(outcome: SandboxOutcome) -> dict[str, Any]:
    try:
        found = json.loads(outcome.files.get(_REPORT, b"{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _javascript_findings(report: dict[str, Any], outcome: SandboxOutcome, test_file: str) -> Iterator[Finding]:
    if report.get("error"):
        frame = _FRAME.search(report.get("stack", ""))
        place = Place(frame.group(1), int(frame.group(2))) if frame else Place(test_file)
        yield failed(report["error"].strip().replace("\n", " ")[:_SHORT], place)
    elif report.get("code"):
        names = dict.fromkeys(match.group("name") for match in _FAILED_LINE.finditer(outcome.stdout.decode(errors="replace")))
        names.pop("failing tests:", None)
        for name in names or [last_line(outcome.stderr)]:
            yield failed(name[:_SHORT], Place(test_file))


def _javascript_check(sandbox: Sandbox, project: Mapping[str, bytes], test_file: str, tests: str) -> Check:
    outcome = sandbox.run(_job(project, test_file, tests))
    report = _report(outcome)
    if not report.get("finished"):
        return Check.of(CHECK, (unfinished(outcome, test_file),))
    if _NO_TYPESCRIPT.search(report.get("error", "")):
        return Check.not_run(CHECK, "the tests import TypeScript, which this Node can't load; install Node 22.18 or later")
    return Check.of(CHECK, tuple(_javascript_findings(report, outcome, test_file)))


def run_tests(sandbox: Sandbox, project: Mapping[str, bytes], test_file: str, tests: str, language: Language) -> Check:
    """Run the text ``tests`` as the project's file ``test_file``; a finding for each test that failed, with its place.

    Not run, with the reason, where there is no sandbox or no tool. A project whose file names climb out of it is an error.
    """
    try:
        if language is Language.PYTHON:
            return python_check(sandbox, project, test_file, tests, _LIMITS)
        return _javascript_check(sandbox, project, test_file, tests)
    except SandboxUnavailableError as error:
        return Check.not_run(CHECK, str(error))
    except ValueError as error:
        return Check.of(CHECK, (failed(str(error), Place(test_file), "tests.file_name"),))


def language_of(tests: str | None, files: Sequence[str]) -> Language | None:
    """The language of tests that belong to several files: the only one spoken there, else the first that can read the text."""
    candidates = list(dict.fromkeys(language for file in files if (language := detect_language(file))))
    if len(candidates) < 2 or not tests:
        return candidates[0] if candidates else None
    source = tests.encode()
    return next((language for language in candidates if not parse(language, source).root_node.has_error), candidates[0])


def acceptance_check(sandbox: Sandbox, project: Mapping[str, bytes], name: str, tests: str | None, language: Language | None) -> tuple[Check, str]:
    """The check of the acceptance tests of the plan's part of this name, and the isolation that they ran under (empty if they did not)."""
    if tests is None or not tests.strip():
        return Check.not_run(CHECK, "there are no acceptance tests here"), ""
    spoken = language or Language.PYTHON
    check = run_tests(sandbox, project, test_file_name(name, spoken), tests, spoken)
    return check, sandbox.isolation

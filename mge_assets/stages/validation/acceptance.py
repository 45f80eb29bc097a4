"""Acceptance tests, run in the sandbox over the whole project. What runs the tests writes a report; its exit code is not believed."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mge_assets.model.errors import Place
from mge_assets.model.findings import Check, Finding, Severity
from mge_assets.model.testfiles import test_file_name
from mge_assets.stages.validation.harness import program
from mge_resources.sandbox.port import Limits, Sandbox, SandboxJob, SandboxOutcome, SandboxUnavailableError
from mge_resources.syntax import JUDGED, Language, detect_language, parse

CHECK = "tests"
_REPORT = "report.json"
_LIMITS = Limits(wall_seconds=120.0, cpu_seconds=60)
_FIX = "correct the code, or the test where the test is wrong"
_SHORT = 300
_FRAME = re.compile(r"/job/project/([^:)\s]+):(\d+)")
_FAILED_LINE = re.compile(r"^\s*(?:not ok \d+ - |✖ )(?P<name>.+?)(?: \([\d.]+ms\))?$", re.MULTILINE)
_NO_TYPESCRIPT = re.compile(r"Unknown file extension \"\.tsx?\"|ERR_UNKNOWN_FILE_EXTENSION")


def _failed(message: str, place: Place, rule: str = "tests.failed") -> Finding:
    return Finding(rule, Severity.ERROR, message, _FIX, place)


def _job(project: Mapping[str, bytes], test_file: str, tests: str, language: Language) -> SandboxJob:
    files = {f"project/{name}": content for name, content in project.items()}
    files[f"project/{test_file}"] = tests.encode()
    if language is Language.PYTHON:
        files |= {"grade.py": program("grade.py.txt"), "pytest.ini": b"[pytest]\n"}
        environment = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return SandboxJob(("{python}", "grade.py", test_file), files, environment, _LIMITS, (_REPORT,))
    return SandboxJob(("{node}", "grade.mjs", test_file), {**files, "grade.mjs": program("grade.js")}, {}, _LIMITS, (_REPORT,))


def _report(outcome: SandboxOutcome) -> dict[str, Any]:
    try:
        found = json.loads(outcome.files.get(_REPORT, b"{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _last_line(text: bytes) -> str:
    lines = text.decode(errors="replace").strip().splitlines()
    return lines[-1].strip()[:_SHORT] if lines else "no message"


def _unfinished(outcome: SandboxOutcome, test_file: str) -> Finding:
    if outcome.limit:
        return _failed(f"the tests were ended at the {outcome.limit} limit after {outcome.seconds:.0f} s", Place(test_file), "tests.limit")
    message = f"the process ended (exit code {outcome.exit_code}) before the tests were done: {_last_line(outcome.stderr)}"
    return _failed(message, Place(test_file), "tests.unfinished")


def _python_findings(report: dict[str, Any], test_file: str) -> Iterator[Finding]:
    for failure in report.get("failures", ()):
        path = failure["path"] if failure["path"] and not failure["path"].startswith("..") else test_file
        yield _failed(f"{failure['name']}: {failure['message']}", Place(path, failure["line"]))
    if not report.get("passed") and not report.get("failures"):
        count = report.get("skipped", 0)
        message = f"all {count} tests were skipped" if count else "there is no test in the file"
        yield Finding("tests.none", Severity.WARNING if count else Severity.ERROR, message, "write a test that runs", Place(test_file))


def _javascript_findings(report: dict[str, Any], outcome: SandboxOutcome, test_file: str) -> Iterator[Finding]:
    if report.get("error"):
        frame = _FRAME.search(report.get("stack", ""))
        place = Place(frame.group(1), int(frame.group(2))) if frame else Place(test_file)
        yield _failed(report["error"].strip().replace("\n", " ")[:_SHORT], place)
    elif report.get("code"):
        names = dict.fromkeys(match.group("name") for match in _FAILED_LINE.finditer(outcome.stdout.decode(errors="replace")))
        names.pop("failing tests:", None)
        for name in names or [_last_line(outcome.stderr)]:
            yield _failed(name[:_SHORT], Place(test_file))


def _judge(outcome: SandboxOutcome, test_file: str, language: Language) -> Check:
    report = _report(outcome)
    if not report.get("finished"):
        return Check.of(CHECK, (_unfinished(outcome, test_file),))
    if language is Language.PYTHON:
        return Check.of(CHECK, tuple(_python_findings(report, test_file)))
    if _NO_TYPESCRIPT.search(report.get("error", "")):
        return Check.not_run(CHECK, "the tests import TypeScript, which this Node can't load; install Node 22.18 or later")
    return Check.of(CHECK, tuple(_javascript_findings(report, outcome, test_file)))


def run_tests(sandbox: Sandbox, project: Mapping[str, bytes], test_file: str, tests: str, language: Language) -> Check:
    """Run the text ``tests`` as the project's file ``test_file``; a finding for each test that failed, with its place.

    Not run, with the reason, where there is no sandbox or no tool. A project whose file names climb out of it is an error.
    """
    if language not in JUDGED:
        return Check.not_run(CHECK, f"tests in {language.value} are not run here; run them with the language's own tool")
    try:
        outcome = sandbox.run(_job(project, test_file, tests, language))
    except SandboxUnavailableError as error:
        return Check.not_run(CHECK, str(error))
    except ValueError as error:
        return Check.of(CHECK, (_failed(str(error), Place(test_file), "tests.file_name"),))
    return _judge(outcome, test_file, language)


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

"""Acceptance tests, run in the sandbox over the whole project. What runs the tests writes a report; its exit code is not believed."""

from collections.abc import Mapping, Sequence

from mge_assets.model.errors import Place
from mge_assets.model.findings import Check, CheckStatus
from mge_assets.model.testfiles import test_file_name
from mge_assets.stages.validation.grading import CHECK, SECONDS, failed, python_check
from mge_assets.stages.validation.grading_javascript import javascript_check
from mge_assets.stages.validation.judging import Grounds, judged
from mge_resources.sandbox.port import Limits, Sandbox, SandboxUnavailableError
from mge_resources.syntax import JUDGED, Language, detect_language, parse

_LIMITS = Limits(wall_seconds=120.0, cpu_seconds=60)


def run_tests(sandbox: Sandbox, project: Mapping[str, bytes], test_file: str, tests: str, language: Language, seconds: float = SECONDS) -> Check:
    """Run the text ``tests`` as the project's file ``test_file``; a finding for each test that failed or did not end within ``seconds``, with its place.

    Not run, with the reason, where there is no sandbox or no tool. A project whose file names climb out of it is an error.
    """
    if language not in JUDGED:
        return Check.not_run(CHECK, f"tests in {language.value} are not run here; run them with the language's own tool")
    try:
        if language is Language.PYTHON:
            return python_check(sandbox, project, test_file, tests, _LIMITS, seconds)
        return javascript_check(sandbox, project, test_file, tests, _LIMITS, seconds)
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


def acceptance_checks(
    sandbox: Sandbox,
    project: Mapping[str, bytes],
    name: str,
    tests: str | None,
    language: Language | None,
    grounds: Grounds | None = None,
    seconds: float = SECONDS,
) -> tuple[tuple[Check, ...], str]:
    """The check of the acceptance tests of the plan's part of this name, and the isolation that they ran under (empty if they did not).

    With ``grounds`` every test that failed is judged, and a second check says what each speaks against.
    """
    if tests is None or not tests.strip():
        return (Check.not_run(CHECK, "there are no acceptance tests here"),), ""
    spoken = language or Language.PYTHON
    file = test_file_name(name, spoken, tests)

    def run() -> Check:
        return run_tests(sandbox, project, file, tests, spoken, seconds)

    checks = [run()]
    if grounds is not None and checks[0].status is CheckStatus.FAILED:
        checks = judged(checks[0], sandbox, project, file, tests, grounds, run)
    return tuple(checks), sandbox.isolation

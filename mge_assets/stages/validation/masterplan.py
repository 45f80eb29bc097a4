"""Level 4: the whole project against the whole plan."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from time import perf_counter

from mge_assets.model.errors import Place
from mge_assets.model.findings import Check, Finding, Level, Severity, ValidationResult
from mge_assets.model.masterplan import Masterplan
from mge_assets.stages.validation.acceptance import acceptance_checks, language_of
from mge_assets.stages.validation.grading import SECONDS
from mge_assets.stages.validation.inspection import Inspector
from mge_assets.stages.validation.integration import call_findings, circle_findings, declared_unused, import_findings, name_findings
from mge_assets.stages.validation.judging import Grounds
from mge_assets.stages.validation.project import Project, declared_packages
from mge_assets.stages.validation.spots import as_given
from mge_assets.stages.validation.tool_findings import lint_findings, name_tool_findings, types_check
from mge_resources.sandbox.port import Sandbox


def _architecture(plan: Masterplan, project: Project) -> Iterator[Finding]:
    """Files that two tasks own, or that a task owns and nobody made; circles between files."""
    owners = Counter(task.file for task in plan.tasks)
    for file, count in owners.items():
        if count > 1:
            yield Finding("architecture.owner", Severity.ERROR, f"{count} tasks own the file", "give each task a file of its own", Place(file))
        if file not in project.files:
            yield Finding("architecture.missing_file", Severity.ERROR, "a task owns the file, and it is not there", "run the task", Place(file))
    yield from circle_findings(project, project.code)


def _dependencies(plan: Masterplan, project: Project) -> Iterator[Finding]:
    declared = declared_packages(plan.requirements)
    for file in project.code:
        yield from import_findings(project, file, declared)
    yield from declared_unused(project, declared)


def _security(project: Project) -> Iterator[Finding]:
    """Dangers as in given code: those in generated code were errors at level 1 already."""
    for file in project.code:
        yield from (as_given(spot.finding(file)) for spot in project.facts(file).dangers)


class MasterPlanValidator:
    """Level 4. Acceptance tests run in the sandbox that it is handed, each for at most ``test_seconds``."""

    def __init__(self, sandbox: Sandbox, inspector: Inspector | None = None, test_seconds: float = SECONDS) -> None:
        self._sandbox, self._inspector, self._seconds = sandbox, inspector or Inspector(None), test_seconds

    def validate(
        self, plan: Masterplan, project: Mapping[str, bytes] | Project, *, tests: str | None = None, grounds: Grounds | None = None
    ) -> ValidationResult:
        """Judge the project, which is all files by path; ``tests`` where the text is not in it (``tests_source``).

        With ``grounds`` failed tests are judged one by one.
        """
        begin = perf_counter()
        text = plan.tests if tests is None else tests
        whole = Project.of(project)
        performance = (spot.finding(file) for file in whole.code for spot in whole.facts(file).smells)
        checks = (
            Check.of("architecture", tuple(_architecture(plan, whole))),
            Check.of("dependencies", tuple(_dependencies(plan, whole))),
            Check.of("contracts", self._contracts(whole)),
            types_check("types", self._inspector, whole, whole.code),
            Check.of("performance", tuple(performance)),
            Check.of("security", (*_security(whole), *lint_findings(self._inspector, whole, whole.code))),
        )
        language = language_of(text, whole.code)
        ran, isolation = acceptance_checks(self._sandbox, whole.files, plan.name, text, language, grounds, self._seconds)
        return replace(ValidationResult(Level.MASTERPLAN, plan.name, (*checks, *ran), isolation=isolation), seconds=perf_counter() - begin)

    def _contracts(self, whole: Project) -> tuple[Finding, ...]:
        every = whole.code
        return (*name_findings(whole, every), *call_findings(whole, every), *name_tool_findings(self._inspector, whole, every))

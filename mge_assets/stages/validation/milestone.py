"""Level 3: whether the files of a milestone's tasks fit together."""

from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter

from mge_assets.model.errors import Place
from mge_assets.model.findings import Check, Finding, Level, Severity, ValidationResult
from mge_assets.model.masterplan import Milestone
from mge_assets.stages.validation.acceptance import acceptance_checks, language_of
from mge_assets.stages.validation.grading import SECONDS
from mge_assets.stages.validation.inspection import Inspector
from mge_assets.stages.validation.integration import call_findings, circle_findings, duplicate_findings, name_findings
from mge_assets.stages.validation.judging import Grounds
from mge_assets.stages.validation.project import Project
from mge_assets.stages.validation.tool_findings import name_tool_findings, types_check
from mge_resources.sandbox.port import Sandbox


def present(milestone: Milestone, project: Project) -> Check:
    """Whether every task's file is there."""
    lost = [task for task in milestone.tasks if task.file not in project.files]
    findings = (Finding("integration.missing_file", Severity.ERROR, f"task {task.name} has no file", "run the task", Place(task.file)) for task in lost)
    return Check.of("integration", tuple(findings))


class MilestoneValidator:
    """Level 3. Acceptance tests run in the sandbox that it is handed, each for at most ``test_seconds``."""

    def __init__(self, sandbox: Sandbox, inspector: Inspector | None = None, test_seconds: float = SECONDS) -> None:
        self._sandbox, self._inspector, self._seconds = sandbox, inspector or Inspector(None), test_seconds

    def validate(
        self, milestone: Milestone, project: Mapping[str, bytes] | Project, *, tests: str | None = None, grounds: Grounds | None = None
    ) -> ValidationResult:
        """Judge the milestone inside the project, which is all files by path; ``tests`` where the text is not in it (``tests_source``).

        With ``grounds`` failed tests are judged one by one.
        """
        begin = perf_counter()
        text = milestone.tests if tests is None else tests
        whole = Project.of(project)
        files = [task.file for task in milestone.tasks if task.file in whole.code]
        checks = (
            present(milestone, whole),
            Check.of("interfaces", (*name_findings(whole, files), *name_tool_findings(self._inspector, whole, files))),
            types_check("types", self._inspector, whole, files),
            Check.of("contracts", tuple(call_findings(whole, files))),
            Check.of("circular_imports", tuple(circle_findings(whole, files))),
            Check.of("api_consistency", tuple(duplicate_findings(whole, files))),
        )
        ran, isolation = acceptance_checks(self._sandbox, whole.files, milestone.name, text, language_of(text, files), grounds, self._seconds)
        return replace(ValidationResult(Level.MILESTONE, milestone.name, (*checks, *ran), isolation=isolation), seconds=perf_counter() - begin)

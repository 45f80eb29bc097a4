"""Level 2: one task's file, put together from its atoms, inside the project."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from time import perf_counter

from mge_assets.model.atoms import Atom
from mge_assets.model.errors import Place
from mge_assets.model.findings import Check, Finding, Level, Severity, ValidationResult
from mge_assets.model.masterplan import Task
from mge_assets.stages.validation.acceptance import acceptance_checks
from mge_assets.stages.validation.analysis import analyse
from mge_assets.stages.validation.contracts import broken
from mge_assets.stages.validation.grading import SECONDS
from mge_assets.stages.validation.inspection import Inspector
from mge_assets.stages.validation.integration import call_findings, import_findings, name_findings
from mge_assets.stages.validation.judging import Grounds
from mge_assets.stages.validation.naming import naming_spots
from mge_assets.stages.validation.project import Project, declared_packages
from mge_assets.stages.validation.tool_findings import name_tool_findings, syntax_findings, types_check
from mge_resources.sandbox.port import Sandbox
from mge_resources.syntax import JUDGED, Language, detect_language


def _tiling(task: Task, atoms: Sequence[Atom]) -> Iterator[Finding]:
    """Atoms that overlap or leave a gap: the file that was put together from them is not the one that was taken apart."""
    end = 0
    for atom in atoms:
        if atom.span.start_byte != end or atom.span.end_byte - atom.span.start_byte != len(atom.text):
            message = f"atom {atom.name} begins at byte {atom.span.start_byte}, not at {end}, or is not as long as its text"
            yield Finding("consistency.tiling", Severity.ERROR, message, "atomize the file again", Place(task.file, atom.span.start_line))
        end = atom.span.end_byte


def _consistency(task: Task, language: Language, content: bytes, atoms: Sequence[Atom], syntax: Iterable[Finding]) -> Check:
    doubles = (spot for spot in analyse(language, content).names or () if spot.rule == "pyflakes.RedefinedWhileUnused")
    return Check.of("consistency", (*_tiling(task, atoms), *syntax, *(spot.finding(task.file) for spot in doubles)))


def _contracts(task: Task, language: Language, content: bytes, atoms: Sequence[Atom]) -> Check:
    draft = b"".join(atom.text for atom in atoms)
    before, now = analyse(language, draft), analyse(language, content)
    if before.syntax or now.syntax:
        return Check.not_run("contracts", "the draft or the file does not parse, so its public names are not known")
    wanted = [definition for definition in before.definitions if definition.public]
    return Check.of("contracts", tuple(spot.finding(task.file) for spot in broken(wanted, now.definitions, 0, 1)))


class TaskValidator:
    """Level 2. Acceptance tests run in the sandbox that it is handed, each for at most ``test_seconds``."""

    def __init__(self, sandbox: Sandbox, inspector: Inspector | None = None, test_seconds: float = SECONDS) -> None:
        self._sandbox, self._inspector, self._seconds = sandbox, inspector or Inspector(None), test_seconds

    def validate(
        self,
        task: Task,
        content: bytes,
        atoms: Sequence[Atom],
        project: Mapping[str, bytes] | Project,
        requirements: Iterable[str] = (),
        *,
        tests: str | None = None,
        grounds: Grounds | None = None,
    ) -> ValidationResult:
        """Judge the task's file.

        ``content`` are its bytes now, ``atoms`` those of its draft in order, ``project`` all files by path, ``requirements`` the plan's;
        ``tests`` are its acceptance tests where the task itself does not hold their text (``tests_source``).
        With ``grounds`` those that fail are judged one by one.
        """
        begin = perf_counter()
        language = task.language or detect_language(task.file)
        whole = Project.of(project).having(task.file, content)
        if language is None or detect_language(task.file) is None:
            checks: tuple[Check, ...] = (Check.not_run("consistency", f"{task.file} is in no language that we parse"),)
        elif language not in JUDGED:
            reason = f"files in {language.value} are read for their syntax only"
            checks = (
                _consistency(task, language, content, atoms, syntax_findings(self._inspector, whole, task.file)),
                *(Check.not_run(name, reason) for name in ("imports", "naming", "contracts", "integration")),
            )
        else:
            spots = naming_spots(language, analyse(language, content).definitions)
            checks = (
                _consistency(task, language, content, atoms, syntax_findings(self._inspector, whole, task.file)),
                types_check("types", self._inspector, whole, [task.file]),
                Check.of("imports", tuple(import_findings(whole, task.file, declared_packages(requirements)))),
                Check.of("naming", tuple(spot.finding(task.file) for spot in spots)),
                _contracts(task, language, content, atoms),
                Check.of("integration", tuple(self._integration(whole, task.file))),
            )
        ran, isolation = acceptance_checks(self._sandbox, whole.files, task.name, task.tests if tests is None else tests, language, grounds, self._seconds)
        result = ValidationResult(Level.TASK, task.name, (*checks, *ran), isolation=isolation)
        return replace(result, seconds=perf_counter() - begin)

    def _integration(self, whole: Project, file: str) -> Iterator[Finding]:
        yield from name_findings(whole, [file])
        yield from call_findings(whole, [file])
        yield from name_tool_findings(self._inspector, whole, [file])

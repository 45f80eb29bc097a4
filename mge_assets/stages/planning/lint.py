"""Whether the parts of a plan fit together: findings that are errors (the plan can't be built) and others (it can)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mge_assets.model.errors import Place, PlanError
from mge_assets.model.findings import Finding, Severity
from mge_assets.model.masterplan import Masterplan, Milestone, Task
from mge_assets.stages.planning import lint_files, lint_order, lint_requirements
from mge_assets.stages.planning.loading import LoadedPlan, together

Locate = Callable[..., Place]
"""Called with the steps of a path (``"phases", 0, "name"``), gives the place where that element is written."""

Named = tuple[str, tuple[str | int, ...]]

WISHED_LOC = 80
FAR_OVER = 2 * WISHED_LOC
MAX_COUNTED_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Located:
    """A task, the milestone that holds it, and its path in the plan."""

    task: Task
    milestone: Milestone
    path: tuple[str | int, ...]


def located(plan: Masterplan) -> tuple[Located, ...]:
    """Every task with its path, in plan order."""
    return tuple(
        Located(task, milestone, ("phases", p, "milestones", m, "tasks", t))
        for p, phase in enumerate(plan.phases)
        for m, milestone in enumerate(phase.milestones)
        for t, task in enumerate(milestone.tasks)
    )


def lint(plan: Masterplan, locate: Locate, folder: Path | None = None) -> tuple[Finding, ...]:
    """Everything that speaks against the plan, errors first. With the plan's ``folder`` the drafts beside it are counted too."""
    tasks = located(plan)
    findings = [
        *_names(plan, locate),
        *lint_order.order_findings([(entry.task, entry.path) for entry in tasks], locate),
        *lint_files.file_findings([(entry.task, entry.path) for entry in tasks], locate),
        *lint_requirements.requirement_findings(plan, locate),
        *_tests(plan, tasks, locate),
        *_sizes(tasks, locate, folder),
    ]
    weight = list(Severity)
    return tuple(sorted(findings, key=lambda finding: weight.index(finding.severity)))


def check(loaded: LoadedPlan) -> tuple[Finding, ...]:
    """The findings that a plan can live with. Raises one PlanError with all that it can't."""
    findings = lint(loaded.masterplan, loaded.locate, loaded.folder)
    errors = [PlanError(finding.message, fix=finding.fix, place=finding.place) for finding in findings if finding.severity is Severity.ERROR]
    if errors:
        raise together(errors)
    return findings


def _names(plan: Masterplan, locate: Locate) -> Iterator[Finding]:
    """Names that are given twice: of phases, milestones and tasks in the plan, of subtasks in their task."""
    yield from _twice("phase", [(phase.name, ("phases", p)) for p, phase in enumerate(plan.phases)], locate)
    milestones: list[Named] = [
        (milestone.name, ("phases", p, "milestones", m)) for p, phase in enumerate(plan.phases) for m, milestone in enumerate(phase.milestones)
    ]
    yield from _twice("milestone", milestones, locate)
    tasks = located(plan)
    yield from _twice("task", [(entry.task.name, entry.path) for entry in tasks], locate)
    for entry in tasks:
        yield from _twice("subtask", [(subtask.name, (*entry.path, "subtasks", s)) for s, subtask in enumerate(entry.task.subtasks)], locate)


def _twice(kind: str, named: list[Named], locate: Locate) -> Iterator[Finding]:
    first: dict[str, tuple[str | int, ...]] = {}
    for name, path in named:
        if name in first:
            line = locate(*first[name], "name").line
            before = f", first in line {line}" if line else ""
            yield Finding("plan.name.twice", Severity.ERROR, f"two {kind}s are named {name!r}{before}", "rename one of them", locate(*path, "name"))
        first.setdefault(name, path)


def _tested(element: Masterplan | Milestone | Task) -> bool:
    return element.tests is not None or element.tests_source is not None


def _tests(plan: Masterplan, tasks: tuple[Located, ...], locate: Locate) -> Iterator[Finding]:
    """One finding for a plan without any test, else one for each task that has none of its own."""
    fix = "give `tests` or `tests_source`"
    if not any((_tested(plan), *(_tested(milestone) for milestone in plan.milestones), *(_tested(task) for task in plan.tasks))):
        count = f"none of the {len(tasks)} tasks has" if len(tasks) > 1 else f"task {tasks[0].task.name!r} has no"
        yield Finding("plan.tests", Severity.WARNING, f"{count} acceptance tests, nor has the plan or a milestone", fix, locate())
        return
    for entry in tasks:
        if _tested(entry.task):
            continue
        above = next((kind for kind, element in (("milestone", entry.milestone), ("plan", plan)) if _tested(element)), None)
        problem = f"task {entry.task.name!r} has no acceptance tests" + (f" of its own, its {above} has" if above else "")
        yield Finding("plan.tests", Severity.INFO if above else Severity.WARNING, problem, fix, locate(*entry.path))


def _sizes(tasks: tuple[Located, ...], locate: Locate, folder: Path | None) -> Iterator[Finding]:
    for entry in tasks:
        loc = _loc(entry.task, folder)
        if loc > FAR_OVER:
            problem = f"task {entry.task.name!r} has {loc:,} LOC, far over {WISHED_LOC}"
            yield Finding("plan.size", Severity.INFO, problem, "split it into tasks of one concern each", locate(*entry.path))


def _loc(task: Task, folder: Path | None) -> int:
    """Lines that hold something, of the draft where it is at hand."""
    if task.code is not None:
        return sum(1 for line in task.code.splitlines() if line.strip())
    return _loc_beside(task.source, folder) if task.source is not None and folder is not None else 0


def _loc_beside(source: str, folder: Path) -> int:
    """The same of a file beside the plan; 0 for what drafting will refuse."""
    try:
        path = (folder / source).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file() or path.stat().st_size > MAX_COUNTED_BYTES:
            return 0
        return sum(1 for line in path.read_bytes().splitlines() if line.strip())
    except (OSError, ValueError):
        return 0

"""Findings on ``file`` and ``language``: paths that no task may own, files with two owners, languages nobody parses."""

from collections.abc import Callable, Iterator, Sequence

from mge_assets.model.errors import Place
from mge_assets.model.findings import Finding, Severity
from mge_assets.model.masterplan import Task
from mge_assets.stages.planning.file_names import folded, folders, path_problem, windows_problem
from mge_resources.syntax import Language, detect_language

PathedTask = tuple[Task, tuple[str | int, ...]]
Locate = Callable[..., Place]


def file_findings(tasks: Sequence[PathedTask], locate: Locate) -> Iterator[Finding]:
    """All of them, task by task, then those between tasks."""
    for task, path in tasks:
        yield from _path(task, locate(*path, "file"))
        yield from _language(task, locate(*path, "language"))
    yield from _owners(tasks, locate)
    yield from _folders(tasks, locate)


def _path(task: Task, place: Place) -> Iterator[Finding]:
    problem = path_problem(task.file)
    if problem:
        fix = "give a path inside of the project, such as `package/module.py`"
        yield Finding("plan.file.path", Severity.ERROR, f"task {task.name!r} may not own the file {task.file[:200]!r}: {problem}", fix, place)
    elif hint := windows_problem(task.file):
        yield Finding("plan.file.portable", Severity.WARNING, f"the file of task {task.name!r} is not portable: {hint}", "choose another name", place)


def _language(task: Task, place: Place) -> Iterator[Finding]:
    told = detect_language(task.file)
    if told is None and task.language is None:
        known = ", ".join(language.value for language in Language)
        problem = f"unsupported language: the ending of {task.file[-200:]!r} (task {task.name!r}) tells none that we parse"
        yield Finding("plan.language.unknown", Severity.ERROR, problem, f"say `language:` ({known}), or leave the file out of the plan", place)
    elif told and task.language and told is not task.language:
        problem = f"task {task.name!r} says {task.language.value}, but {task.file!r} ends like {told.value}"
        yield Finding("plan.language.ending", Severity.WARNING, problem, "change one of the two", place)


def _owners(tasks: Sequence[PathedTask], locate: Locate) -> Iterator[Finding]:
    """Every file that two tasks own, in the eyes of any file system."""
    owners: dict[str, Task] = {}
    for task, path in tasks:
        first = owners.setdefault(folded(task.file), task)
        if first is task:
            continue
        same = f"{task.file!r}" if first.file == task.file else f"{first.file!r} and {task.file!r}, one file where case is not told apart"
        problem = f"tasks {first.name!r} and {task.name!r} both own {same}"
        yield Finding("plan.file.owners", Severity.ERROR, problem, "give each its own file", locate(*path, "file"))


def _folders(tasks: Sequence[PathedTask], locate: Locate) -> Iterator[Finding]:
    """Every file that another task's file needs as a folder."""
    files = {folded(task.file): task for task, _ in tasks}
    for task, path in tasks:
        blocker = next((files[folded(folder)] for folder in folders(task.file) if folded(folder) in files), None)
        if blocker:
            problem = f"task {task.name!r} needs the folder {blocker.file!r}, which is the file of task {blocker.name!r}"
            yield Finding("plan.file.folder", Severity.ERROR, problem, "rename one of the two", locate(*path, "file"))

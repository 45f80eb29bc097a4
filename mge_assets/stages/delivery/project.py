"""Which files a plan delivers: its tasks' files, its acceptance tests, and what running them needs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mge_assets.model.errors import DeliveryError
from mge_assets.model.masterplan import Masterplan, Milestone, Phase, Task
from mge_assets.model.testfiles import test_file_name
from mge_assets.stages.delivery.manifest import MANIFEST, manifest
from mge_assets.stages.delivery.node import node_files
from mge_assets.stages.delivery.readme import README, readme
from mge_resources.syntax import SCRIPTS, Language, detect_language, parse


class Element(StrEnum):
    """The part of a plan that acceptance tests belong to."""

    PLAN = "plan"
    MILESTONE = "milestone"
    TASK = "task"


@dataclass(frozen=True, slots=True)
class AcceptanceTests:
    """The acceptance tests of one part of the plan, resolved from ``tests`` or ``tests_source``.

    ``language`` may be left out: it is then the language of the part's tasks, or, where they have several, the first that parses the text.
    """

    element: Element
    name: str
    text: str
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """One file to deliver: its path relative to the project (with ``/``), its bytes, and the milestone whose commit holds it.

    ``milestone`` is the milestone's name, with the phase's before it where two milestones share a name; ``task`` is ``None`` for
    files that belong to no task. ``gives_way``: where a person has a file of their own in its place, theirs stays.
    """

    path: str
    content: bytes
    milestone: str
    task: str | None = None
    gives_way: bool = False


def assemble(atoms_codes: Sequence[bytes]) -> bytes:
    """A file from its atoms' final codes, in order: atoms tile their file, so that joining is all there is to do."""
    return b"".join(atoms_codes)


def project_files(plan: Masterplan, contents: Mapping[str, bytes], tests: Sequence[AcceptanceTests] = ()) -> tuple[ProjectFile, ...]:
    """Every file that the plan delivers, in plan order.

    Args:
        plan: the masterplan.
        contents: the bytes of each task's file, by the task's name.
        tests: the plan's acceptance tests; the plan's own go with its last milestone. Without any, exactly the tasks' files are delivered.

    Raises:
        DeliveryError: a task has no content.
    """
    texts = {(found.element, found.name): found for found in tests}
    labels = _labels(plan)
    naming = _Naming([*(task.file for task in plan.tasks), *plan.carried])
    files: list[ProjectFile] = []
    for label, milestone in labels:
        files += (ProjectFile(task.file, _content(task, contents), label, task.name) for task in milestone.tasks)
        for task in milestone.tasks:
            files += naming.files(texts.get((Element.TASK, task.name)), (task,), label)
        files += naming.files(texts.get((Element.MILESTONE, milestone.name)), milestone.tasks, label)
    files += naming.files(texts.get((Element.PLAN, plan.name)), tuple(plan.tasks), labels[-1][0])
    first = (*_manifest(plan, files, labels[0][0]), *(ProjectFile(path, content, labels[0][0]) for path, content in plan.carried.items()))
    return (*first, *_beside(plan, [*first, *files], labels[0][0]), *files)


def _content(task: Task, contents: Mapping[str, bytes]) -> bytes:
    try:
        return contents[task.name]
    except KeyError:
        raise DeliveryError(f"task '{task.name}' has no code", fix="run its atoms first") from None


def _labels(plan: Masterplan) -> list[tuple[str, Milestone]]:
    """Every milestone with a label that is its alone."""
    pairs: list[tuple[Phase, Milestone]] = [(phase, milestone) for phase in plan.phases for milestone in phase.milestones]
    names = [milestone.name for _, milestone in pairs]
    return [(m.name if names.count(m.name) == 1 else f"{phase.name} / {m.name}", m) for phase, m in pairs]


def _manifest(plan: Masterplan, files: Sequence[ProjectFile], milestone: str) -> Iterator[ProjectFile]:
    """The pyproject.toml that lets plain ``pytest`` find the packages, unless the plan has its own way or delivers no Python tests."""
    own = {task.file for task in plan.tasks}
    tested = any(file.path not in own and file.path.endswith(".py") for file in files)
    if tested and not own & {MANIFEST, "pytest.ini", "conftest.py"}:
        yield ProjectFile(MANIFEST, manifest(plan), milestone)


def _beside(plan: Masterplan, files: Sequence[ProjectFile], milestone: str) -> Iterator[ProjectFile]:
    """What a project with tests has beside them: what Node needs to run them, and a README that says how to."""
    own = {task.file for task in plan.tasks}
    tests = [file.path for file in files if file.path not in {*own, *plan.carried, MANIFEST}]
    scripts = [path for path in tests if detect_language(path) in SCRIPTS]
    code = {file.path: file.content for file in files if file.path in own}
    node = dict(node_files(plan, code, scripts)) if scripts else {}
    own |= plan.carried.keys()
    for path, content in {**node, **({README: readme(plan, tests, {*node, *(file.path for file in files)})} if tests else {})}.items():
        if path not in own:
            yield ProjectFile(path, content, milestone, gives_way=True)


def _language(tests: AcceptanceTests, tasks: Sequence[Task]) -> Language:
    if tests.language:
        return tests.language
    spoken = [language for task in tasks if (language := task.language or detect_language(task.file))]
    candidates = list(dict.fromkeys(spoken)) or [Language.PYTHON]
    if len(candidates) == 1:
        return candidates[0]
    source = tests.text.encode()
    return next((language for language in candidates if not parse(language, source).root_node.has_error), candidates[0])


class _Naming:
    """Hands out test file names of which no two are the same, not even on a file system that ignores case."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = {path.casefold() for path in taken}

    def files(self, tests: AcceptanceTests | None, tasks: Sequence[Task], milestone: str) -> Iterator[ProjectFile]:
        if tests and tests.text.strip():
            path = self._free(tests, _language(tests, tasks))
            owner = tests.name if tests.element is Element.TASK else None
            yield ProjectFile(path, tests.text.encode(), milestone, owner)

    def _free(self, tests: AcceptanceTests, language: Language) -> str:
        names = (tests.name, *(f"{tests.name} {tests.element.value}{number}" for number in ("", *range(2, 1000))))
        path = next(path for name in names if (path := test_file_name(name, language, tests.text)).casefold() not in self._taken)
        self._taken.add(path.casefold())
        return path

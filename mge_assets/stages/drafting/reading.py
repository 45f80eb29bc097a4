"""Drafts of tasks and acceptance tests, from the plan's text or from the files that it names."""

import codecs
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mge_assets.model.drafts import Draft, DraftOrigin
from mge_assets.model.errors import DraftError, Place
from mge_assets.model.findings import Finding, Severity
from mge_assets.model.masterplan import Masterplan, Milestone, Task
from mge_assets.stages.drafting.beside import checked, read_beside
from mge_resources.syntax import Language, detect_language

VERY_LONG = 5_000
"""Lines from which a draft is worth a remark."""


@dataclass(frozen=True, slots=True)
class Drafting:
    """A plan's drafts in plan order, the names of the tasks that have none, and what is odd about the drafts."""

    drafts: tuple[Draft, ...]
    missing: tuple[str, ...]
    findings: tuple[Finding, ...]


def read_draft(task: Task, plan_folder: Path) -> Draft | None:
    """The task's draft, byte for byte, or ``None`` where the plan gives none. Raises DraftError."""
    what = f"the draft of task {task.name!r}"
    if task.code is not None:
        return _draft(task, checked(task.code.encode(), what), DraftOrigin.CODE)
    if task.source is not None:
        return _draft(task, read_beside(task.source, plan_folder, what), DraftOrigin.SOURCE)
    return None


def read_tests(element: Masterplan | Milestone | Task, plan_folder: Path) -> bytes | None:
    """The element's acceptance tests, byte for byte, or ``None`` where it has none. Raises DraftError."""
    what = f"the tests of {type(element).__name__.lower()} {element.name!r}"
    if element.tests is not None:
        return checked(element.tests.encode(), what)
    return read_beside(element.tests_source, plan_folder, what) if element.tests_source is not None else None


def prepare_drafts(plan: Masterplan, folder: Path) -> Drafting:
    """Every draft of the plan. Raises one DraftError that holds all that can't be read."""
    drafts: list[Draft] = []
    missing: list[str] = []
    errors: list[DraftError] = []
    for task in plan.tasks:
        try:
            draft = read_draft(task, folder)
        except DraftError as error:
            errors.append(error)
            continue
        missing.extend([task.name] if draft is None else [])
        drafts.extend([draft] if draft else [])
    if errors:
        first, *others = errors
        raise DraftError(first.problem, fix=first.fix, place=first.place, others=tuple(others))
    return Drafting(tuple(drafts), tuple(missing), tuple(finding for draft in drafts for finding in draft_findings(draft)))


def _draft(task: Task, content: bytes, origin: DraftOrigin) -> Draft:
    language = task.language or detect_language(task.file)
    if language is None:
        known = ", ".join(language.value for language in Language)
        raise DraftError(f"the language of task {task.name!r} is unknown", fix=f"say `language:` ({known})", place=Place(task.file))
    return Draft(task.name, task.file, language, content, origin)


def draft_findings(draft: Draft) -> Iterator[Finding]:
    """What is odd about a draft: empty, very long, or in an encoding that nobody declares."""
    place = Place(draft.file)
    if not draft.content.removeprefix(codecs.BOM_UTF8).strip():
        usual = PurePosixPath(draft.file).name in {"__init__.py", "__init__.pyi", "py.typed"}
        severity = Severity.INFO if usual else Severity.WARNING
        yield Finding("draft.empty", severity, f"the draft of task {draft.task!r} is empty", "leave `code` and `source` out to have it written", place)
    lines = draft.content.count(b"\n") + 1
    if lines > VERY_LONG:
        yield Finding("draft.long", Severity.INFO, f"the draft of task {draft.task!r} has {lines:,} lines", "split it where its concerns part", place)
    if not _decodable(draft):
        problem = f"the draft of task {draft.task!r} is not UTF-8 and declares no encoding that fits; its bytes are kept"
        yield Finding("draft.encoding", Severity.WARNING, problem, "save it as UTF-8", place)


def _decodable(draft: Draft) -> bool:
    """True for UTF-8, and for Python in the encoding that its own first lines declare."""
    try:
        encoding = "utf-8"
        if draft.language is Language.PYTHON:
            encoding = tokenize.detect_encoding(io.BytesIO(draft.content).readline)[0]
        draft.content.decode(encoding)
    except (SyntaxError, LookupError, ValueError):
        return False
    return True

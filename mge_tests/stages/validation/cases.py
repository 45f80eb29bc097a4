"""Atoms and projects to judge, made by hand, so that these tests do not depend on the atomizer."""

from mge_assets.model.atoms import Atom, AtomKind, Span
from mge_assets.model.findings import Check, Severity, ValidationResult
from mge_assets.model.masterplan import Milestone, Phase, Task
from mge_resources.syntax import Language, detect_language


def cut(file: str, content: bytes, *starts: bytes) -> tuple[Atom, ...]:
    """Atoms that tile the content: a new one begins at each of ``starts``."""
    places = sorted({0, *(content.index(start) for start in starts)})
    ends = [*places[1:], len(content)]
    return tuple(_atom(file, content, number, begin, end) for number, (begin, end) in enumerate(zip(places, ends, strict=True), 1))


def _atom(file: str, content: bytes, number: int, begin: int, end: int) -> Atom:
    text, line = content[begin:end], content.count(b"\n", 0, begin) + 1
    span = Span(begin, end, line, line + max(text.count(b"\n") - 1, 0))
    language = detect_language(file) or Language.PYTHON
    return Atom(f"{file}#{number}", number, AtomKind.STATEMENT_GROUP, language, file, span, text, text.count(b"\n"), 1, "", "")


def around(atoms: tuple[Atom, ...], atom: Atom) -> tuple[bytes, bytes]:
    """The bytes before and after the atom."""
    texts = [one.text for one in atoms]
    return b"".join(texts[: atom.number - 1]), b"".join(texts[atom.number :])


def check(result: ValidationResult, name: str) -> Check:
    """The result's check of this name."""
    return next(one for one in result.checks if one.name == name)


def rules(result: ValidationResult, *severities: Severity) -> list[str]:
    """The rules that were broken, of these severities (all if none is named)."""
    return [finding.rule for finding in result.findings if not severities or finding.severity in severities]


def task(name: str, file: str, **fields: object) -> Task:
    """A task that owns the file."""
    return Task.model_validate({"name": name, "description": "part", "file": file, **fields})


def milestone(*tasks: Task, **fields: object) -> Milestone:
    """A milestone of these tasks."""
    return Milestone.model_validate({"name": "Core", "tasks": tasks, **fields})


def phase(*milestones: Milestone) -> Phase:
    """A phase of these milestones."""
    return Phase(name="Build", milestones=milestones)

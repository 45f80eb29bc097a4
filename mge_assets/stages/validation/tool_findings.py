"""What the checking tools say of whole files, as findings; for the levels above the atom."""

from collections.abc import Callable, Iterable, Iterator

from mge_assets.model.findings import Check, Finding
from mge_assets.stages.validation.analysis import analyse
from mge_assets.stages.validation.inspection import Inspector, Said
from mge_assets.stages.validation.lint_spots import without_doubles
from mge_assets.stages.validation.project import Project
from mge_assets.stages.validation.spots import as_given
from mge_resources.syntax import SCRIPTS, Language, detect_language


def _gather(files: Iterable[str], ask: Callable[[str], Said]) -> tuple[list[Finding], str]:
    """The findings, and why a file could not be asked about (the first reason; empty if all could)."""
    findings, reason = [], ""
    for file in files:
        said = ask(file)
        if isinstance(said, str):
            reason = reason or said
        else:
            findings += [spot.finding(file) for spot in said]
    return findings, reason


def types_check(name: str, inspector: Inspector, project: Project, files: Iterable[str]) -> Check:
    """The type check of these files among all of the project's. Not run where no file could be checked."""
    files = list(files)
    findings, reason = _gather(files, lambda file: inspector.types(project.files, file))
    return Check.not_run(name, reason) if reason and not findings else Check.of(name, tuple(findings))


def syntax_findings(inspector: Inspector, project: Project, file: str) -> Iterator[Finding]:
    """Syntax errors of a file: Python's own word, TypeScript's compiler's where it can be asked, else the tree's."""
    language = detect_language(file)
    assert language is not None
    said = inspector.syntax(project.files, file) if language in SCRIPTS else ""
    spots = analyse(language, project.files[file]).syntax if isinstance(said, str) else said
    return (spot.finding(file) for spot in spots)


def name_tool_findings(inspector: Inspector, project: Project, files: Iterable[str]) -> Iterator[Finding]:
    """Names that TypeScript and JavaScript files use or import and that are nowhere."""
    wanted = [file for file in files if detect_language(file) in SCRIPTS]
    for ask in (inspector.names, inspector.taken):
        yield from _gather(wanted, lambda file, ask=ask: ask(project.files, file))[0]  # type: ignore[misc]


def lint_findings(inspector: Inspector, project: Project, files: Iterable[str]) -> Iterator[Finding]:
    """What ruff and bandit say of Python files beyond our own rules, weighed as in code that a person gave."""
    for file in files:
        said = inspector.lint(project.files, file) if detect_language(file) is Language.PYTHON else ()
        if not isinstance(said, str):
            yield from (as_given(spot.finding(file)) for spot in without_doubles(said, project.facts(file).dangers))

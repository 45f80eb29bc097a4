"""An existing repository becomes a masterplan: package ▸ milestone, file ▸ task, its source the draft."""

import hashlib
import os
import re
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mge_assets.model.errors import Place, PlanError
from mge_assets.model.findings import Finding
from mge_assets.model.masterplan import Masterplan, Milestone, Phase, Task
from mge_assets.stages.planning.scanning import scan, scan_findings
from mge_assets.stages.planning.third_party import PythonFile, read_python, third_party
from mge_resources.syntax import Language, detect_language

PHASE = "Imported"
_NAME_LENGTH = 100
_DIGEST_LENGTH = 8
_DESCRIPTION_LENGTH = 300


@dataclass(frozen=True, slots=True)
class ImportedPlan:
    """The plan of a folder, where each task's source lies, and what was left out.

    ``sources`` goes by task name; each task's ``source`` is its file's path in the project until the plan is written.
    """

    masterplan: Masterplan
    folder: Path
    sources: Mapping[str, Path]
    skipped: tuple[Finding, ...]


def import_repository(folder: Path, name: str | None = None) -> ImportedPlan:
    """The plan of all code files in the folder, the same for the same content. Raises PlanError where there are none."""
    root = _checked(folder)
    found = scan(root, f"{root.name}/" if (root / "__init__.py").is_file() else "")
    if not found.files:
        known = ", ".join(language.value for language in Language)
        raise PlanError("there is no file in a language that we parse", fix=f"give a folder with {known} files", place=Place(str(folder)))
    contents = {file: path.read_bytes() for file, path in found.files.items()}
    python = {file: read_python(content) for file, content in contents.items() if detect_language(file) is Language.PYTHON}
    plan_name = _given(name) if name is not None else _name(root.name or "project")
    tasks = _tasks(contents, python)
    masterplan = Masterplan(
        name=plan_name,
        description=f"Imported from {root.name!r}: {len(tasks)} files.",
        requirements=third_party(contents, python),
        manifests=dict(_manifests(found.manifests)),
        phases=(Phase(name=PHASE, milestones=_milestones(tasks, plan_name)),),
    )
    return ImportedPlan(masterplan, root, {task.name: found.files[task.file] for task in tasks}, tuple(scan_findings(found, root)))


def _manifests(paths: Mapping[str, Path]) -> Iterator[tuple[str, str]]:
    """The manifests' texts; what is no text of UTF-8 is none."""
    for name, path in sorted(paths.items()):
        with suppress(UnicodeDecodeError, OSError):
            yield name, path.read_bytes().decode()


def _checked(folder: Path) -> Path:
    place = Place(str(folder))
    if not folder.exists():
        raise PlanError("there is no such folder", fix="check the path", place=place)
    if not folder.is_dir():
        raise PlanError("this is not a folder", fix="give the folder of a repository or package", place=place)
    return Path(os.path.abspath(folder))  # noqa: PTH100 - resolve() would rename a package that a link leads to


def _given(name: str) -> str:
    if _name(name) != name:
        raise PlanError(
            f"the plan can't be named {name!r}", fix="use letters, digits, `_`, `.`, `-` and blanks, at most 100, and begin with a letter, digit or `_`"
        )
    return name


def _tasks(contents: Mapping[str, bytes], python: Mapping[str, PythonFile]) -> list[Task]:
    taken: set[str] = set()
    tasks: list[Task] = []
    for file in contents:
        name = _task_name(file)
        if name in taken:
            name = _with_digest(name, file)
        taken.add(name)
        tasks.append(Task(name=name, description=_description(file, python.get(file, PythonFile())), file=file, source=file))
    return tasks


def _task_name(file: str) -> str:
    """The dotted path, without ``.py``; it depends on the path alone, so it stays when other files come and go."""
    return _name(file.removesuffix(".py").replace("/", "."), file)


def _name(wanted: str, unique: str = "") -> str:
    """The nearest name that a plan takes; where letters had to go, a digest keeps it apart from others."""
    name = re.sub(r"[^A-Za-z0-9_. -]", "-", wanted)
    if not re.match(r"[A-Za-z0-9_]", name):
        name = f"_{name}"
    changed = name not in {wanted, f"_{wanted}"}
    return _with_digest(name, unique or wanted) if changed or len(name) > _NAME_LENGTH else name


def _with_digest(name: str, unique: str) -> str:
    digest = hashlib.sha256(unique.encode("utf-8", "surrogateescape")).hexdigest()[:_DIGEST_LENGTH]
    return f"{name[: _NAME_LENGTH - _DIGEST_LENGTH - 1]}-{digest}"


def _milestones(tasks: list[Task], plan_name: str) -> tuple[Milestone, ...]:
    """One milestone a folder, in the order of the first file in each; files at the top belong to the plan's own."""
    groups: dict[str, list[Task]] = {}
    for task in tasks:
        groups.setdefault(str(PurePosixPath(task.file).parent), []).append(task)
    ordered = sorted(groups, key=lambda folder: () if folder == "." else PurePosixPath(folder).parts)
    names: set[str] = set()
    milestones: list[Milestone] = []
    for folder in ordered:
        name = plan_name if folder == "." else _name(folder.replace("/", "."), folder)
        name = _with_digest(name, folder) if name in names else name
        names.add(name)
        milestones.append(Milestone(name=name, tasks=tuple(groups[folder])))
    return tuple(milestones)


def _description(file: str, read: PythonFile) -> str:
    """The first paragraph of a Python module's docstring in one line, else a sentence that names the file."""
    paragraph = " ".join(read.docstring.strip().partition("\n\n")[0].split())
    usable = paragraph and paragraph.isprintable()
    return textwrap.shorten(paragraph, _DESCRIPTION_LENGTH, placeholder=" …") if usable else f"The file {file}, as imported."

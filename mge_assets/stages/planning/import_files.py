"""Writing an imported plan: the plan file, and copies of the sources where the plan could not find them otherwise."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from mge_assets.model.errors import ConflictError, Place
from mge_assets.model.masterplan import Masterplan, Task
from mge_assets.stages.planning.importing import ImportedPlan
from mge_assets.stages.planning.scanning import COPY_MARK
from mge_assets.stages.planning.writing import dump_json, dump_yaml


def default_plan_path(imported: ImportedPlan, folder: Path) -> Path:
    """Where the plan goes when nobody says: ``<name>.plan.yaml`` in ``folder``."""
    return folder / f"{imported.masterplan.name}.plan.yaml"


def write_import(imported: ImportedPlan, plan_path: Path, *, replace: bool = False) -> Masterplan:
    """Write the plan file, and beside it ``<stem>-sources`` where the originals lie outside of the plan's folder.

    Returns the plan as written. Writing the same again changes nothing. Raises ConflictError, before anything is
    written, where a different plan or folder stands there already and ``replace`` does not say to replace it.
    """
    folder = plan_path.parent.resolve()
    beside = imported.folder.resolve().is_relative_to(folder)
    copies = plan_path.parent / f"{plan_path.stem}-sources"
    plan = _beside(imported, folder) if beside else _sourced(imported.masterplan, lambda task: f"{copies.name}/{task.file}")
    text = (dump_json(plan) if plan_path.suffix.lower() == ".json" else dump_yaml(plan)).encode()
    _refuse_other_plan(plan_path, text, replace)
    if not beside:
        _refuse_other_folder(imported, copies, replace)
    folder.mkdir(parents=True, exist_ok=True)
    if not beside:
        _copy(imported, copies, plan_path.name)
    _write(plan_path, text)
    return plan


def _beside(imported: ImportedPlan, folder: Path) -> Masterplan:
    """The plan with each source as its path from the plan's folder."""
    root = imported.folder.resolve()
    where = {name: (root / path.relative_to(imported.folder)).relative_to(folder).as_posix() for name, path in imported.sources.items()}
    return _sourced(imported.masterplan, lambda task: where[task.name])


def _sourced(plan: Masterplan, source: Callable[[Task], str]) -> Masterplan:
    def milestones(phase_index: int) -> tuple[object, ...]:
        return tuple(
            milestone.model_copy(update={"tasks": tuple(task.model_copy(update={"source": source(task)}) for task in milestone.tasks)})
            for milestone in plan.phases[phase_index].milestones
        )

    phases = tuple(phase.model_copy(update={"milestones": milestones(index)}) for index, phase in enumerate(plan.phases))
    return plan.model_copy(update={"phases": phases})


def _refuse_other_plan(path: Path, text: bytes, replace: bool) -> None:
    if path.is_dir():
        raise ConflictError("a folder stands where the plan would go", fix="choose another file", place=Place(str(path)))
    if path.exists() and not replace and path.read_bytes() != text:
        raise ConflictError("another plan stands here already", fix="choose another file, or say that it may be replaced", place=Place(str(path)))


def _refuse_other_folder(imported: ImportedPlan, copies: Path, replace: bool) -> None:
    """Nobody's own files are ever replaced, and what an earlier import copied only when it is the same or ``replace`` says so."""
    place = Place(str(copies))
    if not copies.exists() and not copies.is_symlink():
        return
    if not (copies / COPY_MARK).is_file() or copies.is_symlink():
        raise ConflictError("something that no import made stands where the sources would go", fix="choose another name for the plan file", place=place)
    if not replace and not _same(imported, copies):
        raise ConflictError("other sources stand here already", fix="choose another name for the plan file, or say that they may be replaced", place=place)


def _same(imported: ImportedPlan, copies: Path) -> bool:
    """True where the folder holds exactly the sources of this import."""
    wanted = {task.file: imported.sources[task.name] for task in imported.masterplan.tasks}
    there = {path.relative_to(copies).as_posix(): path for path in copies.rglob("*") if not path.is_dir()}
    there.pop(COPY_MARK)
    return wanted.keys() == there.keys() and all(path.read_bytes() == there[file].read_bytes() for file, path in wanted.items())


def _copy(imported: ImportedPlan, copies: Path, plan_name: str) -> None:
    """Fill a fresh folder, then put it in place of the old one, so that a crash leaves one whole folder."""
    fresh = Path(tempfile.mkdtemp(prefix=f".{copies.name}-", dir=copies.parent))
    try:
        (fresh / COPY_MARK).write_text(f"Sources of {plan_name}, copied by `mge import`.\n", encoding="utf-8")
        for task in imported.masterplan.tasks:
            target = fresh / task.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(imported.sources[task.name].read_bytes())
        fresh.chmod(0o755)
        _swap(fresh, copies)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _swap(fresh: Path, copies: Path) -> None:
    if not copies.exists():
        fresh.rename(copies)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{copies.name}-old-", dir=copies.parent))
    copies.rename(old / "sources")
    fresh.rename(copies)
    shutil.rmtree(old)


def _write(path: Path, text: bytes) -> None:
    """All of the file or none of it."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)

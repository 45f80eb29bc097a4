"""A live display of a run, read from the database: bars on a terminal, nothing elsewhere (narration tells the milestones there)."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mge_assets.cli.output import narration
from mge_assets.model.executions import ExecutionStatus
from mge_assets.model.executions import Progress as RunProgress

if TYPE_CHECKING:
    from mge_assets.services.workspace import Workspace

EVERY_SECONDS = 0.4


@contextmanager
def follow(workspace: "Workspace", plan: str) -> Iterator[None]:
    """Show how far the plan's run is while the block runs."""
    if not narration.is_terminal:
        yield
        return
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.fields[note]}"))
    with Progress(*columns, console=narration, transient=True) as display:
        stop = threading.Event()
        watcher = threading.Thread(target=_watch, args=(workspace, plan, display, stop), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            stop.set()
            watcher.join()


def _watch(workspace: "Workspace", plan: str, display: Progress, stop: threading.Event) -> None:
    waves = display.add_task("waves", total=None, note="planning")
    atoms = display.add_task("atoms", total=None, note="")
    while not stop.wait(EVERY_SECONDS):
        with suppress(Exception):  # a display never ends a run
            progress = workspace.execution.progress(plan)
            display.update(waves, total=progress.waves or None, completed=progress.waves_done, note=progress.status.value)
            display.update(atoms, total=progress.atoms.total or None, completed=_ended(progress), note=_note(progress))


def _ended(progress: RunProgress) -> int:
    counts = progress.atoms
    return counts.completed + counts.failed + counts.blocked if progress.status is not ExecutionStatus.PENDING else 0


def _note(progress: RunProgress) -> str:
    counts = progress.atoms
    parts = [f"{counts.reused} re-used"] if counts.reused else []
    parts += [f"{counts.failed} failed"] if counts.failed else []
    parts += [f"{counts.blocked} blocked"] if counts.blocked else []
    return ", ".join([*parts, f"${progress.cost_usd:.2f}"])

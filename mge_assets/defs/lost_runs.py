"""Runs whose process is gone. Dagster's launcher hears of it from the code server; where that went as well, the run would be taken for started for ever,
and no other of its plan would ever get its turn.
"""

from collections.abc import Sequence

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, InitResourceContext, RunsFilter

from mge_assets.store.owners import is_gone, owner_name

PROCESS_TAG = "mge/process"
"""The run that was signed and the process that did it: a run that is executed again takes over its parent's tags."""


def sign(context: InitResourceContext) -> None:
    """Put down with the run which process executes it."""
    if context.run is not None and context.instance is not None:
        context.instance.add_run_tags(context.run.run_id, {PROCESS_TAG: f"{context.run.run_id}/{owner_name()}"})


def lost_runs(instance: DagsterInstance) -> Sequence[DagsterRun]:
    """Started runs that a process of this machine signed which is there no more."""
    return [run for run in instance.get_runs(RunsFilter(statuses=[DagsterRunStatus.STARTED])) if _is_lost(run)]


def _is_lost(run: DagsterRun) -> bool:
    signed, _, owner = run.tags.get(PROCESS_TAG, "").partition("/")
    return signed == run.run_id and is_gone(owner)

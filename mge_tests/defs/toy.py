"""A job of mapped steps that keeps a tape of when each started and ended, and ways to run it."""

import re
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field

from dagster import (
    DagsterEvent,
    DagsterInstance,
    DagsterRun,
    DynamicOut,
    DynamicOutput,
    In,
    JobDefinition,
    Nothing,
    OpExecutionContext,
    Out,
    RetryPolicy,
    job,
    op,
)
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import create_execution_plan, execute_run_iterator
from dagster._core.execution.plan.state import KnownExecutionState

from mge_assets.defs.resources import NothingKept
from mge_assets.defs.wave_executor import wave_executor

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class Tape:
    started: dict[str, float] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)
    closed: int = 0
    most: int = 0

    def under_way(self) -> int:
        return len(self.started) - len(self.ended)

    def of_wave(self, wave: int, moments: dict[str, float]) -> list[float]:
        return [moment for key, moment in moments.items() if key.startswith(f"w{wave:02d}__")]


def toy_job(tape: Tape, sizes: Sequence[int], body: Callable[[str], Awaitable[None]], retry: RetryPolicy | None = None) -> JobDefinition:
    """Waves of these sizes; ``body`` is what each mapped step does, given its mapping key."""

    @op(out=DynamicOut(Nothing))
    def fan() -> Iterator[DynamicOutput[None]]:
        keys = [f"w{wave:02d}__{place:04d}_atom" for wave, size in enumerate(sizes) for place in range(size)]
        yield from (DynamicOutput(None, mapping_key=key) for key in reversed(keys))

    @op(ins={"start": In(Nothing)}, out=Out(Nothing), retry_policy=retry)
    async def work(context: OpExecutionContext) -> None:
        key = context.get_mapping_key() or ""
        tape.started[key] = time.monotonic()
        tape.most = max(tape.most, tape.under_way())
        try:
            await body(key)
        finally:
            tape.ended[key] = time.monotonic()

    @op(ins={"start": In(Nothing)}, out=Out(Nothing))
    def close() -> None:
        tape.closed += 1

    @job(executor_def=wave_executor, resource_defs={"io_manager": NothingKept()})
    def toy() -> None:
        close(start=fan().map(lambda atom: work(start=atom)).collect())

    return toy


def run(toy: JobDefinition, instance: DagsterInstance, limit: int = 100) -> tuple[DagsterRun, list[DagsterEvent]]:
    config = {**QUIET, "execution": {"config": {"max_concurrent": limit}}}
    started = instance.create_run_for_job(toy, run_config=config)
    events = list(execute_run_iterator(InMemoryJob(toy), started, instance))
    ended = instance.get_run_by_id(started.run_id)
    assert ended is not None
    return ended, events


def run_again_from_failure(toy: JobDefinition, instance: DagsterInstance, failed: DagsterRun) -> DagsterRun:
    """What "re-execute from failure" does in the UI."""
    steps, known = KnownExecutionState.build_resume_retry_reexecution(instance, failed)
    plan = create_execution_plan(toy, failed.run_config, step_keys_to_execute=list(steps), known_state=known)
    first = failed.run_id
    again = instance.create_run_for_job(toy, execution_plan=plan, run_config=failed.run_config, tags=failed.tags, parent_run_id=first, root_run_id=first)
    list(execute_run_iterator(InMemoryJob(toy), again, instance))
    ended = instance.get_run_by_id(again.run_id)
    assert ended is not None
    return ended


def mapping_key(step_key: str) -> str:
    found = re.search(r"\[(.+)\]$", step_key)
    return found[1] if found else ""

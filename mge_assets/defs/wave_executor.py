"""The executor that runs a wave's steps side by side in one process. This module and ``lean_steps`` alone lean on Dagster's internals.

Steps whose function is async share one event loop, each other step has a thread. The loop has a thread of its own too:
in the main thread Dagster's error boundaries swap signal handlers, and a hundred interleaved swaps would leave a wrong
one behind. The main thread hands events on and looks for interrupts ten times a second.

What keeps 12,000 mapped steps linear: ``ActiveExecution`` builds sets over all steps at every question, so it is asked
only when its answer can have changed (a wave is done, or a step outside the waves ended), and not at every event.
"""

import asyncio
import inspect
import math
import os
import queue
import threading
import time
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, cast

from dagster import DagsterEvent, DagsterEventType, Field, InitExecutorContext, Int, Noneable, executor
from dagster._core.definitions.decorators.op_decorator import DecoratedOpFunction
from dagster._core.events import EngineEventData
from dagster._core.execution.api import ExecuteRunWithPlanIterable
from dagster._core.execution.context.system import PlanExecutionContext, PlanOrchestrationContext, StepExecutionContext
from dagster._core.execution.context_creation_job import PlanExecutionContextManager
from dagster._core.execution.plan.active import ActiveExecution
from dagster._core.execution.plan.execute_plan import dagster_event_sequence_for_step as blocking_sequence
from dagster._core.execution.plan.instance_concurrency_context import InstanceConcurrencyContext
from dagster._core.execution.plan.objects import ErrorSource, step_failure_event_from_exc_info
from dagster._core.execution.plan.plan import ExecutionPlan
from dagster._core.execution.plan.step import ExecutionStep
from dagster._core.execution.retries import RetryMode, get_retries_config
from dagster._core.executor.base import Executor
from dagster_async_executor.execution.plan.execute_plan import _trigger_hook

from mge_assets.defs.lean_steps import async_sequence, lightened
from mge_assets.defs.rare_collection import rare_collection
from mge_assets.defs.readiness import forget_needs, needs_of
from mge_assets.defs.signals import has_arrived
from mge_assets.defs.wave_order import DependencyOrder, WaveOrder
from mge_resources.event_loop import event_loop
from mge_resources.settings import read_settings

INTERRUPTED = "Interrupted: the steps under way are stopped"
"""Message of the engine event that a run under this executor has when a signal reached it."""

_POLL_SECONDS = 0.1
_GRACE_SECONDS = 2.0
"""How long cancelled steps may take to clean up before the run ends without them."""
_ENDINGS = {DagsterEventType.STEP_SUCCESS, DagsterEventType.STEP_FAILURE, DagsterEventType.STEP_UP_FOR_RETRY}


@dataclass(frozen=True, slots=True)
class _End:
    """The last word of a sequence of events, with the error that ended it, if one did."""

    error: BaseException | None = None


class WaveExecutor(Executor):
    """Runs waves after one another and a wave's steps side by side, in this process.

    Args:
        limit: steps under way at once.
        retries: whether a step may ask to be run again.
    """

    def __init__(self, limit: int, retries: RetryMode = RetryMode.ENABLED) -> None:
        self._limit, self._retries = limit, retries

    @property
    def retries(self) -> RetryMode:
        """Whether a step may ask to be run again."""
        return self._retries

    def execute(self, plan_context: PlanOrchestrationContext, execution_plan: ExecutionPlan) -> Iterator[DagsterEvent]:
        """Runs the plan and yields its events. Raises DagsterExecutionInterruptedError where the run was cancelled."""
        data = EngineEventData.in_process(os.getpid(), execution_plan.step_keys_to_execute)
        yield DagsterEvent.engine_event(plan_context, f"Waves run in this process, {self._limit} steps at once", event_specific_data=data)
        yield from ExecuteRunWithPlanIterable(
            execution_plan=execution_plan,
            iterator=self._iterate,
            execution_context_manager=PlanExecutionContextManager(
                job=plan_context.job,
                retry_mode=plan_context.retry_mode,
                execution_plan=execution_plan,
                run_config=plan_context.run_config,
                dagster_run=plan_context.dagster_run,
                instance=plan_context.instance,
                raise_on_error=plan_context.raise_on_error,
                output_capture=plan_context.output_capture,
            ),
        )

    def _iterate(self, job_context: PlanExecutionContext, execution_plan: ExecutionPlan) -> Iterator[DagsterEvent]:
        with (
            rare_collection(),
            InstanceConcurrencyContext(job_context.instance, job_context.dagster_run) as slots,
            execution_plan.start(retry_mode=self._retries, instance_concurrency_context=slots) as active,
        ):
            yield from _WaveLoop(lightened(job_context), active, self._limit).events()


class _WaveLoop:
    """Runs one plan's steps. ``events`` belongs to the main thread, all else to the loop's own."""

    def __init__(self, job_context: PlanExecutionContext, active: ActiveExecution, limit: int) -> None:
        self._job_context, self._active, self._limit = job_context, active, limit
        self._order: WaveOrder | DependencyOrder = WaveOrder(limit)
        self._steps: dict[str, ExecutionStep] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._again: set[str] = set()
        self._known = active.get_known_state()
        self._stale, self._stopped = True, False
        self._error: BaseException | None = None
        self._out: queue.SimpleQueue[DagsterEvent | _End] = queue.SimpleQueue()
        self._loop, self._wake = event_loop(), asyncio.Event()

    def events(self) -> Iterator[DagsterEvent]:
        """Starts the loop and yields its events until it ends; an interrupt stops it. Raises what ended it."""
        thread = threading.Thread(target=self._serve, name="wave-executor", daemon=True)
        thread.start()
        until = math.inf
        try:
            while not isinstance(item := self._take(), _End) and time.monotonic() < until:
                if item is not None:
                    yield item
                if until == math.inf and (self._active.check_for_interrupts() or has_arrived()):
                    until = time.monotonic() + _GRACE_SECONDS + 1  # a step that blocks the loop does not hold up the end
                    self._active.mark_interrupted()
                    yield DagsterEvent.engine_event(self._job_context, INTERRUPTED, event_specific_data=EngineEventData())
                    self._call_stop()
            if isinstance(item, _End) and item.error:
                raise item.error
        finally:
            self._call_stop()
            if until == math.inf:
                thread.join(_GRACE_SECONDS + 1)

    def _take(self) -> "DagsterEvent | _End | None":
        with suppress(queue.Empty):
            return self._out.get(timeout=_POLL_SECONDS)
        return None

    def _call_stop(self) -> None:
        with suppress(RuntimeError):  # the loop has closed of itself
            self._loop.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        self._stopped = True
        self._wake.set()

    def _serve(self) -> None:
        # asyncio's own default is six threads on two cores, and each atom under way may need one for the database
        self._loop.set_default_executor(ThreadPoolExecutor(self._limit, thread_name_prefix="atom"))
        end = _End()
        try:
            self._loop.run_until_complete(self._conduct())
        except BaseException as error:  # the main thread raises it
            end = _End(error)
        finally:
            self._loop.close()
            self._out.put(end)

    async def _conduct(self) -> None:
        try:
            while not self._stopped:
                if self._stale:
                    self._ask()
                if self._active.is_complete:  # true too early while mapped steps are known but not asked for
                    break
                for step_key in self._order.start():
                    task = self._loop.create_task(self._run(self._steps[step_key]), name=step_key)
                    self._tasks.add(task)
                    task.add_done_callback(self._end)
                await self._pause()
        finally:
            forget_needs(self._job_context.run_id)
            await self._cancel()
        if self._error:
            raise self._error

    def _ask(self) -> None:
        """Asks Dagster what became ready, and what will never be."""
        self._stale = False
        needs = needs_of(self._job_context.run_id)
        if needs is not None and isinstance(self._order, WaveOrder):
            self._order = DependencyOrder(self._limit, needs, self._order.carry())
        for event in self._active.plan_events_iterator(self._job_context):
            self._out.put(event)
        for step in self._active.get_steps_to_execute():
            self._steps[step.key] = step
            self._order.add(step.key)
        for event in self._active.concurrency_event_iterator(self._job_context):
            self._out.put(event)
        self._known = self._active.get_known_state()

    async def _pause(self) -> None:
        """Until a step ends, or until one that waits for the clock (a retry, a slot in a pool) may be ready."""
        seconds = float(self._active.sleep_interval())  # type: ignore[no-untyped-call]
        if not seconds and not self._tasks:
            self._stopped = True  # nothing runs and nothing can start: Dagster itself says which steps are left
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), max(seconds, 0.01) if seconds else None)
        self._wake.clear()
        self._stale = self._stale or bool(seconds)

    async def _cancel(self) -> None:
        for task in self._tasks:
            task.cancel("the run was cancelled")
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_GRACE_SECONDS)

    async def _run(self, step: ExecutionStep) -> None:
        """One step from start to end, its own errors included; its generator is closed here, in the task that its context belongs to."""
        step_context = self._job_context.for_step(step, self._known)
        told: list[DagsterEvent] = []
        try:
            async with aclosing(_sequence(step_context, self._loop)) as sequence:
                async for event in sequence:
                    told.append(event)
                    self._tell(event)
        except (Exception, asyncio.CancelledError, KeyboardInterrupt) as error:
            if not any(event.event_type in _ENDINGS for event in told):
                self._tell(_failure(step_context, error))
            if step_context.raise_on_error:
                raise
        if step_context.job_def.get_all_hooks_for_handle(step_context.node_handle):
            async for event in _trigger_hook(step_context, told):
                self._tell(event)

    def _tell(self, event: DagsterEvent) -> None:
        self._out.put(event)
        self._active.handle_event(event)
        if event.is_step_up_for_retry:
            self._again.add(str(event.step_key))

    def _end(self, task: "asyncio.Task[None]") -> None:
        """Book-keeping when a step's task is done; an error that got out of it ends the run."""
        step_key = task.get_name()
        self._tasks.discard(task)
        self._wake.set()
        again = step_key in self._again
        self._again.discard(step_key)
        if self._order.end(step_key, again=again) or again:
            self._stale = True
        try:
            self._active.verify_complete(self._job_context, step_key)
            task.result()
        except asyncio.CancelledError:
            return
        except Exception as error:  # the loop would only print it
            self._error, self._stopped = self._error or error, True


def _failure(step_context: StepExecutionContext, error: BaseException) -> DagsterEvent:
    source = ErrorSource.INTERRUPT if isinstance(error, asyncio.CancelledError | KeyboardInterrupt) else ErrorSource.FRAMEWORK_ERROR
    trouble = cast("Any", (type(error), error, error.__traceback__))
    return cast("DagsterEvent", step_failure_event_from_exc_info(step_context, trouble, error_source=source))


def _sequence(step_context: StepExecutionContext, loop: asyncio.AbstractEventLoop) -> AsyncGenerator[DagsterEvent, None]:
    """A step's events: made in the loop where its function is async, in a thread where it is not."""
    compute = step_context.op_def.compute_fn
    function = compute.decorated_fn if isinstance(compute, DecoratedOpFunction) else compute
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return async_sequence(step_context)
    return _in_thread(step_context, loop)


async def _in_thread(step_context: StepExecutionContext, loop: asyncio.AbstractEventLoop) -> AsyncGenerator[DagsterEvent, None]:
    arrived: asyncio.Queue[DagsterEvent | _End] = asyncio.Queue()

    def send(item: DagsterEvent | _End) -> None:
        with suppress(RuntimeError):  # the run was cancelled and the loop has closed: nobody listens any more
            loop.call_soon_threadsafe(arrived.put_nowait, item)

    def work() -> None:
        try:
            for event in blocking_sequence(step_context):
                send(event)
        except BaseException as error:  # raised again in the loop
            send(_End(error))
        else:
            send(_End())

    # a daemon, and not the loop's pool: a blocked step must not keep a cancelled run's process alive
    threading.Thread(target=work, name=step_context.step.key, daemon=True).start()
    while not isinstance(item := await arrived.get(), _End):
        yield item
    if item.error:
        raise item.error


@executor(
    name="wave_executor",
    config_schema={
        "max_concurrent": Field(Noneable(Int), default_value=None, description="Steps under way at once; V2_MAX_PARALLEL_ATOMS if left out."),
        "retries": get_retries_config(),  # type: ignore[no-untyped-call]
    },
)
def wave_executor(init_context: InitExecutorContext) -> WaveExecutor:
    """Waves in order, side by side inside a wave, everything in one process."""
    config = init_context.executor_config
    limit = cast("int | None", config["max_concurrent"]) or read_settings().max_parallel_atoms
    return WaveExecutor(limit, RetryMode.from_config(cast("Any", config["retries"])) or RetryMode.ENABLED)

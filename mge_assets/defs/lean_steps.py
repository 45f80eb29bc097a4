"""What Dagster makes anew for every step though it is the same for all, made once; and the shortest way through a step that hands on nothing.

An atom's step took 3.5 ms in Dagster and made a class for its resources, two loggers, and a dozen generators around one coroutine. Its events, what they
say and their order are Dagster's own. Leans on Dagster's internals as ``wave_executor`` does, and under the same contract test.
"""

import inspect
import logging
import time
import types
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from copy import copy
from functools import lru_cache
from typing import Any, cast

from dagster import AssetExecutionContext, DagsterEvent, OpExecutionContext, Output
from dagster._core.definitions.decorators.op_decorator import DecoratedOpFunction
from dagster._core.definitions.metadata import normalize_metadata
from dagster._core.definitions.resource_annotation import get_resource_args
from dagster._core.definitions.scoped_resources_builder import Resources, ScopedResourcesBuilder
from dagster._core.events import DagsterEventBatchMetadata
from dagster._core.events.log import EventLogEntry
from dagster._core.execution.context.compute import current_execution_context
from dagster._core.execution.context.system import PlanExecutionContext, StepExecutionContext
from dagster._core.execution.plan.objects import StepSuccessData, TypeCheckData
from dagster._core.execution.plan.outputs import StepOutputData, StepOutputHandle
from dagster._core.instance.types import _EventListenerLogHandler
from dagster._core.log_manager import DagsterLogHandlerMetadata, DagsterLogManager
from dagster_async_executor.execution.plan import compute_generator, execute_plan, execute_step
from dagster_async_executor.execution.plan.compute import _error_boundary_factory

Events = AsyncGenerator[DagsterEvent, None]


def lightened(job_context: PlanExecutionContext) -> PlanExecutionContext:
    """The context of a run whose steps share what is the same for all of them."""
    data = job_context._execution_data
    light = copy(job_context)
    light._execution_data = data._replace(scoped_resources_builder=_BuiltOnce.of(data.scoped_resources_builder))
    light._log_manager = _RunLog(job_context._log_manager)
    return light


class _BuiltOnce(ScopedResourcesBuilder):
    """Resources by the names that a step asks for: Dagster makes a class of them for every step, 0.3 ms and garbage in a circle each."""

    _built: dict[AbstractSet[str], Resources]

    @classmethod
    def of(cls, builder: ScopedResourcesBuilder) -> "_BuiltOnce":
        """One that builds what ``builder`` does."""
        made = cls(builder.resource_instance_dict, builder.contains_generator)
        made._built = {}
        return made

    def build(self, required_resource_keys: AbstractSet[str] | None) -> Resources:
        """The resources of these names."""
        names = frozenset(required_resource_keys or ())
        if names not in self._built:
            self._built[names] = super().build(names)
        return self._built[names]


class _RunLog(DagsterLogManager):
    """The log of a run, which gives its steps logs that are whole only once somebody writes words into them."""

    def __init__(self, log: DagsterLogManager) -> None:
        self.__dict__.update(log.__dict__)

    def with_tags(self, **new_tags: str) -> "DagsterLogManager":
        """The log of a step."""
        return _StepLog(self, new_tags)


class _StepLog(DagsterLogManager):
    """The log of a step. Its events go straight to where the run's are kept, unless a console wants to see them; all else goes Dagster's way.

    Dagster gives each step two loggers, and puts one of them among those of the whole process: with a thousand steps under way each line that is logged
    elsewhere in Dagster's name would be written a thousand times.
    """

    def __init__(self, run_log: DagsterLogManager, tags: Mapping[str, str]) -> None:
        self._run_log, self._tags = run_log, tags  # no more: what else a logger has is made by __getattr__

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a logger has
        if name in {"_run_log", "_tags"} or "_dagster_handler" in self.__dict__:
            raise AttributeError(name)
        self.__dict__.update(DagsterLogManager.with_tags(self._run_log, **self._tags).__dict__)
        return getattr(self, name)

    @property
    def metadata(self) -> DagsterLogHandlerMetadata:
        """What is said of each line: run, job, step."""
        return cast("DagsterLogHandlerMetadata", {**self._run_log.metadata, **self._tags})

    def begin_python_log_capture(self) -> None:
        """Nothing: what is logged in Dagster's name elsewhere is no single step's while others are under way."""

    def end_python_log_capture(self) -> None:
        """Nothing, likewise."""

    def log_dagster_event(self, level: str | int, msg: str, dagster_event: DagsterEvent, batch_metadata: DagsterEventBatchMetadata | None = None) -> None:
        """Keep an event of the step."""
        listeners = _only_listeners(self._run_log, logging.getLevelName(level) if isinstance(level, str) else level)
        if listeners is None:
            super().log_dagster_event(level, msg, dagster_event, batch_metadata)
            return
        said = self._run_log.metadata
        made = (None, level, msg, said["run_id"], time.time(), self._tags.get("step_key"), said["job_name"], dagster_event)
        entry = EventLogEntry(*made)  # type: ignore[no-untyped-call]
        for listener in listeners:
            listener._instance.handle_new_event(entry, batch_metadata=batch_metadata)


def _only_listeners(log: DagsterLogManager, level: int) -> Sequence[_EventListenerLogHandler] | None:
    """Where events of this level are kept; ``None`` where they are shown or sent elsewhere too."""
    handler = log._dagster_handler
    if any(logger.isEnabledFor(level) for logger in handler._loggers):
        return None
    listeners = [each for each in handler._handlers if isinstance(each, _EventListenerLogHandler)]
    return listeners if len(listeners) == len(handler._handlers) else None


def async_sequence(step_context: StepExecutionContext) -> Events:
    """The events of a step whose function is async, what can go wrong with it included."""
    return cast("Events", _around(step_context))


def _core(step_context: StepExecutionContext) -> Events:
    """What happens inside: the short way where the step allows it."""
    if _hands_on_nothing(step_context):
        return _short(step_context)
    return cast("Events", execute_step.core_dagster_event_sequence_for_step(step_context))


# the package's own function, errors and retries and all, around our own inside: it looks that up among its module's names
_around = types.FunctionType(
    execute_plan.dagster_event_sequence_for_step.__code__,
    {**vars(execute_plan), "core_dagster_event_sequence_for_step": _core},
    argdefs=execute_plan.dagster_event_sequence_for_step.__defaults__,
)


def _hands_on_nothing(step_context: StepExecutionContext) -> bool:
    """Whether the step is a first try of a coroutine that takes in and gives out Nothing, and makes no asset."""
    compute, (output, *more) = step_context.op_def.compute_fn, step_context.step.step_outputs
    if more or not isinstance(compute, DecoratedOpFunction) or _resources_of(compute.decorated_fn) is None:
        return False
    defined = step_context.op_def.output_def_named(output.name)
    plain = defined.dagster_type.is_nothing and not defined.is_dynamic and output.properties.asset_check_key is None
    if not plain or any(not each.dagster_type.is_nothing for each in step_context.op_def.input_defs):
        return False
    made = step_context.job_def.asset_layer.get_asset_key_for_node_output(step_context.node_handle, output.name)
    return not (step_context.is_sda_step or step_context.previous_attempt_count or made)


@lru_cache(maxsize=64)
def _resources_of(function: Callable[..., Any]) -> tuple[str, ...] | None:
    """The resources that an op's function takes beside its context; ``None`` where it is no coroutine or takes anything else."""
    context, *others = inspect.signature(function).parameters.values() or (None,)
    known = context is not None and context.name == "context" and context.annotation in {inspect.Parameter.empty, OpExecutionContext}
    resources = get_resource_args(function)
    if not known or not inspect.iscoroutinefunction(function) or {each.name for each in others} != {each.name for each in resources}:
        return None
    return tuple(each.name for each in resources)


async def _short(step_context: StepExecutionContext) -> Events:
    """Start, the function, output, success; whatever else it gives out goes Dagster's way."""
    function = cast("DecoratedOpFunction", step_context.op_def.compute_fn).decorated_fn
    resources = step_context.resources.original_resource_dict
    yield DagsterEvent.step_start_event(step_context)
    started = time.perf_counter()
    context = OpExecutionContext(step_context)
    token = current_execution_context.set(AssetExecutionContext(op_execution_context=context))
    try:
        with _error_boundary_factory(step_context):
            made = await function(context, **{name: resources[name] for name in _resources_of(function) or ()})
    finally:
        current_execution_context.reset(token)
    for event in context.consume_events() if context.has_events() else ():
        yield event
    if made is None:
        yield _output(step_context)
    else:
        async for each in compute_generator.validate_and_coerce_op_result_to_iterator(made, context, step_context.op_def.output_defs):
            async for event in execute_step._type_check_and_store_output(step_context, cast("Output[Any]", each)):
                yield event
    taken = StepSuccessData(duration_ms=(time.perf_counter() - started) * 1000)  # type: ignore[no-untyped-call]
    yield DagsterEvent.step_success_event(step_context, taken)


def _output(step_context: StepExecutionContext) -> DagsterEvent:
    """The event that says that the step's one output is there."""
    name = step_context.step.step_outputs[0].name
    handle = StepOutputHandle(step_key=step_context.step.key, output_name=name)
    step_context.observe_output(name)
    if step_context.output_capture is not None:
        step_context.output_capture[handle] = None
    if step_context.step_output_capture is not None:
        step_context.step_output_capture[handle] = None
    metadata = normalize_metadata(step_context.get_output_metadata(name) or {})
    checked = TypeCheckData(success=True, label=name, description=None, metadata={})  # type: ignore[no-untyped-call]
    return DagsterEvent.step_output_event(step_context, StepOutputData(handle, checked, metadata=metadata))

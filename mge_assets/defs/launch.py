"""Runs a plan's three jobs in this process, one after another, as `mge run` does it. No daemon, no code server, no web server."""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dagster import AssetCheckEvaluation, AssetCheckSeverity, DagsterEvent, DagsterEventType, DagsterInstance, DagsterRunStatus, JobDefinition
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
from dagster._core.errors import DagsterAssetCheckFailedError
from dagster._core.execution.api import execute_run_iterator
from dagster._core.remote_origin import ManagedGrpcPythonEnvCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.storage.tags import MAX_RETRIES_TAG
from dagster._core.types.loadable_target_origin import LoadableTargetOrigin
from dagster_shared.error import SerializableErrorInfo

from mge_assets.defs.jobs import delivery_job, execution_job, planning_job
from mge_assets.defs.partitions import BATCH_TAG, FOLLOW_TAG, ORDER_TAG, OUT_TAG, PARTITION, PLAN_TAG, SCHEDULE_TAG, add_plans, one_wave_tags, wave_range_tags
from mge_assets.defs.resources import shared_workspace
from mge_assets.defs.signals import noting_signals
from mge_assets.defs.wave_executor import INTERRUPTED
from mge_assets.defs.wave_order import wave_of
from mge_assets.defs.wiring import build_definitions
from mge_assets.model.executions import Schedule
from mge_assets.model.waves import Order
from mge_assets.services.batching import BATCH_ATOMS
from mge_resources.instance_files import prepare_dagster_home
from mge_resources.settings import Settings

_QUIET = {"console": {"config": {"log_level": "CRITICAL"}}}
_ENDS = {DagsterEventType.STEP_SUCCESS, DagsterEventType.STEP_FAILURE, DagsterEventType.STEP_SKIPPED}
_MAX_ERRORS = 5


@dataclass(frozen=True, slots=True)
class StepEnd:
    """A step of a job ended: ``wave`` is that of an atom's step, None for all others."""

    job: str
    step: str
    wave: int | None
    passed: bool


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """How a job's run ended. ``errors`` are its first errors, one line each; ``blocked`` says that only asset checks failed."""

    job: str
    run_id: str
    success: bool
    cancelled: bool = False
    blocked: bool = False
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanRun:
    """The runs of a plan's jobs, in order; of the ``asked`` ones later are missing where an earlier one ended the walk."""

    plan: str
    jobs: tuple[JobOutcome, ...]
    asked: int = 3

    @property
    def success(self) -> bool:
        """True where all jobs that were asked for ran and succeeded."""
        return len(self.jobs) == self.asked and all(job.success for job in self.jobs)

    @property
    def cancelled(self) -> bool:
        """True where a person stopped it."""
        return any(job.cancelled for job in self.jobs)

    @property
    def errors(self) -> tuple[str, ...]:
        """The first errors, one line each."""
        return tuple(error for job in self.jobs for error in job.errors)


@contextmanager
def open_instance(settings: Settings) -> Iterator[DagsterInstance]:
    """The installation's Dagster instance, with its home under ``MGE_HOME``. Raises DatabaseError, InstanceFileError."""
    home = prepare_dagster_home(settings.dagster_home)
    with DagsterInstance.from_config(str(home)) as instance:
        yield instance


def run_plan(  # noqa: PLR0913 -- how a person asks for a run
    plan: str,
    instance: DagsterInstance,
    settings: Settings,
    out: Path | None = None,
    *,
    schedule: Schedule = Schedule.WAVE,
    order: Order | None = None,
    batch: bool = False,
    wave: int | None = None,
    watch: Callable[[StepEnd], None] = lambda _: None,
) -> PlanRun:
    """Plans, executes and delivers a registered plan, or executes one wave of it; stops at the first job that fails, unless checks alone blocked it.

    What validation blocked is delivered all the same, with its report and review queue: somebody sits at the terminal and reads them.
    Call it from the main thread, so that an interrupt is seen; it then ends within a second or two, with ``cancelled``.

    Args:
        plan: the plan's name.
        instance: where the runs are recorded.
        settings: the installation's.
        out: the folder to deliver to; the installation's own if left out.
        schedule: when an atom may start.
        order: what the waves are ordered by; the plan says so if left out.
        batch: whether calls to the model go in message batches.
        wave: the only one that is executed, of a plan that has waves already; nothing is planned or delivered then.
        watch: told of every step that ends.
    """
    definitions = build_definitions()
    add_plans(instance, [plan])
    places = max(settings.max_parallel_atoms, BATCH_ATOMS) if batch else settings.max_parallel_atoms
    chosen = {SCHEDULE_TAG: schedule.value, **({OUT_TAG: str(out.absolute())} if out else {}), **({ORDER_TAG: order.value} if order else {})}
    chosen |= {BATCH_TAG: "yes"} if batch else {}
    common = {PLAN_TAG: plan, FOLLOW_TAG: "no", **chosen}
    config = {"loggers": _QUIET, "execution": {"config": {"max_concurrent": places}}}
    outcomes: list[JobOutcome] = []
    with shared_workspace(settings) as workspace, noting_signals() as noted:
        names = (planning_job.name, execution_job.name, delivery_job.name) if wave is None else (execution_job.name,)
        for name in names:
            scope = {PARTITION: plan}
            if name == execution_job.name:
                scope = wave_range_tags(plan, len(workspace.dependencies.waves(plan).waves)) if wave is None else one_wave_tags(plan, wave)
            outcomes.append(_run_job(instance, definitions.resolve_job_def(name), config, {**scope, **common}, watch))
            if not (outcomes[-1].success or outcomes[-1].blocked):
                break
            noted.check()
    return PlanRun(plan, tuple(outcomes), len(names))


def _run_job(
    instance: DagsterInstance, job: JobDefinition, config: Mapping[str, object], tags: Mapping[str, str], watch: Callable[[StepEnd], None]
) -> JobOutcome:
    run = instance.create_run_for_job(job, run_config=config, tags={**job.run_tags, **tags, MAX_RETRIES_TAG: "0"}, remote_job_origin=_origin(job.name))
    failures: list[DagsterEvent] = []
    checks: list[str] = []
    for event in execute_run_iterator(InMemoryJob(job), run, instance):
        if event.event_type in _ENDS and event.step_key:
            watch(StepEnd(job.name, event.step_key, wave_of(event.step_key), event.is_step_success))
        if event.is_engine_event and event.message == INTERRUPTED:
            instance.report_run_canceling(run)  # or Dagster takes it for a crash, and the daemon tries the run again
        if event.is_failure:
            failures.append(event)
        if event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION:
            checks += _failed_check(event.asset_check_evaluation_data)
    ended = instance.get_run_by_id(run.run_id) or run
    steps = [event.step_failure_data.error for event in failures if event.is_step_failure]
    errors = [one_line(error) for error in steps or [event.job_failure_data.error for event in failures if event.is_run_failure] if error]
    return JobOutcome(
        job=job.name,
        run_id=run.run_id,
        success=ended.is_success,
        cancelled=ended.status is DagsterRunStatus.CANCELED,
        blocked=bool(steps) and all(error is not None and error.cls_name == DagsterAssetCheckFailedError.__name__ for error in steps),
        errors=tuple((checks or errors)[:_MAX_ERRORS]),
    )


def _origin(job: str) -> RemoteJobOrigin:
    """Where Dagster's own pages find the job, so that a run of this process can be executed again from there. As in ``workspace.yaml``."""
    target = LoadableTargetOrigin(executable_path=sys.executable, module_name="mge_assets.definitions", attribute="defs")
    return RemoteJobOrigin(RemoteRepositoryOrigin(ManagedGrpcPythonEnvCodeLocationOrigin(target, "mge"), SINGLETON_REPOSITORY_NAME), job)


def _failed_check(evaluation: AssetCheckEvaluation) -> list[str]:
    if evaluation.passed or evaluation.severity is not AssetCheckSeverity.ERROR:
        return []
    return [f"{evaluation.check_name}: {evaluation.description}"]


def one_line(error: SerializableErrorInfo) -> str:
    """What went wrong inside Dagster's wrappings, in one line and without the module of the error's class."""
    while error.cause and (error.cls_name or "").startswith("Dagster"):
        error = error.cause
    text = " ".join(re.split(r"\[SQL:|\(Background on this error", error.message)[0].split())  # rows and links are for the run's log
    return re.sub(r"^\w+(\.\w+)+: ", "", text)

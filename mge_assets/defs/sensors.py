"""Sensors: new and changed plan files start planning, planning is followed by execution, execution by delivery."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dagster import (
    AssetKey,
    DagsterRunStatus,
    DefaultSensorStatus,
    MultiPartitionKey,
    RunRequest,
    RunStatusSensorContext,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    run_status_sensor,
    sensor,
)

from mge_assets.defs.jobs import delivery_job, execution_job, planning_job
from mge_assets.defs.lost_runs import lost_runs
from mge_assets.defs.partitions import (
    BATCH_TAG,
    FOLLOW_TAG,
    MASTERPLANS,
    OUT_TAG,
    PARTITION,
    PLAN_TAG,
    RANGE_START,
    SCHEDULE_TAG,
    add_plans,
    wave_key,
    wave_range_tags,
)
from mge_assets.defs.resources import shared_workspace
from mge_assets.model.errors import MgeError
from mge_assets.services.workspace import Workspace
from mge_resources.settings import read_settings

_ENDINGS = {".yaml", ".yml", ".json"}


@dataclass(slots=True)
class _Sweep:
    """What one look at the folder found: requests for good files, a line for each broken one, the digests of the good ones."""

    requests: list[RunRequest] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)


@sensor(job=planning_job, minimum_interval_seconds=10, default_status=DefaultSensorStatus.RUNNING)
def masterplan_files(context: SensorEvaluationContext) -> SensorResult | SkipReason:
    """Looks for new and changed plan files in the watched folder and takes each through the whole pipeline.

    A broken file is reported with the line to mend and holds up no other; it is looked at again every time.
    """
    folder = read_settings().watched
    seen: dict[str, str] = json.loads(context.cursor or "{}")
    sweep = _sweep(folder, seen)
    context.update_cursor(json.dumps(sweep.digests, sort_keys=True))
    if not sweep.requests:
        return SkipReason("\n".join(sweep.problems) or f"no new or changed plan file in {folder}")
    for problem in sweep.problems:  # a tick with runs has no room for a reason
        context.log.error(problem)
    keys = [str(request.partition_key) for request in sweep.requests]
    return SensorResult(run_requests=sweep.requests, dynamic_partitions_requests=[MASTERPLANS.build_add_request(keys)])


def _sweep(folder: Path, seen: dict[str, str]) -> _Sweep:
    found = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in _plan_files(folder)}
    fresh = [path for path, digest in found.items() if seen.get(path.name) != digest]
    sweep = _Sweep(digests={path.name: digest for path, digest in found.items() if path not in fresh})
    if fresh:
        with shared_workspace() as workspace:
            for path in fresh:
                _register(sweep, workspace, path, found[path])
    return sweep


def _register(sweep: _Sweep, workspace: Workspace, path: Path, digest: str) -> None:
    try:
        report = workspace.plans.register(path)
    except (MgeError, OSError) as error:
        sweep.problems.append(str(error))
        return
    sweep.digests[path.name] = digest
    tags = {PLAN_TAG: report.name, FOLLOW_TAG: "yes"}
    sweep.requests.append(RunRequest(run_key=f"{report.name}:{report.digest}", partition_key=report.name, tags=tags))


def _plan_files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in sorted(folder.iterdir()) if path.suffix.lower() in _ENDINGS and path.is_file() and not path.name.startswith(".")]


@run_status_sensor(
    run_status=DagsterRunStatus.SUCCESS,
    monitored_jobs=[planning_job],
    request_job=execution_job,
    minimum_interval_seconds=10,
    default_status=DefaultSensorStatus.RUNNING,
)
def execute_when_planned(context: RunStatusSensorContext) -> RunRequest | SkipReason:
    """Executes all waves of a plan when its planning succeeded and asked for it (tag ``mge/follow``)."""
    tags = context.dagster_run.tags
    if tags.get(FOLLOW_TAG) != "yes":
        return SkipReason("the planning run did not ask for an execution")
    plan = tags[PARTITION]
    with shared_workspace() as workspace:
        waves = len(workspace.dependencies.waves(plan).waves)
    return RunRequest(run_key=context.dagster_run.run_id, tags={**wave_range_tags(plan, waves), **_handed_on(tags)})


@run_status_sensor(
    run_status=DagsterRunStatus.SUCCESS,
    monitored_jobs=[execution_job],
    request_job=delivery_job,
    minimum_interval_seconds=10,
    default_status=DefaultSensorStatus.RUNNING,
)
def deliver_when_executed(context: RunStatusSensorContext) -> RunRequest | SkipReason:
    """Fills the review queue and delivers when an execution succeeded."""
    tags = context.dagster_run.tags
    if tags.get(FOLLOW_TAG) != "yes":
        return SkipReason("the execution did not ask for a delivery")
    plan = _plan_of(tags)
    return RunRequest(run_key=context.dagster_run.run_id, partition_key=plan, tags={PLAN_TAG: plan, **_handed_on(tags)})


@run_status_sensor(
    run_status=DagsterRunStatus.FAILURE,
    monitored_jobs=[execution_job],
    request_job=delivery_job,
    minimum_interval_seconds=10,
    default_status=DefaultSensorStatus.RUNNING,
)
def queue_when_blocked(context: RunStatusSensorContext) -> RunRequest | SkipReason:
    """Fills the review queue when an execution failed or its validation blocked: that is when a person needs it. Nothing is delivered."""
    tags = context.dagster_run.tags
    if tags.get(FOLLOW_TAG) != "yes":
        return SkipReason("the execution did not ask to be followed")
    plan = _plan_of(tags)
    return RunRequest(run_key=context.dagster_run.run_id, partition_key=plan, tags={PLAN_TAG: plan}, asset_selection=[AssetKey("review_queue")])


@sensor(jobs=[execution_job, planning_job], minimum_interval_seconds=5, default_status=DefaultSensorStatus.RUNNING)
def execute_when_asked(context: SensorEvaluationContext) -> Iterator[RunRequest | SkipReason]:
    """Executes what was asked for from outside, over the API: a whole plan, or one of its waves. A plan that has no waves yet is planned first."""
    with shared_workspace() as workspace:
        asked = [(each, len(plan.waves) if (plan := workspace.stores.graphs.waves(each.plan)) else 0) for each in workspace.execution.asked()]
    if not asked:
        yield SkipReason("nobody asked for an execution")
    for each, waves in asked:
        tags = {SCHEDULE_TAG: each.schedule.value, **({OUT_TAG: each.target} if each.target else {})}
        tags |= {BATCH_TAG: "yes"} if each.batch else {}
        key = f"{each.execution_id}:{each.fence}"
        if not waves:
            add_plans(context.instance, [each.plan])
            yield RunRequest(run_key=key, job_name=planning_job.name, partition_key=each.plan, tags={PLAN_TAG: each.plan, FOLLOW_TAG: "yes", **tags})
        elif each.wave is None:
            scope = {**wave_range_tags(each.plan, waves), FOLLOW_TAG: "yes"}
            yield RunRequest(run_key=key, job_name=execution_job.name, tags={**scope, **tags})
        else:
            wave = MultiPartitionKey({"masterplan": each.plan, "wave": wave_key(each.wave)})
            yield RunRequest(run_key=key, job_name=execution_job.name, partition_key=wave, tags={PLAN_TAG: each.plan, FOLLOW_TAG: "no", **tags})


@sensor(minimum_interval_seconds=10, default_status=DefaultSensorStatus.RUNNING)
def reap_lost_runs(context: SensorEvaluationContext) -> SkipReason:
    """Finds executions and runs whose process is gone: puts the executions on pause, and ends the runs, which Dagster's own retries then take up again."""
    with shared_workspace() as workspace:
        lost = workspace.execution.reap()
    for plan, run_id in lost:
        run = context.instance.get_run_by_id(run_id)
        if run is not None and not run.is_finished:
            context.instance.report_run_failed(run, f"the process that executed {plan} ended before it did")
    for run in lost_runs(context.instance):  # planning and delivery have no execution
        context.instance.report_run_failed(run, "its process ended before it did")
    return SkipReason(f"put on pause: {', '.join(plan for plan, _ in lost)}" if lost else "every execution has its process")


def _plan_of(tags: Mapping[str, str]) -> str:
    return (tags.get(RANGE_START) or tags[PARTITION]).split("|")[0]


def _handed_on(tags: Mapping[str, str]) -> dict[str, str]:
    return {tag: tags[tag] for tag in (OUT_TAG, SCHEDULE_TAG, BATCH_TAG) if tag in tags}

"""Schedules: plans that are not done yet are taken up again."""

from collections.abc import Iterator

from dagster import DefaultScheduleStatus, RunRequest, ScheduleEvaluationContext, SkipReason, schedule

from mge_assets.defs.jobs import planning_job
from mge_assets.defs.partitions import FOLLOW_TAG, PLAN_TAG, add_plans
from mge_assets.defs.resources import shared_workspace


@schedule(job=planning_job, cron_schedule="0 * * * *", default_status=DefaultScheduleStatus.STOPPED)
def rerun_unfinished(context: ScheduleEvaluationContext) -> Iterator[RunRequest | SkipReason]:
    """Every hour, runs each plan again whose last execution isn't completed; what is done is re-used. Off until switched on."""
    with shared_workspace() as workspace:
        plans = workspace.plans.unfinished()
    if not plans:
        yield SkipReason("every plan is completed")
        return
    add_plans(context.instance, plans)
    for plan in plans:
        key = f"{plan}:{context.scheduled_execution_time.isoformat()}"
        yield RunRequest(run_key=key, partition_key=plan, tags={PLAN_TAG: plan, FOLLOW_TAG: "yes"})

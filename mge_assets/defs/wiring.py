"""The wiring: everything that Dagster is given, on one screen."""

from dagster import Definitions, colored_console_logger

from mge_assets.defs import atomization, delivery, dependency, drafting, generation, jobs, planning, review, schedules, sensors, validation
from mge_assets.defs.resources import NothingKept, WorkspaceResource
from mge_assets.defs.wave_executor import wave_executor

ASSETS = [
    planning.masterplan,
    drafting.drafts,
    atomization.atoms,
    dependency.dependency_graph,
    dependency.waves,
    generation.generated_code,
    validation.validation_results,
    review.review_queue,
    delivery.delivered_project,
]


def build_definitions() -> Definitions:
    """The pipeline: assets a stage, jobs, sensors, schedule, the workspace they share, the executor that runs them."""
    return Definitions(
        assets=ASSETS,
        jobs=[jobs.planning_job, jobs.execution_job, jobs.delivery_job],
        sensors=[
            sensors.masterplan_files,
            sensors.execute_when_asked,
            sensors.execute_when_planned,
            sensors.deliver_when_executed,
            sensors.queue_when_blocked,
            sensors.reap_lost_runs,
        ],
        schedules=[schedules.rerun_unfinished],
        resources={"workspace": WorkspaceResource(), "io_manager": NothingKept()},
        executor=wave_executor,
        loggers={"console": colored_console_logger},
    )

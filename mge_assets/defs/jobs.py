"""Jobs: what is launched together. Three, because a Dagster job has one kind of partition: plans, then waves, then plans again."""

from dagster import AssetSelection, define_asset_job

from mge_assets.defs.partitions import FOLLOW_TAG
from mge_assets.defs.wave_executor import wave_executor

planning_job = define_asset_job(
    "planning_job",
    AssetSelection.assets("masterplan", "drafts", "atoms", "dependency_graph", "waves"),
    executor_def=wave_executor,
    description="From the plan's file to its waves. Costs nothing but time; what did not change is kept.",
)

execution_job = define_asset_job(
    "execution_job",
    AssetSelection.assets("generated_code", "validation_results"),
    executor_def=wave_executor,
    run_tags={FOLLOW_TAG: "yes"},
    description="Generates a plan's atoms wave by wave and validates the result. Launch all waves of one plan as a single run.",
)

delivery_job = define_asset_job(
    "delivery_job",
    AssetSelection.assets("review_queue", "delivered_project"),
    executor_def=wave_executor,
    description="Fills the review queue and delivers the project with its report.",
)

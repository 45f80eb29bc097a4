"""Asset of the planning stage."""

from dagster import AssetExecutionContext, MaterializeResult, MetadataValue, asset

from mge_assets.defs.figures import findings_table
from mge_assets.defs.partitions import MASTERPLANS
from mge_assets.defs.resources import WorkspaceResource
from mge_assets.model.stages import Stage


@asset(partitions_def=MASTERPLANS, group_name=Stage.PLANNING.value, kinds={"yaml", "postgres"}, owners=["team:mge"])
def masterplan(context: AssetExecutionContext, workspace: WorkspaceResource) -> MaterializeResult[None]:
    """What to build: phases, milestones and tasks, read again from the plan's file and checked.

    A changed file makes a new version. Findings of the lint are listed; an error in the file fails this step and changes nothing.
    """
    report = workspace.services.plans.refresh(context.partition_key)
    context.log.info("%s is at version %d, %s", report.name, report.version, "new" if report.changed else "unchanged")
    return MaterializeResult(
        metadata={
            "file": MetadataValue.path(report.path),
            "version": report.version,
            "changed": report.changed,
            "phases": report.phases,
            "milestones": report.milestones,
            "tasks": report.tasks,
            "findings": findings_table(report.findings),
            "digest": report.digest,
        }
    )

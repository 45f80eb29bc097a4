"""Asset of the drafting stage."""

from dagster import AssetExecutionContext, MaterializeResult, asset

from mge_assets.defs.figures import counts, findings_table, listing
from mge_assets.defs.partitions import MASTERPLANS
from mge_assets.defs.resources import WorkspaceResource
from mge_assets.model.stages import Stage


@asset(deps=["masterplan"], partitions_def=MASTERPLANS, group_name=Stage.DRAFTING.value, kinds={"postgres"}, owners=["team:mge"])
def drafts(context: AssetExecutionContext, workspace: WorkspaceResource) -> MaterializeResult[None]:
    """What each task's file starts from: full code, or a frozen contract with empty bodies.

    Drafts come from the plan or from files beside it. Tasks without one are listed; their atoms can't be generated offline.
    """
    report = workspace.services.drafts.prepare(context.partition_key)
    return MaterializeResult(
        metadata={
            "drafts": report.drafts,
            "kept": report.kept,
            "lines of code": report.loc,
            "languages": counts(report.languages, "language"),
            "tasks without a draft": listing(report.missing, "none"),
            "findings": findings_table(report.findings),
        }
    )

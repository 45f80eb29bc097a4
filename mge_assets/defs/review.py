"""Asset of the review stage."""

from dagster import AssetExecutionContext, MaterializeResult, asset

from mge_assets.defs.figures import counts, table
from mge_assets.defs.partitions import MASTERPLANS
from mge_assets.defs.resources import WorkspaceResource
from mge_assets.model.stages import Stage

_SHOWN = 50


@asset(deps=["validation_results"], partitions_def=MASTERPLANS, group_name=Stage.REVIEW.value, kinds={"postgres"}, owners=["team:mge"])
def review_queue(context: AssetExecutionContext, workspace: WorkspaceResource) -> MaterializeResult[None]:
    """The atoms that a person should look at, the least sure first, each with the reasons. Decide on them on the review page."""
    report = workspace.services.review.fill(context.partition_key)
    rows = [
        {"atom": item.atom, "confidence": round(item.confidence.score, 3), "band": item.confidence.band.value, "why": "; ".join(item.reasons)[:300]}
        for item in report.items[:_SHOWN]
    ]
    return MaterializeResult(
        metadata={"dagster/row_count": report.selected, "atoms scored": report.total, "confidence": counts(report.bands, "band"), "first in line": table(rows)}
    )

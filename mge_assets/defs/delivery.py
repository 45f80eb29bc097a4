"""Asset of the delivery stage."""

from pathlib import Path

from dagster import AssetExecutionContext, MaterializeResult, MetadataValue, asset

from mge_assets.defs.partitions import MASTERPLANS, OUT_TAG
from mge_assets.defs.resources import WorkspaceResource
from mge_assets.model.stages import Stage


@asset(deps=["validation_results", "review_queue"], partitions_def=MASTERPLANS, group_name=Stage.DELIVERY.value, kinds={"git", "python"}, owners=["team:mge"])
def delivered_project(context: AssetExecutionContext, workspace: WorkspaceResource) -> MaterializeResult[None]:
    """The project: files in a git repository with one commit a milestone, and an HTML report of the run.

    It goes to the folder named by the run's tag ``mge/out``, or else to the installation's own. Files that a person changed are not overwritten.
    """
    out = context.run.tags.get(OUT_TAG)
    delivery = workspace.services.delivery.deliver(context.partition_key, Path(out) if out else None)
    progress = workspace.services.execution.progress(context.partition_key)
    return MaterializeResult(
        metadata={
            "folder": MetadataValue.path(str(delivery.out)),
            "report": MetadataValue.url(delivery.report.absolute().as_uri()),
            "files": delivery.files,
            "commits": delivery.commits,
            "unchanged": delivery.unchanged,
            "precision percent": progress.precision_percent,
            "atoms failed": progress.atoms.failed,
            "atoms in review": progress.atoms.in_review,
            "cost in USD": round(progress.cost_usd, 4),
            "seconds": round(progress.seconds, 1),
        }
    )

"""Asset of the atomization stage."""

from dagster import AssetExecutionContext, MaterializeResult, asset

from mge_assets.defs.figures import counts, findings_table
from mge_assets.defs.partitions import MASTERPLANS
from mge_assets.defs.resources import WorkspaceResource
from mge_assets.model.stages import Stage
from mge_assets.services.versions import ATOMIZER_VERSION


@asset(
    deps=["drafts"],
    partitions_def=MASTERPLANS,
    group_name=Stage.ATOMIZATION.value,
    kinds={"treesitter", "postgres"},
    owners=["team:mge"],
    code_version=ATOMIZER_VERSION,
)
def atoms(context: AssetExecutionContext, workspace: WorkspaceResource) -> MaterializeResult[None]:
    """The drafts cut into atoms of about ten lines; an atom's texts joined are its file, byte for byte.

    Files whose drafts did not change keep their atoms. Watch completeness (target 0.95) and atomicity (target 0.9).
    """
    report = workspace.services.atoms.decompose(context.partition_key)
    return MaterializeResult(
        metadata={
            "dagster/row_count": report.atoms,
            "files": report.files,
            "files kept": report.kept_files,
            "lines of code": report.loc,
            "mean lines an atom": round(report.mean_loc, 2),
            "atoms over 15 lines": report.over_limit,
            "mean completeness": round(report.mean_completeness, 3),
            "mean atomicity": round(report.mean_atomicity, 3),
            "cases run": report.cases,
            "kinds": counts(report.kinds, "kind"),
            "syntax findings": findings_table(report.findings),
        }
    )

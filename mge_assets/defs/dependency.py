"""Assets of the dependency stage: the graph, and the waves that follow from it."""

from dagster import AssetExecutionContext, MaterializeResult, asset

from mge_assets.defs.figures import bars, counts, cut_table, listing, picture, table
from mge_assets.defs.partitions import MASTERPLANS, add_waves, wave_key
from mge_assets.defs.resources import WorkspaceResource
from mge_assets.model.stages import Stage
from mge_assets.services.dependencies import ANALYSER_VERSION


@asset(
    deps=["atoms"],
    partitions_def=MASTERPLANS,
    group_name=Stage.DEPENDENCY.value,
    kinds={"networkx", "postgres"},
    owners=["team:mge"],
    code_version=ANALYSER_VERSION,
)
def dependency_graph(context: AssetExecutionContext, workspace: WorkspaceResource) -> MaterializeResult[None]:
    """Which atom needs which: imports, calls, variables, types, data flow, each edge with the places that prove it."""
    report = workspace.services.dependencies.build(context.partition_key)
    return MaterializeResult(
        metadata={
            "dagster/row_count": report.edges,
            "atoms": report.atoms,
            "edge types": counts(report.edge_types, "type"),
            "statistics": table([{"measure": name, "value": value} for name, value in sorted(report.statistics.items())]),
            "unchanged": report.kept,
        }
    )


@asset(
    deps=["dependency_graph"],
    partitions_def=MASTERPLANS,
    group_name=Stage.DEPENDENCY.value,
    kinds={"networkx", "postgres"},
    owners=["team:mge"],
    code_version=ANALYSER_VERSION,
)
def waves(context: AssetExecutionContext, workspace: WorkspaceResource) -> MaterializeResult[None]:
    """The atoms in waves: a wave needs only earlier ones, and its atoms are generated side by side.

    Edges that were cut to break cycles are listed; their targets reach the generator as contracts only.
    """
    report = workspace.services.dependencies.plan_waves(context.partition_key)
    add_waves(context.instance, len(report.sizes))
    return MaterializeResult(
        metadata={
            "waves": len(report.sizes),
            "widest wave": report.max_parallel,
            "atoms a wave": picture(bars({wave_key(n): size for n, size in enumerate(report.sizes)}, "atoms"), "atoms a wave"),
            "graph": picture(report.svg, "dependency graph"),
            "critical path": listing(report.critical_path, "no atom needs another"),
            "edges cut": cut_table(report.cut),
            "unchanged": report.kept,
        }
    )

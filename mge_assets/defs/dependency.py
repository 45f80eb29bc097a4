"""Assets of the dependency stage: the graph, and the waves that follow from it."""

from dagster import AssetExecutionContext, MaterializeResult, asset

from mge_assets.defs.figures import bars, change_text, counts, cut_table, listing, order_table, path_text, picture, region_table, table
from mge_assets.defs.partitions import MASTERPLANS, ORDER_TAG, add_waves, wave_key
from mge_assets.defs.resources import WorkspaceResource
from mge_assets.model.stages import Stage
from mge_assets.model.waves import Order
from mge_assets.services.versions import ANALYSER_VERSION


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
            "packages": region_table(report.boundaries.packages),
            "modules": region_table(report.boundaries.modules),
            "clusters": table(
                [
                    {"atoms": len(c.atoms), "modules": len(c.modules), "kept inside": round(c.cohesion, 2), "first": c.atoms[0]}
                    for c in report.boundaries.clusters[:50]
                ]
            ),
            "isolated atoms": listing(report.boundaries.isolated, "every atom needs another, or is needed"),
            "changed since the state before": change_text(report.change),
            "unchanged": report.kept,
        }
    )


@asset(
    deps=["dependency_graph"],
    partitions_def=MASTERPLANS,
    group_name=Stage.DEPENDENCY.value,
    kinds={"numpy", "postgres"},
    owners=["team:mge"],
    code_version=ANALYSER_VERSION,
)
def waves(context: AssetExecutionContext, workspace: WorkspaceResource) -> MaterializeResult[None]:
    """The atoms in waves: a wave needs only earlier ones, and its atoms are generated side by side.

    Ordered by code or by contract, as the plan or the run says; what either order makes of the plan stands side by side.
    Edges that were cut to break cycles are listed; their targets reach the generator as contracts only.
    """
    asked = context.run.tags.get(ORDER_TAG)
    report = workspace.services.dependencies.plan_waves(context.partition_key, Order(asked) if asked else None)
    add_waves(context.instance, len(report.sizes))
    return MaterializeResult(
        metadata={
            "waves": len(report.sizes),
            "order": report.order.value,
            "orders side by side": order_table(report.figures, report.order),
            "widest wave": report.max_parallel,
            "atoms a wave": picture(bars({wave_key(n): size for n, size in enumerate(report.sizes)}, "atoms"), "atoms a wave"),
            "graph": picture(report.svg, "dependency graph"),
            "critical path": path_text(report.figures.get(report.order)),
            "edges cut": cut_table(report.cut),
            "unchanged": report.kept,
        }
    )

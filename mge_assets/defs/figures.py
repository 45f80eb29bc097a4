"""Metadata that people look at, from reports: markdown, tables, small pictures. Each value stays under 100 KB.

The UI renders markdown with data-URI images inline, but neither Mermaid nor raw HTML.
"""

import base64
from collections import Counter
from collections.abc import Mapping, Sequence

from dagster import MarkdownMetadataValue, MetadataValue, TableMetadataValue, TableRecord

from mge_assets.model.changes import Change
from mge_assets.model.findings import Finding, Severity
from mge_assets.model.graph import AtomEdge, Region
from mge_assets.model.waves import Order, WaveFigures
from mge_assets.model.wording import counted

Row = Mapping[str, str | int | float | bool | None]
"""A row of a table, by column."""
LIMIT_BYTES = 90_000
_ROWS = 50
_SIGNS = {Severity.ERROR: "🔴", Severity.WARNING: "🟠", Severity.INFO: "🔵"}


def findings_table(findings: Sequence[Finding]) -> TableMetadataValue:
    """The first fifty findings, errors first."""
    rank = list(Severity)
    first = sorted(findings, key=lambda finding: rank.index(finding.severity))[:_ROWS]
    records = [
        {"severity": f"{_SIGNS[f.severity]} {f.severity.value}", "where": str(f.place or ""), "message": f.message[:300], "fix": f.fix[:300], "rule": f.rule}
        for f in first
    ]
    return table(records)


def table(rows: Sequence[Row]) -> TableMetadataValue:
    """A table; an empty one says so, as Dagster can't show a table without columns."""
    return MetadataValue.table([TableRecord(dict(row)) for row in rows] or [TableRecord({"none": ""})])


def counts(numbers: Mapping[str, int], of: str) -> TableMetadataValue:
    """Counts by kind, the greatest first."""
    return table([{of: name, "count": count} for name, count in sorted(numbers.items(), key=lambda item: (-item[1], item[0]))])


def cut_table(edges: Sequence[AtomEdge]) -> TableMetadataValue:
    """The edges that were cut to break cycles."""
    return table([{"from": edge.source, "to": edge.target, "type": edge.type.value, "where": ", ".join(edge.places)} for edge in edges[:_ROWS]])


def region_table(regions: Sequence[Region]) -> TableMetadataValue:
    """Modules or packages: how many atoms each has, and what of their dependencies stays inside."""
    most = sorted(regions, key=lambda region: (-region.atoms, region.name))[:_ROWS]
    return table([{"name": r.name, "atoms": r.atoms, "inside": r.inside, "needs others": r.needs, "needed by others": r.needed_by} for r in most])


def order_table(figures: Mapping[Order, WaveFigures], chosen: Order) -> TableMetadataValue:
    """What each order makes of the plan."""
    return table(
        [
            {
                "order": f"{order.value} (chosen)" if order is chosen else order.value,
                "waves": told.waves,
                "widest": told.widest,
                "possible parallelism": round(told.possible, 1),
                "with the limit": round(told.allowed, 1),
                "limit": told.limit,
                "edges cut": told.cut,
                "cost of the cut": told.cut_cost,
                "no cut costs less than": told.cut_bound,
            }
            for order, told in figures.items()
        ]
    )


def path_text(told: WaveFigures | None) -> MarkdownMetadataValue:
    """The critical path: each atom, and why it waits for the one before."""
    if told is None or not told.critical_path:
        return MetadataValue.md("no atom needs another")
    why = Counter(told.path_types)
    kinds = ": " + ", ".join(f"{count} × {name}" for name, count in why.most_common()) if why else ""
    head = f"{counted(len(told.critical_path), 'atom')}, one after another{kinds}"
    steps = [f"1. `{told.critical_path[0]}`", *(f"1. `{name}` ({kind})" for name, kind in zip(told.critical_path[1:], told.path_types, strict=True))]
    more = [f"1. … and {len(steps) - _ROWS} more"] if len(steps) > _ROWS else []
    return MetadataValue.md("\n".join([head, "", *steps[:_ROWS], *more]))


def change_text(change: Change | None) -> MarkdownMetadataValue:
    """What changed, and the cone that it touches."""
    if change is None or change.nothing:
        return MetadataValue.md("nothing to compare with" if change is None else "nothing")
    counts = f"{len(change.changed)} changed, {len(change.added)} added, {len(change.removed)} gone, {len(change.rewired)} need others than before"
    cone = f"{len(change.near)} unchanged atoms need one of them, {len(change.cone)} of {change.atoms} at any remove"
    return MetadataValue.md("\n".join([f"{counts}; {cone}", "", *(f"- `{name}`" for name in (*change.changed, *change.added, *change.removed)[:_ROWS])]))


def picture(svg: str, alt: str) -> MarkdownMetadataValue:
    """An SVG inline; one that is too large for the page is left out with a word about it."""
    encoded = base64.b64encode(svg.encode()).decode()
    if len(encoded) > LIMIT_BYTES:
        return MetadataValue.md(f"{alt}: too large to show here ({len(svg) // 1000} KB); the report has it.")
    return MetadataValue.md(f"![{alt}](data:image/svg+xml;base64,{encoded})")


def bars(values: Mapping[str, float], unit: str) -> str:
    """A small horizontal bar chart as SVG: one bar a key, its value beside it."""
    top, row, width = max([*values.values(), 1]), 18, 420
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width + 140}" height="{row * len(values) + 6}" font-family="sans-serif" font-size="11">']
    for place, (name, value) in enumerate(values.items()):
        y = place * row + 3
        length = max(1.0, width * value / top)
        lines.append(f'<text x="34" y="{y + 11}" text-anchor="end" fill="#57606a">{name}</text>')
        lines.append(f'<rect x="40" y="{y}" width="{length:.1f}" height="14" rx="2" fill="#4f6bed"/>')
        lines.append(f'<text x="{46 + length:.1f}" y="{y + 11}" fill="#57606a">{value:g} {unit}</text>')
    return "\n".join([*lines, "</svg>"])


def listing(items: Sequence[str], empty: str) -> MarkdownMetadataValue:
    """A markdown list of the first fifty."""
    lines = [f"- `{item}`" for item in items[:_ROWS]]
    more = [f"- … and {len(items) - _ROWS} more"] if len(items) > _ROWS else []
    return MetadataValue.md("\n".join(lines + more) or empty)

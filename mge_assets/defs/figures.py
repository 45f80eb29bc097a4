"""Metadata that people look at, from reports: markdown, tables, small pictures. Each value stays under 100 KB.

The UI renders markdown with data-URI images inline, but neither Mermaid nor raw HTML.
"""

import base64
from collections.abc import Mapping, Sequence

from dagster import MarkdownMetadataValue, MetadataValue, TableMetadataValue, TableRecord

from mge_assets.model.findings import Finding, Severity
from mge_assets.model.graph import AtomEdge

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

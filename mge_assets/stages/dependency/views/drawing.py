"""The graph as a small self-contained SVG: waves as columns, or bars of atoms per wave where there are too many atoms.

Statuses differ in colour and in a sign, types of edges in dashes, so that colour is never the only sign.
"""

from collections.abc import Mapping, Sequence
from html import escape

from mge_assets.model.graph import AtomGraph, Confidence, EdgeType
from mge_assets.model.waves import WavePlan
from mge_assets.model.wording import counted
from mge_assets.stages.dependency.views.layout import ordered_columns

MAX_NODES = 150
MAX_EDGES = 400
"""Edges drawn at most (about 110 bytes each); the rest would be a black field and is counted in the caption instead."""
_COLUMN, _ROW, _MARGIN = 200, 28, 40
_BOX, _HEIGHT, _STRIPE, _BAR = 150, 20, 5, 18
_LABEL = 22
_SWEEPS = 4
# Okabe and Ito's palette, told apart by all common kinds of colour vision
_FILL = {
    "completed": "#009E73", "failed": "#D55E00", "blocked": "#CC79A7", "running": "#56B4E9", "ready": "#F0E442", "skipped": "#999999", "pending": "#CBD5E1",
}  # fmt: skip
_SIGN = {"completed": "✓ ", "failed": "✗ ", "blocked": "⊘ ", "running": "▸ "}
_DASH = {EdgeType.TYPE: "1 3", EdgeType.IMPORT: "5 3", EdgeType.VARIABLE: "2 2", EdgeType.TEMPORAL: "8 2 2 2"}
_LEGEND = "solid: calls · long dashes: imports · short dashes: variables · dots: types · orange: cut to break a cycle"
_STYLE = (
    "text{font:11px system-ui,sans-serif;fill:#1e293b}.w{font-weight:600;fill:#475569}.e{fill:none;stroke:#64748b;stroke-opacity:.5}"
    ".c{stroke:#D55E00;stroke-opacity:.95;stroke-width:1.6}.n{stroke:#94a3b8;fill:#f8fafc}.b{stroke:#334155;stroke-width:.6}"
)


def dependency_svg(graph: AtomGraph, waves: WavePlan, statuses: Mapping[str, str] | None = None) -> str:
    """The picture of a plan, under 100 KB; ``statuses`` shade the atoms by where they stand."""
    if len(graph.atoms) > MAX_NODES:
        return _bars(waves, statuses or {})
    return _columns(graph, waves, statuses or {})


def _document(width: int, height: int, title: str, body: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">'
    return "\n".join(
        [head, f"<title>{escape(title)}</title><style>{_STYLE}</style>", f'<rect width="{width}" height="{height}" fill="#fff"/>', *body, "</svg>"]
    )


def _short(name: str) -> str:
    """The end of a dotted name, which says most."""
    return name if len(name) <= _LABEL else "…" + name[1 - _LABEL :]


def _columns(graph: AtomGraph, waves: WavePlan, statuses: Mapping[str, str]) -> str:
    columns = ordered_columns([wave.atoms for wave in waves.waves], [(edge.source, edge.target) for edge in graph.edges], _SWEEPS)
    tallest = max((len(column) for column in columns), default=1)
    spot = {
        name: (_MARGIN + x * _COLUMN, _MARGIN + y * _ROW + (tallest - len(column)) * _ROW // 2)
        for x, column in enumerate(columns)
        for y, name in enumerate(column)
    }
    body = [f'<text class="w" x="{_MARGIN + x * _COLUMN}" y="20">wave {x}: {len(column)}</text>' for x, column in enumerate(columns)]
    shown, hidden = _edges(graph, waves, spot)
    body += shown
    body += [_node(name, at, statuses.get(name, "pending")) for name, at in spot.items()]
    height = 2 * _MARGIN + _ROW * tallest
    more = f" · {counted(hidden, 'more edge')} not drawn" if hidden else ""
    body.append(f'<text x="{_MARGIN}" y="{height - 10}">{_LEGEND}{more}</text>')
    width = max(_MARGIN + max(1, len(columns)) * _COLUMN, 700)
    return _document(width, height, f"{counted(len(spot), 'atom')} in {counted(len(columns), 'wave')}", body)


def _edges(graph: AtomGraph, waves: WavePlan, spot: Mapping[str, tuple[int, int]]) -> tuple[list[str], int]:
    cut = set(waves.cut)
    known = [edge for edge in graph.edges if edge.source in spot and edge.target in spot]
    known.sort(key=lambda edge: (edge not in cut, edge.confidence is Confidence.GUESSED, -edge.weight, edge))
    shown = []
    for edge in known[:MAX_EDGES]:
        (x1, y1), (x2, y2) = spot[edge.target], spot[edge.source]
        x1 += _BOX
        middle = (x1 + x2) // 2
        dash = "1 6" if edge.confidence is Confidence.GUESSED else _DASH.get(edge.type, "")
        style = f' stroke-dasharray="{dash}"' if dash else ""
        shown.append(f'<path class="e{" c" if edge in cut else ""}"{style} d="M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"/>')
    return shown, len(known) - len(shown)


def _node(name: str, at: tuple[int, int], status: str) -> str:
    x, y = at[0], at[1] - _HEIGHT // 2
    box = f'<rect class="n" x="{x}" y="{y}" width="{_BOX}" height="{_HEIGHT}" rx="3"/>'
    stripe = f'<rect x="{x}" y="{y}" width="{_STRIPE}" height="{_HEIGHT}" fill="{_FILL.get(status, _FILL["pending"])}"/>'
    label = f'<text x="{x + _STRIPE + 5}" y="{y + 14}">{_SIGN.get(status, "")}{escape(_short(name))}</text>'
    return f"<g><title>{escape(name)} ({escape(status)})</title>{box}{stripe}{label}</g>"


def _bars(waves: WavePlan, statuses: Mapping[str, str]) -> str:
    """One bar a wave, its length the number of atoms, parted by status; neighbouring waves share a bar above 200."""
    step = -(-len(waves.waves) // 200) or 1
    groups = [waves.waves[start : start + step] for start in range(0, len(waves.waves), step)]
    widest = max(sum(len(wave.atoms) for wave in group) for group in groups)
    body = []
    for row, group in enumerate(groups):
        names = [name for wave in group for name in wave.atoms]
        label = f"wave {group[0].number}" + (f"–{group[-1].number}" if len(group) > 1 else "")
        y = _MARGIN + row * _BAR
        body.append(f'<g><title>{label}: {counted(len(names), "atom")}</title><text x="8" y="{y + 10}">{label}: {len(names)}</text>')
        body += _parts(names, statuses, y, 600 / widest)
        body.append("</g>")
    total = sum(len(wave.atoms) for wave in waves.waves)
    return _document(800, 2 * _MARGIN + len(groups) * _BAR, f"{counted(total, 'atom')} in {counted(len(waves.waves), 'wave')}", body)


def _parts(names: Sequence[str], statuses: Mapping[str, str], y: int, scale: float) -> list[str]:
    counts = dict.fromkeys(_FILL, 0)
    for name in names:
        status = statuses.get(name, "pending")
        counts[status if status in counts else "pending"] += 1
    x, parts = 140.0, []
    for status, count in counts.items():
        if count:
            width = count * scale
            mark = f"<title>{count} {status}</title>"
            parts.append(f'<rect class="b" x="{x:.1f}" y="{y}" width="{width:.1f}" height="13" fill="{_FILL[status]}">{mark}</rect>')
            x += width
    return parts

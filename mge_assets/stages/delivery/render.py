"""From a report's values to one HTML file that needs nothing else: no network, no other file, no script to be read."""

import base64
import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.decisions import Band, ConfidenceScore
from mge_assets.stages.delivery.excerpt import Excerpt, code_css, excerpts
from mge_assets.stages.delivery.findings import FindingGroup, grouped
from mge_assets.stages.delivery.picture import Picture, picture
from mge_assets.stages.delivery.report import AtomRow, DeliveryReport

MOST_ROWS = 500
"""Rows of one table; 12,000 atoms in full are a page of 9 MB that a browser needs seconds to lay out."""

_TEMPLATES = Path(__file__).parent / "templates"
_ATTENTION = {AtomStatus.FAILED: 0, AtomStatus.BLOCKED: 1, AtomStatus.COMPLETED: 3, AtomStatus.SKIPPED: 3}


@dataclass(frozen=True, slots=True)
class View:
    """What the template needs beside the report itself: rows cut to size, groups, highlighted code, scales."""

    atoms: tuple[AtomRow, ...]
    groups: tuple[FindingGroup, ...]
    excerpts: tuple[Excerpt, ...]
    graph: Picture
    bands: tuple[tuple[Band, int], ...]
    widest: int
    slowest: float
    slowest_stage: float
    most: int = MOST_ROWS


def report_html(report: DeliveryReport) -> str:
    """The report as one HTML page. It works without JavaScript, prints, and stays under 3 MB however large the plan is."""
    script = _text("report.js")
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=report,
            view=_view(report),
            css=Markup(_text("report.css") + code_css()),  # noqa: S704  our own files
            script=Markup(script),  # noqa: S704  our own file
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )


def _view(report: DeliveryReport) -> View:
    scores = [ConfidenceScore(row.confidence, 0, 0, 0, 0).band for row in report.atom_rows if row.confidence is not None]
    bands = Counter(scores)
    return View(
        atoms=_rows(report.atom_rows),
        groups=grouped(report.findings),
        excerpts=excerpts(report.review, report.findings),
        graph=picture(report.graph_svg),
        bands=tuple((band, bands[band]) for band in Band) if scores else (),
        widest=max((wave.atoms for wave in report.waves), default=1) or 1,
        slowest=max((wave.seconds or 0 for wave in report.waves), default=0) or 1,
        slowest_stage=max((time.seconds for time in report.stages), default=0) or 1,
    )


def _rows(rows: tuple[AtomRow, ...]) -> tuple[AtomRow, ...]:
    """All rows in plan order; of too many, those that need attention most."""
    if len(rows) <= MOST_ROWS:
        return rows
    return tuple(sorted(rows, key=lambda row: (_ATTENTION.get(row.status, 2), 2.0 if row.confidence is None else row.confidence))[:MOST_ROWS])


def _seconds(value: float | None) -> str:
    """A duration as people say it."""
    if value is None:
        return "–"
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 120:
        return f"{value:.1f} s"
    minutes, seconds = divmod(round(value), 60)
    return f"{minutes} min {seconds} s" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def _usd(value: float) -> str:
    return f"${value:.2f}" if value >= 0.01 or not value else f"${value:.4f}"


def _count(value: int) -> str:
    """A number with thin blanks between thousands."""
    return f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _text(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(seconds=_seconds, usd=_usd, count=_count)
    return environment

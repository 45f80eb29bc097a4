"""Templates to pages. Everything is escaped; markup comes from templates alone."""

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from mge_assets.model.decisions import ConfidenceScore
from mge_assets.web.code import visible

STATIC = Path(__file__).parent / "static"
_TEMPLATES = Path(__file__).parent / "templates"
_SIGNS = {
    "completed": "✓",
    "approved": "✓",
    "edited": "✎",
    "failed": "✗",
    "rejected": "✗",
    "regenerated": "↻",
    "partial": "◐",
    "blocked": "⊘",
    "paused": "‖",
    "running": "…",
}


def page(template: str, *, status: int = 200, **values: Any) -> HTMLResponse:  # noqa: ANN401 -- what the template takes
    """A template as a response."""
    return HTMLResponse(_environment().get_template(template).render(**values), status)


def _duration(seconds: float | None) -> str:
    """A duration as people say it."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def _usd(value: float) -> str:
    return f"${value:.2f}" if value >= 0.01 or not value else f"${value:.4f}"


def _band(confidence: float) -> str:
    """The confidence band's name, as a class of the style sheet."""
    return ConfidenceScore(confidence, 0, 0, 0, 0).band.value


@cache
def _environment() -> Environment:
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(duration=_duration, usd=_usd, band=_band, segment=lambda text: quote(text, safe=""), visible=visible)
    environment.globals["sign"] = lambda status: _SIGNS.get(status, "○")
    return environment

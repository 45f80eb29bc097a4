"""Code of atoms that go before a person: highlighted, with the lines marked that a finding names."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name

from mge_assets.model.findings import Finding
from mge_assets.stages.delivery.report import NamedFinding, ReviewRow

MOST_ATOMS, MOST_LINES, MOST_SIGNS = 100, 80, 6_000
_LIGHT, _DARK = "xcode", "github-dark"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A review item with its code as HTML; ``cut`` says that the code goes on."""

    row: ReviewRow
    html: Markup
    cut: bool


def excerpts(rows: Sequence[ReviewRow], findings: Sequence[NamedFinding]) -> tuple[Excerpt, ...]:
    """The first hundred review items with their code."""
    shown = rows[:MOST_ATOMS]
    about: dict[str, list[Finding]] = {row.item.atom: [] for row in shown}
    for named in findings:
        if named.subject in about:
            about[named.subject].append(named.finding)
    return tuple(_excerpt(row, about[row.item.atom]) for row in shown)


def _excerpt(row: ReviewRow, findings: Sequence[Finding]) -> Excerpt:
    whole = row.code.decode("utf-8", errors="replace")
    text = "".join(whole.splitlines(keepends=True)[:MOST_LINES])[:MOST_SIGNS]
    named = [finding.place.line - row.line + 1 for finding in findings if finding.place and finding.place.line]
    formatter = HtmlFormatter(cssclass="code", linenos="inline", linenostart=row.line, hl_lines=[line for line in named if line > 0], wrapcode=True)
    lexer = get_lexer_by_name(row.language.value, stripnl=False, ensurenl=False)
    return Excerpt(row, Markup(highlight(text, lexer, formatter)), cut=len(text) < len(whole))  # noqa: S704  Pygments escapes


@cache
def code_css() -> str:
    """The colours of highlighted code, for light and dark screens; print takes the light ones."""
    light, dark = (str(HtmlFormatter(style=style).get_style_defs(".code")) for style in (_LIGHT, _DARK))  # type: ignore[no-untyped-call]
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}\n}}\n"

"""Code as lines of coloured pieces: what a reader must not miss (control and direction signs) is spelt out, nothing is ever markup."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from markupsafe import Markup, escape
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES, _TokenType

from mge_assets.model.findings import Finding

MAX_SHOWN_BYTES = 60_000
"""Of one atom; more than that is no atom that a person can judge on a page, and would take the browser seconds to lay out."""

_LIGHT, _DARK = "xcode", "github-dark"
_HIDDEN = {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of code: its number in the file, its markup (escaped), and what was found in it."""

    number: int
    html: Markup
    findings: tuple[Finding, ...] = ()

    @property
    def severity(self) -> str:
        """The weightiest severity found in the line; empty for none."""
        return min((finding.severity.value for finding in self.findings), key=("error", "warning", "info").index, default="")


def shown(code: bytes) -> str:
    """Code as text for the page: bytes that are no UTF-8 are replaced, line ends are plain, and it is cut at ``MAX_SHOWN_BYTES``."""
    return code[:MAX_SHOWN_BYTES].decode("utf-8", errors="replace").replace("\r\n", "\n")


def editable(code: bytes) -> bool:
    """True where a text area gives back every byte of what it was given."""
    try:
        text = code.decode("utf-8")
    except UnicodeDecodeError:
        return False
    plain = text.replace("\r\n", "")
    return "\0" not in text and "\r" not in plain and ("\r\n" not in text or "\n" not in plain) and len(code) <= MAX_SHOWN_BYTES


def from_form(text: str, like: bytes) -> bytes:
    """What a text area sent, with the line ends of the code that it was filled with: browsers send every line end as CR LF."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return (plain.replace("\n", "\r\n") if b"\r\n" in like else plain).encode()


def lines(code: bytes, language: str, start: int = 1, findings: Sequence[Finding] = ()) -> tuple[Line, ...]:
    """The code's lines from line ``start`` of its file on, with the findings that name them."""
    by_line: dict[int, list[Finding]] = {}
    for finding in findings:
        if finding.place and finding.place.line:
            by_line.setdefault(finding.place.line, []).append(finding)
    return tuple(Line(number, html, tuple(by_line.get(number, ()))) for number, html in enumerate(coloured(shown(code), language), start))


def coloured(text: str, language: str) -> tuple[Markup, ...]:
    """The text's lines, coloured and escaped. A last line end makes no further line."""
    done: list[list[str]] = [[]]
    for kind, value in _pieces(text, language):
        for place, part in enumerate(value.split("\n")):
            if place:
                done.append([])
            if part:
                done[-1].append(f'<span class="{kind}">{visible(part)}</span>' if kind else visible(part))
    kept = done[:-1] if len(done) > 1 and not done[-1] else done
    return tuple(Markup("".join(pieces)) for pieces in kept)  # noqa: S704  Pygments' class names, and text that visible() escaped


def visible(text: str) -> Markup:
    """Text, escaped, with every sign that a screen would hide or obey as a badge with its name."""
    if text.replace("\t", "").isprintable() or not any(map(_hides, text)):
        return escape(text)
    return Markup().join(_badge(sign) if _hides(sign) else escape(sign) for sign in text)


@cache
def code_css() -> str:
    """The colours of code, for light and dark screens."""
    light, dark = (str(HtmlFormatter(style=style).get_style_defs(".code")) for style in (_LIGHT, _DARK))  # type: ignore[no-untyped-call]
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def _pieces(text: str, language: str) -> Iterator[tuple[str, str]]:
    for _, kind, value in _lexer(language).get_tokens_unprocessed(text):
        yield _css_class(kind), value


def _css_class(kind: _TokenType) -> str:
    while kind not in STANDARD_TYPES and kind.parent is not None:
        kind = kind.parent
    return STANDARD_TYPES.get(kind, "")


def _hides(sign: str) -> bool:
    return sign not in "\t\n" and unicodedata.category(sign) in _HIDDEN


def _badge(sign: str) -> Markup:
    name = unicodedata.name(sign, "control character")
    return Markup('<span class="hidden-sign" title="{}">U+{:04X}</span>').format(name.lower(), ord(sign))


@cache
def _lexer(language: str) -> Lexer:
    return get_lexer_by_name(_LEXERS.get(language, "text"))


_LEXERS: Mapping[str, str] = {"python": "python", "typescript": "typescript", "tsx": "tsx", "javascript": "javascript"}

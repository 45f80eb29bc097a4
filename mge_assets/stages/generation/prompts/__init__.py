"""Prompts as template files, one folder a version: filling them so that no data can pass for the prompt's own structure.

The tag that names the atom stands once in a request, at its very end: outside tools read it.
"""

import hashlib
import html
import re
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

PROMPT_VERSION = "v2"
"""The folder of templates in use."""
_FOLDER = Path(__file__).with_name(PROMPT_VERSION)
_TAG = re.compile(r"<(?=\s*/?\s*atom)", re.IGNORECASE)
_FENCE = re.compile(r"`{3,}")


def render(template: str, **values: object) -> str:
    """The template of this name (``system``, ``shared``, ``atom``, ``feedback``), filled."""
    return _template(template).render(**values).strip()


@cache
def _template(name: str) -> Template:
    found = _environment().get_template(f"{name}.md.j2")
    found.globals = dict(found.globals)  # jinja's own chain of mappings is copied for each prompt, in as long as the rest takes
    return found


@cache
def prompts_digest() -> str:
    """SHA-256 of every template, so that a changed word counts as a changed prompt."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sorted(_FOLDER.glob("*.j2")))).hexdigest()


@cache
def _environment() -> Environment:
    # Not HTML: escaping every sign would garble the code that is shown. What must not get through is stopped by the filters and by _harmless.
    environment = Environment(loader=FileSystemLoader(_FOLDER), autoescape=False, undefined=StrictUndefined, trim_blocks=True, finalize=_harmless)  # noqa: S701
    environment.filters |= {"fenced": _fenced, "quoted": _quoted, "attribute": _attribute}
    return environment


def _harmless(value: object) -> object:
    """Data with ``<atom`` and ``</atom`` defused."""
    return _TAG.sub("&lt;", value) if isinstance(value, str) else value


def _text(value: object) -> str:
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _fenced(value: object, language: str) -> str:
    """Code in a fence longer than any run of backticks in it."""
    text = _text(value).strip("\n")
    fence = "`" * max([3, *(len(run) + 1 for run in _FENCE.findall(text))])
    return f"{fence}{language}\n{text}\n{fence}"


def _quoted(value: object) -> str:
    """Prose with ``> `` before each line."""
    return "\n".join(f"> {line}".rstrip() for line in _text(value).splitlines() or [""])


def _attribute(value: object) -> str:
    return html.escape(" ".join(_text(value).split()), quote=True)

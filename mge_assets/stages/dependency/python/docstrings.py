"""Types that docstrings give: parameters and results, as numpydoc, Google and Sphinx write them.

Only text is read here; which class a word means is asked of names by whoever reads this.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_TYPE = 120
"""Letters of a type that are looked at; what is longer is prose."""
_UNDERLINE = re.compile(r"^\s*-{3,}\s*$")
_HEADS = {"parameters", "other parameters", "returns", "yields", "attributes"}
_GOOGLE = re.compile(r"^(\s*)(Args|Arguments|Parameters|Keyword Args|Returns|Yields):\s*$")
_NUMPY_FIELD = re.compile(r"^(\*{0,2}\w+(?:\s*,\s*\*{0,2}\w+)*)\s*:\s*(\S.*)$")
_GOOGLE_FIELD = re.compile(r"^(\*{0,2}\w+)\s*\(([^)]+)\)\s*:")
_SPHINX_TYPE = re.compile(r"[:@](type|rtype|vartype)\s*(\w*)\s*:\s*(.+)")
_SPHINX_PARAMETER = re.compile(r"[:@]param(?:eter)?\s+([\w.\[\]]+)\s+(\w+)\s*:")


@dataclass(frozen=True, slots=True)
class Documented:
    """Types by parameter, the types of the result and of what is yielded, all as written."""

    parameters: dict[str, str] = field(default_factory=dict)
    returns: tuple[str, ...] = ()
    yields: tuple[str, ...] = ()


def documented(docstring: str) -> Documented:
    """What the docstring says of types; empty where it says nothing."""
    parameters: dict[str, str] = {}
    results: dict[str, list[str]] = {"returns": [], "yields": []}
    for section, name, written in [*_sections(docstring.expandtabs().splitlines()), *_sphinx(docstring)]:
        if len(written) > MAX_TYPE:
            continue
        if section in results:
            results[section].append(written)
        else:
            for one in name.split(","):
                parameters.setdefault(one.strip().lstrip("*"), written)
    return Documented(parameters, tuple(results["returns"][:1]), tuple(results["yields"][:1]))


def _sphinx(docstring: str) -> Iterator[tuple[str, str, str]]:
    for kind, name, written in _SPHINX_TYPE.findall(docstring):
        yield ("returns" if kind == "rtype" else "parameters"), name, written.strip()
    for written, name in _SPHINX_PARAMETER.findall(docstring):
        yield "parameters", name, written


def _sections(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """Fields of numpydoc's and Google's sections: section, names, type."""
    section, margin, google = "", 0, False
    for number, line in enumerate(lines):
        below = lines[number + 1] if number + 1 < len(lines) else ""
        heading = _GOOGLE.match(line)
        if _UNDERLINE.match(below):
            section, margin, google = line.strip().lower(), _indent(below), False
        elif heading is not None:
            section, margin, google = heading[2].lower(), 0, True
        elif section and line.strip() and not _UNDERLINE.match(line):
            if google:
                margin = margin or _indent(line)
            if _indent(line) < margin:
                section = ""
            elif _indent(line) == margin and (section in _HEADS or google):
                yield from _field(section, line.strip(), google=google)


def _field(section: str, line: str, *, google: bool) -> Iterator[tuple[str, str, str]]:
    result = section in {"returns", "yields"}
    kind = section if result else "parameters"
    if google and not result:
        found = _GOOGLE_FIELD.match(line)
        if found is not None:
            yield kind, found[1], found[2]
    elif google:
        yield kind, "", line.partition(":")[0]
    elif (found := _NUMPY_FIELD.match(line)) is not None:
        yield kind, found[1], found[2]
    elif result:
        yield kind, "", line


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


_OPTIONAL = re.compile(r"\(?\b(optional|required|default\w*)\b.*$|\([^)]*\)|[{\[].*$", re.IGNORECASE)
_ALTERNATIVES = re.compile(r"\s+or\s+|\s*\|\s*|,\s*(?:or\s+)?")
_HOLDS = re.compile(
    r"^(?:an?\s+|the\s+)?(?:\w+\s+)?(list|lists|set|tuple|iterable|iterator|generator|sequence|collection|container|array|dictionary|dict)\s+(?:of|over)\s+(.+)$",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"^(list|set|tuple|iterable|iterator|generator|sequence)\[(.+)\]$", re.IGNORECASE)
_WORD = re.compile(r"^[~!]?([A-Za-z_][\w.]*)$")
_ROLE = re.compile(r":(?:py:)?\w+:`[~!]?([\w.]+)`|`+([\w.]+)`+")
_BEHIND = {"instance", "instances", "object", "objects"}
_BEFORE = {"a", "an", "the", "any", "new", "instance", "of", "undirected", "directed", "weighted", "empty", "simple"}


@dataclass(frozen=True, slots=True)
class Phrase:
    """One alternative of a type: the word that may be a class, the word before it, and whether it is what a container holds."""

    word: str
    project: str = ""
    held: str = ""


def phrases(written: str) -> Iterator[Phrase]:
    """Class words of a documented type: of ``NetworkX graph or list of Foo, optional`` they are ``graph`` and a held ``Foo``."""
    plain = _ROLE.sub(lambda found: found[1] or found[2], written).strip().rstrip(".")
    for part in _ALTERNATIVES.split(plain if _BRACKETED.match(plain) else _OPTIONAL.sub("", plain)):
        held = _HOLDS.match(part.strip()) or _BRACKETED.match(part.strip())
        noun = _noun(held[2] if held is not None else part)
        if noun is not None:
            word, project = noun
            yield Phrase(word, project, held[1].lower() if held is not None else "")


def _noun(part: str) -> tuple[str, str] | None:
    """The class word and the project before it; ``None`` where other words make it something else."""
    words = part.strip().split()
    while words and words[-1].lower() in _BEHIND:
        words.pop()
    while words and words[0].lower() in _BEFORE:
        words.pop(0)
    if not words or len(words) > 2:
        return None
    found = _WORD.match(words[-1])
    return (found[1], words[0] if len(words) == 2 else "") if found is not None else None

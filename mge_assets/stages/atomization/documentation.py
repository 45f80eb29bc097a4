"""Contracts in documentation: parameters, exceptions, results and examples, from Google, NumPy, Sphinx and JSDoc styles."""

import re
from dataclasses import dataclass, field

_GOOGLE = re.compile(r"^(\s*)(Args|Arguments|Parameters|Raises|Returns|Yields)\s*:\s*$")
_NUMPY = re.compile(r"^\s*(Parameters|Other Parameters|Raises|Returns|Yields)\s*$")
_RULE = re.compile(r"^\s*-{3,}\s*$")
_ITEM = re.compile(r"^\s*\*{0,2}([\w.]+)\s*(?:\(([^)]*)\))?\s*:\s*(.*)$")
_NUMPY_ITEM = re.compile(r"^\s*\*{0,2}([\w., *]+?)\s*(?::\s*(.*))?$")
_SPHINX = re.compile(r":(param|type|raises?|returns?|rtype)\s*([^:\n]*):\s*([^\n]*)")
_JSDOC = re.compile(r"@(param|returns?|throws?|exception)\s*(?:\{([^}\n]*)\})?\s*(\[?[\w$.]*)?\]?[^\S\n]*-?[^\S\n]*([^\n*]*)")
_DOCTEST = re.compile(r"^[ \t]*>>> .*(?:\n[ \t]*\.\.\. ?.*)*(?:\n(?![ \t]*>>> )[ \t]*\S.*)*", re.MULTILINE)
_EXAMPLES = 5


@dataclass(slots=True)
class Documentation:
    """What a documentation text promises. ``types`` and ``meanings`` are by parameter; ``raises`` are names with what is said of them."""

    types: dict[str, str] = field(default_factory=dict)
    meanings: dict[str, str] = field(default_factory=dict)
    raises: list[str] = field(default_factory=list)
    returns: str = ""
    examples: tuple[str, ...] = ()


def read_documentation(text: str) -> Documentation:
    """The contracts in a docstring or a JSDoc comment."""
    documentation = Documentation()
    if ">>> " in text:
        documentation.examples = tuple(_dedent(match.group()) for match in list(_DOCTEST.finditer(text))[:_EXAMPLES])
    for kind, name, said in _SPHINX.findall(text):
        _sphinx(documentation, kind, name.strip(), said.strip())
    if "@" in text:
        for kind, written, name, said in _JSDOC.findall(text):
            _jsdoc(documentation, kind, written.strip(), (name or "").lstrip("["), said.strip())
    _sections(documentation, text.split("\n"))
    return documentation


def _dedent(example: str) -> str:
    return "\n".join(line.strip() for line in example.split("\n"))


def _sphinx(documentation: Documentation, kind: str, name: str, said: str) -> None:
    if kind == "param" and name:
        *written, name = name.split()
        documentation.meanings[name.lstrip("*")] = said
        if written:
            documentation.types[name.lstrip("*")] = " ".join(written)
    elif kind == "type":
        documentation.types[name] = said
    elif kind.startswith("raise"):
        documentation.raises.append(f"{name}: {said}")
    elif kind == "rtype" or not documentation.returns:
        documentation.returns = said


def _jsdoc(documentation: Documentation, kind: str, written: str, name: str, said: str) -> None:
    if kind == "param":
        if name:
            documentation.meanings[name] = said
            if written:
                documentation.types[name] = written
    elif kind.startswith("return"):
        documentation.returns = written or f"{name} {said}".strip()
    else:
        documentation.raises.append(f"{written or 'an error'}: {name} {said}".strip())


def _sections(documentation: Documentation, lines: list[str]) -> None:
    section, indent, numpy = "", 0, False
    for index, line in enumerate(lines):
        bare = line.strip()
        if bare[-1:] == ":" and (match := _GOOGLE.match(line)) is not None:
            section, indent, numpy = match.group(2), len(match.group(1)), False
            continue
        if index + 1 < len(lines) and "---" in lines[index + 1] and _RULE.match(lines[index + 1]):
            found = _NUMPY.match(line)
            section, indent, numpy = (found.group(1) if found else ""), len(line) - len(line.lstrip()), True
            continue
        if not section or not bare or _RULE.match(line):
            continue
        depth = len(line) - len(line.lstrip())
        if (numpy and depth == indent) or (not numpy and depth > indent):
            _entry(documentation, section, line, numpy)
        elif not numpy:
            section = ""


def _entry(documentation: Documentation, section: str, line: str, numpy: bool) -> None:
    if section in {"Returns", "Yields"}:
        documentation.returns = documentation.returns or line.strip()
        return
    match = (_NUMPY_ITEM if numpy else _ITEM).match(line)
    if match is None:
        return
    if section == "Raises":
        documentation.raises.append(match.group(1) + (f": {match.group(3)}" if not numpy and match.group(3) else ""))
        return
    for name in re.split(r"[,\s]+", match.group(1)):
        if name.strip("*"):
            if match.group(2):
                documentation.types[name.strip("*")] = match.group(2).strip()
            documentation.meanings.setdefault(name.strip("*"), "" if numpy else match.group(3))

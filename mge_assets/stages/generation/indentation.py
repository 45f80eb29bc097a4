"""Putting code at the indentation that its place in the file asks for, without touching what stands inside its strings."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from mge_resources.syntax import Language, parse

_OPENS = re.compile(r"([:({\[])\s*(?:(?:#|//).*)?$")
"""The end of a line under which the next goes in."""
_CLOSING = {"(": ")", "{": "}", "[": "]"}
_LEADING = re.compile(r"^[ \t\u00a0]*")


def reindent(code: str, *, language: Language, draft: str, indent: str) -> str:
    """The code with its first line at ``indent`` and all others moved along; tabs or blanks as in the draft.

    Lines inside a string that carries a value keep what they have, for that is part of the value; docstrings move.
    """
    lines = _same_whitespace(code.split("\n"), draft, indent)
    first = next((_lead(line) for line in lines if line.strip()), "")
    if first == indent:
        return "\n".join(lines)
    fixed = _rows_of_values("\n".join(lines), language)
    movable = [row for row, line in enumerate(lines) if line.strip() and row not in fixed]
    if _only_first_is_off(lines, movable, draft, indent):
        movable = movable[:1]
    for row in movable:
        lines[row] = _moved(lines[row], first, indent)
    return "\n".join(lines)


def _lead(line: str) -> str:
    return _LEADING.match(line)[0]  # type: ignore[index]  # it matches everything


def _moved(line: str, first: str, indent: str) -> str:
    lead, code = _lead(line), line[len(_lead(line)) :]
    if len(indent) >= len(first):
        return indent[len(first) :] + line
    return lead[min(len(lead), len(first) - len(indent)) :] + code


def _only_first_is_off(lines: list[str], movable: list[int], draft: str, indent: str) -> bool:
    """A first line at the margin over others that stand as in the file already: ``def f():`` over a body at twice the indentation."""
    if len(movable) < 2 or not indent or _lead(lines[movable[0]]):
        return False
    nearest = min(len(_lead(lines[row])) for row in movable[1:])
    opening, last = _OPENS.search(lines[movable[0]]), lines[movable[-1]]
    closed = opening is not None and last.lstrip().startswith(_CLOSING.get(opening[1], "\n")) and len(_lead(last)) == nearest
    return nearest >= len(indent) + (_step(draft, indent) if opening is not None and not closed else 0)


def _step(draft: str, indent: str) -> int:
    """By how much the draft's own lines go in under its first; 4 where it has none that do."""
    deeper = (len(_lead(line)) - len(indent) for line in draft.split("\n") if line.strip())
    return min((step for step in deeper if step > 0), default=4)


def _same_whitespace(lines: list[str], draft: str, indent: str) -> list[str]:
    """The lines with no-break blanks made plain, and tabs for blanks or blanks for tabs where the draft is written so."""
    lines = [_lead(line).replace("\u00a0", " ") + line[len(_lead(line)) :] for line in lines]
    leads = [_lead(line) for line in draft.split("\n") if line.strip()] + [indent]
    tabs, blanks = any("\t" in lead for lead in leads), any(" " in lead for lead in leads)
    if tabs == blanks:
        return lines
    if tabs:
        unit = min((len(lead) for line in lines if (lead := _lead(line)) and set(lead) == {" "}), default=4)
        return [_with_tabs(line, unit) for line in lines]
    unit = min((len(lead) for lead in leads if lead), default=4)
    return [_lead(line).replace("\t", " " * unit) + line[len(_lead(line)) :] for line in lines]


def _with_tabs(line: str, unit: int) -> str:
    lead = _lead(line)
    if "\t" in lead:
        return line
    return "\t" * (len(lead) // unit) + " " * (len(lead) % unit) + line[len(lead) :]


def _rows_of_values(code: str, language: Language) -> set[int]:
    """Rows that begin inside a string or template that is not a docstring."""
    root = parse(language, code.encode(errors="replace")).root_node
    return {row for node in _strings(root) for row in range(node.start_point[0] + 1, node.end_point[0] + 1)}


def _strings(node: Node) -> Iterator[Node]:
    if node.type in {"string", "template_string"}:
        if not (node.type == "string" and node.parent is not None and node.parent.type in {"module", "block", "expression_statement"}):
            yield node
        return
    for child in node.children:
        yield from _strings(child)

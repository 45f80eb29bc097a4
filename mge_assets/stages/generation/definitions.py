"""What a piece of code defines, found in its syntax tree: enough to tell the answer from an example or a neighbour."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from mge_assets.model.atoms import Atom, AtomKind
from mge_resources.syntax import Language, parse

_NAMED = {AtomKind.METHOD, AtomKind.FUNCTION, AtomKind.CLASS_HEADER, AtomKind.INTERFACE, AtomKind.ENUM, AtomKind.TYPE}
_PART = re.compile(r"#\d+$")
_IDENTIFIER = re.compile(r"[#\w$]+")
_CLASSES = {"class_definition", "class_declaration", "abstract_class_declaration", "class"}
_INSIDE_CLASS = (b"class _ {\n", b"\n}")


@dataclass(frozen=True, slots=True)
class Defined:
    """A definition in some code: its name, the class right around it, and the rows (from 0, end included) that it fills with its decorators."""

    name: str
    inside: str
    first_row: int
    last_row: int


def expected_name(atom: Atom) -> str | None:
    """The name that the atom's code must define; ``None`` where it is a later part, or defines nothing that has a plain name."""
    if atom.kind not in _NAMED or not atom.signature or _PART.search(atom.name):
        return None
    name = atom.name.rsplit(".", 1)[-1]
    return name if _IDENTIFIER.fullmatch(name) and name in atom.signature else None


def parses(code: str, language: Language) -> bool:
    """Whether the code parses without an error, by itself or inside a class."""
    return any(not root.has_error for root, _ in readings(code.encode(errors="replace"), language))


def definitions(code: str, language: Language) -> list[Defined]:
    """Every definition in the code, which may be the inside of a class; where no reading is free of errors, what both find together."""
    found = list(readings(code.encode(errors="replace"), language))
    return [each for root, prefix in found for each in _walk(root, "", prefix.count(b"\n"))]


def readings(source: bytes, language: Language) -> Iterator[tuple[Node, bytes]]:
    """Roots of the trees that the code may be meant as, those without errors alone if there are any; each with what was put before the code.

    A method of JavaScript or TypeScript means something else outside a class, or nothing at all.
    """
    roots = [(parse(language, source).root_node, b"")]
    if language is not Language.PYTHON:
        opening, closing = _INSIDE_CLASS
        roots.append((parse(language, opening + source + closing).root_node, opening))
    yield from [each for each in roots if not each[0].has_error] or roots


def _walk(node: Node, inside: str, shift: int) -> Iterator[Defined]:
    named = node.child_by_field_name("name") or (node.child_by_field_name("left") if node.type == "assignment" else None)
    name = (named.text or b"").decode(errors="replace") if named is not None else ""
    if name and node.end_point[0] >= shift:
        outer = node.parent if node.parent is not None and node.parent.type in {"decorated_definition", "export_statement"} else node
        yield Defined(name, inside, max(_first_row(outer) - shift, 0), node.end_point[0] - shift)
    within = name if node.type in _CLASSES else inside
    for child in node.named_children:
        yield from _walk(child, within, shift)


def _first_row(node: Node) -> int:
    """The row of the definition, or of the comments and decorators that stand right above it."""
    row, above = node.start_point[0], node.prev_named_sibling
    if above is None and node.parent is not None and node.parent.type == "block":
        above = node.parent.prev_named_sibling  # a comment above a class's first member stands before the block in Python's tree
    while above is not None and above.type in {"comment", "decorator"} and above.end_point[0] >= row - 1 and not _shares_row(above):
        row, above = above.start_point[0], above.prev_named_sibling
    return int(row)


def _shares_row(comment: Node) -> bool:
    """Whether the comment stands behind code on its row, and so belongs to that."""
    before = comment.prev_sibling
    return before is not None and before.end_point[0] == comment.start_point[0]

"""Where an atom stands in its file, as far as a prompt shows it: the headers around it, and its draft without the body."""

import re

from tree_sitter import Node

from mge_assets.model.atoms import Atom
from mge_assets.stages.generation.definitions import readings
from mge_assets.stages.generation.work import AtomWork
from mge_resources.syntax import Language, parse

_GOES_ON = re.compile(rb"\s|(?:else|elif|except|finally)\b")
_BODIES = ("body", "consequence")
_WRAPPERS = {"decorated_definition", "export_statement"}
_DEFINITIONS = {"function_definition", "function_declaration", "generator_function_declaration", "method_definition", "arrow_function", "function_expression"}


def enclosing_headers(work: AtomWork) -> tuple[str, ...]:
    """The headers of the definitions and blocks that hold the atom, from the outermost in; each with its indentation, without its body."""
    if _at_margin(work):
        return ()
    source = work.before + work.atom.text + work.after
    start = len(work.before) + len(work.atom.text) - len(work.atom.text.lstrip())
    node = parse(work.atom.language, source).root_node.descendant_for_byte_range(start, start)
    headers: list[str] = []
    while node is not None:
        body = _body(node)
        if body is not None and node.start_byte < start and body.start_byte <= start:
            headers.append(_header(source, node, body))
        node = node.parent
    return tuple(reversed(headers))


def _at_margin(work: AtomWork) -> bool:
    """Whether nothing holds the atom, as its place tells by itself: to parse the file for each of 4,000 functions took minutes."""
    text = work.atom.text.lstrip(b"\r\n")
    apart = work.before[-1:] in {b"", b"\n"} or text != work.atom.text
    return work.atom.language is Language.PYTHON and apart and not _GOES_ON.match(text)


def skeleton(atom: Atom) -> bytes:
    """The draft with the body of its first function taken out, docstring kept; the draft itself where it defines no function."""
    for root, prefix in readings(atom.text, atom.language):
        first = _first_function(root)
        body = _body(first) if first is not None else None
        if body is not None:
            return _without_body(atom, body, len(prefix))
    return atom.text


def _without_body(atom: Atom, body: Node, shift: int) -> bytes:
    """``shift`` is how far the tree's offsets run ahead of the text's."""
    start, end = body.start_byte - shift, body.end_byte - shift
    if atom.language is not Language.PYTHON:
        return atom.text[:start] + b"{ }" + atom.text[end:]
    if not _opens_with_docstring(body):
        return atom.text[:start] + b"...\n"
    return atom.text[: body.named_children[0].end_byte - shift] + b"\n" + b" " * body.start_point[1] + b"...\n"


def _body(node: Node) -> Node | None:
    return next((body for name in _BODIES if (body := node.child_by_field_name(name)) is not None), None)


def _header(source: bytes, node: Node, body: Node) -> str:
    outer = node.parent if node.parent is not None and node.parent.type in _WRAPPERS else node
    start = source.rfind(b"\n", 0, outer.start_byte) + 1
    return source[start : body.start_byte].decode(errors="replace").rstrip().replace("\r\n", "\n")


def _first_function(node: Node) -> Node | None:
    if node.type in _DEFINITIONS:
        return node
    return next((found for child in node.named_children if (found := _first_function(child)) is not None), None)


def _opens_with_docstring(body: Node) -> bool:
    first = body.named_children[0] if body.named_children else None
    if first is not None and first.type == "expression_statement" and first.named_children:
        first = first.named_children[0]
    return first is not None and first.type == "string"

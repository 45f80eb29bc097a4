"""Where an atom ends: judged by the syntax tree alone, not by what the atomizer says of itself."""

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum

from tree_sitter import Node

from mge_assets.model.atoms import MAX_LOC, Atom
from mge_resources.syntax import Language, parse

_BODIES = frozenset(
    {
        "module", "block", "program", "statement_block", "class_body", "switch_body", "switch_case", "switch_default", "interface_body", "enum_body",
        "object_type",
    }
)  # fmt: skip
_LITERALS = frozenset({"list", "dictionary", "set", "tuple", "array", "object", "union_type", "tuple_type"})
_RAW = frozenset({"string", "comment", "template_string", "concatenated_string", "jsx_text", "regex"})
_HEADERS = ("_statement", "_clause", "_definition", "_declaration", "_case", "_default", "_body", "_block", "_type", "_module", "module", "class", "_function")


class End(StrEnum):
    """What an atom's last byte is the end of. The last three are the exceptions that the bound on boundaries leaves out."""

    STATEMENT = "statement, member or comment"
    HEADER = "block header"
    EXPRESSION = "inside an expression of up to 15 lines"
    TEXT = "inside a docstring, comment or template"
    LITERAL = "inside a data literal"
    LONG = "inside an expression of more than 15 lines"


def boundary_share(ends: Counter[End]) -> float:
    """The share that ends at a boundary, of those that are not an exception."""
    good = ends[End.STATEMENT] + ends[End.HEADER]
    return good / (good + ends[End.EXPRESSION]) if good else 1.0


def ends_of(source: bytes, language: Language, atoms: Iterable[Atom]) -> Counter[End]:
    """How many of the atoms end where."""
    root = parse(language, source).root_node
    return Counter(_end(root, source, atom) for atom in atoms)


def _end(root: Node, source: bytes, atom: Atom) -> End:
    at = atom.span.start_byte + len(atom.text.rstrip()) - 1
    if at < atom.span.start_byte or not source[at + 1 :].strip():
        return End.STATEMENT
    leaf = root.descendant_for_byte_range(at, at + 1)
    line = list(_upwards(leaf))
    within = [node for node in line if node.end_byte > at + 1]
    closed = [node for node in line if node.end_byte == at + 1]
    if any(node.type in _RAW for node in within):
        return End.TEXT
    if any(_is_statement(node) for node in closed) or _after_statement(leaf):
        return End.STATEMENT
    if leaf is not None and _is_header_end(leaf, closed):
        return End.HEADER
    return _exception(source, within)


def _upwards(node: Node | None) -> Iterator[Node]:
    while node is not None:
        yield node
        node = node.parent


def _is_statement(node: Node) -> bool:
    return node.type == "comment" or (node.is_named and node.parent is not None and node.parent.type in _BODIES)


def _after_statement(leaf: Node | None) -> bool:
    """True for a semicolon or comma that is part of the statement or member that it ends."""
    if leaf is None or leaf.type not in {",", ";"}:
        return False
    before, parent = leaf.prev_sibling, leaf.parent
    return (before is not None and _is_statement(before)) or (parent is not None and parent.type in _BODIES)


def _is_header_end(leaf: Node, closed: list[Node]) -> bool:
    if any(node.type == "decorator" for node in closed):
        return True
    parent = leaf.parent
    return leaf.type in {":", "{", "else", "try", "finally", "do", "=>"} and parent is not None and parent.type.endswith(_HEADERS)


def _exception(source: bytes, within: list[Node]) -> End:
    """Which exception a cut inside a statement is: inside a literal, inside a long expression or header, or none."""
    for node in within:
        if node.type in _LITERALS:
            return End.LITERAL
        if node.parent is None or node.parent.type in _BODIES:
            body = next((child for child in (node.child_by_field_name("body"), node.child_by_field_name("consequence")) if child is not None), None)
            end = body.start_byte if body is not None else node.end_byte
            lines = sum(1 for line in source[node.start_byte : end].split(b"\n") if line.strip())
            return End.LONG if lines > MAX_LOC and node.type != "ERROR" else End.EXPRESSION
    return End.EXPRESSION

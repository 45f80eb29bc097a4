"""JSDoc: the types that comments give to parameters, results and variables in JavaScript, and the names that they give to types."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tree_sitter import Node as Tree

from mge_resources.syntax import Language, parse

_COMMENT = re.compile(rb"/\*\*.*?\*/", re.DOTALL)
_TAG = re.compile(rb"@(param|arg|argument|returns?|type|typedef)\s*\{")
_TAGS = {b"return": "returns", b"returns": "returns", b"type": "type", b"typedef": "typedef"}
_NAME = re.compile(rb"\s*\[?\s*([\w$]+)(?![\w$.\[])")
_ALIAS = b"type T="
"""What a type is written behind, to be parsed: no longer than the shortest tag with the comment's beginning."""
_LONGEST = 2000
"""Bytes in which a type is closed, if it ever is: a comment of a megabyte may open thousands."""
_BRACE = re.compile(rb"[{}]")
_BLANK = bytes(byte if byte == ord("\n") else ord(" ") for byte in range(256))
_OWN = re.compile(rb"\n[ \t]*\*|\.\.\.|=\s*$|\.(?=<)|(?:(?<=^)|(?<=[<(,|]))[?!](?=[\w({])")
"""What JSDoc writes otherwise than TypeScript does: stars of the comment, and marks that say nothing of the class."""
_GIVEN = re.compile(rb"(import\([^()]*\)(?:\.\w+)+)(<[^<>]*>)")
"""Arguments of an imported type, which the grammar knows only behind names."""
_AROUND = {
    "variable_declarator", "lexical_declaration", "variable_declaration", "assignment_expression", "expression_statement", "export_statement", "pair",
    "field_definition", "parenthesized_expression",
}  # fmt: skip
"""What may stand between a function and its comment."""
_LISTS = {"lexical_declaration", "variable_declaration"}
"""Those of which only the first part has the comment for its own."""


class Documented(NamedTuple):
    """A type in a comment: ``param`` and ``typedef`` with the name that is said to have it, ``returns`` and ``type`` without one."""

    tag: str
    name: str
    kind: Tree


Documents = Mapping[int, Sequence[Documented]]
"""What comments say, by the byte that they begin at."""


class _Tag(NamedTuple):
    """A tag with a type and where the type is written."""

    tag: str
    name: str
    start: int
    end: int


def documents(source: bytes) -> Documents:
    """What the comments of a file say. Types are parsed where they stand, so that what they declare stands there."""
    tags = [(comment.start(), each) for comment in _COMMENT.finditer(source) for each in _tags(source, comment.start(), comment.end())]
    kinds = _parsed(source, [each for _, each in tags]) if tags else {}
    found: dict[int, list[Documented]] = {}
    for comment_start, each in tags:
        if each.start in kinds:
            found.setdefault(comment_start, []).append(Documented(each.tag, each.name, kinds[each.start]))
    return found


def told(comment: bytes) -> list[tuple[str, str, bytes]]:
    """What a comment says of types, however it is laid out: tags, names and types."""
    tags = _tags(comment, 0, len(comment)) if comment.startswith(b"/**") else ()
    return [(each.tag, each.name, b"".join(_as_typescript(comment[each.start : each.end]).split())) for each in tags]


def _tags(source: bytes, start: int, end: int) -> Iterator[_Tag]:
    for written in _TAG.finditer(source, start, end):
        closed = _closed(source, written.end(), end)
        if closed is not None:
            named = _NAME.match(source, closed + 1)
            yield _Tag(_TAGS.get(written[1], "param"), named[1].decode() if named else "", written.end(), closed)


def _as_typescript(kind: bytes) -> bytes:
    """The type as TypeScript writes it, as long as before."""
    plain = _OWN.sub(lambda own: own[0].translate(_BLANK), kind)
    return _GIVEN.sub(lambda given: given[1] + given[2].translate(_BLANK), plain)


def _closed(source: bytes, start: int, end: int) -> int | None:
    """Where the brace that was opened before ``start`` is closed."""
    depth = 1
    for brace in _BRACE.finditer(source, start, min(end, start + _LONGEST)):
        depth += 1 if brace[0] == b"{" else -1
        if not depth:
            return brace.start()
    return None


def _parsed(source: bytes, tags: Iterable[_Tag]) -> dict[int, Tree]:
    """The types by the byte that they begin at; those with an error are left out."""
    blank = bytearray(source.translate(_BLANK))
    for each in tags:
        blank[each.start - len(_ALIAS) : each.end + 1] = _ALIAS + _as_typescript(source[each.start : each.end]) + b";"
    aliases = [child for child in parse(Language.TYPESCRIPT, bytes(blank)).root_node.named_children if child.type == "type_alias_declaration"]
    values = [(alias.start_byte + len(_ALIAS), alias.child_by_field_name("value")) for alias in aliases if not alias.has_error]
    return {start: value for start, value in values if value is not None}


def comments_of(tree: Tree) -> Iterator[int]:
    """The bytes at which comments of a function or a variable begin, the nearest first."""
    around: Tree | None = tree
    while around is not None:
        before = around.prev_named_sibling
        while before is not None and before.type == "comment":
            yield before.start_byte
            before = before.prev_named_sibling
        parent = around.parent
        first = parent is not None and (before is None or parent.type not in _LISTS)
        around = parent if parent is not None and parent.type in _AROUND and first else None

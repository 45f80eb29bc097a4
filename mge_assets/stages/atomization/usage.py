"""What is known of a variable that nothing types: where its value comes from, and what is done with it.

What belongs here: reading the nodes around a name. Written, documented and shown types are in ``definitions``.
"""

from collections.abc import Iterator

from tree_sitter import Node

from mge_assets.stages.atomization.marks import Marks

_READINGS = 8
_SAID = 3
_REACH = 16_000
"""Bytes of a definition that are looked through for one name."""
_CALLEES = {"call": "function", "call_expression": "function", "new_expression": "constructor"}
_INDEXED = {"subscript": "value", "subscript_expression": "object"}
_ARGUMENTS = frozenset({"argument_list", "arguments"})
_COMPUTED = frozenset({"binary_operator", "comparison_operator", "binary_expression", "unary_operator", "unary_expression", "augmented_assignment"})
_UNTYPED = frozenset({b"!", b"&&", b"||", b"??"})
"""Operators that take anything."""
_ASKING = frozenset({b"isinstance", b"issubclass", b"hasattr"})
_ROUNDS = frozenset({"for_statement", "for_in_statement", "for_in_clause"})
_WORDS = {
    "await": "is awaited",
    "await_expression": "is awaited",
    "spread_element": "is spread",
    "list_splat": "is spread",
    "dictionary_splat": "is spread as a mapping",
    "template_substitution": "goes into a text",
    "interpolation": "goes into a text",
}
_PATTERNS = frozenset(
    {
        "array_pattern",
        "as_pattern_target",
        "assignment_pattern",
        "list_pattern",
        "list_splat_pattern",
        "object_assignment_pattern",
        "object_pattern",
        "pair_pattern",
        "pattern_list",
        "rest_pattern",
        "tuple_pattern",
    }
)
_VALUES = {"variable_declarator": "value", "assignment": "right", "assignment_expression": "right", "named_expression": "value"}
_SILENT = frozenset({"none", "null", "undefined"})


class Usage:
    """Looks names up in one file."""

    def __init__(self, root: Node, marks: Marks) -> None:
        self._root, self._marks = root, marks

    def of(self, name: str, start: int, end: int) -> str:
        """What the code between two offsets shows of a variable; nothing where it shows nothing."""
        end = min(end, start + _REACH)
        origins = (self._origin(node) for node in self._nodes(name, self._marks.events("bind", start, end)))
        said = [text for text in origins if text][:1]
        said += [text for node in self._nodes(name, self._marks.used(start, end)) if (text := self._use(node, name))]
        return f"{name}: {'; '.join(list(dict.fromkeys(said))[:_SAID])}" if said else ""

    def _nodes(self, name: str, events: Iterator[tuple[int, str]]) -> Iterator[Node]:
        length, found = len(name.encode()), 0
        for at, text in events:
            if text == name and found < _READINGS:
                found += 1
                node = self._root.descendant_for_byte_range(at, at + length)
                if node is not None:
                    yield node

    def _origin(self, node: Node) -> str:
        """Where the value comes from that is bound to this name."""
        part, parent = "", node.parent
        while parent is not None and parent.type in _PATTERNS:
            part = "" if parent.type == "as_pattern_target" else "part of "
            node, parent = parent, parent.parent
        if parent is None:
            return ""
        if (field := _VALUES.get(parent.type)) is not None:
            value = parent.child_by_field_name(field)
            return f"{part or 'from '}{self._marks.quote(value)}" if value is not None and value.type not in _SILENT and not _covers(value, node) else ""
        if parent.type in _ROUNDS and (right := parent.child_by_field_name("right")) is not None:
            return f"{part}each of {self._marks.quote(right)}"
        if parent.type == "as_pattern":
            return f"{part}{self._marks.quote(parent.named_children[0])}, as it is entered or caught"
        return "what was thrown" if parent.type == "catch_clause" else ""

    def _use(self, node: Node, name: str) -> str:  # noqa: PLR0911 - a table of node types
        """What is done with the value, where that tells of its type."""
        parent = node.parent
        if parent is None:
            return ""
        kind = parent.type
        if kind in _WORDS:
            return _WORDS[kind]
        if (field := _CALLEES.get(kind)) is not None:
            return "is called" if parent.child_by_field_name(field) == node else ""
        if (field := _INDEXED.get(kind)) is not None:
            return "is indexed" if parent.child_by_field_name(field) == node else f"indexes {self._marks.quote(parent)}"
        if kind in _ARGUMENTS and parent.parent is not None:
            called = parent.parent.child_by_field_name(_CALLEES.get(parent.parent.type, "function"))
            if called is not None and called.text in _ASKING:
                return self._marks.quote(parent.parent)
            return f"goes to {self._marks.quote(called)}()" if called is not None else ""
        if kind in _ROUNDS:
            return "is iterated" if parent.child_by_field_name("right") == node else ""
        operator = parent.child_by_field_name("operator")
        if kind in _COMPUTED and (operator is None or operator.text not in _UNTYPED) and parent.end_byte - parent.start_byte < len(name) + 80:
            return f"computed with: {self._marks.quote(parent)}"
        return ""


def _covers(outer: Node, inner: Node) -> bool:
    return outer.start_byte <= inner.start_byte < outer.end_byte

"""Syntax trees as every check walks them."""

from collections.abc import Iterator

from tree_sitter import Node


def text_of(node: Node | None) -> str:
    """The node's text; empty for none."""
    return (node.text or b"").decode(errors="replace") if node is not None else ""


def below(node: Node) -> Iterator[Node]:
    """The node and all under it."""
    yield node
    for child in node.named_children:
        yield from below(child)

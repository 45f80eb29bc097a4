"""What is written at a syntax node."""

from collections.abc import Collection

from tree_sitter import Node as Tree


def text(tree: Tree | None) -> str:
    """Source text of a syntax node; empty for none."""
    written = tree.text if tree is not None else None  # asked for once: each time it is copied out of the source
    return written.decode("utf-8", "replace") if written is not None else ""


def unparenthesised(tree: Tree | None) -> Tree | None:
    """What stands in the parentheses, however many."""
    while tree is not None and tree.type == "parenthesized_expression":
        inside = next((child for child in tree.named_children if child.type != "comment"), None)
        if inside is None:
            break
        tree = inside
    return tree


def members(tree: Tree, kinds: Collection[str]) -> list[Tree]:
    """What is joined by nodes of these kinds, in order: unions nest to the left, a level for each member, thousands deep."""
    found, todo = [], [tree]
    while todo:
        part = todo.pop()
        if part.type in kinds:
            todo += reversed(part.named_children)
        elif part.type != "comment":
            found.append(part)
    return found


def operands(tree: Tree) -> list[Tree | None]:
    """Those of ``a and b and c``, or of ``a || b || c``: such chains nest to the left, a level for each."""
    found, operator = list[Tree | None](), text(tree.child_by_field_name("operator"))
    left: Tree | None = tree
    while left is not None and left.type == tree.type and text(left.child_by_field_name("operator")) == operator:
        found.append(left.child_by_field_name("right"))
        left = left.child_by_field_name("left")
    return [left, *reversed(found)]

"""What a test says of a value from there on: ``x.kind === "a"`` leaves the types of a union whose ``kind`` may be that."""

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.tree_text import members, text, unparenthesised
from mge_assets.stages.dependency.javascript.base import constant_key

Test = tuple[Tree, frozenset[str]]
"""A property of a variable (``x.kind``) and the words that it may be."""


def words_of(tree: Tree | None) -> frozenset[str]:
    """The words that a type lists (``"a" | "b"``); empty where it allows for others too."""
    if tree is None:
        return frozenset()
    parts = [child for child in tree.named_children if child.type != "comment"]
    match tree.type:
        case "literal_type" if parts and parts[0].type == "string":
            return frozenset({str(constant_key(parts[0]))})
        case "type_annotation" | "parenthesized_type" | "readonly_type" if len(parts) == 1:
            return words_of(parts[0])
        case "union_type":
            listed = [words_of(part) for part in members(tree, {tree.type})]
            return frozenset[str]().union(*listed) if all(listed) else frozenset()
        case _:
            return frozenset()


def tested(tree: Tree | None) -> list[Test]:
    """What holds where the condition does."""
    found, todo = list[Test](), [tree]
    while todo:
        part = unparenthesised(todo.pop())
        if part is None or part.type != "binary_expression":
            continue
        left, right, operator = part.child_by_field_name("left"), part.child_by_field_name("right"), text(part.child_by_field_name("operator"))
        if operator == "&&":
            todo += [right, left]
        elif operator in {"===", "=="} and right is not None and right.type == "string":
            found += [(place, frozenset({str(constant_key(right))})) for place in tagged(left)]
    return found


def tagged(tree: Tree | None) -> list[Tree]:
    """The property of a variable that this is, if it is one."""
    tree = unparenthesised(tree)
    holder = tree.child_by_field_name("object") if tree is not None and tree.type == "member_expression" else None
    return [tree] if tree is not None and holder is not None and holder.type == "identifier" else []


def cases(body: Tree) -> list[tuple[Tree, frozenset[str]]]:
    """The cases of a ``switch`` and the words that lead to each; none where something else does too."""
    found: list[tuple[Tree, frozenset[str]]] = []
    above: frozenset[str] | None = frozenset()
    for case in (child for child in body.named_children if child.type != "comment"):
        value = case.child_by_field_name("value")
        above = above | {str(constant_key(value))} if above is not None and value is not None and value.type == "string" else None
        found.append((case, above or frozenset()))
        if any(child != value and child.type != "comment" for child in case.named_children):
            above = frozenset() if case.named_children[-1].type in _LEAVING or _leaves(case.named_children[-1]) else None
    return found


_LEAVING = {"break_statement", "return_statement", "throw_statement", "continue_statement"}


def _leaves(tree: Tree) -> bool:
    """True for a block that ends by leaving."""
    return tree.type == "statement_block" and bool(tree.named_children) and tree.named_children[-1].type in _LEAVING

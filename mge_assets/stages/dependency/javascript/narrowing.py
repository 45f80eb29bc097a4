"""What a condition says of a value from there on: its class, what ``typeof`` calls it, a property that it has, a word that a property is."""

from collections.abc import Iterator
from typing import NamedTuple

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.tree_text import members, text, unparenthesised
from mge_assets.stages.dependency.javascript.base import constant_key

_EQUAL, _UNEQUAL = {"===", "=="}, {"!==", "!="}
_LEAVING = {"break_statement", "return_statement", "throw_statement", "continue_statement"}


class Fact(NamedTuple):
    """What is so, or is not, of the value at a place.

    ``kind`` is ``class`` (``told`` are the classes), ``type`` (``words`` are what ``typeof`` may give), ``property`` (``words`` are names), ``tag``
    (the property ``name`` is one of ``words``), ``array`` or ``call`` (``told`` was called with the value and gave true).
    """

    place: Tree
    kind: str
    holds: bool
    words: frozenset[str] = frozenset()
    told: Tree | None = None
    name: str = ""


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


def facts(condition: Tree | None, *, holds: bool) -> Iterator[Fact]:
    """What is known where the condition holds, or does not."""
    todo = [(condition, holds)]
    while todo:
        part, so = todo.pop()
        tree = unparenthesised(part)
        match tree.type if tree is not None else None:
            case "unary_expression" if tree is not None and text(tree.child_by_field_name("operator")) == "!":
                todo.append((tree.child_by_field_name("argument"), not so))
            case "binary_expression" if tree is not None:
                if text(tree.child_by_field_name("operator")) == ("&&" if so else "||"):
                    todo += [(tree.child_by_field_name(side), so) for side in ("right", "left")]
                else:
                    yield from _compared(tree, holds=so)
            case "call_expression" if tree is not None:
                given = tree.child_by_field_name("arguments")
                for place in given.named_children[:1] if given is not None else ():
                    told = tree.child_by_field_name("function")
                    yield Fact(place, "array" if text(told) == "Array.isArray" else "call", so, told=told)
            case _:
                pass


def _compared(tree: Tree, *, holds: bool) -> Iterator[Fact]:
    left, right = unparenthesised(tree.child_by_field_name("left")), unparenthesised(tree.child_by_field_name("right"))
    operator = text(tree.child_by_field_name("operator"))
    if left is None or right is None:
        return
    if operator == "instanceof":
        yield Fact(left, "class", holds, told=right)
    elif operator == "in" and left.type == "string":
        yield Fact(right, "property", holds, frozenset({str(constant_key(left))}))
    elif operator in _EQUAL | _UNEQUAL:
        subject, word = (right, left) if left.type == "string" else (left, right)
        if word.type == "string":
            yield from is_word(subject, frozenset({str(constant_key(word))}), holds=holds == (operator in _EQUAL))


def is_word(subject: Tree | None, words: frozenset[str], *, holds: bool) -> Iterator[Fact]:
    """``typeof x`` or ``x.kind`` is one of the words."""
    subject = unparenthesised(subject)
    if subject is None:
        return
    if subject.type == "unary_expression" and text(subject.child_by_field_name("operator")) == "typeof":
        place = unparenthesised(subject.child_by_field_name("argument"))
        if place is not None:
            yield Fact(place, "type", holds, words)
    elif subject.type == "member_expression" and (place := subject.child_by_field_name("object")) is not None:
        yield Fact(place, "tag", holds, words, name=text(subject.child_by_field_name("property")))


def cases(subject: Tree | None, body: Tree) -> list[tuple[Tree, list[Fact]]]:
    """The cases of a ``switch`` and what is known in each; nothing where something else leads to it too."""
    found: list[tuple[Tree, list[Fact]]] = []
    above: frozenset[str] | None = frozenset()
    every = [child.child_by_field_name("value") for child in body.named_children if child.type == "switch_case"]
    for case in (child for child in body.named_children if child.type != "comment"):
        value = case.child_by_field_name("value")
        if case.type == "switch_default" and above == frozenset() and all(each is not None and each.type == "string" for each in every):
            found.append((case, list(is_word(subject, frozenset(str(constant_key(each)) for each in every), holds=False))))
            above = None
        else:
            above = above | {str(constant_key(value))} if above is not None and value is not None and value.type == "string" else None
            found.append((case, list(is_word(subject, above, holds=True)) if above else []))
        if any(child != value and child.type != "comment" for child in case.named_children):
            above = frozenset() if leaves(case.named_children[-1]) else None
    return found


def leaves(tree: Tree | None) -> bool:
    """True for a statement, or a block of some, that ends by leaving."""
    while tree is not None and tree.type == "statement_block" and tree.named_children:
        tree = tree.named_children[-1]
    return tree is not None and tree.type in _LEAVING

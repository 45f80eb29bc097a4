"""What a JavaScript or TypeScript file defines, as the same values as Python's."""

import re
from collections.abc import Iterator

from tree_sitter import Node, Tree

from mge_assets.stages.validation.definitions import Definition
from mge_assets.stages.validation.trees import text_of

_FUNCTIONS = frozenset({"function_declaration", "generator_function_declaration", "method_definition", "function_signature"})
_VALUES = frozenset({"arrow_function", "function_expression", "generator_function"})
_CLASSES = {
    "class_declaration": "class",
    "abstract_class_declaration": "class",
    "interface_declaration": "type",
    "type_alias_declaration": "type",
    "enum_declaration": "type",
}
_BLANKS = re.compile(r"\s+")
_NOT_IMPLEMENTED = re.compile(r"^throw new Error\(\s*[\"'`][^\"'`]*(not (yet )?implemented|todo)[^\"'`]*[\"'`]\s*\);?$", re.IGNORECASE)

_PARAMETER = re.compile(r"(?:^|,)\s*(?:\.\.\.)?([A-Za-z_$][\w$]*)")
_UNWRITTEN = re.compile(r"todo|fixme|tbd|implement|your code", re.IGNORECASE)
_NOTHING = re.compile(r"^_*(no_?op|nop|ignore|do_?nothing|dummy)_*$", re.IGNORECASE)


def _calls(function: Node) -> str:
    """The parameters as written, without blanks; a lone parameter of an arrow function counts as in brackets."""
    parameters = function.child_by_field_name("parameters")
    written = text_of(parameters)[1:-1] if parameters else text_of(function.child_by_field_name("parameter"))
    prefix = "async " if any(child.type == "async" for child in function.children) else ""
    return f"{prefix}({_BLANKS.sub('', written).rstrip(',')})"


def _is_stub(function: Node) -> bool:
    body = function.child_by_field_name("body")
    if body is None or body.type != "statement_block" or text_of(function.child_by_field_name("name")) == "constructor":
        return False
    statements = [child for child in body.named_children if child.type != "comment"]
    if not statements:
        return not _may_be_empty(function, body)
    return len(statements) == 1 and bool(_NOT_IMPLEMENTED.match(text_of(statements[0])))


def _may_be_empty(function: Node, body: Node) -> bool:
    """A body that is empty on purpose: it says so, the function asserts for the compiler only, takes what it ignores, or overrides."""
    owner = function.parent.parent if function.type == "method_definition" and function.parent else None
    overrides = owner is not None and any(child.type == "class_heritage" for child in owner.named_children)
    returns = text_of(function.child_by_field_name("return_type"))
    parameters = function.child_by_field_name("parameters")
    names = _PARAMETER.findall(text_of(parameters)[1:-1]) if parameters else []
    ignored = bool(names) and all(name.startswith("_") for name in names)
    said = any(child.type == "comment" for child in body.named_children) and not _UNWRITTEN.search(text_of(body))
    nothing = not returns or "void" in returns or "asserts" in returns
    return nothing and (ignored or "asserts" in returns or said or overrides or bool(_NOTHING.match(text_of(function.child_by_field_name("name")))))


def _define(node: Node, named: Node, kind: str, scope: str, depth: int, function: Node | None) -> Definition:
    outer = node.parent if node.parent and node.parent.type in {"export_statement", "lexical_declaration"} else node
    calls, stub = (_calls(function), _is_stub(function) and not _may_be_value(node, function)) if function else ("", False)
    return Definition(f"{scope}{text_of(named)}", kind, calls, stub, outer.start_byte, node.end_byte, node.start_point[0] + 1, depth)


def _may_be_value(node: Node, function: Node) -> bool:
    """A function without statements that is kept under a name: a default that does nothing, more often than one that nobody wrote."""
    body = function.child_by_field_name("body")
    return node.type == "variable_declarator" and body is not None and not any(child.type != "comment" for child in body.named_children)


def _walk(node: Node, scope: str, depth: int) -> Iterator[Definition]:
    named, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if node.type in _FUNCTIONS and named:
        yield _define(node, named, "function", scope, depth, node)
        scope, depth = f"{scope}{text_of(named)}.", depth + 1
    elif node.type in _CLASSES and named:
        yield _define(node, named, _CLASSES[node.type], scope, depth, None)
        scope = f"{scope}{text_of(named)}."
    elif node.type == "variable_declarator" and named and named.type == "identifier" and value and value.type in _VALUES:
        yield _define(node, named, "function", scope, depth, value)
        scope, depth = f"{scope}{text_of(named)}.", depth + 1
    for child in node.named_children:
        yield from _walk(child, scope, depth)


def javascript_definitions(tree: Tree) -> tuple[Definition, ...]:
    """Every named function, method, class and type of the file, outer ones before inner ones."""
    return tuple(_walk(tree.root_node, "", 0))

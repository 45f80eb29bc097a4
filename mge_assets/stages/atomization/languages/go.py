"""Go: node types of tree-sitter-go, and how its declarations are read. The example of ``docs/languages.md``."""

import re

from tree_sitter import Node

from mge_assets.model.atoms import AtomKind
from mge_assets.stages.atomization.grammar import Description, Grammar, Parameter

_UNWRITTEN = (b"panic(", b"not implemented")


def _text(node: Node | None) -> str:
    return (node.text or b"").decode(errors="replace") if node is not None else ""


def _statements(body: Node | None) -> list[Node]:
    """A block's statements; the grammar keeps them in a list of their own."""
    listed = [child for child in body.named_children if child.type == "statement_list"] if body is not None else []
    return [child for inner in listed for child in inner.named_children if child.type != "comment"]


def _is_stub(body: Node | None) -> bool:
    """An empty body, or one that only panics because it is not implemented."""
    statements = _statements(body)
    only = (statements[0].text or b"").lower() if len(statements) == 1 else b""
    return body is not None and (not statements or (only.startswith(_UNWRITTEN[0]) and _UNWRITTEN[1] in only))


def _receiver(node: Node) -> str:
    """The type that a method belongs to, without pointer and type parameters."""
    found = node.child_by_field_name("receiver")
    while found is not None and found.type != "type_identifier":
        inner = found.child_by_field_name("type") or next(iter(found.named_children), None)
        found = inner
    return _text(found)


def _function(node: Node) -> Description:
    name, body = _text(node.child_by_field_name("name")), node.child_by_field_name("body")
    if node.type == "method_declaration":
        return Description(AtomKind.METHOD, node, f"{_receiver(node)}.{name}".lstrip("."), body, stub=_is_stub(body))
    return Description(AtomKind.FUNCTION, node, name, body, stub=_is_stub(body))


def _type(node: Node) -> Description:
    """An interface, or another type; a struct's body are its fields."""
    declared = [child for child in node.named_children if child.type in {"type_spec", "type_alias"}]
    if len(declared) != 1:
        return Description(AtomKind.TYPE, node)
    name, written = _text(declared[0].child_by_field_name("name")), declared[0].child_by_field_name("type")
    if written is not None and written.type == "interface_type":
        return Description(AtomKind.INTERFACE, node, name, written)
    body = written.named_children[0] if written is not None and written.type == "struct_type" and written.named_child_count else None
    return Description(AtomKind.TYPE, node, name, body)


def describe(node: Node, _in_class: bool) -> Description:
    """What the declaration or statement is."""
    match node.type:
        case "function_declaration" | "method_declaration":
            return _function(node)
        case "type_declaration":
            return _type(node)
        case "import_declaration" | "package_clause":
            return Description(AtomKind.IMPORT, node)
        case "const_declaration" | "var_declaration":
            names = [child for spec in node.named_children for child in spec.children_by_field_name("name")]
            return Description(AtomKind.CONSTANT, node, _text(names[0]) if len(names) == 1 else "")
        case "comment":
            return Description(AtomKind.TRIVIA, node)
        case _:
            return Description(AtomKind.STATEMENT_GROUP, node)


def _docstring(_definition: Node) -> Node | None:
    """None: documentation is a comment above the definition, and comments stay with what they stand above."""
    return None


def _signature(description: Description) -> bytes:
    text = description.node.text or b""
    if description.body is None:
        return text[:200] if description.kind is AtomKind.TYPE else b""
    return text[: description.body.start_byte - description.node.start_byte].rstrip(b" {\t\r\n")


def _parameters(description: Description) -> tuple[Parameter, ...]:
    """The parameters; several names may share one type."""
    listed = description.node.child_by_field_name("parameters")
    found: list[Parameter] = []
    for child in listed.named_children if listed is not None else ():
        written, variadic = _text(child.child_by_field_name("type")), child.type == "variadic_parameter_declaration"
        found += [Parameter(_text(name), written, variadic=variadic) for name in child.children_by_field_name("name")]
    return tuple(found)


def _returns(description: Description) -> str:
    return _text(description.node.child_by_field_name("result"))


def _tests(root: Node) -> tuple[Node, ...]:
    """Functions called ``Test…``; the whole where there is none."""
    functions = [child for child in root.named_children if child.type == "function_declaration"]
    return tuple(node for node in functions if _text(node.child_by_field_name("name")).startswith("Test")) or (root,)


def _bindings(node: Node) -> tuple[tuple[str, str], ...]:
    """A package is known by its alias, or by the last part of its path (a version's ``v2`` left out)."""
    path = _text(node.child_by_field_name("path"))
    parts = [part for part in path.strip('"`').split("/") if part]
    last = parts[-2] if len(parts) > 1 and parts[-1][:1] == "v" and parts[-1][1:].isdigit() else (parts or [""])[-1]
    alias = _text(node.child_by_field_name("name"))
    return ((alias or last, f"import {alias} {path}" if alias else f"import {path}"),)


GRAMMAR = Grammar(
    name="go",
    bodies=frozenset({"source_file", "statement_list", "field_declaration_list", "interface_type"}),
    compound=frozenset(
        {
            "block",
            "communication_case",
            "default_case",
            "expression_case",
            "expression_switch_statement",
            "for_statement",
            "func_literal",
            "function_declaration",
            "if_statement",
            "labeled_statement",
            "method_declaration",
            "select_statement",
            "struct_type",
            "type_case",
            "type_declaration",
            "type_spec",
            "type_switch_statement",
        }
    ),
    literals=frozenset({"literal_value"}),
    raw=frozenset({"raw_string_literal", "comment"}),
    glued=frozenset(),
    margin=re.compile(rb"^(?:func|type|var|const|import)\b", re.MULTILINE),
    comments=frozenset({"comment"}),
    describe=describe,
    docstring=_docstring,
    signature=_signature,
    parameters=_parameters,
    returns=_returns,
    tests=_tests,
    bindings=_bindings,
    inferred={
        "int_literal": "int",
        "float_literal": "float64",
        "rune_literal": "rune",
        "interpreted_string_literal": "string",
        "raw_string_literal": "string",
        "true": "bool",
        "false": "bool",
        "nil": "nil",
        "func_literal": "func",
    },
    constructing=frozenset(),
    followed=False,
    type_members=frozenset({"field_declaration", "method_elem", "type_elem"}),
    random=frozenset({"rand", "time.Now", "time.Since", "uuid"}),
    effects=frozenset({"exec", "fmt.Print", "fmt.Printf", "fmt.Println", "http", "log", "net", "os", "print", "println", "syscall"}),
)
"""Go."""

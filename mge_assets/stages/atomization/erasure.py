"""TypeScript without its types, so that any Node can run it: what only the compiler reads becomes blanks, lines and columns stay.

Enums become objects, parameter properties assignments. What has no such form (namespaces, decorators, ``import =``) is refused.
"""

from collections.abc import Iterator

from tree_sitter import Node

from mge_resources.syntax import Language, parse

_ERASED = {
    "abstract_method_signature",
    "accessibility_modifier",
    "ambient_declaration",
    "asserts_annotation",
    "function_signature",
    "implements_clause",
    "interface_declaration",
    "method_signature",
    "override_modifier",
    "type_alias_declaration",
    "type_annotation",
    "type_arguments",
    "type_parameters",
    "type_predicate_annotation",
}
_REFUSED = {"internal_module", "module", "decorator", "import_alias", "import_require_clause"}
_WORDS = {"abstract", "declare", "readonly", "?", "!"}
_MARKED = {"abstract_class_declaration", "public_field_definition", "required_parameter", "optional_parameter", "variable_declarator", "method_definition"}
"""Nodes whose words (``abstract``, ``readonly``, ``?``, ``!``) say something of types only."""
_CASTS = {"as_expression", "satisfies_expression", "non_null_expression"}
_Edit = tuple[int, int, bytes]


def erase_types(source: bytes, language: Language) -> bytes | None:
    """The source as JavaScript, or ``None`` where it has what can't be erased or does not parse."""
    root = parse(language, source).root_node
    if root.has_error:
        return None
    edits: list[_Edit] = []
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type in _REFUSED:
            return None
        found = list(_edits(node, source))
        edits += found
        whole = any(start <= node.start_byte and node.end_byte <= end for start, end, _ in found)
        if not whole:
            stack.extend(node.children)
    return _applied(source, edits)


def _blank(source: bytes, start: int, end: int) -> _Edit:
    """Blanks in place of the text; its line ends stay."""
    return start, end, bytes(byte if byte in b"\r\n" else 0x20 for byte in source[start:end])


def _edits(node: Node, source: bytes) -> Iterator[_Edit]:
    kind = node.type
    if kind in _ERASED or (kind in {"import_statement", "export_statement"} and _only_types(node)):
        yield _blank(source, node.start_byte, node.end_byte)
    elif kind in {"import_specifier", "export_specifier", "required_parameter"} and node.children[0].type in {"type", "this"}:
        after = node.next_sibling
        yield _blank(source, node.start_byte, after.end_byte if after is not None and after.type == "," else node.end_byte)
    elif kind in _CASTS:
        yield _blank(source, node.named_children[0].end_byte, node.end_byte)
    elif kind == "type_assertion":
        yield _blank(source, node.start_byte, node.named_children[-1].start_byte)
    elif kind == "enum_declaration":
        yield node.start_byte, node.end_byte, _enum(node, source)
    elif kind in _MARKED:
        for child in node.children:
            if child.type in _WORDS:
                yield _blank(source, child.start_byte, child.end_byte)
        if kind == "method_definition":
            yield from _assigned(node, source)


def _only_types(node: Node) -> bool:
    """``import type``, ``export type`` and ``export`` of an interface or an alias."""
    if len(node.children) > 1 and node.children[1].type == "type":
        return True
    declared = node.child_by_field_name("declaration")
    if node.type != "export_statement" or declared is None:
        return False
    return declared.type in {"interface_declaration", "type_alias_declaration", "ambient_declaration", "function_signature"}


def _assigned(method: Node, source: bytes) -> Iterator[_Edit]:
    """``constructor(private name: string)`` assigns ``this.name``: after ``super(…)`` where there is one, else first."""
    parameters, body = method.child_by_field_name("parameters"), method.child_by_field_name("body")
    marks = {"accessibility_modifier", "readonly", "override_modifier"}
    names = [
        source[pattern.start_byte : pattern.end_byte]
        for parameter in (parameters.named_children if parameters is not None else ())
        if any(child.type in marks for child in parameter.children) and (pattern := parameter.child_by_field_name("pattern")) is not None
    ]
    if not names or body is None:
        return
    calls = (child for child in body.named_children if child.type == "expression_statement" and source[child.start_byte :].startswith(b"super("))
    first = next(calls, None)
    at = first.end_byte if first is not None else body.start_byte + 1
    yield at, at, b"".join(b" this." + name + b" = " + name + b";" for name in names)


def _enum(node: Node, source: bytes) -> bytes:
    """The enum as a constant object, with names by number; on one line, then as many line ends as it had."""
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    assert name is not None
    assert body is not None
    before, lines = b"-1", []
    for member in body.named_children:
        if member.type == "comment":
            continue
        own = member.child_by_field_name("name") if member.type == "enum_assignment" else member
        value = member.child_by_field_name("value") if member.type == "enum_assignment" else None
        key = b'"' + source[own.start_byte : own.end_byte].strip(b"\"'") + b'"' if own is not None else b'""'
        before = source[value.start_byte : value.end_byte] if value is not None else b"e[" + before + b"] + 1" if before.startswith(b'"') else before + b" + 1"
        reverse = b"" if value is not None and value.type in {"string", "template_string"} else b"e[e[" + key + b"]] = " + key + b"; "
        lines.append(b"e[" + key + b"] = " + before + b"; " + reverse)
        before = key
    text = source[name.start_byte : name.end_byte]
    made = b"const " + text + b" = ((e) => { " + b"".join(lines) + b"return e; })({});"
    return made + b"\n" * source[node.start_byte : node.end_byte].count(b"\n")


def _applied(source: bytes, edits: list[_Edit]) -> bytes:
    parts, at = [], 0
    for start, end, text in sorted(edits, key=lambda edit: (edit[0], -edit[1])):
        if start < at:
            continue  # inside what is gone already
        parts += [source[at:start], text]
        at = end
    return b"".join([*parts, source[at:]])

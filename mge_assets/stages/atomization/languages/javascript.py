"""JavaScript and JSX: node types of tree-sitter-javascript, and the reading of statements that TypeScript shares."""

import re
from collections.abc import Callable

from tree_sitter import Node

from mge_assets.model.atoms import AtomKind
from mge_assets.stages.atomization.grammar import Description, Grammar, Parameter

_FUNCTIONS = {"function_declaration", "generator_function_declaration", "function_expression", "generator_function", "arrow_function", "method_definition"}
_CLASSES = {"class_declaration", "abstract_class_declaration", "class"}
_SIGNATURES = {"function_signature", "method_signature", "abstract_method_signature"}
_FIELDS = {"public_field_definition", "field_definition"}
_NOT_IMPLEMENTED = re.compile(rb"throw\s+new\s+Error\(\s*[\"'`][^\"'`]*not (?:yet )?implemented[^\"'`]*[\"'`]\s*\)", re.IGNORECASE)
_SHORT = 400
"""Bytes beyond which an expression is no ``require`` and no test of the main module; texts are copies."""
_REQUIRE = re.compile(rb"^(?:await\s+)?(?:require|import)\s*\(")


def _text(node: Node | None) -> bytes:
    return (node.text or b"") if node is not None else b""


def _string(node: Node | None) -> str:
    return _text(node).decode(errors="replace")


def _inner(node: Node) -> Node:
    """The declaration inside ``export`` and ``declare``; any other statement as it is."""
    while node.type in {"export_statement", "ambient_declaration"}:
        inner = node.child_by_field_name("declaration") or node.child_by_field_name("value")
        if inner is None:
            if node.type == "export_statement" or not node.named_child_count:
                return node
            inner = node.named_children[-1]
        node = inner
    return node


def _is_stub_body(body: Node | None) -> bool:
    if body is None or body.type != "statement_block":
        return False
    count = body.named_child_count
    last = body.named_child(count - 1) if count else None
    if last is not None and last.type not in {"comment", "throw_statement"}:
        return False  # most bodies: their other statements need not be looked at
    statements = [child for child in body.named_children if child.type != "comment"]
    return not statements or (len(statements) == 1 and statements[0].type == "throw_statement" and bool(_NOT_IMPLEMENTED.match(_text(statements[0]))))


def _has_parameter_properties(function: Node) -> bool:
    listed = function.child_by_field_name("parameters")
    modifiers = {"accessibility_modifier", "override_modifier", "readonly"}
    return listed is not None and any(child.type in modifiers for item in listed.named_children for child in item.children)


def _function(node: Node, name: str, kind: AtomKind) -> Description:
    body = node.child_by_field_name("body")
    stub = _is_stub_body(body) and not (name == "constructor" and _has_parameter_properties(node))
    if node.type == "arrow_function" and stub and body is not None and not body.named_child_count:
        stub = False  # ``() => {}`` as a value is a no-op, not an omission
    return Description(kind, node, name, body, stub=stub)


def _value(node: Node, value: Node | None, name: str, kind: AtomKind, other: AtomKind) -> Description:
    """A name bound to a function or class is that function or class; to anything else, ``other``."""
    if value is not None and value.type in _FUNCTIONS:
        return _function(value, name, kind)
    if value is not None and value.type in _CLASSES:
        return _class(value, name)
    return Description(other, node, name)


def _class(node: Node, name: str) -> Description:
    body = node.child_by_field_name("body")
    members = body.named_children if body is not None else []
    return Description(AtomKind.CLASS_HEADER, node, name, body, split=any(map(_is_stub_method, members)))


def _is_stub_method(member: Node) -> bool:
    if member.type != "method_definition" or not _is_stub_body(member.child_by_field_name("body")):
        return False
    return _function(member, _string(member.child_by_field_name("name")), AtomKind.METHOD).stub


def _is_require(value: Node | None) -> bool:
    if value is None or value.type not in {"call_expression", "await_expression", "member_expression", "subscript_expression"}:
        return False
    return value.end_byte - value.start_byte < _SHORT and bool(_REQUIRE.match(_text(value)))


def _declaration(node: Node) -> Description:
    declarators = [child for child in node.named_children if child.type == "variable_declarator"]
    if not declarators:
        return Description(AtomKind.CONSTANT, node)
    value, target = declarators[0].child_by_field_name("value"), declarators[0].child_by_field_name("name")
    if _is_require(value) and all(_is_require(declarator.child_by_field_name("value")) for declarator in declarators[1:]):
        return Description(AtomKind.IMPORT, node)
    name = _string(target) if target is not None and target.type == "identifier" else ""
    return _value(node, value if len(declarators) == 1 else None, name, AtomKind.FUNCTION, AtomKind.CONSTANT)


def _assigned(node: Node, left: Node, right: Node) -> Description:
    """A function or class that is assigned to a member; what is the whole of a module's exports goes by its own name, if it has one."""
    member = left.child_by_field_name("property") if left.type == "member_expression" else left
    target = _text(left)
    own = right.child_by_field_name("name") if target in {b"module.exports", b"exports"} else None
    owner, _, method = target.decode(errors="replace").partition(".prototype.")
    if method.isidentifier() and owner:
        return _value(node, right, f"{owner.rpartition('.')[2]}.{method}", AtomKind.METHOD, AtomKind.STATEMENT_GROUP)
    return _value(node, right, _string(own or member), AtomKind.FUNCTION, AtomKind.STATEMENT_GROUP)


def _expression(node: Node) -> Description:
    """``exports.f = function …`` defines f; a namespace is read as what it is; all else is a statement."""
    inner = node.named_child(0) if node.named_child_count else node
    kind = inner.type
    if kind == "assignment_expression":
        left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
        while right is not None and right.type == "assignment_expression":  # exports = module.exports = …
            left, right = right.child_by_field_name("left"), right.child_by_field_name("right")
        if left is not None and right is not None and right.type in _FUNCTIONS | _CLASSES:
            return _assigned(node, left, right)
    if kind in {"internal_module", "module"}:
        return _READERS[kind](inner, False)
    return Description(AtomKind.STATEMENT_GROUP, node)


def _signature_of_method(node: Node, in_class: bool) -> Description:
    if node.type == "method_signature" and not in_class:
        return Description(AtomKind.STATEMENT_GROUP, node)  # a member of an object type
    kind = AtomKind.METHOD if in_class else AtomKind.FUNCTION
    return Description(kind, node, _string(node.child_by_field_name("name")), overload=node.type != "abstract_method_signature")


def describe(node: Node, in_class: bool) -> Description:
    """What the statement or member is."""
    kind = node.type
    if kind in {"export_statement", "ambient_declaration"}:
        inner = _inner(node)
        kind = inner.type
        if kind == "export_statement":
            return Description(AtomKind.IMPORT if inner.child_by_field_name("source") is not None else AtomKind.STATEMENT_GROUP, inner)
        node = inner
    reader = _READERS.get(kind)
    return Description(AtomKind.STATEMENT_GROUP, node) if reader is None else reader(node, in_class)


def _named_function(node: Node, in_class: bool) -> Description:
    kind = AtomKind.METHOD if in_class or node.type == "method_definition" else AtomKind.FUNCTION
    return _function(node, _string(node.child_by_field_name("name")) or "default", kind)


def _field(node: Node, _in_class: bool) -> Description:
    name = node.child_by_field_name("name") or node.child_by_field_name("property")
    return _value(node, node.child_by_field_name("value"), _string(name), AtomKind.METHOD, AtomKind.STATEMENT_GROUP)


def _pair(node: Node, _in_class: bool) -> Description:
    return _value(node, node.child_by_field_name("value"), _string(node.child_by_field_name("key")).strip("\"'"), AtomKind.METHOD, AtomKind.DATA_LITERAL)


def _named(kind: AtomKind) -> Callable[[Node, bool], Description]:
    """A reader of what has a name and, mostly, a body."""

    def read(node: Node, _in_class: bool) -> Description:
        body = node.child_by_field_name("body") if kind is not AtomKind.TYPE else None
        return Description(kind, node, _string(node.child_by_field_name("name")).strip("\"'"), body)

    return read


def _just(kind: AtomKind) -> Callable[[Node, bool], Description]:
    return lambda node, _in_class: Description(kind, node)


def _condition(node: Node, _in_class: bool) -> Description:
    condition = node.child_by_field_name("condition")
    short = condition is not None and condition.end_byte - condition.start_byte < _SHORT
    entry = short and b"require.main" in _text(condition)
    return Description(AtomKind.ENTRY_POINT if entry else AtomKind.STATEMENT_GROUP, node)


_READERS: dict[str, Callable[[Node, bool], Description]] = {
    **dict.fromkeys(_FUNCTIONS, _named_function),
    **dict.fromkeys(_CLASSES, lambda node, _in_class: _class(node, _string(node.child_by_field_name("name")) or "default")),
    **dict.fromkeys(_FIELDS, _field),
    **dict.fromkeys(_SIGNATURES, _signature_of_method),
    **dict.fromkeys(("lexical_declaration", "variable_declaration"), lambda node, _in_class: _declaration(node)),
    **dict.fromkeys(("import_statement", "import_alias"), _just(AtomKind.IMPORT)),
    **dict.fromkeys(("comment", "html_comment", "hash_bang_line"), _just(AtomKind.TRIVIA)),
    **dict.fromkeys(("internal_module", "module"), _named(AtomKind.STATEMENT_GROUP)),
    "interface_declaration": _named(AtomKind.INTERFACE),
    "type_alias_declaration": _named(AtomKind.TYPE),
    "enum_declaration": _named(AtomKind.ENUM),
    "pair": _pair,
    "if_statement": _condition,
    "expression_statement": lambda node, _in_class: _expression(node),
}
"""Node type ▸ its reader; all else is a statement."""


def _docstring(_definition: Node) -> Node | None:
    """None: documentation is a comment above the definition, and comments stay with what they stand above."""
    return None


def _signature(description: Description) -> bytes:
    node, body = description.node, description.body
    text = _text(node)
    if body is None or description.kind is AtomKind.ENUM:
        return text[:200] if description.kind in {AtomKind.TYPE, AtomKind.ENUM} or node.type in _SIGNATURES else b""
    header = text[: body.start_byte - node.start_byte].rstrip()
    named = node.child_by_field_name("name") is not None
    return header if named or not description.name else description.name.encode() + b" = " + header


def _parameter(node: Node) -> Parameter | None:
    if node.type in {"comment", "decorator"}:
        return None
    pattern = node.child_by_field_name("pattern") or node.child_by_field_name("left") or node
    written = _string(node.child_by_field_name("type")).lstrip(": ")
    default = _string(node.child_by_field_name("value") or node.child_by_field_name("right"))
    if node.type == "optional_parameter":
        written, default = written and f"{written} | undefined", "undefined"
    return Parameter(_string(pattern).removeprefix("..."), written, default, pattern.type == "rest_pattern")


def _parameters(description: Description) -> tuple[Parameter, ...]:
    node = description.node
    single = node.child_by_field_name("parameter")
    if single is not None:
        return (Parameter(_string(single)),)
    listed = node.child_by_field_name("parameters")
    found = (_parameter(child) for child in listed.named_children) if listed is not None else ()
    return tuple(parameter for parameter in found if parameter)


def _returns(description: Description) -> str:
    return _string(description.node.child_by_field_name("return_type")).lstrip(": ")


def _tests(root: Node) -> tuple[Node, ...]:
    """Calls of ``it``, ``test`` or ``Deno.test`` with their functions; the whole where there is none."""
    found: list[Node] = []
    stack = [root]
    while stack:
        node = stack.pop()
        if node.type == "call_expression" and _text(node.child_by_field_name("function")).split(b".")[0] in {b"it", b"test", b"Deno"}:
            found.append(node)
        else:
            stack.extend(node.named_children)
    return tuple(sorted(found, key=lambda node: node.start_byte)) or (root,)


def _bindings(node: Node) -> tuple[tuple[str, str], ...]:
    if node.type == "variable_declarator":
        return _required(node)
    source = _string(node.child_by_field_name("source"))
    keyword = "export" if node.type == "export_statement" else "import"
    if any(child.type == "type" for child in node.children):
        keyword += " type"
    found: list[tuple[str, str]] = []
    stack = list(node.named_children)
    while stack:
        child = stack.pop()
        if child.type in {"import_specifier", "export_specifier"}:
            bound = _string(child.child_by_field_name("alias") or child.child_by_field_name("name"))
            found.append((bound, f"{keyword} {{ {_string(child)} }} from {source}"))
        elif child.type in {"namespace_import", "namespace_export"}:
            found.append((_string(child).split()[-1], f"{keyword} {_string(child)} from {source}"))
        elif child.type == "identifier":
            found.append((_string(child), f"{keyword} {_string(child)} from {source}"))
        elif child.type in {"import_clause", "named_imports", "export_clause"}:
            stack.extend(reversed(child.named_children))
    return tuple(found) or (("", " ".join(_string(node).split())),)


def _required(declarator: Node) -> tuple[tuple[str, str], ...]:
    target, call = declarator.child_by_field_name("name"), declarator.child_by_field_name("value")
    names = re.findall(r"[\w$]+(?=\s*(?:[,}=]|$))", _string(target))
    return tuple((name, f"const {_string(target)} = {_string(call)}") for name in names)


INFERRED = {
    "number": "number",
    "string": "string",
    "template_string": "string",
    "true": "boolean",
    "false": "boolean",
    "null": "null",
    "array": "Array",
    "object": "object",
    "arrow_function": "Function",
    "function_expression": "Function",
    "regex": "RegExp",
    "jsx_element": "JSX.Element",
    "jsx_self_closing_element": "JSX.Element",
}
RESULTS = {
    **dict.fromkeys(("Array.isArray", "Boolean", "Number.isInteger", "Number.isNaN", "Number.isFinite", "Object.is", "isNaN", "isFinite"), "boolean"),
    **dict.fromkeys((".endsWith", ".every", ".hasOwnProperty", ".includes", ".isPrototypeOf", ".some", ".startsWith", ".test"), "boolean"),
    **dict.fromkeys(("Date.now", "Number", "Number.parseFloat", "Number.parseInt", "parseFloat", "parseInt"), "number"),
    **dict.fromkeys(("Math.abs", "Math.ceil", "Math.floor", "Math.max", "Math.min", "Math.pow", "Math.round", "Math.sqrt", "Math.trunc"), "number"),
    **dict.fromkeys((".charCodeAt", ".getTime", ".indexOf", ".lastIndexOf", ".localeCompare"), "number"),
    **dict.fromkeys(("JSON.stringify", "String", "String.fromCharCode", "decodeURIComponent", "encodeURI", "encodeURIComponent"), "string"),
    **dict.fromkeys((".charAt", ".join", ".padEnd", ".padStart", ".replaceAll", ".toFixed", ".toISOString", ".toLowerCase", ".toString"), "string"),
    **dict.fromkeys((".toUpperCase", ".trim", ".trimEnd", ".trimStart"), "string"),
    **dict.fromkeys(("Array.from", "Object.entries", "Object.keys", "Object.values", ".flatMap", ".split"), "Array"),
}
OPERATORS = {
    **dict.fromkeys(("!", "!=", "!==", "<", "<=", "==", "===", ">", ">=", "in", "instanceof", "delete"), "boolean"),
    **dict.fromkeys(("%", "*", "**", "-", "/"), "number"),
    "typeof": "string",
    "void": "undefined",
}
RANDOM = frozenset(
    {
        "Date()",
        "Date.now",
        "Math.random",
        "nanoid",
        "performance.now",
        "process.hrtime",
        "uuid",
        *(f"crypto.{name}" for name in ("getRandomValues", "randomBytes", "randomFill", "randomFillSync", "randomInt", "randomUUID")),
    }
)
EFFECTS = frozenset(
    {
        "XMLHttpRequest",
        "alert",
        "child_process",
        "console",
        "document",
        "fetch",
        "fs",
        "localStorage",
        "process.exit",
        "process.stderr",
        "process.stdout",
        "sessionStorage",
        "setInterval",
        "setTimeout",
        "window",
    }
)
BODIES = frozenset({"program", "statement_block", "class_body", "switch_body", "class_static_block"})
COMPOUND = frozenset(
    {
        *_FUNCTIONS,
        *_CLASSES,
        "if_statement",
        "else_clause",
        "for_statement",
        "for_in_statement",
        "while_statement",
        "do_statement",
        "try_statement",
        "catch_clause",
        "finally_clause",
        "switch_statement",
        "switch_case",
        "switch_default",
        "labeled_statement",
        "with_statement",
    }
)
LITERALS = frozenset({"array", "object"})
_KEYWORDS = rb"(?:export|import|function|async function|class|abstract class|interface|enum|namespace|declare)\b|(?:type|const|let|var) \w"
MARGIN = re.compile(rb"^(?:" + _KEYWORDS + rb")", re.MULTILINE)
PLAIN = frozenset(
    {
        "if_statement",
        "for_statement",
        "for_in_statement",
        "while_statement",
        "do_statement",
        "try_statement",
        "switch_statement",
        "switch_case",
        "switch_default",
        "return_statement",
        "throw_statement",
        "break_statement",
        "continue_statement",
    }
)

GRAMMAR = Grammar(
    name="javascript",
    bodies=BODIES,
    compound=COMPOUND,
    literals=LITERALS,
    raw=frozenset({"string", "template_string", "comment", "regex", "html_comment", "jsx_text"}),
    glued=frozenset({"decorator"}),
    comments=frozenset({"comment", "html_comment", "hash_bang_line"}),
    plain=PLAIN,
    margin=MARGIN,
    describe=describe,
    docstring=_docstring,
    signature=_signature,
    parameters=_parameters,
    returns=_returns,
    tests=_tests,
    bindings=_bindings,
    inferred=INFERRED,
    results=RESULTS,
    operators=OPERATORS,
    random=RANDOM,
    effects=EFFECTS,
)
"""JavaScript and JSX."""

"""A function of JavaScript or TypeScript as others use it: its parameters, whether it is async, what it gives back, what it throws.

Read from its text alone. Where overloads, decorators, accessors or a rebinding leave a doubt, nothing is known.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from mge_assets.stages.validation.trees import text_of
from mge_resources.syntax import Language, parse

_VALUES = frozenset({"arrow_function", "function_expression", "generator_function"})
_DECLARED = frozenset({"function_declaration", "generator_function_declaration"})
FUNCTIONS = _VALUES | _DECLARED | {"method_definition"}
_FIELDS = frozenset({"public_field_definition", "field_definition"})
_PATTERNS = frozenset({"object_pattern", "array_pattern"})
_TYPED = frozenset({Language.TYPESCRIPT, Language.TSX})
_KINDS = {
    "number": "number", "string": "string", "template_string": "string", "true": "boolean", "false": "boolean", "array": "array", "object": "object",
    "arrow_function": "function", "function_expression": "function", "regex": "object",
}  # fmt: skip
_SAID = {
    "number": "number", "string": "string", "boolean": "boolean", "Array": "array", "object": "object", "Object": "object", "Function": "function",
    "void": "void", "undefined": "void",
}  # fmt: skip
_DOCUMENT = re.compile(rb"/\*\*.*?\*/", re.DOTALL)
_RETURNS = re.compile(r"@returns?\s*\{([^{}]*)\}")
_THROWS = re.compile(r"@throws?\s*(?:\{([\w.]+)\}|([A-Z]\w*Error)\b)")


@dataclass(frozen=True, slots=True)
class ScriptFunction:
    """``least`` and ``most`` arguments (``None`` for any number); ``opened`` is the 0-based last parameter that is taken apart and has no default, -1 for none.

    ``members`` are the keys of the object literals that every return gives, ``None`` where one gives something else; ``returns`` is the type that its
    signature or its documentation names, ``kinds`` what its returned literals are, ``throws`` the errors that it throws and does not catch.
    """

    name: str
    owner: str
    static: bool
    typed: bool
    least: int
    most: int | None
    opened: int
    asynchronous: bool
    generates: bool
    members: frozenset[str] | None
    returns: str
    kinds: frozenset[str]
    throws: frozenset[str]
    promised: frozenset[str]


def piece(code: bytes, owner: str, language: Language) -> Node | None:
    """The piece as a tree; one of a class stands in a class. ``None`` where it does not parse."""
    for text in (b"class _ {\n" + code + b"\n}", code) if owner else (code,):
        root = parse(language, text).root_node
        if not root.has_error:
            return root
    return None


def function_of(code: bytes, name: str, owner: str, language: Language) -> ScriptFunction | None:
    """The function of this name, where the code defines it once and plainly."""
    root = piece(code, owner, language)
    found = list(_definitions(root, name, method=bool(owner))) if root is not None else []
    if len(found) != 1 or found[0] is None:
        return None
    node, outer = found[0]
    own = list(_own(node))
    given = [value for value in _returned(node, own) if value is not None]
    parameters = _parameters(node)
    required = [index for index, (_, needed, rest) in enumerate(parameters) if needed and not rest]
    document = _document(code)
    written = node.child_by_field_name("return_type")
    said = _RETURNS.search(document)
    return ScriptFunction(
        name=owner if name == "constructor" else name,
        owner=owner,
        static=any(child.type == "static" for child in outer.children),
        typed=language in _TYPED,
        least=required[-1] + 1 if required else 0,
        most=None if any(rest for *_, rest in parameters) or b"arguments" in (node.text or b"") else len(parameters),
        opened=max((index for index, (pattern, needed, _) in enumerate(parameters) if needed and pattern.type in _PATTERNS), default=-1),
        asynchronous=any(child.type == "async" for child in node.children),
        generates="generator" in node.type or any(child.type == "*" for child in node.children),
        members=_members(given, own, node),
        returns=text_of(written).lstrip(": ") if written is not None else said[1].strip() if said else "",
        kinds=frozenset(_KINDS.get(value.type, "?") for value in given),
        throws=frozenset(_thrown(node)),
        promised=frozenset((match[1] or match[2]).rpartition(".")[2] for match in _THROWS.finditer(document)),
    )


def unfitting(now: ScriptFunction, contract: ScriptFunction) -> Iterator[str]:
    """Where the function does not do as its contract says, by the types that the contract names and the literals that it gives back."""
    word = re.split(r"[<|&\[. ]", contract.returns)[0] if not re.search(r"[|&?]", contract.returns) else ""
    inner = contract.returns.removeprefix("Promise<").removeprefix("Promise.<").removesuffix(">")
    if now.asynchronous and not now.generates and _SAID.get(word) not in {None, "void", "object"}:
        yield f"is async, and its contract says that it returns {contract.returns}"
        return
    wanted = "array" if inner.endswith("[]") else _SAID.get(re.split(r"[<\[.]", inner)[0], "") if not re.search(r"[|&?]", inner) else ""
    found = now.kinds - {"?"}
    if wanted == "void" and found:
        yield f"returns a value, and its contract says {contract.returns}"
    elif wanted and wanted != "void" and not now.generates and found and "?" not in now.kinds and not _fits(found, wanted):
        yield f"returns {'an' if min(found)[0] in 'ao' else 'a'} {min(found)}, and its contract says {contract.returns}"
    if contract.promised and now.throws and not now.throws & contract.promised:
        yield f"throws {', '.join(sorted(now.throws))}, and its contract says {', '.join(sorted(contract.promised))}"


def _fits(found: frozenset[str], wanted: str) -> bool:
    return wanted in found or (wanted == "object" and bool(found & {"array", "function"}))


def _document(code: bytes) -> str:
    found = _DOCUMENT.findall(code)
    return found[-1].decode(errors="replace") if len(found) == 1 else ""


def _definitions(root: Node, name: str, *, method: bool) -> Iterator[tuple[Node, Node] | None]:
    """(the function, what stands around it) of each definition of the name; ``None`` for one that is more than a plain one."""
    for node in _statements(root):
        if text_of(node.child_by_field_name("name")) != name and node.type not in {"lexical_declaration", "variable_declaration"}:
            continue
        if node.type in _DECLARED and not method:
            yield node, node
        elif node.type == "lexical_declaration" and not method:
            for one in node.named_children:
                value = one.child_by_field_name("value") if one.type == "variable_declarator" else None
                if value is not None and text_of(one.child_by_field_name("name")) == name:
                    constant = value.type in _VALUES and any(child.type == "const" for child in node.children)
                    yield (value, value) if constant else None
        elif node.type == "method_definition" and method:
            plain = not any(child.type in {"get", "set", "decorator"} for child in node.children)
            yield (node, node) if plain else None
        elif node.type in _FIELDS and method:
            value = node.child_by_field_name("value")
            yield (value, node) if value is not None and value.type in _VALUES else None
        elif node.type.endswith("signature"):
            yield None


def _statements(root: Node) -> Iterator[Node]:
    """The statements of the piece, or the members of the class that it stands in."""
    for node in root.named_children:
        inner = node.child_by_field_name("declaration") if node.type == "export_statement" else node
        if inner is not None and inner.type == "class_declaration" and text_of(inner.child_by_field_name("name")) == "_":
            members = inner.child_by_field_name("body")
            decorated = members is not None and any(each.type == "decorator" for each in members.named_children)
            yield from members.named_children if members is not None and not decorated else ()
        elif inner is not None:
            yield inner


def _parameters(node: Node) -> list[tuple[Node, bool, bool]]:
    """(pattern, whether it needs an argument, whether it takes all that are left) of each."""
    alone, listed = node.child_by_field_name("parameter"), node.child_by_field_name("parameters")
    found: list[tuple[Node, bool, bool]] = []
    for each in [alone] if alone is not None else [child for child in (listed.named_children if listed is not None else ()) if child.type != "comment"]:
        pattern = each.child_by_field_name("pattern") or each
        default = each.type == "assignment_pattern" or each.child_by_field_name("value") is not None
        if pattern.type != "this":
            found.append((pattern, not default and each.type != "optional_parameter", pattern.type == "rest_pattern"))
    return found


def _own(node: Node) -> Iterator[Node]:
    """What the function itself does, without the functions and classes inside it."""
    for child in node.named_children:
        if child.type not in FUNCTIONS and child.type not in {"class_declaration", "class"}:
            yield child
            yield from _own(child)


def _returned(node: Node, own: list[Node]) -> list[Node | None]:
    body = node.child_by_field_name("body")
    if body is not None and body.type != "statement_block":
        return [_bare(body)]
    return [_bare(each.named_children[0]) if each.named_children else None for each in own if each.type == "return_statement"]


def _bare(node: Node) -> Node:
    while node.type == "parenthesized_expression" and node.named_children:
        node = node.named_children[0]
    return node


def _members(given: list[Node], own: list[Node], node: Node) -> frozenset[str] | None:
    """The keys that what it returns may have, where each return gives an object written out."""
    if not given or any(value.type != "object" for value in given) or any(each.type == "return_statement" and not each.named_children for each in own):
        return None
    body, keys = node.child_by_field_name("body"), set[str]()
    if body is not None and body.type == "statement_block" and not _ends(body):
        return None
    for value in given:
        for part in value.named_children:
            key = part.child_by_field_name("key" if part.type == "pair" else "name") or part
            if part.type == "spread_element" or key.type == "computed_property_name" or text_of(key) == "__proto__":
                return None
            if part.type != "comment":
                keys.add(text_of(key).strip("'\""))
    return frozenset(keys)


def _ends(body: Node) -> bool:
    """Whether the last statement returns or throws, so that the end is never come to."""
    last = next((each for each in reversed(body.named_children) if each.type != "comment"), None)
    return last is not None and last.type in {"return_statement", "throw_statement"}


def _thrown(node: Node) -> Iterator[str]:
    """The classes of what it throws outright, outside of any ``try`` that might catch it."""
    for child in node.named_children:
        if child.type in FUNCTIONS or child.type in {"class_declaration", "class"}:
            continue
        if child.type == "try_statement" and child.child_by_field_name("handler") is not None:
            continue
        made = child.named_children[0] if child.type == "throw_statement" and child.named_children else None
        if made is not None and made.type == "new_expression":
            yield text_of(made.child_by_field_name("constructor")).rpartition(".")[2]
        yield from _thrown(child)

"""Faults seeded into real TypeScript: one edit each, placed by the syntax tree."""

import posixpath
from collections.abc import Callable, Iterator, Mapping

from tree_sitter import Node

from mge_resources.syntax import Language, detect_language, parse
from mge_tests.bench.faults import Fault

Seeder = Callable[[str, bytes, Mapping[str, bytes]], Iterator[Fault]]


def _nodes(content: bytes) -> Iterator[Node]:
    stack = [parse(Language.TYPESCRIPT, content).root_node]
    while stack:
        node = stack.pop()
        yield node
        stack += node.named_children


def _edited(kind: str, file: str, content: bytes, node: Node, start: int, end: int, text: str) -> Fault:
    return Fault(kind, file, node.start_point[0] + 1, content[:start] + text.encode() + content[end:], content[start:end].decode(errors="replace")[:60])


def _inside(node: Node, *kinds: str) -> bool:
    while node.parent is not None:
        node = node.parent
        if node.type in kinds:
            return True
    return False


def _brackets(file: str, content: bytes, _: Mapping[str, bytes]) -> Iterator[Fault]:
    for node in _nodes(content):
        if node.type == "arguments":
            yield _edited("syntax.bracket", file, content, node, node.end_byte - 1, node.end_byte, "")


def _braces(file: str, content: bytes, _: Mapping[str, bytes]) -> Iterator[Fault]:
    for node in _nodes(content):
        if node.type == "statement_block" and node.named_children:
            yield _edited("syntax.brace", file, content, node, node.end_byte - 1, node.end_byte, "")


def _names(file: str, content: bytes, _: Mapping[str, bytes]) -> Iterator[Fault]:
    for node in _nodes(content):
        if (
            node.type == "identifier"
            and node.parent is not None
            and node.parent.type in {"arguments", "call_expression", "binary_expression", "return_statement", "member_expression"}
        ):
            yield _edited("names.undefined", file, content, node, node.end_byte, node.end_byte, "_q")


def _arguments(file: str, content: bytes, _: Mapping[str, bytes]) -> Iterator[Fault]:
    """One argument too many for a function of the same file that takes a fixed number."""
    fixed: dict[bytes | None, int | None] = {}
    for node in _nodes(content):
        if node.type == "function_declaration":
            name, parameters = node.child_by_field_name("name"), node.child_by_field_name("parameters")
            if name and parameters and b"..." not in (parameters.text or b"") and b"this:" not in (parameters.text or b""):
                fixed[name.text] = None if name.text in fixed else len(parameters.named_children)
    for node in _nodes(content):
        called, given = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if (
            node.type == "call_expression"
            and called
            and given
            and given.type == "arguments"
            and called.type == "identifier"
            and fixed.get(called.text) is not None
        ):
            count = len([child for child in given.named_children if child.type != "comment"])
            if b"..." not in (given.text or b""):
                extra = ", ".join(["0"] * ((fixed[called.text] or 0) - count + 1))
                yield _edited("types.call", file, content, node, given.end_byte - 1, given.end_byte, f", {extra})" if count else f"{extra})")


def _alone(node: Node) -> bool:
    """In a class that builds on no other and has no computed name: rxjs's Observable has one, and the compiler takes every name of its kind."""
    while node.parent is not None and node.type != "class_body":
        node = node.parent
    owner = node.parent
    if node.type != "class_body" or owner is None or any(child.type == "class_heritage" for child in owner.named_children):
        return False
    names = (member.child_by_field_name("name") for member in node.named_children)
    return all(name is None or name.type != "computed_property_name" for name in names)


def _properties(file: str, content: bytes, _: Mapping[str, bytes]) -> Iterator[Fault]:
    """A misspelt property of ``this`` in a class."""
    for node in _nodes(content):
        owner, named = node.child_by_field_name("object"), node.child_by_field_name("property")
        if node.type != "member_expression" or owner is None or named is None or owner.type != "this":
            continue
        written = node.parent is not None and node.parent.type in {"assignment_expression", "as_expression"}
        if not written and _alone(node) and not _inside(node, "function_expression", "function_declaration"):
            yield _edited("types.property", file, content, node, named.end_byte, named.end_byte, "_q")


def _returns(file: str, content: bytes, _: Mapping[str, bytes]) -> Iterator[Fault]:
    wrong = {b": string": "0", b": number": "'text'", b": boolean": "'text'"}
    for node in _nodes(content):
        if node.type in {"function_declaration", "method_definition", "arrow_function"}:
            declared, body = node.child_by_field_name("return_type"), node.child_by_field_name("body")
            if declared is None or body is None or declared.text not in wrong or body.type != "statement_block":
                continue
            for statement in body.named_children:
                if statement.type == "return_statement" and statement.named_children:
                    value = statement.named_children[0]
                    yield _edited("types.return", file, content, statement, value.start_byte, value.end_byte, wrong[declared.text])


def _inserted(kind: str, text: str) -> Seeder:
    def seed(file: str, content: bytes, _: Mapping[str, bytes]) -> Iterator[Fault]:
        for node in _nodes(content):
            body = node.child_by_field_name("body") if node.type == "function_declaration" else None
            if body is not None and body.named_children:
                yield _edited(kind, file, content, node, body.start_byte + 1, body.start_byte + 1, f"\n  {text}\n")

    return seed


def _stubs(file: str, content: bytes, _: Mapping[str, bytes]) -> Iterator[Fault]:
    for node in _nodes(content):
        body = node.child_by_field_name("body") if node.type == "function_declaration" else None
        if body is not None and body.named_children:
            yield _edited("completeness.stub", file, content, node, body.start_byte, body.end_byte, "{ throw new Error('not implemented'); }")


def _modules(file: str, content: bytes, _: Mapping[str, bytes]) -> Iterator[Fault]:
    for node in _nodes(content):
        source = node.child_by_field_name("source") if node.type == "import_statement" else None
        if source is not None and (source.text or b"")[1:2] == b".":
            yield _edited("imports.module", file, content, node, source.end_byte - 1, source.end_byte - 1, "_q")


def _imported(file: str, content: bytes, _: Mapping[str, bytes]) -> Iterator[Fault]:
    for node in _nodes(content):
        if node.type == "import_specifier" and node.parent is not None and node.parent.parent is not None and node.parent.parent.parent is not None:
            source = node.parent.parent.parent.child_by_field_name("source")
            name = node.child_by_field_name("name")
            if source is not None and name is not None and (source.text or b"")[1:2] == b".":
                local = (node.child_by_field_name("alias") or name).text or b""
                yield _edited("imports.name", file, content, node, node.start_byte, node.end_byte, f"{(name.text or b'').decode()}_q as {local.decode()}")


def _exported(file: str, content: bytes) -> Iterator[tuple[Node, Node]]:
    for node in parse(Language.TYPESCRIPT, content).root_node.named_children:
        declared = node.child_by_field_name("declaration") if node.type == "export_statement" else None
        named = declared.child_by_field_name("name") if declared is not None else None
        if declared is not None and named is not None:
            yield declared, named


def _renamed(file: str, content: bytes, _: Mapping[str, bytes]) -> Iterator[Fault]:
    for node, named in _exported(file, content):
        yield _edited("contract.renamed", file, content, node, named.end_byte, named.end_byte, "_q")


def _used(file: str, project: Mapping[str, bytes]) -> set[bytes]:
    """Names that other files import from this one."""
    found: set[bytes] = set()
    for other, content in project.items():
        if other == file or detect_language(other) is not Language.TYPESCRIPT or posixpath.basename(file).removesuffix(".ts").encode() not in content:
            continue
        for node in parse(Language.TYPESCRIPT, content).root_node.named_children:
            source = node.child_by_field_name("source") if node.type == "import_statement" else None
            if source is not None and posixpath.normpath(posixpath.join(posixpath.dirname(other), (source.text or b"")[1:-1].decode())) == file.removesuffix(
                ".ts"
            ):
                stack = [node]
                while stack:
                    one = stack.pop()
                    stack += one.named_children
                    if one.type == "import_specifier" and (name := one.child_by_field_name("name")):
                        found.add(name.text or b"")
    return found


def _interfaces(file: str, content: bytes, project: Mapping[str, bytes]) -> Iterator[Fault]:
    pairs = list(_exported(file, content))
    used = _used(file, project) if pairs else set()
    for node, named in pairs:
        if named.text in used:
            overloads = sum(other.text == named.text for _, other in pairs)
            if overloads == 1:
                yield _edited("interfaces.renamed", file, content, node, named.end_byte, named.end_byte, "_q")


def _gone(file: str, content: bytes, project: Mapping[str, bytes]) -> Iterator[Fault]:
    if _used(file, project):
        yield Fault("integration.gone", file, 1, None)


_SECRET = "ghp_" + "a1B2c3D4e5" * 4
TYPESCRIPT: Mapping[int, Mapping[str, Seeder]] = {
    1: {
        "syntax.bracket": _brackets,
        "syntax.brace": _braces,
        "names.undefined": _names,
        "types.call": _arguments,
        "types.property": _properties,
        "types.return": _returns,
        "types.assignment": _inserted("types.assignment", "const wrong_q: number = 'text'; void wrong_q;"),
        "completeness.stub": _stubs,
        "safety.eval": _inserted("safety.eval", "eval(String(arguments[0]));"),
        "safety.timer": _inserted("safety.timer", "setTimeout('run()', 10);"),
        "safety.secret": _inserted("safety.secret", f"const token = '{_SECRET}'; void token;"),
        "safety.html": _inserted("safety.html", "document.body.innerHTML = String(arguments[0]);"),
    },
    2: {"imports.module": _modules, "imports.name": _imported, "contract.renamed": _renamed},
    3: {"interfaces.renamed": _interfaces, "integration.gone": _gone},
}

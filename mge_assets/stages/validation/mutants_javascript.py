"""Small faults seeded into JavaScript and TypeScript, one edit each, placed by the syntax tree; the same kinds as Python's."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest

from tree_sitter import Node

from mge_assets.stages.validation.mutants import Mutant
from mge_resources.syntax import SCRIPTS, detect_language, parse

_FUNCTIONS = frozenset({
    "function_declaration", "generator_function_declaration", "function_expression", "generator_function", "arrow_function", "method_definition",
})  # fmt: skip
_SWAPPED: Mapping[str, str] = {
    "===": "!==", "!==": "===", "==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "+": "-", "-": "+", "*": "+", "/": "*", "%": "*", "**": "*",
    "&&": "||", "||": "&&", "??": "&&", "&": "|", "|": "&", "<<": ">>", ">>": "<<", "+=": "-=", "-=": "+=", "*=": "+=", "/=": "*=", "++": "--", "--": "++",
}  # fmt: skip
_OPERATIONS = frozenset({"binary_expression", "augmented_assignment_expression", "update_expression"})
_LEFT_OUT = frozenset({"call_expression", "augmented_assignment_expression", "update_expression", "assignment_expression"})
_TYPES = ("_type", "_annotation", "type_arguments", "type_parameters", "_signature", "interface_declaration", "type_alias_declaration", "implements_clause")


@dataclass(frozen=True, slots=True)
class _Edit:
    function: int
    line: int
    what: str
    start: int
    end: int
    text: bytes


def script_mutants(file: str, content: bytes, functions: Collection[int], most: int) -> tuple[Mutant, ...]:
    """At most ``most`` faults in the functions that begin on these lines, shared evenly between them; none where the file does not parse."""
    language = detect_language(file)
    if language not in SCRIPTS:
        return ()
    root = parse(language, content).root_node
    if root.has_error:
        return ()
    wanted = [node for node in _walk(root) if node.type in _FUNCTIONS and node.start_point[0] + 1 in functions]
    in_turn = (edit for edits in zip_longest(*(_edits(node) for node in wanted)) for edit in edits if edit is not None)
    seen: set[tuple[int, int, bytes]] = set()
    found: list[Mutant] = []
    for edit in in_turn:
        key = (edit.start, edit.end, edit.text)
        if key not in seen and len(found) < most:
            seen.add(key)
            text = (content[: edit.start] + edit.text + content[edit.end :]).decode("utf-8", errors="surrogateescape")
            found.append(Mutant(file, edit.function, edit.line, edit.what, text))
    return tuple(found)


def _walk(node: Node) -> Iterator[Node]:
    """The node and what is under it, without what only the compiler reads."""
    yield node
    for child in node.named_children:
        if not child.type.endswith(_TYPES):
            yield from _walk(child)


def _edits(function: Node) -> Iterator[_Edit]:
    """Faults of the function: the plainest that nothing can overlook first, then each operator and constant."""
    body = function.child_by_field_name("body")
    if body is None:
        return
    first = function.start_point[0] + 1
    if body.type != "statement_block":
        yield _Edit(first, body.start_point[0] + 1, "the body gives nothing", body.start_byte, body.end_byte, b"undefined")
    elif any(node.type == "return_statement" and node.named_children for node in _walk(body)):
        yield _Edit(first, first, "the body gives nothing", body.start_byte, body.end_byte, b"{}")
    for node in _walk(body):
        for what, start, end, text in _changes(node):
            yield _Edit(first, node.start_point[0] + 1, what, start, end, text)


def _changes(node: Node) -> Iterator[tuple[str, int, int, bytes]]:
    text = node.text or b""
    if node.type in _OPERATIONS:
        operator = node.child_by_field_name("operator")
        said = (operator.text or b"").decode() if operator is not None else ""
        if operator is not None and said in _SWAPPED:
            yield f"{said} becomes {_SWAPPED[said]}", operator.start_byte, operator.end_byte, _SWAPPED[said].encode()
    if node.type == "unary_expression" and text.startswith(b"!"):
        yield "not is left out", node.start_byte, node.start_byte + 1, b"!!"
    if node.type in {"if_statement", "while_statement", "ternary_expression"}:
        condition = node.child_by_field_name("condition")
        if condition is not None:
            yield "the condition is turned round", condition.start_byte, condition.end_byte, b"(!(" + (condition.text or b"") + b"))"
    if node.type in {"true", "false"}:
        yield "the constant becomes another", node.start_byte, node.end_byte, b"false" if node.type == "true" else b"true"
    if node.type == "number":
        yield "the number becomes another", node.start_byte, node.end_byte, b"(" + text + (b" + 1n)" if text.endswith(b"n") else b" + 1)")
    if node.type == "string" and len(text) > 2 and node.parent is not None and node.parent.type not in {"pair", "import_statement"}:
        yield "the text becomes another", node.end_byte - 1, node.end_byte - 1, b"~"
    if node.type == "return_statement" and node.named_children:
        value = node.named_children[0]
        yield "nothing is returned", value.start_byte, value.end_byte, b"undefined"
    if node.type == "throw_statement" or (node.type == "expression_statement" and node.named_children and node.named_children[0].type in _LEFT_OUT):
        yield "the statement is left out", node.start_byte, node.end_byte, b";"

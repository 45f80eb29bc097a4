"""A file of JavaScript or TypeScript tests, read and not run: what it imports, what each test asks for, and what a failing one called."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from tree_sitter import Node

from mge_assets.stages.validation.promises import Demand
from mge_assets.stages.validation.trees import below, text_of
from mge_resources.syntax import Language, parse

_EQUAL = frozenset({"equal", "strictEqual", "deepEqual", "deepStrictEqual"})
_TESTS = frozenset({"test", "it"})
_GROUPS = frozenset({"describe", "suite", *_TESTS})
_LITERALS = frozenset({"number", "string", "true", "false", "null", "undefined", "regex"})
_HOLDERS = frozenset({"array", "object", "pair", "unary_expression", "property_identifier", "string_fragment", "arguments"})
_FUNCTIONS = frozenset({"arrow_function", "function_expression", "function_declaration", "function"})
_SETUP_LINES = 6
_LONGEST = 400
_BLANKS = re.compile(r"\s+")


def _text(node: Node | None) -> str:
    return _BLANKS.sub(" ", text_of(node))


def _string(node: Node | None) -> str:
    return _text(node)[1:-1] if node is not None and node.type in {"string", "template_string"} else ""


def _called(call: Node) -> str:
    """The name that is called: the last of a chain."""
    function = call.child_by_field_name("function" if call.type == "call_expression" else "constructor")
    if function is not None and function.type == "member_expression":
        function = function.child_by_field_name("property")
    return _text(function)


class ScriptTests:
    """The tests' text, in whichever of the two languages can read it."""

    def __init__(self, text: str) -> None:
        source = text.encode()
        roots = [parse(language, source).root_node for language in (Language.JAVASCRIPT, Language.TYPESCRIPT)]
        self.root = next((root for root in roots if not root.has_error), roots[-1])

    @cached_property
    def names(self) -> frozenset[str]:
        """Names that the tests import from files of the project."""
        found: set[str] = set()
        for node in self.root.named_children:
            if node.type == "import_statement" and _string(node.child_by_field_name("source")).startswith("."):
                for part in below(node):
                    if part.type == "import_specifier":
                        found.add(_text(part.child_by_field_name("alias") or part.child_by_field_name("name")))
                    elif part.type == "identifier" and part.parent is not None and part.parent.type in {"import_clause", "namespace_import"}:
                        found.add(_text(part))
        return frozenset(found)

    @cached_property
    def bodies(self) -> Mapping[str, Node]:
        """The body of each test by its whole name (``suite > test``); the whole file under no name."""
        return {"": self.root, **dict(self._found(self.root, ()))}

    def _found(self, node: Node, around: tuple[str, ...]) -> Iterator[tuple[str, Node]]:
        if node.type == "call_expression" and self._registers(node):
            arguments = node.child_by_field_name("arguments")
            given = arguments.named_children if arguments is not None else []
            body = next((part for part in given if part.type in _FUNCTIONS), None)
            name = _string(given[0]) if given else ""
            if body is not None:
                inside = (*around, name)
                if _owner(node) in _TESTS:
                    yield " > ".join(inside), body
                yield from self._found(body, inside)
                return
        for child in node.named_children:
            yield from self._found(child, around)

    @staticmethod
    def _registers(call: Node) -> bool:
        return _owner(call) in _GROUPS

    def touches_project(self, name: str) -> bool:
        """Whether the test may have to do with the project: by a name from it, or anything that the file itself defines outside the test."""
        body = self.bodies.get(name)
        if body is None or body is self.root:
            return True
        outside = {_text(part.child_by_field_name("name")) for part in below(self.root) if part.type in {"function_declaration", "variable_declarator"}}
        used = {_text(part) for part in below(body) if part.type in {"identifier", "shorthand_property_identifier"}}
        return bool(used & (self.names | outside))

    @cached_property
    def demands(self) -> tuple[Demand, ...]:
        """What the tests ask of calls with literal arguments."""
        return tuple(demand for name, body in self.bodies.items() for demand in self._demands(name, body) if name or len(self.bodies) == 1)

    def _demands(self, name: str, body: Node) -> Iterator[Demand]:
        block = body.child_by_field_name("body") or body
        before: list[str] = []
        for node in block.named_children if block.type in {"statement_block", "program"} else [block]:
            if node.type == "import_statement":
                continue
            asked = self._asked(node)
            if asked is not None:
                yield Demand(name, node.start_point[0] + 1, _text(asked[0]), _text(asked[1]), "\n".join(before))
            before.append(_text(node))

    def _asked(self, node: Node) -> tuple[Node, Node] | None:
        """(call, literal) of ``assert.equal(call, literal)`` and its relations."""
        call = node.named_children[0] if node.type == "expression_statement" and node.named_children else node
        arguments = call.child_by_field_name("arguments") if call.type == "call_expression" else None
        given = arguments.named_children[:2] if arguments is not None else []
        if len(given) < 2 or _called(call) not in _EQUAL:
            return None
        return (given[0], given[1]) if _is_literal(given[1]) and self._is_plain(given[0]) else None

    def _is_plain(self, node: Node) -> bool:
        """Whether it is a function of the project, called with literals."""
        if node.type != "call_expression":
            return False
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        return function is not None and _text(function) in self.names and arguments is not None and all(map(_is_literal, arguments.named_children))

    def contradicted(self, name: str) -> str:
        """What stands against what the test asks for, in words; empty where nothing does."""
        for mine in (demand for demand in self.demands if demand.test == name):
            for other in self.demands:
                if other is not mine and other.call == mine.call and other.value != mine.value and other.before == mine.before:
                    where = f"{other.test or 'the file'} (line {other.line})"
                    return f"{where} asks for {other.value} of {mine.call}, and this one for {mine.value}: no code gives both"
        return ""

    def failing_input(self, line: int, names: frozenset[str]) -> str:
        """What the statement on this line called of the project and what was prepared before it, without what is expected; empty where that can't be told."""
        statements = self._around(line)
        at = next((index for index, node in enumerate(statements) if node.start_point[0] < line <= node.end_point[0] + 1), None)
        if at is None:
            return ""
        calls = [_text(call) for call in _outermost_calls(statements[at], names)]
        setup = [_text(node).rstrip(";") for node in statements[:at] if _prepares(node, names)]
        return "; ".join([*setup[-_SETUP_LINES:], *calls])[:_LONGEST]

    def _around(self, line: int) -> list[Node]:
        """The statements of the innermost body of a test around the line, or the file's own."""
        holding = [body for body in self.bodies.values() if body.start_point[0] < line <= body.end_point[0] + 1]
        body = min(holding, key=lambda node: node.end_byte - node.start_byte) if holding else self.root
        block = body.child_by_field_name("body") or body
        return block.named_children if block.type in {"statement_block", "program"} else [block]


def _owner(call: Node) -> str:
    """``test`` of ``test(…)`` and of ``test.only(…)``."""
    function = call.child_by_field_name("function")
    if function is not None and function.type == "member_expression":
        function = function.child_by_field_name("object")
    return _text(function)


def _is_literal(node: Node) -> bool:
    return node.type in _LITERALS or (node.type in _HOLDERS and all(map(_is_literal, node.named_children))) or _text(node) == "undefined"


def _outermost_calls(node: Node, names: frozenset[str]) -> list[Node]:
    """Calls of the project's own, not those inside one another."""
    if node.type in {"call_expression", "new_expression"} and _called(node) in names:
        return [node]
    return [call for child in node.named_children for call in _outermost_calls(child, names)]


def _prepares(node: Node, names: frozenset[str]) -> bool:
    """A statement that prepares: it calls the project, or sets something of an object. Plain variables may hold what is expected."""
    if node.type in {"lexical_declaration", "variable_declaration"}:
        return bool(_outermost_calls(node, names))
    if node.type != "expression_statement" or not node.named_children:
        return False
    inner = node.named_children[0]
    inner = inner.named_children[0] if inner.type == "await_expression" and inner.named_children else inner
    if inner.type == "assignment_expression":
        target = inner.child_by_field_name("left")
        return bool(_outermost_calls(inner, names)) or (target is not None and target.type in {"member_expression", "subscript_expression"})
    return inner.type == "call_expression" and _called(inner) in names

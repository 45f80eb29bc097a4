"""Which functions of a draft can be called with plain data, and with what: types, defaults, documented examples and the literals of conditions say it.

What belongs here: choosing calls. Running them is in ``case_runs``.
"""

import ast
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from mge_assets.model.atoms import AtomKind
from mge_assets.model.cases import CaseCall
from mge_assets.stages.atomization.definitions import Definition, Definitions
from mge_assets.stages.atomization.facts import Facts
from mge_assets.stages.atomization.grammar import Description, Parameter
from mge_assets.stages.atomization.parsing import ParsedSource
from mge_assets.stages.atomization.value_types import ANY, UNKNOWN, ValueType, read_type, read_words
from mge_assets.stages.atomization.values import MOST, admits, combinations, neighbours, unique, values_of, written_in_json, written_in_python
from mge_resources.syntax import Language, parse_python, read_literal

CALLS = 14
"""Calls tried of one function."""
FILE_CALLS = 400
"""Calls tried of one file."""
_CALLABLE = (AtomKind.FUNCTION, AtomKind.METHOD)
_INNOCENT = {"print", "logger", "logging", "console"}
"""Effects that no outcome depends on; a function with any other effect, or one that is not deterministic by its calls, is not run."""
_LITERALS = {"integer", "float", "string", "number"}
_COMPARING = {"comparison_operator", "binary_expression", "case_pattern", "switch_case", "subscript", "subscript_expression", "call", "call_expression"}
_SHORT = 40
_MEMBERS = {
    "string": {
        "split",
        "strip",
        "lower",
        "upper",
        "replace",
        "startswith",
        "endswith",
        "encode",
        "trim",
        "toLowerCase",
        "toUpperCase",
        "charCodeAt",
        "padStart",
    },
    "mapping": {"items", "keys", "values", "get", "setdefault"},
    "list": {"append", "extend", "sort", "push", "map", "filter", "reduce", "forEach", "slice", "concat"},
}


@dataclass(frozen=True, slots=True)
class _Callee:
    """A function or method that may be called, its class's own definition, and how it is reached."""

    definition: Definition
    target: str
    maker: "_Maker | None" = None
    read: bool = False


@dataclass(frozen=True, slots=True)
class _Maker:
    """How a class's objects are made: by these parameters."""

    parameters: tuple[Parameter, ...]
    definition: Definition | None


class CasePlan:
    """Plans the calls of one file."""

    def __init__(self, parsed: ParsedSource, facts: Facts, definitions: Definitions) -> None:
        self._parsed, self._facts, self._definitions = parsed, facts, definitions
        self._python = parsed.language is Language.PYTHON
        self._named = _named_types(parsed)

    def calls(self) -> tuple[CaseCall, ...]:
        """The calls, function by function."""
        found: list[CaseCall] = []
        for callee in self._callees():
            found += self._of(callee)[: FILE_CALLS - len(found)]
        return tuple(found)

    @property
    def names(self) -> tuple[str, ...]:
        """Names at the file's top level that calls begin with."""
        return tuple(dict.fromkeys(callee.target.partition(".")[0] for callee in self._callees()))

    def _callees(self) -> Iterator[_Callee]:
        for node, lead in _statements(self._parsed.root, self._parsed):
            description = self._parsed.grammar.describe(node, False)
            if description.kind is AtomKind.FUNCTION:
                yield from self._function(description, node, lead, "")
            elif description.kind is AtomKind.CLASS_HEADER and description.body is not None and description.name:
                yield from self._class(description, node)

    def _class(self, description: Description, outer: Node) -> Iterator[_Callee]:
        assert description.body is not None
        members = [(self._parsed.grammar.describe(node, True), node, lead) for node, lead in _statements(description.body, self._parsed)]
        maker = self._maker(description, outer, members)
        for member, node, lead in members:
            if member.kind is AtomKind.METHOD:
                yield from self._function(member, node, lead, description.name, maker)

    def _maker(self, description: Description, outer: Node, members: Sequence[tuple[Description, Node, bytes]]) -> _Maker | None:
        for member, _, lead in members:
            if member.kind is AtomKind.METHOD and member.name in {"__init__", "constructor"}:
                definition = self._definitions.get(member, f"{description.name}.{member.name}", lead)
                return _Maker(tuple(definition.parameters[1:] if self._python else definition.parameters), definition)
        if description.node.child_by_field_name("superclasses") is not None or any(child.type == "class_heritage" for child in description.node.children):
            return None  # made as a class from elsewhere says
        if "dataclass" in _traits(outer):
            return _Maker(tuple(_fields(description.body, self._parsed)), None)
        return _Maker((), None)

    def _function(self, description: Description, outer: Node, lead: bytes, owner: str, maker: _Maker | None = None) -> Iterator[_Callee]:
        if (
            not description.name.isidentifier()
            or description.name.startswith("__")
            or description.name == "constructor"
            or description.stub
            or description.body is None
        ):
            return
        traits = _traits(outer) | _traits(description.node)
        start, end = description.node.start_byte, description.node.end_byte
        effect = self._facts.effects.first_within(start, end)
        if traits & {"overload", "abstractmethod", "set", "setter", "fixture"} or self._facts.random.first_within(start, end):
            return
        if effect and effect.partition(".")[0] not in _INNOCENT:
            return
        target = f"{owner}.{description.name}" if owner else description.name
        static = bool(traits & {"static", "staticmethod", "classmethod"})
        if owner and not static and maker is None:
            return
        definition = self._definitions.get(description, target, lead)
        read = bool(traits & {"property", "cached_property", "get"})
        yield _Callee(definition, target, None if static or not owner else maker, read)

    def _of(self, callee: _Callee) -> list[CaseCall]:
        definition = callee.definition
        parameters = definition.parameters
        if self._python and "." in callee.target and parameters and parameters[0].name in {"self", "cls"}:
            parameters = parameters[1:]
        made = self._arguments(callee.maker.parameters, callee.maker.definition, 2) if callee.maker else []
        if callee.maker is not None and not made:
            return []
        rows = [] if callee.read else self._examples(definition)
        rows += [()] if callee.read else [row for row in self._arguments(parameters, definition, CALLS) if row not in rows]
        guessed = any(self._kind(parameter, definition) == ANY for parameter in parameters)
        objects: list[str | None] = [self._write(row) for row in made] or [None]
        pairs = [(self._write(row), made_with) for index, row in enumerate(rows[:CALLS]) for made_with in (objects if index < 2 else objects[:1])]
        return [CaseCall(callee.target, written, made_with, callee.read, guessed) for written, made_with in pairs if written and made_with != ""][:CALLS]

    def _write(self, row: tuple[object, ...]) -> str:
        return written_in_python(row) if self._python else written_in_json(row)

    def _arguments(self, parameters: Sequence[Parameter], definition: Definition | None, most: int) -> list[tuple[object, ...]]:
        """Rows of arguments, in order of the parameters; those from the first that takes no plain data are left to their defaults."""
        columns: list[list[object]] = []
        needed = 0
        for parameter in parameters:
            if parameter.variadic:
                break
            values = self._values(parameter, definition)
            if not values:
                break
            columns.append(values)
            needed += not parameter.default
        if needed < sum(1 for parameter in parameters if not parameter.default and not parameter.variadic):
            return []
        whole = combinations(columns, most)
        short = len([parameter for parameter in parameters[: len(columns)] if not parameter.default])
        if whole and short < len(columns):
            whole.insert(0, whole[0][:short])
        return whole[:most]

    def _values(self, parameter: Parameter, definition: Definition | None) -> list[object]:
        kind = self._kind(parameter, definition)
        ordinary = values_of(kind)
        if not ordinary:
            return []
        special: list[object] = []
        if definition is not None:
            literals = _literals(self._parsed, definition.description.node, parameter.name)
            special = [near for value in literals if admits(kind, value) for near in neighbours(value) if admits(kind, near)]
        default = _plain(parameter.default)
        if parameter.default and default is not None:
            special.append(default)
        return unique([ordinary[0], *special[:5], *ordinary[1:]])[:MOST]

    def _kind(self, parameter: Parameter, definition: Definition | None) -> ValueType:
        """The parameter's type: as written, as documented, as its default shows, as its members tell; any where nothing does."""
        if parameter.type:
            return read_type(parameter.type, self._named)
        said = definition.documentation.types.get(parameter.name, "") if definition is not None else ""
        if said:
            read = read_type(said, self._named)
            return read if read != UNKNOWN else read_words(said)
        if (default := _plain(parameter.default)) is not None:
            names = {bool: "boolean", int: "integer", float: "float", str: "string", list: "list", dict: "mapping", tuple: "tuple", bytes: "bytes"}
            return ValueType(names.get(type(default), "any"))
        members = set(definition.members.get(parameter.name, ())) if definition is not None else set()
        return next((ValueType(kind) for kind, known in _MEMBERS.items() if members & known), ANY if not members else UNKNOWN)

    def _examples(self, definition: Definition) -> list[tuple[object, ...]]:
        """The arguments of calls in documented examples."""
        found: list[tuple[object, ...]] = []
        for example in definition.documentation.examples:
            code = "\n".join(line[4:] for line in example.split("\n") if line.startswith((">>> ", "... ")))
            try:
                tree = parse_python(code)
            except (SyntaxError, ValueError):
                continue
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == definition.short and not node.keywords:
                    try:
                        found.append(tuple(ast.literal_eval(argument) for argument in node.args))
                    except (ValueError, TypeError):
                        continue
        return found[:4]


def _statements(body: Node, parsed: ParsedSource) -> Iterator[tuple[Node, bytes]]:
    """A body's statements, each with the comment directly above it."""
    lead = b""
    for node in body.named_children:
        if node.type in parsed.grammar.comments:
            lead = parsed.source[node.start_byte : node.end_byte]
            continue
        yield node, lead
        lead = b""


def _traits(node: Node) -> set[str]:
    """Words before a definition: the last parts of its decorators' names, ``static``, ``get``, ``set``."""
    found: set[str] = set()
    for child in node.children:
        if child.type == "decorator":
            found.add((child.text or b"")[1:].decode(errors="replace").partition("(")[0].strip().rpartition(".")[2])
        elif child.type in {"static", "get", "set", "abstract"}:
            found.add(child.type)
    return found


def _fields(body: Node | None, parsed: ParsedSource) -> Iterator[Parameter]:
    for node, _ in _statements(body, parsed) if body is not None else ():
        inner = node.named_children[0] if node.type == "expression_statement" and node.named_child_count else node
        left, written, value = (inner.child_by_field_name(field) for field in ("left", "type", "right"))
        if inner.type == "assignment" and left is not None and written is not None and not parsed.text(written).startswith("ClassVar"):
            yield Parameter(parsed.text(left), parsed.text(written), parsed.text(value) if value is not None else "")


def _named_types(parsed: ParsedSource) -> dict[str, str]:
    """Types that the file names for others, as they are written: aliases, and what an interface declares."""
    found: dict[str, str] = {}
    for node in parsed.root.named_children:
        declared = (node.child_by_field_name("declaration") or node) if node.type == "export_statement" else node
        name = declared.child_by_field_name("name")
        value = declared.child_by_field_name("value" if declared.type == "type_alias_declaration" else "body")
        generic = declared.child_by_field_name("type_parameters") is not None or any(child.type == "extends_type_clause" for child in declared.children)
        if declared.type in {"type_alias_declaration", "interface_declaration"} and name is not None and value is not None and not generic:
            found[parsed.text(name)] = parsed.text(value)
    return found


def _literals(parsed: ParsedSource, function: Node, name: str) -> list[object]:
    """Literals that stand in a comparison, a look-up or a call together with the parameter."""
    found: list[object] = []
    stack = [function]
    while stack and len(found) < MOST:
        node = stack.pop()
        children = node.children
        if node.type in _COMPARING and node.end_byte - node.start_byte < 400:
            mentions = node.type in {"case_pattern", "switch_case"} or name.encode() in parsed.source[node.start_byte : node.end_byte]
            candidates = [inner for child in children for inner in (child, *(child.children if child.type == "argument_list" else ()))]
            for child in candidates if mentions else ():
                value = _plain(parsed.text(child)) if child.type in _LITERALS and child.end_byte - child.start_byte < _SHORT else None
                if value is not None:
                    found.append(value)
        stack.extend(reversed(children))
    return unique(found)


def _plain(text: str) -> object:
    """The value of a short literal; ``None`` where it is none, or is null itself."""
    if not text or len(text) > 4 * _SHORT:
        return None
    try:
        return read_literal({"true": "True", "false": "False"}.get(text, text))
    except (ValueError, TypeError, SyntaxError, MemoryError):
        pass
    try:
        return json.loads(text)
    except ValueError:
        return None

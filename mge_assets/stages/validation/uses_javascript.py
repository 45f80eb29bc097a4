"""Whether one piece of JavaScript or TypeScript uses another as that one is: arguments, awaiting, what is read off its result.

A use that surely fails is told apart from one that only looks wrong: JavaScript drops arguments that nobody takes and gives ``undefined`` for those not given.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tree_sitter import Node

from mge_assets.stages.validation.conduct_javascript import FUNCTIONS, ScriptFunction, piece
from mge_assets.stages.validation.trees import below, text_of
from mge_resources.syntax import Language

_OBJECT = frozenset({
    "constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf", "__proto__",
    "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__",
})  # fmt: skip
_PROMISE = _OBJECT | {"then", "catch", "finally"}
_MEANT = frozenset({"instanceof", "in", "??", "||", "&&", ",", "void", "typeof"})
"""Operators that a promise is given to on purpose."""
_TYPED = frozenset({Language.TYPESCRIPT, Language.TSX})
_PATTERNS = frozenset({"object_pattern", "array_pattern"})
_OPTIONAL = frozenset({"optional_chain", "?."})
_CONDITIONS = frozenset({"if_statement", "while_statement", "do_statement", "ternary_expression"})


@dataclass(frozen=True, slots=True)
class Misuse:
    """A use that does not fit: whose, what is wrong, and whether it surely fails."""

    key: str
    words: str
    certain: bool


def script_misuses(code: bytes, callees: Mapping[str, ScriptFunction], owner: str, language: Language) -> Iterator[Misuse]:
    """Each use in the code that does not fit. ``owner`` is the class that the code stands in."""
    root = piece(code, owner, language)
    if root is None:
        return
    uses, named = _Uses(root, owner), [callee.name for callee in callees.values()]
    for key, callee in callees.items():
        if named.count(callee.name) > 1:  # two of one name: which is meant is not told by the name
            continue
        typed = callee.typed and language in _TYPED
        for call in uses.calls(callee):
            for words, certain in (*_arguments(call, callee, typed=typed), *_awaiting(uses, call, callee), *_read(uses, call, callee)):
                yield Misuse(key, words, certain)


class _Uses:
    """A piece's calls, with what is bound in it."""

    def __init__(self, root: Node, owner: str) -> None:
        self.nodes, self.owner = list(below(root)), owner
        self._bound = [text_of(name) for node in self.nodes for name in _bindings(node)]

    def calls(self, callee: ScriptFunction) -> Iterator[Node]:
        """The calls that are surely of this one."""
        for node in self.nodes:
            if node.type in {"call_expression", "new_expression"} and self._is_of(node, callee):
                yield node

    def _is_of(self, call: Node, callee: ScriptFunction) -> bool:
        constructs = callee.owner == callee.name and bool(callee.owner)
        function = call.child_by_field_name("constructor" if call.type == "new_expression" else "function")
        if function is None or (call.type == "new_expression") != constructs or any(child.type in _OPTIONAL for child in call.children):
            return False
        if function.type == "identifier":
            return text_of(function) == callee.name and (constructs or not callee.owner) and callee.name not in self._bound
        if function.type != "member_expression" or constructs or not callee.owner or text_of(function.child_by_field_name("property")) != callee.name:
            return False
        return self._receiver(function, callee)

    def _receiver(self, function: Node, callee: ScriptFunction) -> bool:
        """Whether what the method is called on is an object of its class, or the class itself where it is static."""
        receiver = function.child_by_field_name("object")
        if receiver is None or any(child.type in _OPTIONAL for child in function.children):
            return False
        if callee.static:
            return text_of(receiver) == callee.owner and callee.owner not in self._bound
        if receiver.type == "this":
            return self.owner == callee.owner and _is_own(receiver)
        made = self.value_of(text_of(receiver)) if receiver.type == "identifier" else _bare(receiver)
        return made is not None and made.type == "new_expression" and text_of(made.child_by_field_name("constructor")) == callee.owner

    def value_of(self, name: str) -> Node | None:
        """What the one constant of this name holds."""
        if self._bound.count(name) != 1:
            return None
        for node in self.nodes:
            if node.type == "variable_declarator" and text_of(node.child_by_field_name("name")) == name and node.parent is not None:
                return node.child_by_field_name("value") if any(child.type == "const" for child in node.parent.children) else None
        return None

    def named(self, value: Node) -> list[Node]:
        """The uses of the one constant that holds this value, its binding left out."""
        around = value.parent
        name = around.child_by_field_name("name") if around is not None and around.type == "variable_declarator" else None
        if name is None or name.type != "identifier" or self.value_of(text_of(name)) != value:
            return []
        return [node for node in self.nodes if node.type in {"identifier", "shorthand_property_identifier"} and node.text == name.text and node != name]


def _bindings(node: Node) -> Iterator[Node]:
    """The names that a node binds."""
    fields = {
        "variable_declarator": ("name",), "catch_clause": ("parameter",), "arrow_function": ("parameter",), "for_in_statement": ("left",),
        "function_declaration": ("name",), "generator_function_declaration": ("name",), "class_declaration": ("name",), "function_expression": ("name",),
        "assignment_expression": ("left",), "augmented_assignment_expression": ("left",), "update_expression": ("argument",), "import_specifier": ("name",),
    }.get(node.type, ())  # fmt: skip
    for field in fields:
        yield from _names(node.child_by_field_name(field))
    if node.type == "formal_parameters":
        for child in node.named_children:
            yield from _names(child.child_by_field_name("pattern") or child)


def _names(pattern: Node | None) -> Iterator[Node]:
    if pattern is None or pattern.type in {"member_expression", "subscript_expression"}:
        return
    kinds = {"identifier", "shorthand_property_identifier_pattern", "type_identifier"}
    yield from (node for node in below(pattern) if node.type in kinds)


def _is_own(this: Node) -> bool:
    """Whether ``this`` is that of the method itself: functions within have their own, but for arrows."""
    around, functions = this.parent, 0
    while around is not None and around.type not in {"class_body", "program"}:
        if around.type in {"class_static_block", "object"}:
            return False
        functions += around.type in FUNCTIONS and around.type != "arrow_function"
        around = around.parent
    return functions <= 1


def _bare(node: Node) -> Node:
    while node.type in {"parenthesized_expression", "non_null_expression"} and node.named_children:
        node = node.named_children[0]
    return node


def _outer(node: Node) -> Node:
    """The node with the parentheses around it."""
    while node.parent is not None and node.parent.type in {"parenthesized_expression", "non_null_expression"} and _condition_of(node.parent) is None:
        node = node.parent
    return node


def _condition_of(node: Node) -> Node | None:
    """The statement that the node is the condition of."""
    around = node.parent
    return around if around is not None and around.type in _CONDITIONS and around.child_by_field_name("condition") == node else None


def _arguments(call: Node, callee: ScriptFunction, *, typed: bool) -> Iterator[tuple[str, bool]]:
    listed = call.child_by_field_name("arguments")
    if listed is not None and listed.type != "arguments":  # a tagged template
        return
    given = [each for each in listed.named_children if each.type != "comment"] if listed is not None else []
    if any(each.type == "spread_element" for each in given):
        return
    if len(given) < callee.least:
        missing = "no argument" if not given else f"{len(given)} argument{'s' * (len(given) > 1)}"
        yield f"needs {callee.least} and is given {missing}", typed or len(given) <= callee.opened
    elif callee.most is not None and len(given) > callee.most:
        yield f"takes {callee.most or 'no'} argument{'s' * (callee.most != 1)} and is given {len(given)}", typed


def _awaiting(uses: _Uses, call: Node, callee: ScriptFunction) -> Iterator[tuple[str, bool]]:
    """A promise that is used as what it will come to."""
    if not callee.asynchronous or callee.generates:
        return
    value = _outer(call)
    names = [_outer(name) for name in uses.named(value)]
    alone = not any(_is_given_away(name) for name in names)
    used = _as_value(value) or next((found for name in names if alone and (found := _as_value(name))), "")
    if used:
        yield f"is async and is not awaited: {used}", not used.startswith("compared")


def _is_given_away(value: Node) -> bool:
    """Whether somebody may add members to the object: it is handed to a call, or one is set here."""
    around = value.parent
    return around is not None and (around.type == "arguments" or (around.type == "member_expression" and not _is_read(value)))


def _as_value(value: Node) -> str:
    """How a promise is used that is none to whoever uses it; empty where that may be meant."""
    around = value.parent
    if around is None:
        return ""
    if _condition_of(value) is not None or _condition_of(around) is not None:
        return "a promise is always true"
    judge = _AS_VALUE.get(around.type)
    return judge(value, around) if judge is not None else ""


def _as_object(value: Node, around: Node) -> str:
    name = text_of(around.child_by_field_name("property"))
    return "" if name in _PROMISE or not _is_read(value) else f"{name} of a promise is undefined"


def _as_operand(_: Node, around: Node) -> str:
    operator = text_of(around.child_by_field_name("operator"))
    if operator in {"==", "===", "!=", "!=="}:
        return "compared as a promise"
    return "" if operator in _MEANT else f"a promise is taken for a value by {operator}"


def _as_sequence(value: Node, around: Node) -> str:
    spread = around.type == "spread_element" and around.parent is not None and around.parent.type in {"array", "arguments"}
    stepped = around.child_by_field_name("right") == value and text_of(around.child_by_field_name("operator")) == "of"
    waits = any(child.type == "await" for child in around.children)
    return "a promise can't be stepped through" if spread or (stepped and not waits) else ""


def _as_parts(value: Node, around: Node) -> str:
    name = around.child_by_field_name("name")
    apart = name is not None and around.child_by_field_name("value") == value and name.type in _PATTERNS
    return "a promise is taken apart" if apart and name is not None and not (name.type == "object_pattern" and _only(name, _PROMISE)) else ""


_AS_VALUE: Mapping[str, Callable[[Node, Node], str]] = {
    "member_expression": _as_object,
    "binary_expression": _as_operand,
    "unary_expression": _as_operand,
    "template_substitution": lambda *_: "a promise is written out as text",
    "spread_element": _as_sequence,
    "for_in_statement": _as_sequence,
    "variable_declarator": _as_parts,
}


def _only(pattern: Node, names: frozenset[str]) -> bool:
    """Whether an object's pattern takes only what has these names, or anything that may be left out."""
    return all(part.type == "shorthand_property_identifier_pattern" and text_of(part) in names for part in pattern.named_children)


def _read(uses: _Uses, call: Node, callee: ScriptFunction) -> Iterator[tuple[str, bool]]:
    """Something read off the object that it returns, which is written out there and has no such member."""
    value = _outer(call)
    if callee.members is None or callee.generates or call.type == "new_expression":
        return
    if callee.asynchronous:
        if value.parent is None or value.parent.type != "await_expression":
            return
        value = _outer(value.parent)
    names = [_outer(name) for name in uses.named(value)]
    if any(not _is_read(name) for name in names):  # whoever is handed the object may add to it
        return
    for one in (value, *names):
        around = one.parent
        if around is not None and _is_read(one):
            member = text_of(around.child_by_field_name("property"))
            if member not in callee.members and member not in _OBJECT:
                yield f"returns an object without {member}", _needs(around)


def _is_read(value: Node) -> bool:
    around = value.parent
    if around is None or around.type != "member_expression" or around.child_by_field_name("object") != value:
        return False
    beyond = around.parent
    changed = {"assignment_expression": "left", "augmented_assignment_expression": "left", "update_expression": "argument"}
    if beyond is None or (field := changed.get(beyond.type)) is None:
        return beyond is None or beyond.type != "unary_expression" or text_of(beyond.child_by_field_name("operator")) != "delete"
    return beyond.child_by_field_name(field) != around


def _needs(member: Node) -> bool:
    """Whether what is read must be there: it is called, or something is read off it, and not by ``?.``."""
    value = _outer(member)
    around = value.parent
    if around is None or any(child.type in _OPTIONAL for child in around.children):
        return False
    called = around.type == "call_expression" and around.child_by_field_name("function") == value
    return called or (around.type in {"member_expression", "subscript_expression"} and around.child_by_field_name("object") == value)

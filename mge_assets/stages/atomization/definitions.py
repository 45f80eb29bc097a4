"""What is known of each definition of a file: parameters, types, documentation, its atoms and the variables that pass between them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tree_sitter import Node

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.stages.atomization.assembly import Tiling, leading
from mge_assets.stages.atomization.decomposition import Scope
from mge_assets.stages.atomization.destructuring import destructured
from mge_assets.stages.atomization.documentation import Documentation, read_documentation
from mge_assets.stages.atomization.grammar import Description, Grammar, Parameter
from mge_assets.stages.atomization.liveness import FunctionFlow
from mge_assets.stages.atomization.marks import Marks, shorten
from mge_assets.stages.atomization.nested_scopes import Scopes

_OPENING = re.compile(r"\w*(?:\"{3}|'{3}|[\"'])")
_CLOSING = ('"""', "'''", '"', "'")
_MEMBERS = 6
_BUDGET = 20
"""Times that a file's bytes may be looked through for types: definitions nested ten thousand deep must not cost their square."""
_OUTER = 8
_CALLEE = 80
"""Bytes of a callee beyond which it is an expression of its own."""
_AROUND = frozenset({"parenthesized_expression", "non_null_expression"})
_CAST = frozenset({"as_expression", "satisfies_expression"})
_EITHER = frozenset({"ternary_expression", "conditional_expression", "boolean_operator"})
NOTHING = ("None", "null")
"""Types that say of a variable's first value only that it has none."""
_SILENT = (AtomKind.DOCSTRING, AtomKind.TRIVIA)
_CALLABLE = (AtomKind.FUNCTION, AtomKind.METHOD)


@dataclass(slots=True)
class Definition:
    """One definition. ``types`` are by variable, written or inferred; ``members`` are the members that code takes of a variable."""

    path: str
    description: Description
    parameters: tuple[Parameter, ...]
    returns: str
    documentation: Documentation
    start: int
    end: int
    types: dict[str, str] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)

    @property
    def short(self) -> str:
        """The last part of its name."""
        return self.path.rpartition(".")[2]

    def type_of(self, name: str) -> str:
        """What is known of a variable's type: written, documented, inferred from its value, or from what is done with it; or nothing."""
        if name in self.types:
            return f"{name}: {self.types[name]}"
        if name in self.documentation.types:
            return f"{name}: {shorten(self.documentation.types[name])}"
        if name in self.members:
            return f"{name} has " + ", ".join(f".{member}" for member in self.members[name])
        return ""


@dataclass(frozen=True, slots=True)
class Flow:
    """Variables of its definition that an atom needs from other parts, and leaves for them; functions that other parts declare for all of it."""

    live_in: tuple[str, ...] = ()
    live_out: tuple[str, ...] = ()
    hoisted: tuple[str, ...] = ()


class Definitions:
    """The definitions of a file, found by their node; computed when first asked for."""

    def __init__(self, tiling: Tiling, marks: Marks) -> None:
        self._tiling, self._marks, self._grammar = tiling, marks, tiling.parsed.grammar
        self._known: dict[int, Definition] = {}
        self._by_description: dict[int, Definition] = {}
        self._budget = _BUDGET * (len(tiling.parsed.source) + 1000)

    def known(self, description: Description) -> Definition | None:
        """The definition, if it was read before by this description of it."""
        return self._by_description.get(id(description))

    def get(self, description: Description, path: str, lead: bytes = b"") -> Definition:
        """The definition; ``lead`` is the text directly above it, where documentation may stand."""
        key = description.node.id
        if key not in self._known:
            self._known[key] = self._read(description, path, lead)
        found = self._by_description[id(description)] = self._known[key]
        return found

    def _read(self, description: Description, path: str, lead: bytes) -> Definition:
        grammar, parsed, node = self._grammar, self._tiling.parsed, description.node
        docstring = grammar.docstring(node)
        text = _unquoted(parsed.text(docstring)) if docstring is not None else _comment(lead)
        documentation = read_documentation(text) if text else Documentation()
        parameters, returns = grammar.parameters(description), grammar.returns(description)
        definition = Definition(path, description, parameters, returns, documentation, node.start_byte, node.end_byte)
        self._fill_types(definition, grammar)
        return definition

    def _fill_types(self, definition: Definition, grammar: Grammar) -> None:
        marks, types = self._marks, definition.types
        start, end = definition.start, definition.end
        self._budget -= end - start
        if self._budget < 0 or definition.description.kind not in _CALLABLE:
            end = start
        for name, node in marks.pairs("typed", "written", start, end):
            types.setdefault(marks.text(name), marks.quote(node).lstrip(": "))
        nothing: dict[str, int] = {}
        for name, node in marks.pairs("valued", "value", start, end):
            variable, written = marks.text(name), inferred(marks, node, grammar)
            if written and written not in NOTHING:
                types.setdefault(variable, written)
            if written in NOTHING or variable in nothing:
                nothing[variable] = nothing.get(variable, 0) + 1
        for variable, count in nothing.items():
            if count == 1 and variable not in types:
                types[variable] = "None" if grammar.self_name == "self" else "null"  # it never is anything else here
        for parameter in definition.parameters:
            if written := parameter.type or inferred_from_text(parameter.default):
                types[parameter.name] = written
                types.update(destructured(parameter.name, written) if parameter.name[:1] == "{" else ())
        for owner, member in marks.paired_texts("owner", "owned", start, end):
            members = definition.members.setdefault(owner, [])
            if member not in members and len(members) < _MEMBERS:
                members.append(member)


def inferred(marks: Marks, node: Node, grammar: Grammar) -> str:
    """The type of an expression that shows it: a literal, an operator, a call whose result is known, or of a class."""
    while node.type in _AROUND and node.named_child_count:
        node = node.named_children[0]
    if node.type in grammar.inferred:
        return grammar.inferred[node.type]
    if node.type in _CAST or node.type in _EITHER:
        return _of_parts(marks, node, grammar)
    if (operator := node.child_by_field_name("operator")) is not None:
        return grammar.operators.get(operator.type, "")
    called = node.child_by_field_name("function") or node.child_by_field_name("constructor")
    if called is None or called.end_byte - called.start_byte >= _CALLEE:
        return ""
    name = marks.text(called)
    last = name.rpartition(".")[2]
    known = grammar.results.get(name) or (grammar.results.get(f".{last}") if "." in name else None)
    if known:
        return known
    constructs = node.type in grammar.constructing or node.type == "new_expression"
    return name if constructs and last[:1].isupper() else ""


def _of_parts(marks: Marks, node: Node, grammar: Grammar) -> str:
    """The type that a cast gives, or those of the values of which one is taken: nothing where one of them shows none."""
    parts = node.named_children
    if node.type in _CAST:
        written = marks.quote(parts[-1])
        return "" if written == "const" else written
    values = parts[-2:] if node.type == "ternary_expression" else parts[::2]
    types = [inferred(marks, value, grammar) if value.type not in _EITHER else "" for value in values]
    return " | ".join(dict.fromkeys(types)) if types and all(types) else ""


def inferred_from_text(default: str) -> str:
    """The type of a default value, by its look; nothing for ``None`` and for names."""
    first = default[:1]
    if default in {"True", "False", "true", "false"}:
        return "bool"
    if first in {'"', "'", "`"}:
        return "string"
    if first.isdigit():
        return "number"
    return {"[": "list", "(": "tuple", "{": "mapping"}.get(first, "")


def _unquoted(text: str) -> str:
    """A string's text without its prefix and quotes."""
    opening = _OPENING.match(text)
    text = text[opening.end() :] if opening is not None else text
    return next((text[: -len(quotes)] for quotes in _CLOSING if text.endswith(quotes)), text)


def _comment(lead: bytes) -> str:
    start = lead.rfind(b"/**")
    return lead[start:].decode(errors="replace") if start >= 0 else ""


def flows(tiling: Tiling, marks: Marks) -> dict[int, Flow]:
    """Variables that pass between the parts of each opened function, by the atom's number."""
    parts: dict[int, list[int]] = {}
    scopes: dict[int, Scope] = {}
    for index, item in enumerate(tiling.packed):
        scope: Scope | None = leading(item).scope
        for _ in range(_OUTER):
            if scope is None or scope.owner is None:
                break
            if scope.in_function:
                parts.setdefault(id(scope.owner), []).append(index)  # members of a literal have scopes of their own, with the same owner
                scopes.setdefault(id(scope.owner), scope)
            scope = scope.parent
    opened = {key: members for key, members in parts.items() if len(members) > 1}
    if not opened:
        return {}
    if not tiling.parsed.grammar.followed:
        return _by_order(tiling, marks, opened.values())
    return _by_control(tiling, marks, opened, scopes)


def _by_control(tiling: Tiling, marks: Marks, opened: Mapping[int, list[int]], scopes: Mapping[int, Scope]) -> dict[int, Flow]:
    """By the functions' control flow. Of an atom in a nested function, what that one takes from the outer ones comes in too."""
    parsed = tiling.parsed
    nested = Scopes(parsed.marks.get("function", ()), marks.table("scope").nodes)
    found: dict[int, Flow] = {}
    own: dict[int, FunctionFlow] = {}
    budget = _BUDGET * (len(parsed.source) + 1000)
    for key, members in sorted(opened.items(), key=lambda one: -scopes[one[0]].level):
        owner = scopes[key].owner
        budget -= owner.node.end_byte - owner.node.start_byte if owner is not None else 0
        if owner is None or owner.body is None or budget < 0:
            continue
        flow = FunctionFlow(owner, marks, nested, parsed.grammar, parsed.source)
        for number, (live_in, live_out) in zip(members, flow.between([tiling.atoms[number] for number in members]), strict=True):
            atom = tiling.atoms[number]
            if atom.kind in _SILENT:
                continue
            if number in found:
                more = flow.inherited(atom, marks, own[number])
                found[number] = replace(found[number], live_in=tuple(dict.fromkeys((*found[number].live_in, *more))))
            else:
                start, end = atom.span.start_byte, atom.span.end_byte
                order = {name: place for place, name in enumerate(marks.uses(start, end))}
                declared = flow.hoisted - {name for _, name in marks.events("hoisted", start, end)} if flow.hoisted else ()
                hoisted = tuple(name for name in order if name in declared)
                found[number] = Flow(tuple(sorted(live_in, key=lambda name: order.get(name, len(order)))), live_out, hoisted)
                own[number] = flow
    return found


def _by_order(tiling: Tiling, marks: Marks, groups: Iterable[list[int]]) -> dict[int, Flow]:
    """By the order of names alone, where the language's control flow is not known."""
    found: dict[int, Flow] = {}
    for members in groups:
        _flow_of(tiling.atoms, members, marks, found)
    return found


def _flow_of(atoms: Sequence[Atom], members: list[int], marks: Marks, found: dict[int, Flow]) -> None:
    uses = [marks.uses(atoms[i].span.start_byte, atoms[i].span.end_byte) for i in members]
    binds = [marks.names("bind", atoms[i].span.start_byte, atoms[i].span.end_byte) for i in members]
    for index, more in enumerate(marks.names("rebind", atoms[i].span.start_byte, atoms[i].span.end_byte) for i in members):
        binds[index].update(more)
    first_bound: dict[str, int] = {}
    last_used: dict[str, int] = {}
    for index, (used, bound) in enumerate(zip(uses, binds, strict=True)):
        for name in bound:
            first_bound.setdefault(name, index)
        for name in used:
            last_used[name] = index
    for index, number in enumerate(members):
        live_in = tuple(name for name in uses[index] if first_bound.get(name, index) < index)
        live_out = tuple(name for name in binds[index] if last_used.get(name, -1) > index)
        before = found.get(number, Flow())
        if atoms[number].kind not in _SILENT:
            found[number] = Flow(tuple(dict.fromkeys(before.live_in + live_in)), tuple(dict.fromkeys(before.live_out + live_out)))

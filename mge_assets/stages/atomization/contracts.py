"""What must hold before an atom runs and what holds after it: guards, asserts, arguments, live variables; results, state, exits."""

from itertools import islice

from tree_sitter import Node

from mge_assets.model.atoms import AtomKind
from mge_assets.stages.atomization.decomposition import Enclosing
from mge_assets.stages.atomization.definitions import Definition
from mge_assets.stages.atomization.facts import Facts, Subject
from mge_assets.stages.atomization.grammar import Parameter
from mge_assets.stages.atomization.marks import shorten

Said = tuple[str, ...] | None
"""A component: what is said, or ``None`` where it does not apply."""
_NODES = 6
_ENCLOSING = 5
_DECLARED = (AtomKind.TYPE, AtomKind.INTERFACE, AtomKind.ENUM, AtomKind.CLASS_HEADER)


class Contracts:
    """Finds preconditions and postconditions of one file's atoms."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def before(self, subject: Subject) -> Said:
        """Preconditions."""
        said = self._arguments(subject) if subject.callable else self._needs(subject)
        said += [f"holds: {self._quote(node, 6)}" for node in self._facts.own("assert", subject)[:_NODES]]
        said += self._guards(subject)
        return tuple(said) or None

    def _arguments(self, subject: Subject) -> list[str]:
        definition = self._facts.definition(subject)
        owner = self._facts.owner_class(subject)
        said = [_given(parameter, definition, owner) for parameter in definition.parameters]
        return said + [f"else raises {shorten(text)}" for text in definition.documentation.raises[:_NODES]]

    def _needs(self, subject: Subject) -> list[str]:
        """Of a part: the statements around it and the variables it takes from them; of a class: what it is built from."""
        facts = self._facts
        said = self._around(subject.piece.enclosing)
        holder = facts.holder(subject)
        for name in facts.flow(subject).live_in:
            if name == facts.grammar.self_name:
                continue
            known = holder.type_of(name) if holder is not None else ""
            said.append(f"bound before: {known or name}")
        said += [f"declared by its function: {name}" for name in facts.flow(subject).hoisted]
        if facts.holder(subject) is not None and facts.owner_class(subject) and facts.mentions_self(subject):
            said.append(f"{facts.grammar.self_name} is a {facts.owner_class(subject)}")
        span = subject.atom.span
        used = facts.marks.uses(span.start_byte, span.end_byte)
        said.extend(f"defined before: {name}" for name in used if name in facts.defined and facts.defined[name] != subject.atom.name)
        return said

    def _around(self, enclosing: Enclosing | None) -> list[str]:
        found: list[str] = []
        while enclosing is not None and len(found) < _ENCLOSING:
            text = self._facts.source[enclosing.start : min(enclosing.end, enclosing.start + 400)].decode(errors="replace")
            found.append(f"inside: {shorten(text)}")
            enclosing = enclosing.outer
        found.reverse()
        return found

    def _guards(self, subject: Subject) -> list[str]:
        marks = self._facts.marks
        pairs = marks.paired("guard", "outcome", subject.start, subject.end)
        raising = ((guard, out) for guard, out in pairs if out.type in {"raise_statement", "throw_statement"})
        return [f"{_opposite(marks.quote(guard))}, else {marks.quote(out)}" for guard, out in islice(raising, _NODES)]

    def after(self, subject: Subject) -> Said:
        """Postconditions."""
        kind = subject.atom.kind
        if kind is AtomKind.IMPORT:
            return self._bound(subject, "available")
        if kind in _DECLARED:
            name = subject.piece.scope.path if subject.piece.header else subject.piece.description.name
            return (f"{name} is defined", *self.state(subject)) if name else (*self._members(subject), *self.state(subject))
        said = self._results(subject) if subject.callable else []
        said += [f"holds: {self._quote(node, 6)}" for node in islice(self._facts.own("assert", subject), _NODES)]
        if not subject.defines:
            said += [f"leaves: {name}" for name in self._facts.flow(subject).live_out]
        return tuple(said + self._exits(subject) + self.state(subject))

    def _bound(self, subject: Subject, how: str) -> tuple[str, ...]:
        span = subject.atom.span
        nodes = self._facts.marks.held(span.start_byte, span.end_byte).get("import", ())
        return tuple(f"{name} is {how}" if name else "the module is loaded" for node in nodes for name, _ in self._facts.bindings(node))

    def _members(self, subject: Subject) -> tuple[str, ...]:
        """Of a part of a type: the members that it declares."""
        span = subject.atom.span
        return tuple(f"declares {name}" for name in self._facts.marks.names("member_name", span.start_byte, span.end_byte))

    def _results(self, subject: Subject) -> list[str]:
        definition = self._facts.definition(subject)
        said = [f"returns {shorten(definition.returns)}"] if definition.returns else []
        if definition.documentation.returns:
            said.append(f"returns {shorten(definition.documentation.returns)}")
        return said + [f"returns {self._quote(node)}" for node in self._facts.own("given", subject)[:1]]

    def _exits(self, subject: Subject) -> list[str]:
        found: list[str] = []
        for table in ("return", "raise", "yield", "jump", "await"):
            if nodes := self._facts.own(table, subject):
                found += [self._quote(node) for node in nodes[:_NODES]]
        return list(dict.fromkeys(found))[:_NODES]

    def state(self, subject: Subject) -> list[str]:
        """What the atom assigns or calls for its effect."""
        facts = self._facts
        marks = facts.marks
        found = [f"assigns {self._stated(node)}" for node in facts.own("state", subject)[:_NODES]]
        found += [f"rebinds {marks.quote(node)}" for node in facts.own("outer", subject)[:_NODES]]
        if not subject.callable:
            span = subject.atom.span
            values = {marks.text(name): marks.quote(node) for name, node in marks.paired("valued", "value", span.start_byte, span.end_byte)}
            own_name = subject.piece.description.name if subject.defines or subject.atom.kind in _DECLARED else ""
            names = islice((name for name in facts.bound(subject) if name != own_name), _NODES)
            found += [f"{name} = {values[name]}" if name in values else f"binds {name}" for name in names]
            found += [f"exports {marks.quote(node)}" for node in marks.held(span.start_byte, span.end_byte).get("export", ())]
        if not found:
            found += [f"calls {marks.quote(node)}" for node in facts.own("call", subject)[:_NODES]]
        whole = subject.piece.description.node
        if not found and subject.piece.statement and not subject.defines and whole.start_byte < subject.start:
            found.append(f"gives a part of {marks.quote(whole)}")
        return list(dict.fromkeys(found))

    def _stated(self, node: Node) -> str:
        """What is assigned; a parameter that is a property too is one of the object's."""
        text = self._facts.marks.quote(node)
        return f"{self._facts.grammar.self_name}.{text}" if node.type == "identifier" else text

    def _quote(self, node: Node, skip: int = 0) -> str:
        return self._facts.marks.quote(node)[skip:].strip()


def _opposite(condition: str) -> str:
    """What holds where a guard's condition does not."""
    if condition.startswith("not ") and " and " not in condition and " or " not in condition:
        return f"holds: {condition[4:]}"
    return f"not {condition}" if condition.startswith("(") else f"not ({condition})"


def _given(parameter: Parameter, definition: Definition, owner: str) -> str:
    if parameter.name in {"self", "cls", "this"} and not parameter.type:
        return f"{parameter.name} is {'a' if parameter.name != 'cls' else 'the class'} {owner}".rstrip()
    known = definition.type_of(parameter.name) or parameter.name
    if parameter.variadic:
        return f"any number of {known}"
    return f"{known} = {shorten(parameter.default)} unless given" if parameter.default else f"{known} is given"

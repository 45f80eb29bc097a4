"""How imports, types, test cases and hints are found; ``contracts`` finds what holds before and after.

A component is ``None`` where it does not apply, empty where it applies and nothing is known.
"""

from collections.abc import Callable

from mge_assets.model.atoms import AtomKind
from mge_assets.stages.atomization.acceptance import AcceptanceTests
from mge_assets.stages.atomization.contracts import Contracts, Said
from mge_assets.stages.atomization.definitions import NOTHING, inferred
from mge_assets.stages.atomization.facts import Facts, Subject
from mge_assets.stages.atomization.marks import shorten

_DECLARED = (AtomKind.TYPE, AtomKind.INTERFACE, AtomKind.ENUM, AtomKind.CLASS_HEADER)
_HINTS = 12
_SHOWN = 6
_CASES = 4


class Components:
    """Finds the components of one file's atoms."""

    def __init__(self, facts: Facts, tests: AcceptanceTests) -> None:
        self._facts, self._tests = facts, tests
        self._contracts = Contracts(facts)

    def find(self, component: str, subject: Subject) -> Said:
        """One component, by its name in ``AtomContext``."""
        return _FINDERS[component](self, subject)

    def _before(self, subject: Subject) -> Said:
        return self._contracts.before(subject)

    def _after(self, subject: Subject) -> Said:
        return self._contracts.after(subject)

    def _imports(self, subject: Subject) -> Said:
        facts, span = self._facts, subject.atom.span
        if subject.atom.kind is AtomKind.IMPORT:
            nodes = facts.marks.held(span.start_byte, span.end_byte).get("import", ())
            return tuple(text for node in nodes for _, text in facts.bindings(node)) or None
        used = facts.marks.uses(span.start_byte, span.end_byte)
        return tuple(facts.imports[name] for name in used if name in facts.imports) or None

    def _types(self, subject: Subject) -> Said:
        if subject.callable:
            return self._types_of_callable(subject)
        fields = self._fields(subject)
        if subject.atom.kind in _DECLARED:
            return (subject.atom.signature, *fields) if subject.atom.signature else fields or None
        holder, flow = self._facts.holder(subject), self._facts.flow(subject)
        names = [name for name in (*flow.live_in, *self._facts.bound(subject)) if name != self._facts.grammar.self_name]
        known = [holder.type_of(name) for name in names] if holder else []
        said = (*(text for text in known if text), *fields, *self._self(subject))
        if not said:
            start, end = (holder.start, holder.end) if holder else (subject.start, subject.end)
            said = self._shown(names, start, end)
        if not said and (result := self._result(subject)):
            said = (f"returns {result}",)
        return said if said or names else None

    def _types_of_callable(self, subject: Subject) -> Said:
        definition = self._facts.definition(subject)
        parameters = [parameter.name for parameter in definition.parameters if parameter.name not in {"self", "cls"}]
        said = [text for name in parameters if (text := definition.type_of(name))]
        said.extend(self._declared(subject))
        said.extend(self._self(subject))
        returned = self._facts.own("return", subject)
        result = definition.returns or definition.documentation.returns or self._result(subject)
        if result:
            said.append(f"returns {shorten(result)}")
        if not said:
            said.extend(self._shown(parameters, definition.start, definition.end))
        return tuple(said) if said or parameters or any(node.named_child_count for node in returned) else None

    def _declared(self, subject: Subject) -> tuple[str, ...]:
        """The type that is written beside the name to which a function is bound."""
        marks, start = self._facts.marks, subject.atom.span.start_byte
        pairs = marks.pairs("typed", "written", start, max(start, subject.piece.description.node.start_byte))
        return tuple(f"{marks.text(name)}: {marks.quote(node).lstrip(': ')}" for name, node in pairs)

    def _shown(self, names: list[str], start: int, end: int) -> tuple[str, ...]:
        """Of variables that nothing types: what the code does with them."""
        shown = (self._facts.usage.of(name, start, end) for name in names[:_SHOWN])
        return tuple(text for text in shown if text)

    def _result(self, subject: Subject) -> str:
        """The types of returned expressions, where they show them."""
        values = (node.named_children[0] for node in self._facts.own("return", subject) if node.named_child_count)
        types = (inferred(self._facts.marks, value, self._facts.grammar) for value in values)
        return " | ".join(dict.fromkeys(text for text in types if text))

    def _self(self, subject: Subject) -> tuple[str, ...]:
        owner = self._facts.owner_class(subject)
        return (f"{self._facts.grammar.self_name}: {owner}",) if owner and self._facts.mentions_self(subject) else ()

    def _fields(self, subject: Subject) -> tuple[str, ...]:
        """Types of the names that the atom binds, written or shown by their values."""
        marks, span = self._facts.marks, subject.atom.span
        inside = not subject.defines and self._facts.holder(subject) is not None  # a variable that begins as nothing becomes something
        found: dict[str, str] = {}
        if subject.atom.kind in _DECLARED:
            found.update(
                (marks.text(name), marks.quote(node).lstrip(": ")) for name, node in marks.paired("member_name", "member_type", span.start_byte, span.end_byte)
            )
        for name, node in marks.paired("typed", "written", span.start_byte, span.end_byte):
            found.setdefault(marks.text(name), marks.quote(node).lstrip(": "))
        for name, node in marks.paired("valued", "value", span.start_byte, span.end_byte):
            written = inferred(marks, node, self._facts.grammar)
            if written and not (inside and written in NOTHING):
                found.setdefault(marks.text(name), written)
        return tuple(f"{name}: {written}" for name, written in found.items())

    def _test_cases(self, subject: Subject) -> Said:
        """Acceptance tests that mention the definition, examples in its documentation, and cases that follow from its own branches and exits."""
        facts = self._facts
        definition = facts.definition(subject) if subject.defines else facts.holder(subject)
        said: list[str] = []
        if definition is not None:
            short = definition.path.rpartition(".")[2]
            owner = facts.owner_class(subject).rpartition(".")[2]
            said.extend(self._tests.of(owner if short in {"__init__", "constructor"} and owner else short))
            said.extend(definition.documentation.examples)
        if subject.atom.kind is AtomKind.CLASS_HEADER and not subject.piece.whole:
            return tuple(said) or None
        said.extend(self._derived(subject)[:_CASES])
        if not said and subject.callable and subject.piece.description.body is None:
            return None  # a signature: nothing runs
        if not said and subject.atom.kind is AtomKind.CLASS_HEADER and not facts.own("return", subject):
            return None
        return tuple(said)

    def _derived(self, subject: Subject) -> list[str]:
        """Cases that the code itself shows: what a guard leads to, both ways of a branch, a loop run or not, the one result."""
        facts = self._facts
        marks = facts.marks
        if subject.atom.stub:
            return []
        guarded = list(marks.paired("guard", "outcome", subject.start, subject.end))
        said = [f"derived: when {marks.quote(guard)}: {marks.quote(out)}" for guard, out in guarded]
        seen = {guard.start_byte for guard, _ in guarded}
        branches = [node for node in facts.own("branch", subject) if node.start_byte not in seen]
        said += [f"derived: with {marks.quote(node)} true, and false" for node in branches]
        said += [f"derived: with no, one and several rounds of {_header(marks.quote(node))}" for node in facts.own("loop", subject)]
        if not said:
            said += [f"derived: always {marks.quote(node)}" for node in [*facts.own("return", subject), *facts.own("raise", subject)][:2]]
        if not said and subject.callable:
            said += [f"derived: always returns {marks.quote(node)}" for node in facts.own("given", subject)[:1]]
        if not said:
            said += [f"derived: afterwards {text}" for text in self._contracts.state(subject)]
        return said

    def hints(self, subject: Subject) -> tuple[str, ...]:
        """Atoms that define what this one uses: names of the file's top level, members of its own class."""
        facts, span = self._facts, subject.atom.span
        used = facts.marks.uses(span.start_byte, span.end_byte)
        found = [facts.defined[name] for name in used if name in facts.defined]
        owner = facts.owner_class(subject)
        if owner:
            own = (marks_name for marks_name in facts.marks.names("owned", span.start_byte, span.end_byte))
            found.extend(facts.members[f"{owner}.{name}"] for name in own if f"{owner}.{name}" in facts.members)
        return tuple(dict.fromkeys(name for name in found if name != subject.atom.name))[:_HINTS]


_FINDERS: dict[str, Callable[[Components, Subject], Said]] = {
    "imports": Components._imports,
    "types": Components._types,
    "preconditions": Components._before,
    "postconditions": Components._after,
    "test_cases": Components._test_cases,
}
"""Not bound to their object, which would then hold itself, and with it all that is known of the file until a garbage collection."""


def _header(text: str) -> str:
    """A loop's first line, as far as the colon or brace that stands in no bracket."""
    depth = 0
    for place, sign in enumerate(text):
        if not depth and sign in ":{":
            return text[:place].strip()
        depth += (sign in "([{") - (sign in ")]}")
    return text

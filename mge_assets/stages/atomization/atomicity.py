"""The ten criteria of atomicity, 10 % each (specification §3, ``AtomicityValidator``)."""

from dataclasses import dataclass

from mge_assets.model.atoms import MAX_LOC, Atom, AtomContext, Atomicity, AtomKind
from mge_assets.model.errors import Place
from mge_assets.model.findings import Finding, Severity
from mge_assets.stages.atomization.facts import Facts, Subject
from mge_assets.stages.atomization.packing import Packed
from mge_assets.stages.atomization.suspects import Calls
from mge_assets.stages.atomization.units import Role

COMPLEXITY_BELOW = 3
CONTEXT_TARGET = 0.95
MAX_VALUES = 7
"""Values in (or members, or parts) that a reader can still hold in mind."""
MAX_RESULTS = 4
_TEXT = (AtomKind.DOCSTRING, AtomKind.DATA_LITERAL, AtomKind.TRIVIA)
_DECLARATIVE = (AtomKind.IMPORT, AtomKind.CONSTANT, AtomKind.TYPE, AtomKind.INTERFACE, AtomKind.ENUM, *_TEXT)


@dataclass(slots=True)
class _Case:
    """An atom, its context, and what else a criterion may look at."""

    atom: Atom
    context: AtomContext
    subject: Subject
    packed: Packed
    facts: Facts


def _loc(case: _Case) -> str:
    return "" if case.atom.loc <= MAX_LOC else f"{case.atom.loc} LOC are more than {MAX_LOC}"


def _complexity(case: _Case) -> str:
    return "" if case.atom.complexity < COMPLEXITY_BELOW else f"complexity {case.atom.complexity} is not below {COMPLEXITY_BELOW}"


def _responsibility(case: _Case) -> str:
    whole = [piece for piece in case.packed.pieces if piece.whole and not piece.description.overload]
    if len(whole) > 1:
        return f"{len(whole)} definitions in one atom"
    members = case.facts.functions_within(case.subject) if case.atom.kind is AtomKind.CLASS_HEADER else 0
    return f"a class with {members} methods in one atom" if members > MAX_VALUES else ""


def _boundaries(case: _Case) -> str:
    first = case.packed.pieces[0]
    if case.atom.node_type == "ERROR":
        return "it does not parse"
    if case.atom.kind in _TEXT or case.subject.defines:
        return ""
    if any(piece.role in {Role.LINE, Role.FRAGMENT} for piece in case.packed.pieces):
        return "it is cut inside an expression"
    return "it begins with a clause of a statement that begins in another atom" if first.role is Role.CLAUSE else ""


def _independence(case: _Case) -> str:
    taken = case.facts.flow(case.subject).live_in
    return f"it takes {len(taken)} variables from other parts of its function" if len(taken) > MAX_VALUES else ""


def _context(case: _Case) -> str:
    context = case.context
    missing = [name for name in context.COMPONENTS if name not in context.exempt and not getattr(context, name)]
    return f"nothing is known of its {', '.join(missing).replace('_', ' ')}" if context.completeness < CONTEXT_TARGET else ""


def _testable(case: _Case) -> str:
    context = case.context
    return "" if case.atom.kind in _DECLARATIVE or context.test_cases or "test_cases" in context.exempt else "no test can tell whether it works"


def _deterministic(case: _Case) -> str:
    return _calls(case, case.facts.random, "its result depends on")


def _effects(case: _Case) -> str:
    outer = next(case.facts.own("outer", case.subject), None)
    if outer is not None:
        return f"it changes variables outside itself: {case.facts.marks.quote(outer)}"
    return _calls(case, case.facts.effects, "it acts on the outside through")


def _calls(case: _Case, suspects: Calls, said: str) -> str:
    name = suspects.first_within(case.atom.span.start_byte, case.atom.span.end_byte)
    return f"{said} {name}" if name else ""


def _input_output(case: _Case) -> str:
    if case.subject.callable:
        definition = case.facts.definition(case.subject)
        count = sum(1 for parameter in definition.parameters if parameter.name not in {"self", "cls"})
        if count > MAX_VALUES:
            return f"{count} parameters are more than {MAX_VALUES}"
        untyped = "types" not in case.context.exempt and not case.context.types
        return "nothing says what its parameters and its result are" if untyped else ""
    given = case.facts.flow(case.subject).live_out
    return f"it leaves {len(given)} variables to other parts of its function" if len(given) > MAX_RESULTS else ""


CRITERIA = (
    ("loc", Severity.WARNING, _loc, "move a part of it into a function of its own"),
    ("complexity", Severity.WARNING, _complexity, "move a branch or a compound condition into a function of its own"),
    ("responsibility", Severity.WARNING, _responsibility, "let each definition stand alone"),
    ("boundaries", Severity.WARNING, _boundaries, "shorten the statement so that it fits one atom"),
    ("independence", Severity.INFO, _independence, "pass fewer variables: make this part a function with parameters"),
    ("context", Severity.WARNING, _context, "add annotations, documentation or acceptance tests that name it"),
    ("testable", Severity.WARNING, _testable, "give it a result or an effect that a test can see, or an acceptance test that names it"),
    ("deterministic", Severity.INFO, _deterministic, "take the clock, the random source or the input as a parameter"),
    ("effects", Severity.INFO, _effects, "return the result and let the caller act"),
    ("input_output", Severity.WARNING, _input_output, "annotate parameters and result, or pass fewer values"),
)
"""Name, severity, test and remedy of each criterion; a violated one costs 0.1."""


class AtomicityValidator:
    """Judges atoms that have their context."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def validate(self, context: AtomContext, subject: Subject, packed: Packed) -> Atomicity:
        """The score of the subject's atom with this context, and a finding ``atomicity.<criterion>`` for each violation."""
        atom = subject.atom
        case = _Case(atom, context, subject, packed, self._facts)
        place = Place(atom.file, atom.span.start_line)
        found = [(name, severity, problem, fix) for name, severity, test, fix in CRITERIA if (problem := test(case))]
        violations = tuple(Finding(f"atomicity.{name}", severity, f"{atom.name}: {problem}", fix, place) for name, severity, problem, fix in found)
        return Atomicity(round(1.0 - len(violations) / len(CRITERIA), 1), violations)

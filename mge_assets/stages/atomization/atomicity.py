"""The ten criteria of atomicity, 10 % each (specification §3, ``AtomicityValidator``).

A criterion that asks yes or no is met or lost. One that measures (LOC, complexity, values that pass, parameters, completeness) loses what the
measure is over its limit, as a share of the limit: of LOC all at twice the limit; complexity, which is to be below 3, loses a third at 3, two at
4 and all from 5 on. No fault is counted under two criteria.
"""

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
_NOTHING = ("returns None", "returns void", "returns undefined")
"""Postconditions that no test can see."""
_TEXT = (AtomKind.DOCSTRING, AtomKind.DATA_LITERAL, AtomKind.TRIVIA)
_WHOLE = (*_TEXT, AtomKind.CONSTANT)
_DECLARATIVE = (AtomKind.IMPORT, AtomKind.CONSTANT, AtomKind.TYPE, AtomKind.INTERFACE, AtomKind.ENUM, *_TEXT)


@dataclass(slots=True)
class _Case:
    """An atom, its context, and what else a criterion may look at."""

    atom: Atom
    context: AtomContext
    subject: Subject
    packed: Packed
    facts: Facts


_Verdict = tuple[float, str]
"""How much of the criterion is lost, 0.0–1.0, and what is wrong (nothing where all is well)."""
_MET: _Verdict = (0.0, "")
_HALF, _LOST = 0.5, 1.0


def _over(value: int, limit: int, said: str) -> _Verdict:
    """A measure loses what it is over its limit, as a share of the limit."""
    return (min(1.0, (value - limit) / limit), said) if value > limit else _MET


def _loc(case: _Case) -> _Verdict:
    loc = case.atom.loc
    return _over(loc, MAX_LOC, f"{loc} LOC are more than {MAX_LOC}") if loc > MAX_LOC else _MET


def _complexity(case: _Case) -> _Verdict:
    complexity = case.atom.complexity
    if complexity < COMPLEXITY_BELOW:
        return _MET
    return min(1.0, (complexity - COMPLEXITY_BELOW + 1) / COMPLEXITY_BELOW), f"complexity {complexity} is not below {COMPLEXITY_BELOW}"


def _responsibility(case: _Case) -> _Verdict:
    whole = [piece for piece in case.packed.pieces if piece.whole and not piece.description.overload]
    if len(whole) > 1:
        return _LOST, f"{len(whole)} definitions in one atom"
    if case.atom.kind is not AtomKind.CLASS_HEADER:
        return _MET
    members = case.facts.functions_within(case.subject)
    return _over(members, MAX_VALUES, f"a class with {members} methods in one atom")


def _boundaries(case: _Case) -> _Verdict:
    """A cut between whole parts of an expression, or whole clauses of a statement, that is too long for one atom is clear.

    One inside a token is not, nor are an atom that crosses a part's end and one that begins with a clause and goes on after its statement.
    """
    pieces = case.packed.pieces
    first = pieces[0]
    if case.atom.node_type == "ERROR":
        return _LOST, "it does not parse"
    if case.subject.defines or case.atom.kind in _WHOLE:
        return _MET
    if any(piece.role is Role.LINE for piece in pieces):
        return _LOST, "it is cut inside a text"
    if first.role is Role.CLAUSE and any(piece.depth <= first.depth and piece.role is not Role.CLAUSE and not piece.closes for piece in pieces):
        return _LOST, "it ends a statement that begins in another atom, and goes on after it"
    if any(piece.depth < first.depth and not piece.closes for piece in pieces):
        return _LOST, "it ends a part of an expression that begins in another atom, and goes on after it"
    return _MET


def _independence(case: _Case) -> _Verdict:
    taken = len(case.facts.flow(case.subject).live_in)
    return _over(taken, MAX_VALUES, f"it takes {taken} variables from other parts of its function") if taken else _MET


def _context(case: _Case) -> _Verdict:
    context = case.context
    if context.completeness >= CONTEXT_TARGET:
        return _MET
    missing = [name for name in context.COMPONENTS if name not in context.exempt and not getattr(context, name)]
    return 1 - context.completeness / CONTEXT_TARGET, f"nothing is known of its {', '.join(missing).replace('_', ' ')}"


def _testable(case: _Case) -> _Verdict:
    """Whether a test could see what it does; that no case is known yet is the context's matter."""
    context, description = case.context, case.subject.piece.description
    if case.atom.kind in _DECLARATIVE or description.overload or "test_cases" in context.exempt:
        return _MET
    seen = context.test_cases or any(said not in _NOTHING for said in context.postconditions)
    return _MET if seen else (_LOST, "no test can tell whether it works")


def _deterministic(case: _Case) -> _Verdict:
    name = _call(case, case.facts.random)
    return (_LOST, f"its result depends on {name}") if name else _MET


def _effects(case: _Case) -> _Verdict:
    """Without effects is preferred, not asked: code that does nothing but act loses half, code that has a result beside it the whole."""
    outer = case.facts.own("outer", case.subject)
    if outer:
        return _LOST, f"it changes variables outside itself: {case.facts.marks.quote(outer[0])}"
    name = _call(case, case.facts.effects)
    if not name:
        return _MET
    if case.facts.gives(case.subject):
        return _LOST, f"it acts on the outside through {name}, and has a result beside that"
    return _HALF, f"it acts on the outside through {name}"


def _call(case: _Case, suspects: Calls) -> str:
    span, facts = case.atom.span, case.facts
    return suspects.first_within(span.start_byte, span.end_byte, lambda name: facts.is_own(name, case.subject))


def _input_output(case: _Case) -> _Verdict:
    if case.subject.callable:
        parameters = [parameter for parameter in case.facts.definition(case.subject).parameters if parameter.name not in {"self", "cls"}]
        if len(parameters) > MAX_VALUES:
            return _over(len(parameters), MAX_VALUES, f"{len(parameters)} parameters are more than {MAX_VALUES}")
        untyped = parameters and "types" not in case.context.exempt and not case.context.types
        return (_HALF, "its parameters have names, but nothing says what they are") if untyped else _MET
    if case.subject.in_header:
        return _MET  # parameters that fill an atom of their own: they count on the atom with the definition's name
    given = len(case.facts.flow(case.subject).live_out)
    return _over(given, MAX_RESULTS, f"it leaves {given} variables to other parts of its function") if given else _MET


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
"""Name, severity, test and remedy of each criterion."""


_FLAWLESS = Atomicity(1.0)


class AtomicityValidator:
    """Judges atoms that have their context."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    def validate(self, context: AtomContext, subject: Subject, packed: Packed) -> Atomicity:
        """The score of the subject's atom with this context, and a finding ``atomicity.<criterion>`` for each violation."""
        atom = subject.atom
        case = _Case(atom, context, subject, packed, self._facts)
        found = [(name, severity, *verdict, fix) for name, severity, test, fix in CRITERIA if (verdict := test(case)) is not _MET]
        if not found:
            return _FLAWLESS
        place = Place(atom.file, atom.span.start_line)
        violations = tuple(Finding(f"atomicity.{name}", severity, f"{atom.name}: {problem}", fix, place) for name, severity, _, problem, fix in found)
        return Atomicity(round(1.0 - sum(lost for _, _, lost, _, _ in found) / len(CRITERIA), 3), violations)

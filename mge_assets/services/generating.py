"""Bringing one atom to code: the attempt loop with unit tests in its judgement, and a second look at who else may be at fault."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from mge_assets.model.atoms import Atom
from mge_assets.model.attempts import AtomOutcome, AtomStatus, Attempt, ErrorClass
from mge_assets.model.findings import Check, Finding, Level, Severity, ValidationResult
from mge_assets.services.landing import CHECK as LANDING
from mge_assets.services.landing import KEEP, LandingCheck
from mge_assets.services.live import LiveExecution
from mge_assets.services.recorded import RecordedCases
from mge_assets.services.unit_tests import CHECK, UnitTests
from mge_assets.stages.generation import AtomWork, CallJournal, DependencyCode, RetryOrchestrator, Validate, classify
from mge_assets.stages.validation.runs import TestRun
from mge_resources.llm.port import LanguageModel

MOST_SUSPECTS = 2
"""Other atoms that are looked at again for one whose tests fail: beyond the second the tests rarely tell them apart."""

Written = tuple[AtomOutcome, tuple[tuple[UUID, AtomOutcome], ...]]
"""How an atom ended, and how others did that were written anew for its sake."""


@dataclass
class Generation:
    """Generates the atoms of one execution.

    Args:
        live: the execution.
        model: who generates.
        max_attempts, atom_timeout: bounds of one atom, the second in wall seconds.
        journal: the journal of one atom's calls.
        judge: level 1 as far as it only reads.
        tests: the unit tests; ``None`` where nothing is generated or nothing can be run.
        cases: what the drafts did when they were called; ``None`` likewise.
    """

    live: LiveExecution
    model: LanguageModel
    max_attempts: int
    atom_timeout: float
    journal: Callable[[UUID], CallJournal]
    judge: Validate
    tests: UnitTests | None
    cases: RecordedCases | None = None
    _made: dict[str, int] = field(default_factory=dict)
    _landing: dict[str, asyncio.Event] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.landing = LandingCheck(self.live, self._mendable)

    async def run(self, atom_id: UUID) -> Written:
        """How the atom ended, and how others did that were written anew for its sake."""
        outcome = await self._landable(atom_id, await self._orchestrator(atom_id).run(self.live.work(atom_id)))
        self._made[outcome.name] = max((attempt.number for attempt in outcome.attempts), default=0)
        if outcome.status is AtomStatus.COMPLETED:
            self._landing[outcome.name] = asyncio.Event()  # seen by those that are judged before it is stored
            self.live.show(atom_id, outcome.code, outcome.imports)
        if outcome.status is AtomStatus.COMPLETED or self.tests is None or not _fails_tests_alone(outcome):
            return outcome, ()
        return await self._reconsidered(atom_id, outcome)

    async def mend(self, name: str, suite: str, text: str, run: TestRun) -> tuple[UUID, AtomOutcome] | None:
        """Have a completed atom written anew for the sake of a test that it brought to fail; ``None`` where it has no attempt left or kept its code.

        ``suite`` is the test file and ``text`` what is in it.
        """
        stored, made = self.live.atoms.by_name[name], self._made.get(name, 0)
        if self.tests is None or not self._mendable(name):
            return None
        work, code = self.live.work(stored.atom_id), self.live.codes[name]
        told = self.tests.told(text, suite, stored.atom, code, work.before, run)
        result = ValidationResult(Level.ATOMIC, name, (Check.of(CHECK, (told,)),))
        again = await self._again(stored.atom_id, name, made, Attempt(made, code, result, told.message, classify(result)))
        return (stored.atom_id, again) if again.status is AtomStatus.COMPLETED and again.code != code else None

    def _mendable(self, name: str) -> bool:
        """Whether an atom that is done was generated, and has attempts left."""
        generated = self.tests is not None and self.model.remote and self.live.atoms.generates(self.live.atoms.by_name[name])
        done = name in self._landing or self.live.statuses.get(name) is AtomStatus.COMPLETED
        return generated and done and self._made.get(name, 0) < self.max_attempts

    def stored(self, name: str) -> None:
        """The atom is stored, or will not be."""
        landing = self._landing.pop(name, None)
        if landing is not None:
            landing.set()

    async def met(self, atom_id: UUID, outcome: AtomOutcome) -> tuple[tuple[UUID, AtomOutcome], ...]:
        """A second round for what this stored atom uses by its contract and that does otherwise, with this atom's code before its author."""
        if outcome.status is not AtomStatus.COMPLETED:
            return ()
        caller = self.live.atoms.by_id[atom_id].atom
        found: list[tuple[UUID, AtomOutcome]] = []
        for name, words in self.landing.broken_promises(caller, outcome.code)[:MOST_SUSPECTS]:
            if name in self._landing:
                await self._landing[name].wait()
            if not self._mendable(name) or any(done.name == name for _, done in found):
                continue
            stored, made, code = self.live.atoms.by_name[name], self._made.get(name, 0), self.live.codes[name]
            told = Finding("landing.callee", Severity.ERROR, f"{caller.name} uses it by its contract, but it {words}", KEEP)
            result = ValidationResult(Level.ATOMIC, name, (Check.of(LANDING, (told,)),))
            beside = self._beside(caller.name)
            suspected = Attempt(made, code, result, str(told), ErrorClass.DEPENDENCY)
            again = await self._again(stored.atom_id, name, made, suspected, beside)
            if again.status is AtomStatus.COMPLETED and again.code != code:
                found.append((stored.atom_id, again))
        return tuple(found)

    async def _landable(self, atom_id: UUID, outcome: AtomOutcome) -> AtomOutcome:
        """The outcome, unless what landed while the atom was being judged does not fit it: then the attempts that are left."""
        work = self.live.work(atom_id)
        made = max((attempt.number for attempt in outcome.attempts), default=0)
        if self.tests is None or outcome.status is not AtomStatus.COMPLETED or not made or made >= self.max_attempts:
            return outcome
        found = tuple(each for each in self.landing.findings(work.atom, outcome.code) if each.severity is Severity.ERROR)
        if not found:
            return outcome
        last = outcome.attempts[-1]
        checks = (*(last.validation.checks if last.validation else ()), Check.of(LANDING, found))
        refused = replace(last, validation=ValidationResult(Level.ATOMIC, outcome.name, checks), error=str(found[0]), error_class=ErrorClass.DEPENDENCY)
        beside = [self._beside(name) for name in dict(self.landing.let_down(work.atom, outcome.code))]
        again = replace(_shown(work, beside), regenerate=True, suspected=refused, attempts_made=made)
        further = await self._orchestrator(atom_id).run(again)
        return replace(further, attempts=(*outcome.attempts[:-1], refused, *further.attempts))

    def _beside(self, name: str) -> DependencyCode:
        """Another atom as it stands, for whom it does not fit."""
        atom = self.live.atoms.by_name[name].atom
        return DependencyCode(name, atom.kind, atom.file, atom.signature, self.live.codes.get(name, atom.text))

    def _orchestrator(self, atom_id: UUID) -> RetryOrchestrator:
        return RetryOrchestrator(self.model, self.validate, self.journal(atom_id), self.max_attempts, self.atom_timeout)

    def validate(self, atom: Atom, code: bytes, before: bytes, after: bytes, stub: Severity) -> ValidationResult:
        """Level 1 of an atom's code, unit tests and recorded cases included."""
        result = self.judge(atom, code, before, after, stub)
        if self.tests is None or atom.name in self.live.atoms.briefing.heads:
            return result
        tested = self.tests.judged(self.landing.judged(result, atom, code), atom, code, before)
        return tested if self.cases is None else self.cases.judged(tested, atom, code, before)

    async def _reconsidered(self, atom_id: UUID, outcome: AtomOutcome) -> Written:
        """Who shares the failing tests and is as likely at fault is looked at again; then the atom's own attempts that are left; then the less likely.

        The less likely matter because they were judged before the failing tests could run: those that could passed on them.
        """
        assert self.tests is not None
        found = await self._with_others(atom_id, outcome, self.tests.suspects.get(outcome.name, ()))
        if found is not None:
            return found
        outcome = await self._after_all(atom_id, outcome)
        if outcome.status is AtomStatus.COMPLETED or not _fails_tests_alone(outcome):
            return outcome, ()
        return await self._with_others(atom_id, outcome, self.tests.doubtful.get(outcome.name, ())) or (outcome, ())

    async def _with_others(self, atom_id: UUID, outcome: AtomOutcome, suspects: Sequence[str]) -> Written | None:
        """The atom's answer stands, and suspects are written anew, one after the other, until the tests pass; ``None`` where they never do."""
        assert self.tests is not None
        answer = _last_answer(outcome)
        assert answer.code is not None
        for name in suspects[:MOST_SUSPECTS]:
            stored = self.live.atoms.by_name[name]
            made = self._made.get(name, 0)
            if self.live.statuses.get(name) is not AtomStatus.COMPLETED or made >= self.max_attempts:
                continue
            self.tests.put(outcome.name, answer.code, answer.imports)
            again = await self._again(stored.atom_id, name, made, answer)
            if again.status is AtomStatus.COMPLETED:
                work = self.live.work(atom_id)
                result = await asyncio.to_thread(self.validate, work.atom, answer.code, work.before, work.after, Severity.ERROR)
                if result.passed:
                    passed = replace(answer, validation=result, error="", error_class=None)
                    attempts = (*(each for each in outcome.attempts if each is not answer), passed)
                    return AtomOutcome(outcome.name, AtomStatus.COMPLETED, answer.code, attempts), ((stored.atom_id, again),)
            self.tests.withdraw(outcome.name)
        return None

    async def _after_all(self, atom_id: UUID, outcome: AtomOutcome) -> AtomOutcome:
        """The attempts that are left, where the loop had stopped in the belief that the fault was another's."""
        made = self._made.get(outcome.name, 0)
        if made >= self.max_attempts:
            return outcome
        work = replace(self.live.work(atom_id), regenerate=True, suspected=_last_answer(outcome), attempts_made=made)
        further = await self._orchestrator(atom_id).run(work)
        self._made[outcome.name] = max((attempt.number for attempt in further.attempts), default=made)
        return replace(further, attempts=(*outcome.attempts, *further.attempts))

    async def _again(self, atom_id: UUID, name: str, made: int, answer: Attempt, *beside: DependencyCode) -> AtomOutcome:
        assert self.tests is not None
        work = _shown(self.live.work(atom_id), beside)
        before = self.live.codes.get(name, work.atom.text)
        self.tests.withdraw(name)
        suspected = Attempt(made, before, answer.validation, answer.error, answer.error_class)
        outcome = await self._orchestrator(atom_id).run(replace(work, regenerate=True, suspected=suspected, attempts_made=made))
        self._made[name] = max((attempt.number for attempt in outcome.attempts), default=made)
        if outcome.status is AtomStatus.COMPLETED:
            self.live.landed(atom_id, outcome.status, outcome.code, outcome.imports)
        else:
            self.tests.put(name, before)
        return outcome


def _shown(work: AtomWork, beside: Sequence[DependencyCode]) -> AtomWork:
    """The work with other atoms' code shown as well."""
    brief = work.more
    if brief is None or not beside:
        return work

    def more(bare: AtomWork) -> AtomWork:
        whole = brief(bare)
        return replace(whole, dependencies=(*whole.dependencies, *beside))

    return replace(work, more=more)


def _last_answer(outcome: AtomOutcome) -> Attempt:
    """The last attempt that came to code."""
    return next(attempt for attempt in reversed(outcome.attempts) if attempt.code is not None)


def _fails_tests_alone(outcome: AtomOutcome) -> bool:
    last = next((attempt for attempt in reversed(outcome.attempts) if attempt.code is not None), None)
    if last is None or last.validation is None:
        return False
    return all(check.name == CHECK for check in last.validation.checks if check.status.value == "failed") and not last.validation.passed

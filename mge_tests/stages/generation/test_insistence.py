"""An answer that the model stands by is taken where tests speak for it, and goes before a person."""

import asyncio
from collections.abc import Callable

import pytest

from mge_assets.model.atoms import Atom
from mge_assets.model.attempts import INSISTED, AtomOutcome, AtomStatus
from mge_assets.model.findings import Check, Finding, Level, Severity, ValidationResult
from mge_assets.stages.generation import RetryOrchestrator
from mge_tests.fakes.call_journal import MemoryJournal
from mge_tests.fakes.scripted_model import ScriptedModel
from mge_tests.stages.generation.samples import GOOD, WRONG, fenced, work

TYPES = Check.of("type_safety", (Finding("type.return", Severity.ERROR, 'got "None", expected "str"'),))
EVAL = Check.of("runtime_safety", (Finding("python.eval", Severity.ERROR, "eval() runs whatever text it is given"),))
SHELL = Check.of("runtime_safety", (Finding("python.shell", Severity.ERROR, "hands a line to a shell"),))
EMPTY = Check.of("completeness", (Finding("completeness.empty", Severity.ERROR, "no body yet"),))
PASSES = Check.of("unit_test", ())
FAILS = Check.of("unit_test", (Finding("unit_test.case", Severity.ERROR, "a test ends with AssertionError"),))
UNTESTED = Check.not_run("unit_test", "no test reaches it")


def run(answers: list[str], *checks: Check, at: Callable[[int], tuple[Check, ...]] | None = None) -> AtomOutcome:
    """The outcome where level 1 says these checks of every answer, or those of its place in the row."""
    asked: list[bytes] = []

    def validate(atom: Atom, code: bytes, before: bytes, after: bytes, stub: Severity) -> ValidationResult:
        asked.append(code)
        return ValidationResult(Level.ATOMIC, atom.name, at(len(asked)) if at else checks)

    async def sleep(_: float) -> None:
        return None

    return asyncio.run(RetryOrchestrator(ScriptedModel([fenced(each) for each in answers]), validate, MemoryJournal(), sleep=sleep).run(work()))


@pytest.mark.parametrize("objection", [TYPES, EVAL])
def test_what_tests_refute_is_refused_once_and_then_taken_with_a_warning(objection: Check) -> None:
    outcome = run([GOOD, GOOD], objection, PASSES)
    assert (outcome.status, len(outcome.attempts)) == (AtomStatus.COMPLETED, 2)
    assert not outcome.attempts[0].passed
    assert {finding.severity for finding in outcome.findings} == {Severity.WARNING}
    assert INSISTED in {finding.rule for finding in outcome.findings}


@pytest.mark.parametrize("checks", [(TYPES, FAILS), (TYPES, UNTESTED), (SHELL, PASSES), (EVAL, SHELL, PASSES), (EMPTY, FAILS)])
def test_nothing_is_taken_without_tests_for_it_nor_what_tests_cannot_tell(checks: tuple[Check, ...]) -> None:
    assert run([GOOD] * 8, *checks).status is AtomStatus.FAILED


def test_an_empty_special_method_is_taken_the_second_time() -> None:
    assert run([GOOD, GOOD], EMPTY, UNTESTED).status is AtomStatus.COMPLETED


def test_another_objection_than_the_one_it_was_told_of_starts_anew() -> None:
    turns = {1: (TYPES, PASSES), 2: (EVAL, PASSES), 3: (EVAL, PASSES)}
    outcome = run([GOOD, WRONG, WRONG], at=lambda number: turns[number])
    assert (outcome.status, len(outcome.attempts)) == (AtomStatus.COMPLETED, 3)


def test_tests_that_could_not_run_the_first_time_are_asked_again_about_the_same_code() -> None:
    outcome = run([GOOD, GOOD], at=lambda number: (TYPES, UNTESTED if number == 1 else PASSES))
    assert (outcome.status, len(outcome.attempts)) == (AtomStatus.COMPLETED, 2)

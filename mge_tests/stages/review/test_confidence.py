"""Promises of the confidence score."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mge_assets.model.atoms import Atom, AtomKind, Span
from mge_assets.model.decisions import Band, Priority
from mge_assets.model.findings import Check, CheckStatus, Finding, Level, Severity, ValidationResult
from mge_assets.stages.review import ConfidenceScorer
from mge_resources.syntax import Language


def atom(complexity: int = 1, name: str = "shop.stock.take") -> Atom:
    text = b"def take():\n    return 1\n"
    return Atom(
        name, 1, AtomKind.FUNCTION, Language.PYTHON, "shop/stock.py", Span(0, len(text), 1, 2), text, 2, complexity, "function_definition", "shop.stock"
    )


def result(*statuses: CheckStatus) -> ValidationResult:
    checks = tuple(Check(f"check{number}", status) for number, status in enumerate(statuses))
    return ValidationResult(Level.ATOMIC, "shop.stock.take", checks)


PASSED = result(CheckStatus.PASSED, CheckStatus.PASSED)
SCORER = ConfidenceScorer()


def test_a_simple_atom_that_passed_everything_at_once_is_certain():
    found = SCORER.score(atom(), PASSED, 1, 1.0)
    assert (found.score, found.band, found.priority, found.issues) == (1.0, Band.HIGH, Priority.HIGH, ())


def test_the_four_parts_weigh_forty_thirty_twenty_and_ten_percent():
    most = result(CheckStatus.PASSED, CheckStatus.WARNED)
    found = SCORER.score(atom(complexity=15), most, 3, 0.5)
    assert (found.validation, found.attempts, found.complexity, found.integration) == (0.75, 0.4, 0.0, 0.5)
    assert found.score == pytest.approx(0.4 * 0.75 + 0.3 * 0.4 + 0.2 * 0.0 + 0.1 * 0.5)


def test_code_that_failed_a_check_gets_nothing_for_those_it_passed():
    failed = SCORER.score(atom(), result(CheckStatus.PASSED, CheckStatus.PASSED, CheckStatus.FAILED), 4, None)
    assert failed.validation == 0.0
    assert failed.band is Band.CRITICAL


def test_integration_tests_that_did_not_run_neither_help_nor_harm():
    assert SCORER.score(atom(), PASSED, 0, None).score == 1.0
    without = SCORER.score(atom(complexity=15), result(CheckStatus.FAILED), 5, None)
    assert (without.score, without.integration) == (0.0, 0.0)


def test_a_draft_taken_as_it_is_counts_like_a_first_attempt_and_each_further_one_counts_less():
    parts = [SCORER.attempts_part(attempts) for attempts in range(7)]
    assert parts[:2] == [1.0, 1.0]
    assert parts[1:6] == sorted(set(parts[1:6]), reverse=True)
    assert parts[5:] == [0.0, 0.0]


def test_complexity_counts_fully_below_three_and_not_at_all_from_fifteen():
    parts = [SCORER.complexity_part(complexity) for complexity in range(1, 20)]
    assert parts[:2] == [1.0, 1.0]
    assert parts[14:] == [0.0] * 5
    assert parts[1:15] == sorted(set(parts[1:15]), reverse=True)


def test_what_speaks_against_an_atom_is_said_in_plain_sentences():
    finding = Finding("python.F821", Severity.ERROR, "undefined name 'stok'")
    checked = ValidationResult(Level.ATOMIC, "a", (Check.of("names", (finding,)), Check.not_run("unit test", "no sandbox")))
    assert SCORER.score(atom(complexity=7), checked, 2, 0.75).issues == (
        "The check 'names' failed: undefined name 'stok'.",
        "It took 2 attempts.",
        "Its cyclomatic complexity is 7; below 3 is wished for.",
        "Only 75% of the integration tests around it passed.",
    )


def test_an_atom_that_nothing_checked_says_so_and_is_not_trusted():
    found = SCORER.score(atom(), result(CheckStatus.NOT_RUN), 1, None)
    assert found.issues == ("No check of level 1 was run.",)
    assert found.band is not Band.HIGH


def test_a_batch_is_scored_like_its_atoms_one_by_one():
    atoms = [(atom(complexity, f"a{complexity}"), PASSED, 1, None) for complexity in (1, 5, 9)]
    assert SCORER.batch(atoms) == {one[0].name: SCORER.score(*one) for one in atoms}


@given(st.integers(0, 60), st.lists(st.sampled_from(list(CheckStatus))), st.integers(0, 12), st.none() | st.floats(0, 1))
def test_a_score_always_lies_between_zero_and_one(complexity, statuses, attempts, integration):
    found = SCORER.score(atom(complexity), result(*statuses), attempts, integration)
    assert all(0 <= part <= 1 for part in (found.score, found.validation, found.attempts, found.complexity, found.integration))

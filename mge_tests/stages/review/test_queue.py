"""Promises of the review queue."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mge_assets.model.attempts import INSISTED, AtomOutcome, AtomStatus, Attempt
from mge_assets.model.decisions import Band, ConfidenceScore, Priority
from mge_assets.model.findings import Finding, Severity
from mge_assets.stages.review import ReviewQueueManager, ScoredAtom, select_for_review, statistics

WARNING = Finding("style.print", Severity.WARNING, "print is left in")
NOTE = Finding("style.long", Severity.INFO, "a long line")


def scored(name: str, score: float, *findings: Finding, issues: tuple[str, ...] = ()) -> ScoredAtom:
    return ScoredAtom(name, ConfidenceScore(score, score, score, score, score, issues), findings)


def certain(count: int) -> list[ScoredAtom]:
    return [scored(f"sure{number:03}", 1.0) for number in range(count)]


def names(items) -> list[str]:
    return [item.atom for item in items]


def test_certain_atoms_are_not_queued():
    assert select_for_review([*certain(10), scored("noted", 0.9, NOTE)], []) == ()


def test_doubtful_atoms_come_lowest_confidence_first():
    queue = select_for_review([*certain(17), scored("b", 0.8), scored("a", 0.6), scored("c", 0.95, WARNING)], [])
    assert names(queue) == ["a", "b", "c"]
    assert [item.confidence.priority for item in queue] == [Priority.LOW, Priority.MEDIUM, Priority.HIGH]


def test_no_more_than_the_bottom_fifth_of_the_plan_is_queued():
    doubtful = [scored(f"d{number:02}", 0.60 + number / 100) for number in range(20)]
    assert names(select_for_review([*certain(30), *doubtful], [])) == [f"d{number:02}" for number in range(10)]
    assert len(select_for_review([*certain(30), *doubtful], [], share=0.15)) == math.ceil(0.15 * 50)


def test_failed_blocked_and_critical_atoms_are_always_queued_however_many():
    failed = [AtomOutcome(f"f{number}", AtomStatus.FAILED, b"") for number in range(5)]
    blocked = [AtomOutcome("waiting", AtomStatus.BLOCKED, b"", blocked_by=("f1",))]
    critical = [scored(f"k{number}", 0.3) for number in range(4)]
    queue = select_for_review([*critical, scored("doubtful", 0.7), *certain(1)], [*failed, *blocked])
    assert set(names(queue)) == {*(f"f{number}" for number in range(5)), "waiting", *(f"k{number}" for number in range(4))}


def test_an_answer_that_the_model_stood_by_is_always_queued():
    stood_by = Finding(INSISTED, Severity.WARNING, "given again after it was refused")
    assert "kept" in names(select_for_review([scored("kept", 0.95, stood_by), *(scored(f"d{number}", 0.6) for number in range(9))], []))


def test_the_same_atoms_in_another_order_give_the_same_queue():
    atoms = [scored(f"d{number}", 0.7, WARNING) for number in range(10)]
    assert select_for_review(atoms, []) == select_for_review(atoms[::-1], [])


def test_reasons_are_plain_sentences_and_say_nothing_twice():
    outcome = AtomOutcome("a", AtomStatus.FAILED, b"", tuple(Attempt(number, b"x", None, error="it does not parse") for number in (1, 2, 3, 4)))
    atom = scored("a", 0.55, WARNING, issues=("The check 'style' warned: print is left in.", "It took 4 attempts."))
    (item,) = select_for_review([atom], [outcome])
    assert item.reasons == (
        "All 4 attempts failed: it does not parse.",
        "Confidence is low (0.55).",
        "The check 'style' warned: print is left in.",
        "It took 4 attempts.",
    )


@pytest.mark.parametrize(("calls", "words"), [(0, "Its draft did not pass."), (1, "Its only attempt failed."), (4, "All 4 attempts failed.")])
def test_the_number_of_attempts_is_told_where_only_the_last_is_kept(calls: int, words: str):
    (item,) = select_for_review([], [AtomOutcome("a", AtomStatus.FAILED, b"", (Attempt(calls, b"x", None),))])
    assert item.reasons[0] == words


def test_a_blocked_atom_names_what_it_waits_for():
    (item,) = select_for_review([], [AtomOutcome("a", AtomStatus.BLOCKED, b"", blocked_by=("b", "c", "d", "e"))])
    assert item.reasons == ("It was not generated, because it needs 'b', 'c', 'd' and 1 more.",)
    assert item.confidence.band is Band.CRITICAL


def test_statistics_count_the_queue():
    items = select_for_review([*certain(8), scored("a", 0.4), scored("b", 0.6)], [])
    found = statistics(items, 10)
    assert (found.queued, found.share, found.mean, found.lowest) == (2, 0.2, 0.5, 0.4)
    assert (found.by_band, found.by_priority) == ({Band.CRITICAL: 1, Band.LOW: 1}, {Priority.CRITICAL: 1, Priority.LOW: 1})
    empty = ReviewQueueManager().statistics((), 0)
    assert (empty.queued, empty.share, empty.mean, empty.lowest) == (0, 0.0, None, None)


@given(st.lists(st.floats(0, 1), max_size=60), st.integers(0, 5), st.sampled_from([0.15, 0.2]))
def test_the_cap_holds_for_every_plan_but_never_for_what_must_be_seen(scores, lost, share):
    atoms = [scored(f"a{number:03}", score) for number, score in enumerate(scores)]
    failed = [AtomOutcome(f"f{number}", AtomStatus.FAILED, b"") for number in range(lost)]
    queue = ReviewQueueManager(share).select(atoms, failed)
    must = lost + sum(atom.confidence.band is Band.CRITICAL for atom in atoms)
    assert must <= len(queue) <= max(must, math.ceil(round(share * (len(atoms) + lost), 9)))
    assert [item.confidence.score for item in queue] == sorted(item.confidence.score for item in queue)

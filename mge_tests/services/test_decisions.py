"""What a person decides on an atom, and what the next run makes of it."""

from pathlib import Path

import pytest

from mge_assets.examples import example, references
from mge_assets.model.attempts import AtomStatus
from mge_assets.model.decisions import ReviewStatus
from mge_assets.model.errors import ConflictError
from mge_assets.services.workspace import Workspace
from mge_assets.stages.atomization import atomize
from mge_resources.syntax import Language
from mge_tests.services.walk import walk

FAILED = "inventory.stock.turnover"


@pytest.fixture
def workspace(inventory: Workspace) -> Workspace:
    return inventory


@pytest.fixture
def review(workspace: Workspace):
    return next(review for review in workspace.review.queue("inventory-service") if review.atom == FAILED)


def test_an_edit_becomes_the_code_and_is_kept_by_the_next_run(workspace: Workspace, review, tmp_path: Path):
    right = references("inventory")["inventory/stock.py"]
    edited = next(atom.text for atom in atomize(right, "inventory/stock.py", Language.PYTHON).atoms if atom.name == FAILED)
    workspace.review.decide(review.review_id, ReviewStatus.EDITED, code_digest=review.code_digest, code=edited)
    again = walk(workspace, example("inventory"), tmp_path / "out")
    assert FAILED not in {ticket.name for ticket in again.tickets}
    assert workspace.atoms.get(review.atom_id).code == edited
    assert (tmp_path / "out/inventory/stock.py").read_bytes() == right


def test_a_decision_on_code_that_changed_meanwhile_is_refused(workspace: Workspace, review):
    with pytest.raises(ConflictError, match="changed meanwhile"):
        workspace.review.decide(review.review_id, ReviewStatus.APPROVED, code_digest="0" * 64)
    assert workspace.atoms.get(review.atom_id).status is AtomStatus.FAILED


def test_only_the_first_of_two_decisions_counts(workspace: Workspace, review):
    workspace.review.decide(review.review_id, ReviewStatus.APPROVED, code_digest=review.code_digest)
    with pytest.raises(ConflictError, match="decided"):
        workspace.review.decide(review.review_id, ReviewStatus.REJECTED, code_digest=review.code_digest, feedback="no")


def test_regenerate_runs_the_atom_again_and_its_attempts_are_told_why(workspace: Workspace, review, tmp_path: Path):
    workspace.review.decide(review.review_id, ReviewStatus.REGENERATED, code_digest=review.code_digest, feedback="count only sales")
    again = walk(workspace, example("inventory"), tmp_path / "out")
    (outcome,) = [outcome for outcome in again.outcomes if outcome.name == FAILED]
    assert all(attempt.number > 0 for attempt in outcome.attempts)
    assert "count only sales" in outcome.attempts[0].feedback
    assert workspace.atoms.get(review.atom_id).human_feedback == ""


def test_reject_and_regenerate_ask_for_a_reason(workspace: Workspace, review):
    with pytest.raises(ValueError, match="feedback"):
        workspace.review.decide(review.review_id, ReviewStatus.REGENERATED, code_digest=review.code_digest)

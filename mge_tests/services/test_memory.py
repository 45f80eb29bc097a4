"""What did not change is not generated again: in the next run, in another plan, after an edit elsewhere, after a person's own edit."""

from pathlib import Path

import pytest

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.decisions import ConfidenceScore, ReviewItem, ReviewStatus
from mge_assets.services.workspace import Workspace, open_workspace
from mge_tests.services.layered import Layered, generating
from mge_tests.services.walk import walk

PLAN = Layered("layers", (2, 2, 2))


@pytest.fixture
def made(settings, tmp_path: Path):
    """A server, a workspace over it, and the plan carried out once."""
    with PLAN.emulator() as server, open_workspace(generating(settings, server)) as workspace:
        walk(workspace, PLAN.write(tmp_path), tmp_path / "out")
        server.received.clear()
        yield server, workspace


def asked(server) -> set[str]:
    return {request.atom.rsplit(".", 1)[1] for request in server.received if request.atom}


def test_another_plan_with_the_same_tasks_asks_for_nothing(made, tmp_path: Path):
    server, workspace = made
    done = walk(workspace, Layered("copy", PLAN.widths).write(tmp_path), tmp_path / "copy")
    assert server.received == []
    assert done.progress.atoms.completed == done.progress.atoms.total
    assert done.progress.cost_usd == 0


def test_an_edited_task_regenerates_itself_and_what_is_built_on_it_and_nothing_else(made, tmp_path: Path):
    _, workspace = made
    edited = PLAN.salted(1, 7)
    with edited.emulator() as fresh:
        workspace.model._base_url = fresh.url
        walk(workspace, edited.write(tmp_path), tmp_path / "out")
        assert asked(fresh) >= {"f1_0", "f1_1", "f2_0", "f2_1"}
        assert not {"f0_0", "f0_1"} & asked(fresh)


def test_what_comes_out_as_before_stops_the_cone(made, tmp_path: Path):
    server, workspace = made
    walk(workspace, PLAN.salted(1, 7).write(tmp_path), tmp_path / "out")  # the model still answers with the code of before
    assert asked(server) == {"f1_0", "f1_1"}


def test_code_that_stands_is_judged_again_when_the_tests_change_and_written_again_only_where_it_fails(made, tmp_path: Path):
    server, workspace = made
    path = tmp_path / "layers.yaml"
    lines = path.read_text().split("\n")
    at = lines.index("            regenerate: true")

    def with_tests(expected: int) -> None:
        tests = ["            tests: |", "              from layers.l0 import f0_0", "", "", "              def test_it():"]
        path.write_text("\n".join([*lines[:at], *tests, f"                  assert f0_0(1) == {expected}", *lines[at:]]))

    with_tests(101)
    done = walk(workspace, path, tmp_path / "out")
    assert server.received == []
    assert [outcome.name for outcome in done.outcomes if outcome.attempts and not outcome.reused] == ["layers.l0.f0_0", "layers.l0.f0_1"]
    with_tests(7)
    walk(workspace, path, tmp_path / "out")
    assert asked(server) == {"f0_0"}


def put_before_a_person(workspace: Workspace, name: str):
    stored = next(stored for stored in workspace.atoms.of_plan("layers") if stored.atom.name.endswith(name))
    assert stored.code is not None
    item = ReviewItem(stored.atom.name, ConfidenceScore(0.5, 0.5, 0.5, 0.5, 0.5), ("a test",))
    workspace.stores.reviews.replace_open("layers", [(stored.atom_id, stored.code, item)])
    return workspace.review.queue("layers")[0]


def test_a_persons_edit_is_kept(made, tmp_path: Path):
    _, workspace = made
    review = put_before_a_person(workspace, "f1_0")
    mine = review.code.replace(b"number + 100", b"100 + number")
    workspace.review.decide(review.review_id, ReviewStatus.EDITED, code_digest=review.code_digest, code=mine)
    done = walk(workspace, PLAN.salted(0, 7).write(tmp_path), tmp_path / "out")  # what it is built on changes too
    assert "100 + number" in (tmp_path / "out/layers/l1.py").read_text()
    assert all(outcome.status is AtomStatus.COMPLETED for outcome in done.outcomes)


def test_what_a_person_rejected_is_not_remembered(made, tmp_path: Path):
    server, workspace = made
    review = put_before_a_person(workspace, "f1_0")
    workspace.review.decide(review.review_id, ReviewStatus.REJECTED, code_digest=review.code_digest, feedback="not like this")
    walk(workspace, tmp_path / "layers.yaml", tmp_path / "out")
    assert asked(server) == {"f1_0"}

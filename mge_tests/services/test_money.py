"""Every dollar is accounted for: booked before, settled after, never more than a plan may cost, never paid twice."""

from collections import Counter
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from mge_assets.model.errors import FencedError, HaltedError, OrderError
from mge_assets.model.executions import ExecutionStatus
from mge_assets.services.workspace import Workspace, open_workspace
from mge_assets.store.journal import Limits, Refusal, Reservation, Settlement
from mge_resources.database import create_engine
from mge_resources.llm.port import ModelReply
from mge_tests.services.layered import Layered, generating
from mge_tests.services.walk import plan_all, walk

SMALL = Layered("layers", (4, 4))
TIGHT = Limits(soft_usd=1.0, hard_usd=2.0)


def call(usd: float) -> Reservation:
    return Reservation(uuid4(), uuid4(), "atom", 1, "model", uuid4().hex, usd)


def reply(usd: float) -> ModelReply:
    return ModelReply("text", "model", 10, 5, usd)


@pytest.fixture
def lease(workspace: Workspace, tmp_path: Path):
    plan = plan_all(workspace, SMALL.write(tmp_path))
    return workspace.stores.executions.lease(workspace.execution.start(plan, "run"))


def test_of_a_hundred_calls_that_want_the_last_room_one_is_booked(workspace: Workspace, lease):
    journal = workspace.stores.journal
    bookings = journal.book(lease, [call(1.5) for _ in range(100)], TIGHT)
    assert [booking.refusal for booking in bookings].count(None) == 1
    assert journal.budget("layers", TIGHT).committed_usd == 1.5
    assert journal.book(lease, [call(0.5), call(0.01)], TIGHT)[1].refusal is Refusal.BUDGET


def test_settling_gives_room_back_and_twice_is_once(workspace: Workspace, lease):
    journal, first = workspace.stores.journal, call(1.5)
    journal.book(lease, [first], TIGHT)
    for _ in range(2):
        journal.settle_all([Settlement.of(first.call_id, reply(0.25))])
    assert journal.budget("layers", TIGHT).committed_usd == 0.25
    assert journal.total_usd(lease.execution_id) == 0.25


def test_a_call_of_unknown_fate_keeps_its_reservation_and_one_that_never_left_does_not(workspace: Workspace, lease):
    journal, lost, refused = workspace.stores.journal, call(0.5), call(0.7)
    journal.book(lease, [lost, refused], TIGHT)
    journal.settle_all([Settlement.failed(lost.call_id, "gone", known_unbilled=False), Settlement.failed(refused.call_id, "refused", known_unbilled=True)])
    assert journal.budget("layers", TIGHT).committed_usd == 0.5


def test_the_soft_limit_is_told_once(workspace: Workspace, lease):
    bookings = [workspace.stores.journal.book(lease, [call(0.4)], TIGHT)[0].warn for _ in range(5)]
    assert bookings == [False, False, True, False, False]


def test_a_runner_that_was_taken_over_books_nothing(workspace: Workspace, lease, settings):
    with open_workspace(settings) as other:
        _expire(settings, lease)
        other.execution.start("layers", "other")
        with pytest.raises(FencedError):
            workspace.stores.journal.book(lease, [call(0.1)], TIGHT)


def test_what_was_generated_costs_what_the_service_charged_and_the_second_run_nothing(settings, tmp_path: Path):
    with SMALL.emulator() as server, open_workspace(generating(settings, server)) as workspace:
        done = walk(workspace, SMALL.write(tmp_path), tmp_path / "out")
        assert done.progress.status is ExecutionStatus.COMPLETED
        assert done.progress.cost_usd == pytest.approx(server.ledger.usd, abs=1e-4)
        assert done.progress.cost_usd > 0
        calls = len(server.received)
        again = walk(workspace, SMALL.write(tmp_path), tmp_path / "out")
        assert len(server.received) == calls
        assert again.progress.atoms.reused == again.progress.atoms.total
        assert {(tmp_path / "out" / file).read_text() for file in SMALL.files} == set(SMALL.files.values())


def test_a_used_up_budget_pauses_and_says_how_to_go_on_and_a_larger_one_does(settings, tmp_path: Path):
    with SMALL.emulator(latency=0.02) as server, open_workspace(generating(settings, server, budget_usd=0.06)) as workspace:
        path = SMALL.write(tmp_path)
        with pytest.raises(HaltedError, match=r"budget of \$0\.06 is used up.*mge resume layers --budget 0\.1"):
            walk(workspace, path, tmp_path / "out")
        workspace.execution.release_all()
        assert 0 < server.ledger.usd <= 0.06
        assert workspace.execution.progress("layers").status is ExecutionStatus.PAUSED
        with pytest.raises(OrderError, match="has cost"):
            workspace.execution.set_budget("layers", 0.0)
        workspace.execution.resume("layers", budget_usd=5)
        done = walk(workspace, path, tmp_path / "out")
        assert done.progress.status is ExecutionStatus.COMPLETED
        assert set(Counter(bill.atom for bill in server.ledger.bills).values()) == {1}
        assert workspace.execution.budget("layers").committed_usd == pytest.approx(server.ledger.usd, abs=1e-4)


def _expire(settings, lease) -> None:
    engine = create_engine(settings.database_url.get_secret_value())
    with engine.begin() as connection:
        connection.execute(text("UPDATE executions SET lease_until = now() - interval '1 s' WHERE execution_id = :id"), {"id": lease.execution_id})
    engine.dispose()

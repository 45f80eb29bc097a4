"""Overnight: a wave's calls in message batches, at half the price, through the same attempts and the same journal, and never sent twice."""

import asyncio
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text

from mge_assets.model.errors import HaltedError, OrderError
from mge_assets.model.executions import ExecutionStatus
from mge_assets.services.workspace import Workspace, open_workspace
from mge_assets.stages.generation import calls
from mge_resources.settings import Settings
from mge_tests.fakes.emulator.server import MessagesServer
from mge_tests.services.layered import Layered, generating
from mge_tests.services.walk import plan_all

PLAN = Layered("night", (5, 3))
NAMES = {f"f{layer}_{place}" for layer, width in enumerate(PLAN.widths) for place in range(width)}


@pytest.fixture(autouse=True)
def _asked_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a caller waits before it asks again is promised elsewhere; here it would be most of the time."""
    monkeypatch.setattr(calls, "BACKOFF", (0.1, 0.2, 0.4))


def opened(settings: Settings, server: MessagesServer, **changes: object) -> Workspace:
    return open_workspace(generating(settings, server, batch_poll_seconds=0.05, **changes))


def carry_out(workspace: Workspace, plan: str) -> None:
    """Wave by wave, as the executor does it."""
    execution = workspace.execution.start(plan, "night", batch=True)
    waves = [wave.number for wave in workspace.dependencies.waves(plan).waves]
    tickets = workspace.execution.atoms(execution, waves)

    async def wave(number: int) -> None:
        await asyncio.gather(*(workspace.execution.run_atom(execution, ticket.atom_id) for ticket in tickets if ticket.wave == number))

    async def all_waves() -> None:
        for number in waves:
            await wave(number)

    asyncio.run(all_waves())
    workspace.execution.close_waves(execution, waves)
    workspace.execution.finish(execution)


def posted(server: MessagesServer) -> list[list[str]]:
    """The calls of each batch that was sent."""
    return [[each["custom_id"] for each in got.body["requests"]] for got in server.received if got.method == "POST" and got.path == "/v1/messages/batches"]


def sent_alone(server: MessagesServer) -> int:
    return sum(got.path == "/v1/messages" for got in server.received)


def _wait_for_a_batch(server: MessagesServer) -> None:
    while not posted(server):
        time.sleep(0.02)


def journal(workspace: Workspace) -> dict[str, tuple[int, float]]:
    with workspace.stores.journal._engine.connect() as connection:
        rows = connection.execute(text("SELECT state, count(*), sum(cost_usd) FROM mge.llm_calls GROUP BY state")).all()
    return {str(row[0]): (row[1], float(row[2])) for row in rows}


def test_each_wave_is_one_batch_at_half_the_price_and_what_is_wrong_goes_with_the_next(settings, tmp_path: Path):
    with PLAN.emulator(mistakes=1.0) as server, opened(settings, server) as workspace:
        plan = plan_all(workspace, PLAN.write(tmp_path))
        carry_out(workspace, plan)
        progress = workspace.execution.progress(plan)
        assert progress.atoms.completed == progress.atoms.total
        assert sent_alone(server) == 0
        sizes = [len(names) for names in posted(server)]
        assert sizes[0] == 5
        assert len(sizes) <= 6
        assert {bill.usage["service_tier"] for bill in server.ledger.bills} == {"batch"}
        assert progress.cost_usd == pytest.approx(server.ledger.usd, abs=1e-4)
        assert workspace.execution.budget(plan).committed_usd == pytest.approx(server.ledger.usd, abs=1e-4)
        assert {(bill.atom or "").rpartition(".")[2] for bill in server.ledger.bills} >= NAMES


@pytest.mark.parametrize("trouble", ["expired", "errored", "missing"])
def test_what_a_batch_did_not_answer_goes_with_a_later_one(settings, tmp_path: Path, trouble: str):
    with PLAN.emulator(batch_troubles={trouble: 0.3}) as server, opened(settings, server) as workspace:
        plan = plan_all(workspace, PLAN.write(tmp_path))
        carry_out(workspace, plan)
        assert workspace.execution.progress(plan).status is ExecutionStatus.COMPLETED
        found = journal(workspace)
        assert found["settled"][1] <= server.ledger.usd + 1e-4
        assert ("unknown" in found) == (trouble == "missing")
        assert workspace.execution.budget(plan).committed_usd == pytest.approx(sum(usd for _, usd in found.values()), abs=1e-6)
        assert "reserved" not in found


def test_a_process_that_ended_leaves_its_batch_to_the_next_and_nothing_is_sent_twice(settings, tmp_path: Path):
    with PLAN.emulator(batch_seconds=1.5) as server:
        with opened(settings, server) as workspace:
            plan = plan_all(workspace, PLAN.write(tmp_path))
            execution = workspace.execution.start(plan, "first", batch=True)
            tickets = workspace.execution.atoms(execution, [0, 1])

            async def until_sent() -> None:
                tasks = [asyncio.create_task(workspace.execution.run_atom(execution, ticket.atom_id)) for ticket in tickets[:8]]
                await asyncio.to_thread(_wait_for_a_batch, server)
                await asyncio.sleep(0.1)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

            asyncio.run(until_sent())
            assert "reserved" in journal(workspace)
        with opened(settings, server) as workspace:
            carry_out(workspace, plan)
            assert workspace.execution.progress(plan).status is ExecutionStatus.COMPLETED
            assert max(Counter(bill.atom for bill in server.ledger.bills).values()) == 1
            assert workspace.execution.budget(plan).committed_usd == pytest.approx(server.ledger.usd, abs=1e-4)
            assert set(journal(workspace)) == {"settled"}


@pytest.mark.parametrize(("fault", "batches"), [("reset", 1), ("529", 2), ("429", 2)])
def test_a_batch_whose_sending_was_cut_off_is_looked_for_and_one_that_was_refused_sent_again(settings, tmp_path: Path, fault: str, batches: int):
    one = Layered("night", (4,))
    with one.emulator() as server, opened(settings, server) as workspace:
        server.batch_faults.append(fault)
        plan = plan_all(workspace, one.write(tmp_path))
        carry_out(workspace, plan)
        assert workspace.execution.progress(plan).status is ExecutionStatus.COMPLETED
        assert len(posted(server)) == batches
        assert len(server.ledger.bills) == 4
        assert set(journal(workspace)) == {"settled"}


def test_a_pause_ends_the_waiting_at_once_and_a_cancel_ends_the_batch_too(settings, tmp_path: Path):
    with PLAN.emulator(batch_seconds=30) as server, opened(settings, server) as workspace:
        plan = plan_all(workspace, PLAN.write(tmp_path))

        def order(give) -> None:
            _wait_for_a_batch(server)
            while not (workspace.execution.live and all(live.accounts and live.accounts.sent for live in workspace.execution.live.values())):
                time.sleep(0.02)
            give(plan)

        thread = threading.Thread(target=order, args=(workspace.execution.pause,))
        thread.start()
        with pytest.raises(HaltedError, match="mge resume night"):
            carry_out(workspace, plan)
        thread.join()
        workspace.execution.release_all()
        assert workspace.execution.progress(plan).status is ExecutionStatus.PAUSED
        assert list(journal(workspace)) == ["reserved"]
        thread = threading.Thread(target=order, args=(workspace.execution.cancel,))
        thread.start()
        with pytest.raises(HaltedError, match="cancelled"):
            carry_out(workspace, plan)
        thread.join()
        workspace.execution.release_all()
        assert len(posted(server)) == 1
        assert journal(workspace) == {"settled": (5, 0.0)}
        assert workspace.execution.budget(plan).committed_usd == 0


def test_a_server_without_batches_is_named(settings, tmp_path: Path):
    with PLAN.emulator() as server, opened(settings, server, model="local-coder") as workspace:
        plan = plan_all(workspace, PLAN.write(tmp_path))
        with pytest.raises(OrderError, match="takes no message batches"):
            workspace.execution.start(plan, "night", batch=True)


def test_a_budget_for_part_of_a_wave_sends_that_part_first(settings, tmp_path: Path):
    one = Layered("night", (6,))
    with one.emulator() as server, opened(settings, server, budget_usd=0.075) as workspace:
        plan = plan_all(workspace, one.write(tmp_path))
        carry_out(workspace, plan)
        assert workspace.execution.progress(plan).status is ExecutionStatus.COMPLETED
        assert len(posted(server)) > 1
        assert server.ledger.usd <= 0.075

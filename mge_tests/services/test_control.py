"""Pausing, resuming, cancelling and taking over: rows that whoever runs a plan obeys."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.errors import ConflictError, HaltedError, NotFoundError, OrderError
from mge_assets.model.executions import ExecutionStatus
from mge_assets.services.workspace import Workspace, open_workspace
from mge_assets.store.owners import is_gone, owner_name
from mge_resources.database import create_engine
from mge_tests.services.layered import Layered, generating
from mge_tests.services.walk import plan_all, walk

PLAN = Layered("layers", (3, 3))


@pytest.fixture
def plan(workspace: Workspace, tmp_path: Path) -> str:
    return plan_all(workspace, PLAN.write(tmp_path))


def status(workspace: Workspace) -> ExecutionStatus:
    return workspace.execution.progress("layers").status


def set_row(settings, values: str) -> None:
    engine = create_engine(settings.database_url.get_secret_value())
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE executions SET {values}"))
    engine.dispose()


def test_nothing_that_is_not_executed_can_be_paused_resumed_or_cancelled(workspace: Workspace, plan: str):
    for order in (workspace.execution.pause, workspace.execution.resume, workspace.execution.cancel):
        with pytest.raises(OrderError, match="mge run"):
            order(plan)
    with pytest.raises(NotFoundError):
        workspace.execution.pause("unknown")


def test_after_a_pause_no_call_is_sent_and_what_was_in_flight_is_kept(settings, tmp_path: Path):
    with PLAN.emulator(latency=0.3) as server, open_workspace(generating(settings, server)) as workspace:
        plan = plan_all(workspace, PLAN.write(tmp_path))
        execution = workspace.execution.start(plan, "run")
        tickets = workspace.execution.atoms(execution, [0, 1])

        async def run() -> list[AtomStatus]:
            first = [asyncio.create_task(workspace.execution.run_atom(execution, ticket.atom_id)) for ticket in tickets if ticket.wave == 0]
            while len(server.received) < len(first):  # noqa: ASYNC110 -- the server has no event to wait for
                await asyncio.sleep(0.01)
            await asyncio.to_thread(workspace.execution.pause, plan)
            sent = len(server.received)
            outcomes = await asyncio.gather(*first)
            rest = await asyncio.gather(*(workspace.execution.run_atom(execution, ticket.atom_id) for ticket in tickets if ticket.wave == 1))
            assert len(server.received) == sent
            return [outcome.status for outcome in [*outcomes, *rest]]

        statuses = asyncio.run(run())
        assert AtomStatus.COMPLETED in statuses
        assert AtomStatus.READY in statuses
        with pytest.raises(HaltedError, match=r"was paused.*mge resume layers"):
            workspace.execution.close_waves(execution, [0, 1])
        workspace.execution.finish(execution)
        assert status(workspace) is ExecutionStatus.PAUSED
        assert workspace.execution.pause(plan) is ExecutionStatus.PAUSED
        assert workspace.execution.resume(plan) is ExecutionStatus.PAUSED
        assert workspace.execution.start(plan, "again") == execution
        workspace.execution.finish(execution)
        done = walk(workspace, tmp_path / "layers.yaml", tmp_path / "out")
        assert done.progress.status is ExecutionStatus.COMPLETED
        assert len({bill.atom for bill in server.ledger.bills}) == len(server.ledger.bills)


def test_a_cancelled_execution_is_over(workspace: Workspace, plan: str):
    execution = workspace.execution.start(plan, "run")
    workspace.execution.cancel(plan)
    workspace.execution._heart.beat()
    with pytest.raises(HaltedError, match="cancelled"):
        workspace.execution.close_waves(execution, [0])
    assert workspace.execution.finish(execution).status is ExecutionStatus.FAILED
    with pytest.raises(OrderError):
        workspace.execution.resume(plan)


def test_an_execution_that_was_asked_for_is_taken_up_once(workspace: Workspace, plan: str):
    asked = workspace.execution.ask(plan, wave=0, out="/somewhere")
    with pytest.raises(ConflictError, match="asked to be executed already"):
        workspace.execution.ask(plan)
    with pytest.raises(NotFoundError, match="no wave 9"):
        workspace.execution.ask(plan, wave=9)
    (row,) = workspace.execution.asked()
    assert (row.execution_id, row.plan, row.wave, row.target) == (asked, plan, 0, "/somewhere")
    assert workspace.execution.start(plan, "run") == asked
    assert workspace.execution.asked() == ()
    with pytest.raises(ConflictError, match="being executed"):
        workspace.execution.ask(plan)


def test_a_paused_request_waits_until_it_is_resumed(workspace: Workspace, plan: str):
    workspace.execution.ask(plan)
    assert workspace.execution.pause(plan) is ExecutionStatus.PENDING
    assert workspace.execution.asked() == ()
    assert workspace.execution.resume(plan) is ExecutionStatus.PAUSED


def test_a_runner_that_says_nothing_is_taken_over_and_what_it_still_writes_is_refused(workspace: Workspace, plan: str, settings):
    execution = workspace.execution.start(plan, "sleeper")
    ticket, *_ = workspace.execution.atoms(execution, [0])
    with open_workspace(settings) as other:
        with pytest.raises(ConflictError, match="being executed by another process"):
            other.execution.start(plan, "taker")
        set_row(settings, "lease_until = now() - interval '1 s'")
        assert other.execution.start(plan, "taker") == execution
        before = workspace.atoms.get(ticket.atom_id)
        outcome = asyncio.run(workspace.execution.run_atom(execution, ticket.atom_id))
        assert outcome.status is AtomStatus.READY
        assert workspace.atoms.get(ticket.atom_id) == before
        workspace.execution.finish(execution)
        assert status(other) is ExecutionStatus.RUNNING


def test_a_process_that_is_gone_is_not_waited_for_and_its_execution_can_be_resumed(workspace: Workspace, plan: str, settings):
    workspace.execution.start(plan, "dead")
    code = "from mge_assets.store.owners import owner_name; print(owner_name())"
    gone = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert is_gone(gone)
    assert not is_gone(owner_name())
    assert not is_gone(f"elsewhere/{os.getpid()}/1/x")
    set_row(settings, f"owner = '{gone}'")
    with open_workspace(settings) as other:
        assert other.execution.reap() == ((plan, "dead"),)
        assert status(other) is ExecutionStatus.PAUSED
        assert other.execution.reap() == ()
        assert other.execution.resume(plan) is ExecutionStatus.PAUSED


def test_a_failed_atom_is_tried_again_and_a_completed_one_is_not(settings, tmp_path: Path):
    path = PLAN.write(tmp_path)
    with PLAN.emulator(forever="refusal") as server, open_workspace(generating(settings, server)) as workspace:
        walk(workspace, path, tmp_path / "out")
        server.forever = ""
        failed = [stored for stored in workspace.atoms.of_plan("layers") if stored.status is AtomStatus.FAILED]
        assert failed
        assert workspace.execution.retry(workspace.execution.atom_named("layers", failed[0].atom.name)) == "layers"
        walk(workspace, path, tmp_path / "out")
        assert workspace.atoms.get(failed[0].atom_id).status is AtomStatus.COMPLETED
        with pytest.raises(OrderError, match="is completed"):
            workspace.execution.retry(failed[0].atom_id)

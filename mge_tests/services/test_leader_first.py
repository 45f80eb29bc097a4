"""Of calls that share a prefix one goes ahead, before any of the others has taken a place or money."""

import asyncio
from collections import deque
from pathlib import Path

import pytest

from mge_assets.model.attempts import AtomStatus
from mge_assets.services.workspace import open_workspace
from mge_resources.llm import warmth
from mge_resources.llm.warmth import LIFETIME, PrefixGate
from mge_tests.services.layered import Layered, generating
from mge_tests.services.walk import plan_all

PLAN = Layered("leading", (20,))


@pytest.mark.parametrize("fault", ["", "529", "reset"])
def test_of_twenty_atoms_at_once_one_writes_the_prefix_and_the_others_read_it_whatever_befalls_the_leader(settings, tmp_path: Path, fault: str):
    with PLAN.emulator(latency=0.1, faults=deque([fault] * bool(fault))) as server, open_workspace(generating(settings, server)) as workspace:
        plan = plan_all(workspace, PLAN.write(tmp_path))
        execution = workspace.execution.start(plan, "run")
        tickets = workspace.execution.atoms(execution, [0])

        async def run():
            atoms = [asyncio.create_task(workspace.execution.run_atom(execution, ticket.atom_id)) for ticket in tickets]
            while not server.received:  # noqa: ASYNC110 -- the server has no event to wait for
                await asyncio.sleep(0.005)
            await asyncio.sleep(0.05)
            return workspace.execution.live[execution].accounts.open_calls, await asyncio.gather(*atoms)

        open_calls, outcomes = asyncio.run(run())
    assert open_calls <= 1
    assert {outcome.status for outcome in outcomes} == {AtomStatus.COMPLETED}
    assert sum(bill.usage["cache_creation_input_tokens"] > 0 for bill in server.ledger.bills) == 1
    assert sum(bill.arrived for bill in server.ledger.bills) == 20


def test_an_empty_prefix_waits_for_nobody_and_a_prefix_grows_cold():
    now = [0.0]
    gate = PrefixGate(lambda: now[0])

    async def walk() -> list[bool]:
        told = [await gate.wait(""), await gate.wait("prefix")]
        gate.ended("prefix", warm=True)
        told.append(await gate.wait("prefix"))
        now[0] += LIFETIME + 1
        return [*told, await gate.wait("prefix")]

    assert asyncio.run(walk()) == [False, True, False, True]


def test_nobody_waits_for_a_stalled_leader_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(warmth, "LONGEST_WAIT", 0.05)
    gate = PrefixGate()

    async def walk() -> list[bool]:
        return [await gate.wait("prefix"), *await asyncio.gather(gate.wait("prefix"), gate.wait("prefix"))]

    assert asyncio.run(walk()) == [True, False, False]

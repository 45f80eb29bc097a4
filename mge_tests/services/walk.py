"""Walks a plan through every service in order, as the Dagster jobs do, but without Dagster."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from mge_assets.model.attempts import AtomOutcome
from mge_assets.model.executions import Progress
from mge_assets.services.delivery import DeliveryReportRow
from mge_assets.services.execution import AtomTicket
from mge_assets.services.live import LiveExecution
from mge_assets.services.workspace import Workspace, open_workspace
from mge_resources.settings import Settings
from mge_tests.fakes.emulator.server import MessagesServer
from mge_tests.fakes.emulator.solving import Solver
from mge_tests.services.layered import generating


@dataclass(frozen=True)
class Walk:
    """What came of it."""

    plan: str
    tickets: tuple[AtomTicket, ...]
    outcomes: tuple[AtomOutcome, ...]
    progress: Progress
    delivery: DeliveryReportRow


def plan_all(workspace: Workspace, path: Path) -> str:
    """Planning to waves; answers the plan's name."""
    plan = workspace.plans.register(path).name
    workspace.drafts.prepare(plan)
    workspace.atoms.decompose(plan)
    workspace.dependencies.build(plan)
    workspace.dependencies.plan_waves(plan)
    return plan


@contextmanager
def begun(settings: Settings, path: Path, solver: Solver) -> Iterator[LiveExecution]:
    """An execution of the plan file as it stands before its first atom, with the emulator that would answer."""
    with MessagesServer(solver) as server, open_workspace(generating(settings, server)) as workspace:
        execution = workspace.execution.start(plan_all(workspace, path), "run")
        yield workspace.execution.live[execution]
        workspace.execution.finish(execution)


def walk(workspace: Workspace, path: Path, out: Path) -> Walk:
    """Plan file to delivered project."""
    plan = plan_all(workspace, path)
    execution = workspace.execution.start(plan, f"walk-{uuid4()}")
    waves = [wave.number for wave in workspace.dependencies.waves(plan).waves]
    tickets = workspace.execution.atoms(execution, waves)
    outcomes: list[AtomOutcome] = []
    for wave in waves:
        outcomes += asyncio.run(_wave(workspace, execution, [ticket for ticket in tickets if ticket.wave == wave]))
    workspace.execution.close_waves(execution, waves)
    workspace.validation.hierarchical(plan)
    workspace.execution.finish(execution)
    workspace.review.fill(plan)
    delivery = workspace.delivery.deliver(plan, out)
    return Walk(plan, tickets, tuple(outcomes), workspace.execution.progress(plan), delivery)


async def _wave(workspace, execution, tickets):
    return await asyncio.gather(*(workspace.execution.run_atom(execution, ticket.atom_id) for ticket in tickets))

"""``mge status``: where plans, waves and atoms stand."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from mge_assets.cli.output import print_json, say
from mge_assets.cli.summary import summary_json
from mge_assets.model.executions import ExecutionStatus
from mge_assets.model.wording import counted
from mge_resources.settings import read_settings

if TYPE_CHECKING:
    from mge_assets.services.workspace import Workspace
    from mge_assets.store.atoms import StoredAtom


@click.command()
@click.argument("plan", required=False)
@click.option("--json", "as_json", is_flag=True, help="Report on stdout as JSON.")
def status(plan: str | None, as_json: bool) -> None:
    """Show every plan, or where the waves and atoms of one PLAN stand."""
    from mge_assets.services.workspace import open_workspace

    with open_workspace(read_settings()) as workspace:
        workspace.execution.reap()
        if plan is None:
            _plans(workspace, as_json=as_json)
        else:
            _one(workspace, plan, as_json=as_json)


def _plans(workspace: "Workspace", *, as_json: bool) -> None:
    found = [workspace.execution.progress(name) for name in workspace.plans.names()]
    if as_json:
        print_json([summary_json(progress) for progress in found])
        return
    if not found:
        say("there is no masterplan yet; try `mge run`")
        return
    table = Table("masterplan", "status", "atoms", "completed", "in review", "precision", "USD")
    for progress in found:
        atoms = progress.atoms
        counts = (str(atoms.total), str(atoms.completed), str(atoms.in_review))
        table.add_row(progress.masterplan, progress.status.value, *counts, f"{progress.precision_percent:.1f} %", f"{progress.cost_usd:.2f}")
    Console(highlight=False).print(table)


def _one(workspace: "Workspace", plan: str, *, as_json: bool) -> None:
    progress = workspace.execution.progress(plan)
    waves = workspace.stores.executions.wave_states(plan)
    if as_json:
        states = [_atom(stored) for stored in workspace.atoms.of_plan(plan)]
        rows = [{"wave": number, "status": state.value, "atoms": size, "seconds": seconds} for number, state, size, seconds in waves]
        rounds = [asdict(run) for run in workspace.validation.integration(plan)]
        print_json({**summary_json(progress), "wave_states": rows, "atom_states": states, "integration": rounds})
        return
    atoms = progress.atoms
    click.echo(f"{plan}: {progress.status.value}; {atoms.completed} of {atoms.total} atoms completed, {atoms.failed} failed, {atoms.blocked} blocked")
    if progress.reason:
        click.echo(f"  {progress.reason}")
    if progress.status is ExecutionStatus.RUNNING:
        eta = "" if progress.eta_seconds is None else f", about {progress.eta_seconds:.0f} s left"
        click.echo(f"  wave {progress.wave}, {progress.in_flight} calls in flight, ${progress.cost_usd:.2f} so far{eta}")
    table = Table("wave", "status", "atoms", "seconds")
    for number, state, size, seconds in waves:
        table.add_row(str(number), state.value, str(size), f"{seconds:.2f}")
    Console(highlight=False).print(table)
    for line in integration_lines(workspace, plan):
        click.echo(line)
    for review in workspace.review.queue(plan, limit=10):
        click.echo(f"in review: {review.atom} (confidence {review.confidence:.2f}): {' '.join(review.reasons)}")


def integration_lines(workspace: "Workspace", plan: str) -> list[str]:
    """The last round of integration tests in a line, and one for each failure of it."""
    rounds = workspace.validation.integration(plan)
    if not rounds:
        return []
    last = rounds[-1]
    tests = f"{counted(last.tests_telling, 'test')} over {counted(last.atoms_landed, 'atom')}, {last.tests_failed} failed"
    lines = [f"integration: {counted(len(rounds), 'round')}, {sum(run.seconds for run in rounds):.1f} s; the last one: {tests}"]
    whose = {"code": "brought in by", "test": "the test is at fault", "environment": "the machine is at fault"}
    return lines + [f"  {row['test']} ({row['suite']}): {whose[row['blame']]} {row['atom']}".rstrip() + f": {row['evidence']}" for row in last.culprits]


def _atom(stored: "StoredAtom") -> dict[str, Any]:
    return {
        "id": str(stored.atom_id),
        "name": stored.atom.name,
        "file": stored.atom.file,
        "kind": stored.atom.kind.value,
        "status": stored.status.value,
        "attempts": stored.attempts,
        "confidence": stored.confidence,
    }

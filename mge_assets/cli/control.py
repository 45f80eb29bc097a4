"""``mge pause`` and ``mge cancel``: orders to whoever runs a plan, from another terminal."""

import click

from mge_assets.cli.output import say
from mge_assets.model.executions import ExecutionStatus
from mge_resources.settings import read_settings


@click.command()
@click.argument("plan")
def pause(plan: str) -> None:
    """Let what PLAN (its name) has in flight come to its end, and start nothing more. `mge resume` goes on."""
    from mge_assets.services.workspace import open_workspace

    with open_workspace(read_settings()) as workspace:
        workspace.execution.reap()
        stood = workspace.execution.pause(plan)
    runs = stood is ExecutionStatus.RUNNING
    say(f"{plan} is {'pausing' if runs else 'paused'}; go on with `mge resume {plan}`")


@click.command()
@click.argument("plan")
def cancel(plan: str) -> None:
    """End the run of PLAN (its name): what is in flight is settled, what was done is kept."""
    from mge_assets.services.workspace import open_workspace

    with open_workspace(read_settings()) as workspace:
        stood = workspace.execution.cancel(plan)
    say(f"{plan} {'ends as soon as what is in flight is settled' if stood is ExecutionStatus.RUNNING else 'is cancelled'}")

"""``mge estimate``: what a run would cost and take, before a cent is spent."""

from dataclasses import asdict
from pathlib import Path

import click

from mge_assets.cli.output import print_json, say
from mge_assets.model.executions import Schedule
from mge_resources.settings import read_settings


@click.command()
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--schedule", type=click.Choice(Schedule), default=Schedule.WAVE, show_default=True, help="As for `mge run`.")
@click.option("--batch", is_flag=True, help="With message batches, as for `mge run`.")
@click.option("--json", "as_json", is_flag=True, help="Print the forecast as JSON on stdout.")
def estimate(plan: Path, schedule: Schedule, batch: bool, as_json: bool) -> None:
    """Forecast cost (median, and what nine in ten runs stay under), time and width of running PLAN. Plans it, and sends nothing."""
    from mge_assets.services.workspace import open_workspace

    with open_workspace(read_settings()) as workspace:
        name = workspace.plans.register(plan).name
        with workspace.execution.exclusively(name):
            for step in (workspace.drafts.prepare, workspace.atoms.decompose, workspace.dependencies.build, workspace.dependencies.plan_waves):
                step(name)
            found = workspace.execution.estimate(name, schedule, batch=batch)
            budget, model = workspace.execution.budget(name), workspace.model.name
    room = budget.hard_usd - budget.committed_usd
    if as_json:
        print_json({"masterplan": name, "model": model, **asdict(found), "budget_left_usd": room})
        return
    click.echo(f"{name} with {model}{' in message batches' if batch else ''}: {found.atoms} atoms to generate in about {found.calls:.0f} calls")
    click.echo(f"  cost       ${found.usd_median:.2f}, in nine of ten cases under ${found.usd_p90:.2f} (${room:.2f} of the budget are left)")
    click.echo(f"  time       {found.seconds_median:.0f} s, in nine of ten cases under {found.seconds_p90:.0f} s")
    click.echo(f"  in flight  at most {found.width} at once")
    say(f"figures from {found.known_calls} calls of this model" if found.known_calls else "published figures: this model has not been used here yet")
    if found.usd_p90 > room:
        command = f"mge run {plan}{' --batch' if batch else ''} --budget {budget.committed_usd + 1.5 * found.usd_p90:.2f}"
        say(f"it may pause before its end; `{command}` leaves room", style="yellow")

"""``mge run``: a plan file walks through every stage, in this process, and comes out as a delivered project."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from mge_assets.cli.output import EXIT_FAILED, EXIT_PAUSED, leave_interrupted, print_json, say
from mge_assets.cli.progress import follow
from mge_assets.cli.summary import summary_json, summary_lines
from mge_assets.model.executions import ExecutionStatus, Progress, Schedule
from mge_assets.model.findings import Severity
from mge_assets.model.waves import Order
from mge_resources.settings import Settings, read_settings

if TYPE_CHECKING:
    from mge_assets.services.plans import PlanReport
    from mge_assets.services.workspace import Workspace

SHOWN = 8
"""Findings and errors shown at once; the report has them all."""


_OUT = click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to deliver into; <MGE_HOME>/delivered/<plan> if left out.")
_BUDGET = click.option("--budget", type=click.FloatRange(min=0), help="Most that the plan may cost, in USD over all its runs; MGE_BUDGET_USD if left out.")
_SCHEDULE = click.option(
    "--schedule", type=click.Choice(Schedule), default=Schedule.WAVE, show_default=True, help="Start atoms wave by wave, or each when what it needs is done."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout.")


@click.command()
@click.argument("plan", required=False, type=click.Path(path_type=Path))
@_OUT
@_SCHEDULE
@click.option("--order", type=click.Choice([each.value for each in Order]), help="What waves are ordered by; the plan says so if left out, else code.")
@_BUDGET
@click.option("--batch", is_flag=True, help="Ask the model in message batches, at half the price: a wave may take hours. `mge resume` goes on.")
@click.option("--force", is_flag=True, help="Deliver also into a folder that another plan was delivered into, and replace that.")
@_JSON
def run(  # noqa: PLR0913, PLR0917 -- one for each option
    plan: Path | None, out: Path | None, schedule: Schedule, order: str | None, budget: float | None, batch: bool, force: bool, as_json: bool
) -> None:
    """Run PLAN from plan file to delivered project; without PLAN, the small bundled one.

    Running it again re-uses everything that did not change. Exit code 0: completed and valid; 1: ended with something failed; 4: paused.
    """
    from mge_assets.defs.resources import shared_workspace
    from mge_assets.examples import example

    settings = read_settings()
    with shared_workspace(settings) as workspace:
        registered = workspace.plans.register(plan or example("small"))
        workspace.delivery.check(registered.name, out, force=force)
        _introduce(registered)
        carry_out(workspace, settings, registered.name, Asked(out, schedule, budget, as_json, Order(order) if order else None, batch))


@click.command()
@click.argument("plan")
@_OUT
@_BUDGET
@_JSON
def resume(plan: str, out: Path | None, budget: float | None, as_json: bool) -> None:
    """Go on with the paused run of PLAN (its name), with another budget if one is given. Nothing that was paid for is paid for again."""
    from mge_assets.defs.resources import shared_workspace

    settings = read_settings()
    with shared_workspace(settings) as workspace:
        workspace.execution.reap()
        stood = workspace.execution.resume(plan, budget_usd=budget)
        if stood is ExecutionStatus.RUNNING:
            say(f"{plan} is being run by another process, and goes on there")
            return
        newest = workspace.stores.executions.newest(plan)
        asked = replace(_as_before(workspace, plan, out, as_json), wave=newest.wave if newest else None)
        carry_out(workspace, settings, plan, asked)


@click.command()
@click.argument("plan")
@click.argument("atom")
@_OUT
@_JSON
def retry(plan: str, atom: str, out: Path | None, as_json: bool) -> None:
    """Try one failed or blocked ATOM (its name or id) of PLAN again, and what it blocks; all else is re-used."""
    from mge_assets.defs.resources import shared_workspace

    settings = read_settings()
    with shared_workspace(settings) as workspace:
        workspace.plans.stored(plan)
        workspace.execution.retry(workspace.execution.atom_named(plan, atom))
        carry_out(workspace, settings, plan, _as_before(workspace, plan, out, as_json))


@dataclass(frozen=True, slots=True)
class Asked:
    """How a run is asked for: where it is delivered, when atoms start, what it may cost, how it reports, what waves are ordered by, in batches or not,
    all of the plan or one wave.
    """

    out: Path | None
    schedule: Schedule
    budget: float | None
    as_json: bool
    order: Order | None = None
    batch: bool = False
    wave: int | None = None


def _as_before(workspace: "Workspace", plan: str, out: Path | None, as_json: bool) -> Asked:
    newest = workspace.stores.executions.newest(plan)
    if newest is None:
        return Asked(out, Schedule.WAVE, None, as_json)
    return Asked(out or (Path(newest.target) if newest.target else None), newest.schedule, None, as_json, batch=newest.batch)


def carry_out(workspace: "Workspace", settings: Settings, name: str, asked: Asked) -> NoReturn:
    """Run a registered plan, tell how it went, and leave with the exit code that says so."""
    from mge_assets.defs.launch import open_instance, run_plan

    with open_instance(settings) as instance:
        with workspace.execution.exclusively(name), follow(workspace, name):
            if asked.budget is not None:
                workspace.execution.set_budget(name, asked.budget)
            ran = run_plan(name, instance, settings, asked.out, schedule=asked.schedule, order=asked.order, batch=asked.batch, wave=asked.wave)
        if ran.cancelled:
            leave_interrupted()
        progress = workspace.execution.progress(name)
        paused = progress.status is ExecutionStatus.PAUSED
        errors = [] if paused else [error for job in ran.jobs if not job.blocked for error in job.errors]
        if errors or paused:
            workspace.reports.write(name)
            progress = workspace.execution.progress(name)
        _shorten([*errors, *workspace.validation.first_errors(name), *workspace.execution.reasons(name)])
        _shorten([*([f"paused: {progress.reason}"] if paused else []), *_remarks(workspace, name)], style="yellow")
        commands = workspace.reports.next_commands(name)
    if asked.as_json:
        print_json(summary_json(progress))
    else:
        for line in summary_lines(progress):
            click.echo(line)
    for command, purpose in commands:
        say(f"next: {command}   # {purpose}")
    raise SystemExit(EXIT_PAUSED if paused else _exit_code(progress, errors))


def _introduce(plan: "PlanReport") -> None:
    what = "new" if plan.version == 1 and plan.changed else f"version {plan.version}" if plan.changed else "unchanged"
    say(f"{plan.name} ({what}): tasks {plan.tasks}, milestones {plan.milestones}")
    _shorten([str(finding) for finding in plan.findings if finding.severity is not Severity.INFO], style="yellow")


def _shorten(lines: Sequence[str], style: str = "red") -> None:
    for line in lines[:SHOWN]:
        say(line if style == "yellow" else f"error: {line}", style=style)
    if len(lines) > SHOWN:
        say(f"… and {len(lines) - SHOWN} more", style=style)


def _remarks(workspace: "Workspace", plan: str) -> list[str]:
    """What a completed run still leaves open: tests that could not be run, bodies that nobody wrote."""
    untested = workspace.validation.untested(plan)
    remarks = _over_soft_limit(workspace, plan)
    remarks += [f"tests not run of {', '.join(units)}: {reason}" for reason, units in untested.items()]
    stubs = workspace.validation.stubs(plan)
    if stubs:
        more = f" and {len(stubs) - 3} more" if len(stubs) > 3 else ""
        remarks.append(f"without a body yet: {', '.join(stubs[:3])}{more}; set ANTHROPIC_API_KEY to have them written")
    return remarks


def _over_soft_limit(workspace: "Workspace", plan: str) -> list[str]:
    budget, soft = workspace.execution.budget(plan), workspace.settings.budget_soft_usd
    if budget.committed_usd <= soft:
        return []
    return [f"{plan} has cost ${budget.committed_usd:.2f} in all, more than the ${soft:.2f} that is warned of; it pauses at ${budget.hard_usd:.2f}"]


def _exit_code(progress: Progress, errors: Sequence[str]) -> int:
    return 0 if progress.status is ExecutionStatus.COMPLETED and not errors else EXIT_FAILED

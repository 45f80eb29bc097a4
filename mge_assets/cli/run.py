"""``mge run``: a plan file walks through every stage, in this process, and comes out as a delivered project."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mge_assets.cli.output import EXIT_FAILED, leave_interrupted, print_json, say
from mge_assets.cli.progress import follow
from mge_assets.cli.summary import summary_json, summary_lines
from mge_assets.model.executions import ExecutionStatus, Progress
from mge_assets.model.findings import Severity
from mge_assets.model.waves import Order
from mge_resources.settings import read_settings

if TYPE_CHECKING:
    from mge_assets.services.plans import PlanReport
    from mge_assets.services.workspace import Workspace

SHOWN = 8
"""Findings and errors shown at once; the report has them all."""


@click.command()
@click.argument("plan", required=False, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to deliver into; <MGE_HOME>/delivered/<plan> if left out.")
@click.option("--order", type=click.Choice([each.value for each in Order]), help="What waves are ordered by; the plan says so if left out, else code.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout.")
def run(plan: Path | None, out: Path | None, order: str | None, as_json: bool) -> None:
    """Run PLAN from plan file to delivered project; without PLAN, the small bundled one.

    Running it again re-uses everything that did not change. Exit code 0: completed and valid; 1: ended with something failed.
    """
    from mge_assets.defs.launch import open_instance, run_plan
    from mge_assets.defs.resources import shared_workspace
    from mge_assets.examples import example

    settings = read_settings()
    with shared_workspace(settings) as workspace, open_instance(settings) as instance:
        registered = workspace.plans.register(plan or example("small"))
        name = registered.name
        workspace.delivery.check(name, out)
        _introduce(registered)
        with workspace.execution.exclusively(name), follow(workspace, name):
            ran = run_plan(name, instance, settings, out, order=Order(order) if order else None)
        if ran.cancelled:
            leave_interrupted()
        errors = [error for job in ran.jobs if not job.blocked for error in job.errors]
        if errors:
            workspace.reports.write(name)
        progress = workspace.execution.progress(name)
        _shorten([*errors, *workspace.validation.first_errors(name), *workspace.execution.reasons(name)])
        _shorten(_remarks(workspace, name), style="yellow")
        commands = workspace.reports.next_commands(name)
    if as_json:
        print_json(summary_json(progress))
    else:
        for line in summary_lines(progress):
            click.echo(line)
    for command, purpose in commands:
        say(f"next: {command}   # {purpose}")
    raise SystemExit(_exit_code(progress, errors))


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
    remarks = [f"tests not run of {', '.join(units)}: {reason}" for reason, units in untested.items()]
    stubs = workspace.validation.stubs(plan)
    if stubs:
        more = f" and {len(stubs) - 3} more" if len(stubs) > 3 else ""
        remarks.append(f"without a body yet: {', '.join(stubs[:3])}{more}; set ANTHROPIC_API_KEY to have them written")
    return remarks


def _exit_code(progress: Progress, errors: Sequence[str]) -> int:
    return 0 if progress.status is ExecutionStatus.COMPLETED and not errors else EXIT_FAILED

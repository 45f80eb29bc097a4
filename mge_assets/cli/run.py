"""``mge run``: a plan file walks through every stage, in this process, and comes out as a delivered project."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mge_assets.cli.output import EXIT_FAILED, EXIT_INTERRUPTED, print_json, say
from mge_assets.cli.progress import follow
from mge_assets.cli.summary import summary_json, summary_lines
from mge_assets.model.executions import ExecutionStatus, Progress
from mge_assets.model.findings import Severity
from mge_resources.settings import read_settings

if TYPE_CHECKING:
    from mge_assets.services.plans import PlanReport
    from mge_assets.services.workspace import Workspace

SHOWN = 8
"""Findings and errors shown at once; the report has them all."""


@click.command()
@click.argument("plan", required=False, type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to deliver into; <MGE_HOME>/delivered/<plan> if left out.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON on stdout.")
def run(plan: Path | None, out: Path | None, as_json: bool) -> None:
    """Run PLAN from plan file to delivered project; without PLAN, the small bundled one.

    Running it again re-uses everything that did not change. Exit code 0: completed and valid; 1: ended with something failed.
    """
    from mge_assets.defs.launch import open_instance, run_plan
    from mge_assets.defs.resources import shared_workspace
    from mge_assets.examples import example
    from mge_assets.services.reporting import next_commands

    settings = read_settings()
    with shared_workspace(settings) as workspace, open_instance(settings) as instance:
        registered = workspace.plans.register(plan or example("small"))
        _introduce(registered)
        with follow(workspace, registered.name):
            ran = run_plan(registered.name, instance, settings, out)
        progress = workspace.execution.progress(registered.name)
        errors = [error for job in ran.jobs if not job.blocked for error in job.errors]
        _shorten([*errors, *_failures(workspace, registered.name)])
        untested = workspace.validation.untested(registered.name)
        _shorten([f"tests not run of {', '.join(units)}: {reason}" for reason, units in untested.items()], style="yellow")
    if as_json:
        print_json(summary_json(progress))
    else:
        for line in summary_lines(progress):
            click.echo(line)
    for command, purpose in next_commands(progress):
        say(f"next: {command}   # {purpose}")
    raise SystemExit(EXIT_INTERRUPTED if ran.cancelled else _exit_code(progress, errors))


def _introduce(plan: "PlanReport") -> None:
    what = "new" if plan.version == 1 and plan.changed else f"version {plan.version}" if plan.changed else "unchanged"
    say(f"{plan.name} ({what}): tasks {plan.tasks}, milestones {plan.milestones}")
    _shorten([str(finding) for finding in plan.findings if finding.severity is not Severity.INFO], style="yellow")


def _shorten(lines: Sequence[str], style: str = "red") -> None:
    for line in lines[:SHOWN]:
        say(line if style == "yellow" else f"error: {line}", style=style)
    if len(lines) > SHOWN:
        say(f"… and {len(lines) - SHOWN} more", style=style)


def _failures(workspace: "Workspace", plan: str) -> list[str]:
    """The first error of every unit that failed, the smallest units first, each place once."""
    failed = [result for result in reversed(workspace.validation.results(plan)) if not result.passed]
    firsts = [next(finding for finding in result.findings if finding.severity is Severity.ERROR) for result in failed]
    return list(dict.fromkeys(f"{finding.place}: {finding.message}" if finding.place else finding.message for finding in firsts))


def _exit_code(progress: Progress, errors: Sequence[str]) -> int:
    return 0 if progress.status is ExecutionStatus.COMPLETED and not errors else EXIT_FAILED

"""``mge import``: an existing repository becomes a plan file."""

from pathlib import Path

import click

from mge_assets.cli.output import print_json, say


@click.command("import")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The plan file to write; <name>.plan.yaml here if left out.")
@click.option("--name", help="The plan's name; the folder's if left out.")
@click.option("--replace", is_flag=True, help="Replace a different plan that stands there already.")
@click.option("--json", "as_json", is_flag=True, help="Report on stdout as JSON.")
def import_(folder: Path, output: Path | None, name: str | None, replace: bool, as_json: bool) -> None:
    """Turn an existing repository into a plan: package ▸ milestone, file ▸ task, source as draft."""
    from mge_assets.stages.planning import default_plan_path, import_repository, write_import

    imported = import_repository(folder, name)
    path = output or default_plan_path(imported, Path.cwd())
    plan = write_import(imported, path, replace=replace)
    for finding in imported.skipped:
        say(str(finding))
    tasks, milestones = sum(1 for _ in plan.tasks), sum(1 for _ in plan.milestones)
    if as_json:
        print_json({"plan": str(path), "masterplan": plan.name, "tasks": tasks, "milestones": milestones, "skipped": [str(f) for f in imported.skipped]})
    else:
        click.echo(str(path))
    say(f"{plan.name}: {tasks} files in {milestones} milestones")
    say(f"next: mge run {path}", style="bold")

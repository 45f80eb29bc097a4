"""``mge graph``: symbols and edges of folders, atoms and waves of plans, and what changed since a commit or a run."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mge_assets.cli.output import print_json, say
from mge_assets.model.waves import Order
from mge_assets.model.wording import counted

if TYPE_CHECKING:
    from mge_assets.model.changes import Change
    from mge_assets.model.graph import Boundaries
    from mge_assets.model.waves import WaveFigures

_SHOWN = 20


@click.command()
@click.argument("targets", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON line a folder or plan on stdout.")
@click.option("--references", is_flag=True, help="Folders: also every use of a name and the lines that define it.")
@click.option("--order", type=click.Choice([each.value for each in Order]), help="Plan files: the order of the waves; the plan says so if left out.")
@click.option("--format", "form", type=click.Choice(["json", "graphml", "svg"]), help="Plans: the whole graph in this form.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write the form to; stdout if left out.")
@click.option("--since", help="What changed, and what that touches: a folder since a commit, a plan since its version N or its `last` run.")
def graph(targets: tuple[str, ...], as_json: bool, references: bool, order: str | None, form: str | None, output: Path | None, since: str | None) -> None:
    """Show the symbols of folders and which of them need which, or the graph and the waves of plans.

    A plan is a plan file, looked at as it stands without a database, or the name of a stored plan.
    """
    for target in targets:
        path = Path(target)
        if path.is_dir():
            if form or order or output:
                raise click.UsageError(f"{target} is a folder: --format, --output and --order are for plans")
            if since:
                _tell(f"{target} since {since}", _folder_change(path, since), as_json=as_json)
            else:
                _folder(path, as_json=as_json, references=references)
            continue
        if references:
            raise click.UsageError(f"{target} is no folder: --references is for folders")
        _refuse_source(path)
        if since:
            _tell(f"{target} since {since}", _plan_change(target, since), as_json=as_json)
        elif path.is_file():
            _plan_file(path, Order(order) if order else None, "json" if as_json else form, output)
        else:
            _plan_name(target, "json" if as_json else form, output)


def _refuse_source(path: Path) -> None:
    """Raises NotFoundError for what is neither a plan nor the name of one: a file of code, or a path that leads nowhere."""
    from mge_assets.model.errors import NotFoundError
    from mge_resources.syntax import detect_language

    if path.is_file() and detect_language(path.name):
        raise NotFoundError(f"{path} is a file of code, not a plan", fix=f"give its folder: `mge graph {path.parent}`")
    if not path.exists() and (len(path.parts) > 1 or path.suffix in {".yaml", ".yml", ".json"}):
        raise NotFoundError(f"there is no folder or file {path}", fix="give a folder of code, a plan file or the name of a stored plan")


def _folder(folder: Path, *, as_json: bool, references: bool) -> None:
    from mge_assets.stages.dependency import analyse, graph_json
    from mge_assets.stages.dependency.reading import read_folder

    files = read_folder(folder)
    _complain(folder, files)
    code = analyse(files, references=references)
    if code.cut_short:
        say(f"{folder} takes more steps than an analysis may: edges may be missing; give its packages one by one")
    if as_json:
        print_json(graph_json(str(folder), code, references))
        return
    click.echo(f"{folder}: {counted(len(files), 'file')}, {counted(len(code.symbols), 'symbol')}, {counted(len(code.edges), 'edge')}")
    for edge in code.edges:
        click.echo(f"  {edge.type.value:<13} {edge.source} -> {edge.target}" + ("  (guessed)" if edge.confidence.value == "guessed" else ""))


def _complain(folder: Path, files: Mapping[str, bytes]) -> None:
    """Say what a newcomer would wonder at: a folder without code, and files that are no text."""
    from mge_resources.syntax import detect_language

    if not any(map(detect_language, files)):
        say(f"{folder} holds no Python, JavaScript or TypeScript file; give the folder of the code")
    for file, source in files.items():
        if b"\0" in source:
            say(f"{folder / file} is binary, not text: nothing is found in it")


def _plan_file(path: Path, order: Order | None, form: str | None, output: Path | None) -> None:
    from mge_assets.services.preview import plan_from_file
    from mge_resources.settings import read_settings

    planned = plan_from_file(path, read_settings().max_parallel_atoms, order)
    if form:
        _write(planned.svg() if form == "svg" else "", planned.document() if form != "svg" else {}, form, output)
    else:
        _summary(planned.plan, planned.waves.order, planned.figures, planned.graph.statistics, planned.parts)


def _plan_name(name: str, form: str | None, output: Path | None) -> None:
    from mge_assets.services.workspace import open_workspace
    from mge_resources.settings import read_settings

    with open_workspace(read_settings()) as workspace:
        workspace.plans.stored(name)
        if form:
            _write(workspace.graphs.svg(name) if form == "svg" else "", workspace.graphs.document(name) if form != "svg" else {}, form, output)
            return
        found = workspace.dependencies
        _summary(name, found.waves(name).order, found.figures(name), found.graph(name).statistics, found.boundaries(name))


def _write(svg: str, document: Mapping[str, Any], form: str, output: Path | None) -> None:
    from mge_assets.stages.dependency import graphml

    text = svg if form == "svg" else graphml(document) if form == "graphml" else json.dumps(document, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
        say(f"{output}: {len(text)} characters of {form}")


def _summary(plan: str, order: Order, figures: Mapping[Order, "WaveFigures"], statistics: Mapping[str, float], parts: "Boundaries") -> None:
    from rich.console import Console
    from rich.table import Table

    count = {name: int(value) for name, value in statistics.items()}
    click.echo(f"{plan}: {count['atoms']} atoms, {count['pairs']} dependencies, waves ordered by {order.value}")
    limit = next(iter(figures.values())).limit if figures else 0
    table = Table("order", "waves", "widest", "possible parallelism", f"with at most {limit}", "edges cut")
    for each, told in figures.items():
        cut = f"{told.cut} (cost {told.cut_cost:g}, at best {told.cut_bound:g})" if told.cut else "0"
        table.add_row(each.value, str(told.waves), str(told.widest), f"{told.possible:.1f}", f"{told.allowed:.1f}", cut)
    Console(highlight=False).print(table)
    click.echo(
        f"  density {statistics['density']:.4f}, depth {count['depth']}, fan-in at most {count['fan_in_max']}, fan-out at most {count['fan_out_max']}, "
        f"{counted(count['components'], 'component')}, {counted(count['cycles'], 'cycle')}, {counted(count['isolated'], 'isolated atom')}"
    )
    if count.get("cut_short"):
        say(f"{plan} takes more steps than an analysis may: edges may be missing; split it into plans")
    sizes = [counted(len(found), noun) for noun, found in (("module", parts.modules), ("package", parts.packages), ("cluster", parts.clusters))]
    click.echo(f"  {', '.join(sizes)} (modularity {parts.modularity:.2f})")
    if order in figures:
        _path(figures[order])


def _path(told: "WaveFigures") -> None:
    click.echo(f"  critical path, {counted(len(told.critical_path), 'atom')}:")
    steps = list(zip(("", *told.path_types), told.critical_path, strict=True)) if told.critical_path else []
    for kind, name in steps[:_SHOWN]:
        click.echo(f"    {kind:<13} {name}")
    if len(steps) > _SHOWN:
        click.echo(f"    … and {len(steps) - _SHOWN} more")


def _folder_change(folder: Path, reference: str) -> "Change":
    from mge_assets.services.comparison import folder_change
    from mge_resources.settings import read_settings

    return folder_change(folder, reference, read_settings().analyses)


def _plan_change(target: str, since: str) -> "Change":
    from mge_assets.model.errors import NotFoundError
    from mge_assets.services.preview import plan_from_file
    from mge_assets.services.workspace import open_workspace
    from mge_resources.settings import read_settings

    if since != "last" and not since.isdigit():
        raise NotFoundError(f"{since!r} is no version of a plan", fix="give the number of a version, or `last`")
    settings = read_settings()
    planned = plan_from_file(Path(target), settings.max_parallel_atoms) if Path(target).is_file() else None
    with open_workspace(settings) as workspace:
        name = planned.plan if planned else target
        workspace.plans.stored(name)
        now = planned.state if planned else workspace.dependencies.now(name)
        return workspace.dependencies.changed(name, now, None if since == "last" else int(since), other=planned is None)


def _tell(what: str, change: "Change", *, as_json: bool) -> None:
    if as_json:
        from dataclasses import asdict

        print_json({"what": what, **asdict(change)})
        return
    if change.nothing:
        click.echo(f"{what}: nothing changed")
        return
    edited = f"{counted(len(change.changed), 'atom')} changed, {len(change.added)} added, {len(change.removed)} gone"
    click.echo(f"{what}: {edited}, {len(change.rewired)} need others than before")
    touched = len(change.cone)
    click.echo(f"  touched: {len(change.near)} need one of them directly, {touched} of {change.atoms} at any remove ({touched / max(change.atoms, 1):.1%})")
    for sign, names in (("~", change.changed), ("+", change.added), ("-", change.removed), (">", change.rewired), (".", change.cone)):
        _names(sign, names)


def _names(sign: str, names: Sequence[str]) -> None:
    for name in names[:_SHOWN]:
        click.echo(f"  {sign} {name}")
    if len(names) > _SHOWN:
        click.echo(f"  {sign} … and {len(names) - _SHOWN} more")

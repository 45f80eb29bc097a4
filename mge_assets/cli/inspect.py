"""Commands that look at code and need no database: atoms of files, the plan file's schema."""

from pathlib import Path

import click

from mge_assets.cli.output import EXIT_INPUT, print_json, say
from mge_assets.model.wording import counted


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON line a file on stdout.")
def atomize(paths: tuple[Path, ...], as_json: bool) -> None:
    """Show the atoms that files are cut into. Folders are searched for files in a known language."""
    from mge_assets.stages.atomization import atomization_json
    from mge_assets.stages.atomization import atomize as cut
    from mge_resources.syntax import detect_language

    missing = 0
    for path in _files(paths):
        language = detect_language(path.name)
        if not path.is_file() or language is None:
            say(f"error: {path}: {'is not a file in a known language' if path.exists() else 'does not exist'}", style="red")
            missing += 1
            continue
        content = path.read_bytes()
        if b"\0" in content:
            say(f"error: {path}: is a binary file", style="red")
            missing += 1
            continue
        found = cut(content, str(path), language)
        if as_json:
            print_json(atomization_json(found))
            continue
        click.echo(f"{path}: {counted(len(found.atoms), 'atom')}" + (f", {counted(len(found.errors), 'syntax error')}" if found.errors else ""))
        for atom in found.atoms:
            lines = f"{atom.span.start_line}-{atom.span.end_line}"
            click.echo(f"  {lines:>12}  {atom.loc:>3} LOC  {atom.complexity:>2} CC  {atom.kind.value:<16} {atom.name}")
    if missing:
        raise SystemExit(EXIT_INPUT)


@click.command()
def schema() -> None:
    """Print the JSON Schema of plan files."""
    import json

    from mge_assets.stages.planning import masterplan_schema

    click.echo(json.dumps(masterplan_schema(), indent=2))


def _files(paths: tuple[Path, ...]) -> list[Path]:
    from mge_assets.stages.planning.scanning import scan

    return [file for path in paths for file in (scan(path).files.values() if path.is_dir() else [path])]

"""``mge db``: the database of this installation."""

import click

from mge_assets.cli.output import EXIT_FAILED, print_json, say
from mge_resources.settings import Settings, read_settings


@click.group("db")
def database() -> None:
    """Start, stop, find or empty the database."""


@database.command()
def start() -> None:
    """Start the embedded server and keep it until `mge db stop`; prints its URL."""
    from mge_resources.database import database_url, embedded_postgres

    settings = read_settings()
    click.echo(database_url(settings) if settings.database_url else embedded_postgres(settings).start())


@database.command()
def stop() -> None:
    """Stop the embedded server; nothing of it is left running."""
    settings = read_settings()
    if _is_own(settings):
        return
    from mge_resources.database import embedded_postgres

    server = embedded_postgres(settings)
    running = server.status().running
    server.stop()
    say("the embedded server is stopped" if running else "the embedded server was not running")


@database.command()
def url() -> None:
    """Print the database's URL; starts nothing."""
    from mge_resources.database import embedded_postgres, normalise_url

    settings = read_settings()
    click.echo(normalise_url(settings.database_url.get_secret_value()) if settings.database_url else embedded_postgres(settings).url)


@database.command()
@click.option("--json", "as_json", is_flag=True, help="Report on stdout as JSON.")
def status(as_json: bool) -> None:
    """Tell whether the embedded server runs; exit code 1 where it does not."""
    settings = read_settings()
    if _is_own(settings):
        return
    from mge_resources.database import embedded_postgres

    found = embedded_postgres(settings).status()
    if as_json:
        print_json({"running": found.running, "pinned": found.pinned, "pid": found.pid, "url": found.url, "log": str(found.log)})
    else:
        click.echo(f"{'running' if found.running else 'stopped'}{', kept until `mge db stop`' if found.pinned else ''}  {found.data_dir}")
    raise SystemExit(0 if found.running else EXIT_FAILED)


@database.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(yes: bool) -> None:
    """Remove every plan, result and run from the database. Delivered files stay."""
    settings = read_settings()
    if not yes:
        click.confirm("Remove every plan, result and run of this installation?", abort=True, err=True)
    from mge_assets.store.opening import reset_database

    reset_database(settings)
    say("the database is empty; delivered files and reports are still there")


def _is_own(settings: Settings) -> bool:
    """True, and said, where the database is somebody's own server and not ours to start or stop."""
    if settings.database_url is not None:
        say("MGE_DATABASE_URL points at a server of your own, which this command leaves alone")
    return settings.database_url is not None

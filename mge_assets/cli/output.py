"""How the command speaks: data on stdout, narration on stderr, errors in a line, exit codes."""

import errno
import json
import os
import sys
from typing import Any, NoReturn

import click
from rich.console import Console

from mge_assets.model.errors import MgeError
from mge_resources.settings import SettingsError

EXIT_FAILED = 1
"""The run ended, and not all is well."""
EXIT_INPUT = 2
"""What was asked for can't be done as it was asked: a plan, a path or an option must be corrected."""
EXIT_ENVIRONMENT = 3
"""The machine or the settings must be mended: no database, no room, no permission."""
EXIT_PAUSED = 4
"""The run stands still, because its budget is used up or a person paused it; `mge resume` goes on."""
EXIT_INTERRUPTED = 130

narration = Console(stderr=True, highlight=False, soft_wrap=True)
"""Where everything goes that is not data. Rich honours NO_COLOR and leaves colours out where stderr is no terminal."""


def print_json(value: Any) -> None:  # noqa: ANN401 -- anything JSON can say
    """One JSON document on one line of stdout."""
    click.echo(json.dumps(value, ensure_ascii=False))


def say(text: str, *, style: str | None = None) -> None:
    """A line of narration, printed as it is: no markup, so that names in brackets survive."""
    narration.print(text, style=style, markup=False)


def leave_interrupted() -> NoReturn:
    """Say that a person ended it, give the database back, and go at once: a step that was cut off may hold a lock that Python would wait for."""
    from mge_resources.database import embedded_postgres
    from mge_resources.settings import read_settings

    code = narrate_error(KeyboardInterrupt())
    settings = read_settings()
    if settings.database_url is None:
        embedded_postgres(settings).release()
    sys.stdout.flush()
    os._exit(code)


def narrate_usage(error: click.ClickException) -> int:
    """Print in one line what is wrong with the command as it was typed, and where its help is; answers the exit code."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    path = context.command_path if context else "mge"
    say(f"error: {' '.join(error.format_message().split()).rstrip('.')}; see `{path} --help`", style="red")
    return error.exit_code


def narrate_error(error: BaseException) -> int:
    """Print an error that is meant for a person, each on its line, and answer the exit code. Raises any other error again."""
    from mge_resources.database.errors import DatabaseError

    if isinstance(error, KeyboardInterrupt):
        say("interrupted; what was done is kept, and running the same again goes on from there", style="yellow")
        return EXIT_INTERRUPTED
    if isinstance(error, BrokenPipeError):
        sys.stderr.close()
        return 0
    if isinstance(error, MgeError):
        for one in (error, *getattr(error, "others", ())):
            say(f"error: {one}", style="red")
        return EXIT_INPUT
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        say(f"error: the disk is full at {error.filename or 'MGE_HOME'}; free some space there, or put MGE_HOME on another disk", style="red")
        return EXIT_ENVIRONMENT
    if isinstance(error, (DatabaseError, SettingsError, OSError)):
        say(f"error: {error}", style="red")
        return EXIT_ENVIRONMENT
    if type(error).__module__.startswith(("sqlalchemy", "psycopg2", "dagster_postgres")):
        say(f"error: the database went away: {str(error).splitlines()[0]}; run the same again", style="red")
        return EXIT_ENVIRONMENT
    raise error

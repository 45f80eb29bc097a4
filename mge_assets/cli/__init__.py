"""The ``mge`` command. Data goes to stdout, narration to stderr; ``docs/commands.md`` has the exit codes.

Commands import what they need when they run, so that ``mge --help`` and ``mge atomize`` start without a database or Dagster.
"""

import logging
import signal
import sys
from importlib.metadata import version

import click

from mge_assets.cli.control import cancel, pause
from mge_assets.cli.database import database
from mge_assets.cli.dev import dev
from mge_assets.cli.doctor import doctor
from mge_assets.cli.estimate import estimate
from mge_assets.cli.graph import graph
from mge_assets.cli.inspect import atomize, schema
from mge_assets.cli.output import narrate_error, narrate_usage
from mge_assets.cli.planning import import_
from mge_assets.cli.run import resume, retry, run
from mge_assets.cli.status import status


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(version("mge"), prog_name="mge")
def cli() -> None:
    """Turn a masterplan into validated code, atom by atom.

    Start with `mge run`: it takes the small bundled plan all the way to a delivered project.
    """


for _command in (run, resume, pause, cancel, retry, estimate, dev, import_, atomize, graph, status, doctor, schema, database):
    cli.add_command(_command)


def main() -> None:
    """Run the command line and exit with its code; errors that are meant for a person come out as one line."""
    logging.getLogger().setLevel(logging.ERROR)  # libraries' retries are no news for a terminal; ours are said by ourselves
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        code = cli.main(standalone_mode=False)
    except click.exceptions.Abort:  # what click makes of an interrupt
        code = narrate_error(KeyboardInterrupt())
    except click.ClickException as error:
        code = narrate_usage(error)
    except (Exception, KeyboardInterrupt) as error:
        code = narrate_error(error)
    sys.exit(code or 0)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt

"""``mge dev``: Dagster's UI and daemon, and the review page, side by side until they are interrupted."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import BinaryIO

import click

from mge_assets.cli.output import EXIT_ENVIRONMENT, EXIT_INPUT, say
from mge_resources.settings import Settings, read_settings

HOST = "127.0.0.1"
STOP_SECONDS = 15.0
"""How long the processes may take to end before they are killed."""


@click.command()
@click.option("--port", default=3000, show_default=True, help="Port of Dagster's UI; the next free one is taken where it is in use.")
@click.option("--review-port", default=3010, show_default=True, help="Port of the review page, likewise.")
def dev(port: int, review_port: int) -> None:
    """Start Dagster's UI, its daemon and the review page, and print their addresses. They listen on this machine only: there is no log-in."""
    from mge_resources.database.locks import open_lock, try_lock
    from mge_resources.instance_files import WORKSPACE, instance_file, prepare_dagster_home

    settings = read_settings()
    dagster_port = _free_port(port)
    page_port = _free_port(review_port, other_than=dagster_port)
    environment = {**os.environ, "DAGSTER_HOME": str(prepare_dagster_home(settings.dagster_home)), "MGE_HOME": str(settings.root)}
    settings.watched.mkdir(parents=True, exist_ok=True)
    alone = open_lock(settings.root / "dev.lock")
    if not try_lock(alone, fcntl.LOCK_EX):
        say(f"error: `mge dev` runs already for {settings.root}; use that one, or set MGE_HOME to another folder", style="red")
        raise SystemExit(EXIT_INPUT)
    _prepare(settings)
    dagster = ["-m", "dagster", "dev", "-w", str(instance_file(WORKSPACE)), "-h", HOST, "-p", str(dagster_port)]
    review = ["-m", "mge_assets.web", "--host", HOST, "--port", str(page_port)]
    say(f"Dagster      http://{HOST}:{dagster_port}")
    say(f"review page  http://{HOST}:{page_port}")
    say(f"plan folder  {settings.watched}  (a plan file that is dropped here is run)")
    log = settings.logs / "dagster.log"
    say(f"log          {log}")
    say("Ctrl-C ends all of it")
    with log.open("ab") as stream:
        raise SystemExit(_until_one_ends((dagster, review), environment, stream))


def _prepare(settings: Settings) -> None:
    """Start and migrate the database once, before several processes ask for it."""
    from mge_assets.services.workspace import open_workspace

    open_workspace(settings).close()


def _until_one_ends(commands: Sequence[Sequence[str]], environment: dict[str, str], log: BinaryIO) -> int:
    """Run Python with each of the arguments until one of them ends or we are told to stop; answers the exit code. What they print goes to the log."""
    running = [subprocess.Popen([sys.executable, *command], env=environment, stdout=log, stderr=log, start_new_session=True) for command in commands]  # noqa: S603
    try:
        while all(process.poll() is None for process in running):
            time.sleep(0.2)
        ended = next(process for process in running if process.poll() is not None)
        say(f"error: {' '.join(map(str, ended.args[1:4]))} ended with exit code {ended.returncode}; see {log.name}", style="red")  # type: ignore[index]
    except KeyboardInterrupt:
        say("stopping …")
        return 0
    finally:
        _stop(running)
    return EXIT_ENVIRONMENT


def _stop(running: Sequence["subprocess.Popen[bytes]"]) -> None:
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
    deadline = time.monotonic() + STOP_SECONDS
    for process in running:
        try:
            process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _free_port(wanted: int, other_than: int | None = None) -> int:
    """The wanted port, or the next one up that nobody listens on."""
    for port in range(wanted, min(wanted + 100, 65536)):
        if port == other_than:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port from {wanted} on; name another with --port or --review-port")

"""A run whose database server goes away in the middle goes on by itself when that is back, or starts it again where it is its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from mge_resources.database import EmbeddedPostgres
from mge_tests.fakes.emulator.server import MessagesServer
from mge_tests.recovery.environment import run_environment
from mge_tests.services.layered import Layered

PLAN = Layered("restarted", (4, 4))


def started(environment: dict[str, str], folder: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "mge_assets.cli", "run", str(PLAN.write(folder)), "--out", str(folder / "out"), "--json"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def kill_after(calls: int, server: MessagesServer, run: "subprocess.Popen[str]", database: EmbeddedPostgres, how: signal.Signals) -> None:
    """Kill the database server once so many answers were paid for."""
    while len(server.ledger.bills) < calls:
        assert run.poll() is None, run.communicate()[1]
        time.sleep(0.01)
    pid = database.status().pid
    assert pid is not None
    os.kill(pid, how)


def check(run: "subprocess.Popen[str]", folder: Path, server: MessagesServer) -> str:
    """It came to its end at the first start, with every file, and no answer was paid for twice; gives what it said."""
    out, errors = run.communicate(timeout=200)
    assert run.returncode == 0, errors
    assert json.loads(out)["status"] == "completed"
    assert {(folder / "out" / file).read_text() for file in PLAN.files} == set(PLAN.files.values())
    assert len(server.ledger.bills) == len({bill.atom for bill in server.ledger.bills})
    return errors


def test_a_run_waits_for_a_server_of_ones_own_that_is_restarted(tmp_path: Path):
    own = EmbeddedPostgres(tmp_path / "own/data")
    with PLAN.emulator(latency=0.3) as server:
        try:
            run = started(run_environment(tmp_path, own.start(), server.url), tmp_path)
            kill_after(3, server, run, own, signal.SIGQUIT)  # as pg_ctl does it with -m immediate
            time.sleep(2)
            own.start()
            said = check(run, tmp_path, server)
        finally:
            own.stop()
    assert said.count("the database does not answer") == said.count("the database answers again") == 1, said


def test_a_run_starts_its_embedded_server_again_that_is_killed(tmp_path: Path):
    embedded = EmbeddedPostgres(tmp_path / "mge/postgres/data")
    with PLAN.emulator(latency=0.3) as server:
        try:
            environment = run_environment(tmp_path, "", server.url)
            run = started(environment, tmp_path)
            kill_after(3, server, run, embedded, signal.SIGKILL)
            check(run, tmp_path, server)
        finally:
            embedded.stop()

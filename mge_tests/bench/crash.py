"""Runs of generated atoms that are killed with -9 again and again: nothing is lost, nothing is paid for twice, and the end is the same.

    nice python -m mge_tests.bench.crash [--kills 200] [--atoms 40] [--points] [--postgres SECONDS] [--faults]

Each kill comes at a random moment of a run, with ``--points`` at each of the named ones; the next run takes it up. The emulator's ledger tells what was
paid, the journal what we know of. With ``--postgres`` the server is stopped at once (-m immediate, as pg_ctl calls it) every 5 to 20 seconds instead, and is
away for up to 5. With ``--faults`` answers fail at the rates of the reliability protocol. Prints failures of how many, and the bound of 95 % that so many
good ones give.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from mge_resources.database import EmbeddedPostgres
from mge_tests.fakes.emulator.latency import Latencies
from mge_tests.recovery.killed_at import ONCE, POINTS
from mge_tests.services.layered import Layered

RATES = {"429": 0.20, "529": 0.10, "silence": 0.0, "reset inside": 0.05, "html 200": 0.05, "max_tokens": 0.05, "empty": 0.02, "slow drip": 0.02}
"""Shares of answers that fail, from the reliability protocol; a time-out is left to ``--faults`` runs with a deadline of their own."""


@dataclass
class Installation:
    """One home with its database, and the plan that is run in it again and again."""

    folder: Path
    plan: Path
    url: str
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, point: str = "") -> "subprocess.Popen[str]":
        """The run as a process; with a point it is killed there, at the second time where there is one."""
        program = ["mge_tests.recovery.killed_at", point, "1" if point in ONCE else "2"] if point else ["mge_assets.cli"]
        command = [sys.executable, "-m", *program, "run", str(self.plan), "--out", str(self.folder / "out"), "--json"]
        return subprocess.Popen(command, env={**os.environ, **self.environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def query(self, statement: str) -> list[Any]:
        engine = create_engine(self.url)
        try:
            with engine.connect() as connection:
                return list(connection.execute(text(statement)))
        finally:
            engine.dispose()

    def digest(self) -> str:
        rows = self.query("SELECT name, status::text, md5(code) FROM mge.atomic_units ORDER BY name")
        return hashlib.sha256(json.dumps([list(row) for row in rows]).encode()).hexdigest()


def main() -> None:
    """Kill, count, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--atoms", type=int, default=40)
    parser.add_argument("--points", action="store_true", help="kill at each named point instead")
    parser.add_argument("--postgres", type=float, default=0.0, help="seconds of a restarting database")
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    plan = Layered("crashed", (given.atoms // 4,) * 4)
    with tempfile.TemporaryDirectory() as name, plan.emulator(latencies=Latencies(1, 0.2), rates=RATES if given.faults else {}, seed=given.seed) as server:
        folder = Path(name)
        database = EmbeddedPostgres(folder / "postgres/data")
        url = database.start()
        try:
            first = installation(folder / "undisturbed", plan, url, server.url)
            finish(first)
            wanted = first.digest()
            first.query("SELECT 1")
            server.ledger.bills.clear()
            if given.postgres:
                restarted(folder, plan, url, server, database, given, wanted)
            elif given.points:
                at_points(folder, plan, url, server, wanted)
            else:
                killed(folder, plan, url, server, given, wanted)
        finally:
            database.stop()


def installation(folder: Path, plan: Layered, url: str, model: str) -> Installation:
    """A database of its own on the server."""
    folder.mkdir(parents=True)
    name = folder.name.replace("-", "_")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    own = url.replace("/postgres?", f"/{name}?").replace("/mge?", f"/{name}?")
    environment = {"MGE_HOME": str(folder / "mge"), "MGE_DATABASE_URL": own, "ANTHROPIC_BASE_URL": model, "ANTHROPIC_API_KEY": "key"}
    return Installation(folder, plan.write(folder), own, {**environment, "MGE_SANDBOX": "off", "MGE_BUDGET_USD": "1000"})


def finish(where: Installation) -> dict[str, Any]:
    """Run to the end."""
    done = where.run()
    out, errors = done.communicate(timeout=900)
    if done.returncode not in (0, 1) or not out:
        sys.exit(f"exit code {done.returncode}: {errors[-2000:]}")
    found: dict[str, Any] = json.loads(out)
    return found


def killed(folder: Path, plan: Layered, url: str, server: Any, given: argparse.Namespace, wanted: str) -> None:
    """Fresh installations, each killed up to five times and then left to finish."""
    chance, kills, rounds, wrong = random.Random(given.seed), 0, 0, Counter[str]()
    while kills < given.kills:
        rounds += 1
        where = installation(folder / f"round-{rounds}", plan, url, server.url)
        server.ledger.bills.clear()
        for _ in range(min(5, given.kills - kills)):
            victim = where.run()
            moment = chance.uniform(3.0, 14.0)  # starting takes about 3 s of it
            with suppress(subprocess.TimeoutExpired):
                victim.wait(moment)
            if victim.poll() is None:
                victim.send_signal(signal.SIGKILL)
                kills += 1
            victim.communicate()
        finish(where)
        audit(where, server, wanted, wrong)
        print(f"{kills} kills in {rounds} rounds: {dict(wrong) or 'nothing wrong'}", flush=True)
    print(f"{sum(wrong.values())} failures; with none in {kills}, at most {300 / max(kills, 1):.1f} % of kills do harm (95 %)")


def at_points(folder: Path, plan: Layered, url: str, server: Any, wanted: str) -> None:
    """A fresh installation for each point: killed there, and left to finish."""
    wrong = Counter[str]()
    for number, point in enumerate(POINTS):
        where = installation(folder / f"point-{number}", plan, url, server.url)
        server.ledger.bills.clear()
        victim = where.run(point)
        victim.communicate()
        wrong["point not reached"] += victim.returncode != -signal.SIGKILL
        finish(where)
        audit(where, server, wanted, wrong)
        print(f"{point}: {dict(wrong) or 'nothing wrong'}", flush=True)
    print(f"{sum(wrong.values())} failures at {len(POINTS)} points")


def restarted(folder: Path, plan: Layered, url: str, server: Any, database: EmbeddedPostgres, given: argparse.Namespace, wanted: str) -> None:
    """Run after run while the database goes away again and again."""
    chance, wrong, stops, rounds = random.Random(given.seed), Counter[str](), 0, 0
    over = threading.Event()

    def disturb() -> None:
        nonlocal stops
        while not over.wait(chance.uniform(5, 20)):
            pid = database.status().pid
            if pid:
                os.kill(pid, signal.SIGQUIT)
                stops += 1
                time.sleep(chance.uniform(0, 5))
                database.start()

    thread, begin = threading.Thread(target=disturb), time.monotonic()
    thread.start()
    try:
        while time.monotonic() - begin < given.postgres:
            rounds += 1
            while True:
                try:
                    where = installation(folder / f"turn-{rounds}-{stops}", plan, url, server.url)
                    break
                except Exception:
                    time.sleep(1)
            server.ledger.bills.clear()
            attempts = run_on(where)
            audit(where, server, wanted, wrong)
            print(f"{rounds} runs, {stops} restarts, the last in {attempts} starts: {dict(wrong) or 'nothing wrong'}", flush=True)
    finally:
        over.set()
        thread.join()


def run_on(where: Installation) -> int:
    """Start the run until it comes to its end; answers how often that took."""
    for attempt in range(1, 20):
        done = where.run()
        _, errors = done.communicate(timeout=900)
        if done.returncode in (0, 1) and "error:" not in errors:
            return attempt
        print("   again:", errors.strip().splitlines()[-1][:200] if errors.strip() else done.returncode, flush=True)
    return 20


def audit(where: Installation, server: Any, wanted: str, wrong: Counter[str]) -> None:
    """What the service was paid for against what the journal knows, and the end against the undisturbed one."""
    for _ in range(30):
        with suppress(Exception):
            _audit(where, server, wanted, wrong)
            return
        time.sleep(1)
    wrong["could not be audited"] += 1


def _audit(where: Installation, server: Any, wanted: str, wrong: Counter[str]) -> None:
    unknown = where.query("SELECT count(*) FROM mge.llm_calls WHERE state = 'unknown'")[0][0]
    settled = float(where.query("SELECT coalesce(sum(cost_usd), 0) FROM mge.llm_calls WHERE state = 'settled'")[0][0])
    booked = float(where.query("SELECT coalesce(sum(cost_usd), 0) FROM mge.llm_calls")[0][0])
    budget = float(where.query("SELECT coalesce(sum(committed_usd), 0) FROM mge.plan_budgets")[0][0])
    open_calls = where.query("SELECT count(*) FROM mge.llm_calls WHERE state = 'reserved'")[0][0]
    calls = Counter(bill.atom for bill in server.ledger.bills if bill.fault in ("", "none"))
    twice = sum(count - 1 for count in calls.values())
    wrong["another end"] += where.digest() != wanted
    wrong["calls left open"] += open_calls
    wrong["paid twice beyond what was in flight"] += max(0, twice - unknown)
    wrong["settled more than was charged"] += settled > server.ledger.usd + 1e-3
    wrong["charged more than is booked"] += server.ledger.usd > booked + 1e-3
    wrong["budget and journal differ"] += abs(budget - booked) > 1e-6
    for name in [name for name, count in wrong.items() if not count]:
        del wrong[name]


if __name__ == "__main__":
    main()

"""Runs of generated atoms that are killed with -9 again and again: nothing is lost, nothing is paid for twice, and the end is the same.

    nice python -m mge_tests.bench.crash [--kills 200] [--atoms 40] [--points] [--sandboxed] [--postgres SECONDS] [--gap 5 20] [--embedded] [--faults]

Each kill comes at a random moment of a run, with ``--points`` at each of the named ones; the next run takes it up. Of every four victims one is a process
that the run has started (a checker, the sandbox), which the run has to outlast. The emulator's ledger tells what was paid, the journal what we know of. The
end is the atoms with their code, attempts and confidence, the review queue and the delivered project. With ``--sandboxed`` the plan has acceptance
tests that run in the sandbox, and what a kill leaves behind is counted too. With ``--postgres`` the server is stopped at once (-m
immediate, as pg_ctl calls it) every 5 to 20 seconds instead (``--gap``), and is away for up to 5; with ``--embedded`` it is the run's own server that is
killed with -9, and the run has to start it again. With ``--faults`` nothing is killed: answers fail at the rates of the reliability protocol. Prints failures
of how many, where the kills fell, and the bound of 95 % that so many good ones give.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mge_resources.database import EmbeddedPostgres
from mge_tests.bench.crash_audit import Installation, audit, embedded_installation, installation
from mge_tests.bench.crash_embedded import Killer
from mge_tests.bench.crash_leftovers import Leftovers, Tested
from mge_tests.bench.protocol_faults import RATES, held_out
from mge_tests.fakes.emulator.latency import Latencies
from mge_tests.fakes.emulator.server import MessagesServer
from mge_tests.recovery.killed_at import POINTS
from mge_tests.services.layered import Layered

LAYERS = 5
KILLS_A_ROUND = 8
WORKERS_SHARE = 0.25
"""Share of the victims that are not the run itself."""


@dataclass(frozen=True)
class Ground:
    """Where the runs are made: a folder, a plan, a database server, an emulator, and what an undisturbed run comes to and takes in seconds."""

    folder: Path
    plan: Layered
    url: str
    server: MessagesServer
    wanted: dict[str, list[str]]
    seconds: float
    settings: Mapping[str, str]

    def fresh(self, name: str) -> Installation:
        """An empty installation with temporary files of its own; bills are counted from now on, once those of killed calls have been written."""
        while self.server.in_flight:  # an answer that stalls is charged though nobody waits for it any more
            time.sleep(0.05)
        where = installation(self.folder / name, self.plan, self.url, self.server.url, TMPDIR=str(self.folder / name / "tmp"), **self.settings)
        (where.folder / "tmp").mkdir()
        self.server.ledger.bills.clear()
        return where


def main() -> None:
    """Kill, count, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--atoms", type=int, default=40)
    parser.add_argument("--points", action="store_true", help="kill at each named point instead")
    parser.add_argument("--postgres", type=float, default=0.0, help="seconds of a restarting database")
    parser.add_argument("--gap", type=float, nargs=2, default=(5.0, 20.0), help="seconds between two stops of the database, at least and at most")
    parser.add_argument("--embedded", action="store_true", help="with --postgres: the run's own server, killed with -9")
    parser.add_argument("--sandboxed", action="store_true", help="a plan with acceptance tests, run in the sandbox; what a kill leaves is looked for")
    parser.add_argument("--faults", action="store_true", help="answers that fail, and no kills")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    plan = (Tested if given.sandboxed else Layered)("crashed", (given.atoms // LAYERS,) * LAYERS)
    rates = RATES if given.faults else {}
    with tempfile.TemporaryDirectory() as name, plan.emulator(latencies=Latencies(1, 0.2), rates=rates, seed=given.seed) as server:
        folder = Path(name)
        database = EmbeddedPostgres(folder / "postgres/data")
        url = database.start()
        try:
            if given.faults:
                held_out(installation(folder / "failing", plan, url, server.url), server)
                return
            own = {"MGE_SANDBOX": "auto", "MGE_MUTATION_SECONDS": "0"} if given.sandboxed else {}
            first = installation(folder / "undisturbed", plan, url, server.url, **own)
            begin = time.monotonic()
            finish(first)
            ground = Ground(folder, plan, url, server, first.ends(), time.monotonic() - begin, own)
            print(f"an undisturbed run takes {ground.seconds:.1f} s", flush=True)
            if given.postgres and given.embedded:
                revived(ground, given)
            elif given.postgres:
                restarted(ground, database, given)
            elif given.points:
                at_points(ground)
            else:
                killed(ground, given)
        finally:
            database.stop()


def finish(where: Installation) -> dict[str, Any]:
    """Run to the end."""
    run = where.run()
    code = run.wait(900)
    if code not in {0, 1}:
        run.kill()
        sys.exit(f"exit code {code}: {run.errors.read_text()[-2000:]}")
    found: dict[str, Any] = json.loads(run.out.read_text())
    return found


def killed(ground: Ground, given: argparse.Namespace) -> None:
    """Fresh installations, in each of which runs are killed up to eight times, or until one comes to its end before; then it is left to finish."""
    chance, wrong, fell = random.Random(given.seed), Counter[str](), Counter[str]()
    rounds = in_flight = workers = 0
    length = ground.seconds
    leftovers = Leftovers()
    while sum(fell.values()) < given.kills:
        rounds += 1
        where = ground.fresh(f"round-{rounds}")
        for _ in range(min(KILLS_A_ROUND, given.kills - sum(fell.values()))):
            run = where.run()
            code = run.wait(chance.uniform(0.05, length))
            if code is None and chance.random() < WORKERS_SHARE and (below := run.workers()):
                with suppress(ProcessLookupError):
                    os.kill(chance.choice(below), signal.SIGKILL)
                    workers += 1
                code = run.wait(chance.uniform(0.05, length / 2))
            if code is not None:
                wrong["a run that failed"] += code != 0
                break
            below = run.workers()
            run.kill()
            if given.sandboxed:
                wrong.update(leftovers.of(where, below))
            stage, calls = where.stands()
            fell[stage] += 1
            in_flight += calls
        begin = time.monotonic()
        finish(where)
        length = time.monotonic() - begin  # moments follow the machine's load, or most would come after the end
        audit(where, ground.server, ground.wanted, wrong)
        if given.sandboxed:
            wrong.update(leftovers.of(where, []))
        print(f"{sum(fell.values())} kills and {workers} of workers in {rounds} rounds, {in_flight} calls in flight: {faults_of(wrong)}", flush=True)
    print("  " + ", ".join(f"{stage[2:]}: {count}" for stage, count in sorted(fell.items())))
    if given.sandboxed:
        print(f"  {leftovers.seen} processes below those that were killed")
    total = sum(fell.values()) + workers
    print(f"{sum(wrong.values())} failures; with none in {total}, at most {300 / max(total, 1):.1f} % of kills do harm (95 %)")


def at_points(ground: Ground) -> None:
    """A fresh installation for each point: killed there, and left to finish."""
    wrong = Counter[str]()
    for number, point in enumerate(POINTS):
        where = ground.fresh(f"point-{number}")
        wrong["point not reached"] += where.run(point).wait() != -signal.SIGKILL
        finish(where)
        audit(where, ground.server, ground.wanted, wrong)
        print(f"{point}: {faults_of(wrong)}", flush=True)
    print(f"{sum(wrong.values())} failures at {len(POINTS)} points")


def restarted(ground: Ground, database: EmbeddedPostgres, given: argparse.Namespace) -> None:
    """Run after run while the database goes away again and again."""
    chance, wrong, needed, stops, rounds = random.Random(given.seed), Counter[str](), Counter[int](), 0, 0
    over = threading.Event()

    def disturb() -> None:
        nonlocal stops
        while not over.wait(chance.uniform(*given.gap)):
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
            where = _made_at_last(ground, f"turn-{rounds}")
            starts = run_on(where)
            needed[starts] += 1
            audit(where, ground.server, ground.wanted, wrong)
            print(f"{rounds} runs, {stops} restarts, the last in {starts} starts: {faults_of(wrong)}", flush=True)
    finally:
        over.set()
        thread.join()
    more = rounds - needed[1]
    print(f"{sum(wrong.values())} failures in {rounds} runs with {stops} restarts in {time.monotonic() - begin:.0f} s; {more} needed more than one start")


def revived(ground: Ground, given: argparse.Namespace) -> None:
    """Run after run while the run's own database server is killed again and again."""
    chance, wrong, needed, fell = random.Random(given.seed), Counter[str](), Counter[int](), Counter[str]()
    begin = time.monotonic()
    while time.monotonic() - begin < given.postgres:
        ground.server.ledger.bills.clear()
        where = embedded_installation(ground.folder / f"own-{sum(needed.values())}", ground.plan, ground.server.url)
        assert where.embedded is not None
        try:
            with Killer(where, chance, given.gap) as killer:
                starts = run_on(where)
            audit(where, ground.server, ground.wanted, wrong)
        finally:
            where.embedded.stop()
        needed[starts] += 1
        fell += killer.fell
        print(f"{sum(needed.values())} runs, {dict(fell)} killed, the last in {starts} starts: {faults_of(wrong)}", flush=True)
    more, rounds = sum(needed.values()) - needed[1], sum(needed.values())
    seconds = time.monotonic() - begin
    print(f"{sum(wrong.values())} failures in {rounds} runs with {dict(fell)} killed in {seconds:.0f} s; {more} needed more than one start")


def _made_at_last(ground: Ground, name: str) -> Installation:
    while True:
        try:
            return ground.fresh(f"{name}-{time.monotonic_ns()}")
        except Exception:
            time.sleep(1)


def run_on(where: Installation) -> int:
    """Start the run until it comes to its end; answers how often that took."""
    for attempt in range(1, 20):
        run = where.run()
        code, errors = run.wait(900), run.errors.read_text()
        if code == 0:
            return attempt
        said = [line for line in errors.splitlines() if line.startswith(("error:", "paused:"))] or errors.strip().splitlines()[-1:]
        print(f"   exit code {code}:", *(line[:300] for line in said[:3]), flush=True)
        time.sleep(1)
    return 20


def faults_of(wrong: Counter[str]) -> str:
    """What went wrong so far, in words."""
    return ", ".join(f"{name} {count}" for name, count in wrong.items() if count) or "nothing wrong"


if __name__ == "__main__":
    main()

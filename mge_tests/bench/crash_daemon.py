"""Processes of ``mge dev`` killed with -9 at random moments: plans that were dropped into its folder are delivered all the same, and paid for once.

    nice python -m mge_tests.bench.crash_daemon [--plans 12] [--atoms 20] [--victim all] [--job planning_job] [--seed 1]

The kill comes while a run of one of the three jobs is under way. The victim is that run's process, the code server, the daemon, the web server, or all of
them at once, as when a machine stops; ``mge dev`` is started again where it ended with them. Counted are plans that were not delivered as they should be
within ten minutes, and answers paid for twice beyond those in flight.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError

from mge_resources.database import EmbeddedPostgres
from mge_tests.fakes.emulator.latency import Latencies
from mge_tests.fakes.emulator.server import MessagesServer
from mge_tests.recovery.nursery import below
from mge_tests.services.layered import Layered

VICTIMS = {"run": ("spawn_main",), "code server": ("api grpc",), "daemon": ("_daemon",), "web server": ("dagster_webserver", "webserver"), "all": ("",)}
"""The marks by which a process is known by its command line."""
PATIENCE_SECONDS = 600.0
JOBS = {"planning_job": 3.0, "execution_job": 5.0, "delivery_job": 1.5}
"""How long after the job's run has started a kill comes at the latest, in seconds."""


@dataclass
class Development:
    """``mge dev`` in a home of its own."""

    home: Path
    environment: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = None

    def ensure(self) -> None:
        """Start it where it does not run."""
        if self.process is None or self.process.poll() is not None:
            command = [sys.executable, "-m", "mge_assets.cli", "dev", "--port", "3900", "--review-port", "3950"]
            log = (self.home.parent / "dev.log").open("ab")
            self.process = subprocess.Popen(command, env={**os.environ, **self.environment}, stdout=log, stderr=log, start_new_session=True)

    def victims(self, kind: str) -> Sequence[int]:
        """The processes of this kind."""
        assert self.process is not None
        found = []
        for pid in below(self.process.pid):
            with suppress(OSError):
                words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if any(mark in words for mark in VICTIMS[kind]):
                    found.append(pid)
        return [*found, self.process.pid] if kind == "all" else found

    def stop(self) -> None:
        """End all of it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                kill(self.victims("all"))


def kill(pids: Sequence[int]) -> int:
    """End them with -9; answers how many there were."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(pids)


def main() -> None:
    """Kill, wait, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--plans", type=int, default=12)
    parser.add_argument("--atoms", type=int, default=20)
    parser.add_argument("--victim", choices=list(VICTIMS), help="each in turn if left out")
    parser.add_argument("--job", choices=list(JOBS), help="any if left out")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    shape = Layered("dropped", (given.atoms // 4,) * 4)
    with tempfile.TemporaryDirectory() as name, shape.emulator(latencies=Latencies(1, 1.0), seed=given.seed) as server:
        home = Path(name) / "mge"
        (home / "plans").mkdir(parents=True)
        database = EmbeddedPostgres(Path(name) / "postgres/data")
        url = database.start()
        named = {"MGE_HOME": str(home), "MGE_DATABASE_URL": url, "ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "key", "MGE_SANDBOX": "off"}
        development = Development(home, named)
        try:
            rounds(development, shape, server, url, given)
        finally:
            development.stop()
            database.stop()


def rounds(development: Development, shape: Layered, server: MessagesServer, url: str, given: argparse.Namespace) -> None:
    """A plan a round, and a kill in each."""
    chance, wrong, killed = random.Random(given.seed), Counter[str](), Counter[str]()
    kinds = [kind for _ in range(given.plans) for kind in chance.sample(list(VICTIMS), len(VICTIMS))]
    for number in range(given.plans):
        development.ensure()
        plan = f"dropped-{number}"
        server.ledger.bills.clear()
        drop(shape, plan, development.home / "plans")
        begin = time.monotonic()
        kind, job = given.victim or kinds[number], given.job or chance.choice(list(JOBS))
        await_start(development, url, plan, job, begin)
        time.sleep(chance.uniform(0, JOBS[job]))
        pids = development.victims(kind)
        moment = time.monotonic() - begin
        killed[kind] += bool(kill(pids))
        found = delivered(development, shape, plan, begin)
        wrong["not delivered"] += not found
        wrong["paid twice beyond what was in flight"] += paid_twice(server, url, plan)
        words = ", ".join(f"{what} {count}" for what, count in wrong.items() if count) or "nothing wrong"
        outcome = f"delivered after {found:.0f} s" if found else "not delivered"
        print(f"{plan}: {kind} killed ({len(pids)}) in {job} after {moment:.0f} s, {outcome}: {words}", flush=True)
    print(f"{sum(wrong.values())} failures in {given.plans} plans; killed: {dict(killed)}")


def drop(shape: Layered, plan: str, folder: Path) -> None:
    """The plan, with descriptions of its own so that no other's code is re-used, put into the folder at once."""
    path = Layered(plan, shape.widths).write(folder.parent)
    path.write_text(path.read_text().replace("Functions of layer", f"Functions of {plan}, layer"))
    path.rename(folder / path.name)


def await_start(development: Development, url: str, plan: str, job: str, begin: float) -> None:
    """Wait until a run of this job for the plan has started."""
    query = "SELECT count(*) FROM dagster.runs JOIN dagster.run_tags USING (run_id) WHERE key = 'mge/masterplan' AND value = :plan AND pipeline_name = :job"
    engine = create_engine(url)
    while time.monotonic() - begin < PATIENCE_SECONDS:
        development.ensure()
        with suppress(ProgrammingError), engine.connect() as connection:  # at first there are no tables
            if connection.scalar(text(f"{query} AND status IN ('STARTED', 'SUCCESS')"), {"plan": plan, "job": job}):
                break
        time.sleep(0.2)
    engine.dispose()


def delivered(development: Development, shape: Layered, plan: str, begin: float) -> float:
    """Seconds until the project is there as it should be; 0 where it does not come."""
    made = development.home / "delivered" / plan
    while time.monotonic() - begin < PATIENCE_SECONDS:
        development.ensure()
        if all((made / file).is_file() and (made / file).read_text() == source for file, source in shape.files.items()):
            return time.monotonic() - begin
        time.sleep(0.5)
    return 0.0


def paid_twice(server: MessagesServer, url: str, plan: str) -> int:
    """Answers paid for more than once, beyond those whose outcome the journal does not know."""
    twice = sum(count - 1 for count in Counter(bill.atom for bill in server.ledger.bills).values())
    query = "SELECT count(*) FROM mge.llm_calls JOIN mge.executions USING (execution_id) JOIN mge.masterplans USING (masterplan_id) WHERE name = :plan"
    engine = create_engine(url)
    with engine.connect() as connection:
        unknown = connection.scalar(text(f"{query} AND llm_calls.state = 'unknown'"), {"plan": plan}) or 0
    engine.dispose()
    return max(0, twice - unknown)


if __name__ == "__main__":
    main()

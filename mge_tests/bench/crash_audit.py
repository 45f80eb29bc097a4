"""What a run that was disturbed left behind, against one that was not: its end, and what was paid for."""

import hashlib
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from mge_resources.database import EmbeddedPostgres
from mge_tests.fakes.emulator.server import MessagesServer
from mge_tests.recovery import nursery
from mge_tests.recovery.killed_at import ONCE
from mge_tests.services.layered import Layered

_ATOMS = "SELECT name, status::text, md5(code), attempts, confidence_score FROM mge.atomic_units ORDER BY name"
_REVIEWS = """
    SELECT a.name, r.status::text, r.priority, r.confidence_score, r.reasons, r.code_digest
    FROM mge.human_review_queue r JOIN mge.atomic_units a USING (atom_id) ORDER BY a.name
"""


@dataclass
class Installation:
    """One home with its database, and the plan that is run in it again and again."""

    folder: Path
    plan: Path
    url: str
    environment: dict[str, str] = field(default_factory=dict)
    embedded: EmbeddedPostgres | None = None
    pids: list[int] = field(default_factory=list)

    def run(self, point: str = "") -> nursery.Run:
        """The run as a process; with a point it is killed there, at the second time where there is one."""
        arguments = ["run", str(self.plan), "--out", str(self.folder / "out"), "--json"]
        run = nursery.start(arguments, self.environment, self.folder, point=point, time=1 if point in ONCE else 2)
        self.pids.append(run.pid)
        return run

    def query(self, statement: str) -> list[Any]:
        """Rows of the installation's database, its own server started if need be."""
        if self.embedded is not None:
            self.embedded.ensure_running()
        engine = create_engine(self.url)
        try:
            with engine.connect() as connection:
                return list(connection.execute(text(statement)))
        finally:
            engine.dispose()

    def ends(self) -> dict[str, list[str]]:
        """All that a run is to come to: atoms with a digest of their code, attempts and confidence, the review queue, the delivered project."""
        rows = {name: [str(tuple(row)) for row in self.query(query)] for name, query in (("atoms", _ATOMS), ("reviews", _REVIEWS))}
        files = [path for path in sorted((self.folder / "out").rglob("*")) if path.is_file() and ".git" not in path.parts]
        return rows | {"project": [f"{path.relative_to(self.folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]}

    def stands(self) -> tuple[str, int]:
        """How far the run has come, and how many of its calls are in flight as far as the journal knows."""
        try:
            (plans, atoms, waves, landed, calls), *_ = self.query("""
                SELECT (SELECT count(*) FROM mge.masterplans), (SELECT count(*) FROM mge.atomic_units), (SELECT count(*) FROM mge.execution_waves),
                    (SELECT count(*) FROM mge.atomic_units WHERE status = 'completed'), (SELECT count(*) FROM mge.llm_calls WHERE state = 'reserved')
            """)
            executions = [row[0] for row in self.query("SELECT status::text FROM mge.executions")]
        except Exception:
            return "1 no tables yet", 0
        if not executions:
            return ("4 waves made" if waves else "3 atoms made" if atoms else "2 plan stored" if plans else "1 no plan yet"), calls
        if "running" not in executions:
            return "8 validated, to be delivered", calls
        part = landed / max(1, atoms)
        return ("7 all landed, to be validated" if part == 1 else f"5 executing, {'under' if part < 0.5 else 'over'} half landed"), calls


def embedded_installation(folder: Path, plan: Layered, model: str, **environment: str) -> Installation:
    """A server of its own, which its runs start."""
    folder.mkdir(parents=True)
    server = EmbeddedPostgres(folder / "mge/postgres/data")
    return Installation(folder, plan.write(folder), server.url, _named(folder, model) | environment, server)


def _named(folder: Path, model: str) -> dict[str, str]:
    given = {"ANTHROPIC_BASE_URL": model, "ANTHROPIC_API_KEY": "key", "MGE_BUDGET_USD": "1000"}
    return {"MGE_HOME": str(folder / "mge"), "MGE_SANDBOX": "off"} | given


def installation(folder: Path, plan: Layered, url: str, model: str, **environment: str) -> Installation:
    """A database of its own on the server."""
    folder.mkdir(parents=True)
    name = folder.name.replace("-", "_")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    own = url.replace("/postgres?", f"/{name}?").replace("/mge?", f"/{name}?")
    return Installation(folder, plan.write(folder), own, _named(folder, model) | {"MGE_DATABASE_URL": own} | environment)


def audit(where: Installation, server: MessagesServer, wanted: dict[str, list[str]], wrong: Counter[str]) -> None:
    """What the service was paid for against what the journal knows, and the end against the undisturbed one."""
    for _ in range(30):
        with suppress(Exception):
            found = _audit(where, server, wanted)
            wrong.update({name: count for name, count in found.items() if count})
            return
        time.sleep(1)
    wrong["could not be audited"] += 1


def _audit(where: Installation, server: MessagesServer, wanted: dict[str, list[str]]) -> Counter[str]:
    wrong: Counter[str] = Counter()
    unknown, open_calls = where.query("SELECT count(*) FILTER (WHERE state = 'unknown'), count(*) FILTER (WHERE state = 'reserved') FROM mge.llm_calls")[0]
    sums = "SELECT coalesce(sum(cost_usd) FILTER (WHERE state = 'settled'), 0), coalesce(sum(cost_usd), 0) FROM mge.llm_calls"
    settled, booked = (float(usd) for usd in where.query(sums)[0])
    budget = float(where.query("SELECT coalesce(sum(committed_usd), 0) FROM mge.plan_budgets")[0][0])
    running = where.query("SELECT count(*) FROM mge.executions WHERE status <> 'completed'")[0][0]
    calls = Counter(bill.atom for bill in server.ledger.bills if bill.fault in {"", "none"})
    twice = sum(count - 1 for count in calls.values())
    for name, found in where.ends().items():
        wrong[f"other {name}"] += found != wanted[name]
        for line in sorted(set(found) ^ set(wanted[name]))[:6]:
            print(f"  {'has' if line in found else 'lacks'} {line}", flush=True)
    wrong["executions not completed"] += running
    wrong["calls left open"] += open_calls
    wrong["paid twice beyond what was in flight"] += max(0, twice - unknown)
    wrong["settled more than was charged"] += settled > server.ledger.usd + 1e-3
    wrong["charged more than is booked"] += server.ledger.usd > booked + 1e-3
    wrong["budget and journal differ"] += abs(budget - booked) > 1e-6
    return wrong

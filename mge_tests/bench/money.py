"""A hundred calls at once, and room for one: what was ever over the hard limit, and whether the accounts are the service's.

    nice python -m mge_tests.bench.money [--rounds 50]

Each round a hundred threads book a call over the same journal with a limit that leaves room for exactly one, on connections of their own; the most
that was ever committed is printed beside the limit. Then a plan is generated under every billed fault, and the journal is held against the ledger.
"""

import argparse
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr

from mge_assets.services.workspace import Workspace, open_workspace
from mge_assets.store.journal import Limits, Reservation
from mge_resources.database import EmbeddedPostgres
from mge_resources.settings import Settings
from mge_tests.fakes.emulator.faults import REALISTIC
from mge_tests.services.layered import Layered, generating
from mge_tests.services.walk import plan_all, walk

AT_ONCE = 100


def main() -> None:
    """Race, generate, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=50)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        database = EmbeddedPostgres(Path(name) / "postgres/data")
        settings = Settings(home=Path(name) / "mge", database_url=SecretStr(database.start()), sandbox="off", budget_usd=1000)
        try:
            with open_workspace(settings) as workspace:
                race(workspace, Path(name), rounds)
            generate(settings, Path(name))
        finally:
            database.stop()


def race(workspace: Workspace, folder: Path, rounds: int) -> None:
    """Every round one call's room is left."""
    plan = plan_all(workspace, Layered("raced", (2,)).write(folder))
    lease = workspace.stores.executions.lease(workspace.execution.start(plan, "race"))
    journal, usd = workspace.stores.journal, 0.06
    over, booked = 0.0, Counter[int]()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for turn in range(1, rounds + 1):
            limits = Limits(1000, round(usd * turn, 6))
            calls = [Reservation(uuid4(), uuid4(), "atom", 1, "model", uuid4().hex, usd) for _ in range(AT_ONCE)]
            found = list(threads.map(lambda call, limits=limits: journal.book(lease, [call], limits)[0], calls))
            booked[sum(booking.refusal is None for booking in found)] += 1
            over = max(over, journal.budget(plan, limits).committed_usd - limits.hard_usd)
    print(f"{rounds} races of {AT_ONCE} calls for one call's room: booked {dict(booked)} (wanted 1 each), most over the limit ${max(0.0, over):.6f}")


def generate(settings: Settings, folder: Path) -> None:
    """The accounts of a run under realistic faults."""
    plan = Layered("billed", (20, 20, 20))
    with plan.emulator(rates=REALISTIC, seed=7) as server, open_workspace(generating(settings, server)) as workspace:
        done = walk(workspace, plan.write(folder), folder / "out")
        bill = workspace.stores.journal.bill(workspace.stores.executions.newest("billed").execution_id)  # type: ignore[union-attr]
        known = sum(each.usd for each in server.ledger.bills if each.arrived)
        lost = server.ledger.usd - known
        print(
            f"{done.progress.atoms.completed} of {done.progress.atoms.total} atoms, {bill.calls} calls, {bill.unknown_calls} of unknown fate: "
            f"journal ${bill.usd:.4f}, ledger ${server.ledger.usd:.4f}, of which ${lost:.4f} for answers that never arrived"
        )


if __name__ == "__main__":
    main()

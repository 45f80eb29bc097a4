"""A limit on requests a minute: how much of it is used, and how many calls are refused for nothing.

    nice python -m mge_tests.bench.rate_limits [--atoms 250] [--a-minute 600] [--burst 4] [--latency 0.3]

The plan's atoms need nothing of one another, so that without the limit all would go out at once. After the burst that the service allows at once, the limit
is the bound: atoms behind it over the seconds that they took, as a share of it. The second line is the same with a service that says nothing of its limits.
"""

import argparse
import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from mge_assets.services.workspace import open_workspace
from mge_resources.database import EmbeddedPostgres
from mge_resources.settings import Settings
from mge_tests.services.layered import Layered, generating
from mge_tests.services.walk import plan_all

MINUTE = 60.0


@dataclass(frozen=True)
class Used:
    """One run: the share of the limit that was used once the burst was over, and calls refused of all that were sent."""

    share: float
    refused: int
    sent: int
    seconds: float


def measured(settings: Settings, folder: Path, atoms: int, a_minute: float, burst: float, latency: float, *, told: bool = True) -> Used:
    """Generate this many atoms under this limit. ``told``: whether the service's headers say what it is."""
    plan = Layered("limited" if told else "limited-untold", (atoms,), salt=1 if told else 2)
    with plan.emulator(latency=latency, limits={"requests": a_minute}, burst=burst) as server:
        if not told:
            server.service._limits.headers = dict  # type: ignore[method-assign]
        with open_workspace(generating(settings, server)) as workspace:
            name = plan_all(workspace, plan.write(folder))
            execution = workspace.execution.start(name, name)
            tickets = workspace.execution.atoms(execution, range(len(workspace.dependencies.waves(name).waves)))

            async def all_atoms() -> None:
                await asyncio.gather(*(workspace.execution.run_atom(execution, ticket.atom_id) for ticket in tickets))

            begin = time.monotonic()
            asyncio.run(all_atoms())
            seconds = time.monotonic() - begin
            workspace.execution.finish(execution)
        answered = len(server.ledger.bills)
        behind = answered - burst * a_minute / MINUTE
        return Used(behind / (seconds * a_minute / MINUTE), len(server.received) - answered, len(server.received), seconds)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--atoms", type=int, default=250)
    parser.add_argument("--a-minute", type=float, default=600)
    parser.add_argument("--burst", type=float, default=4.0)
    parser.add_argument("--latency", type=float, default=0.3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        database = EmbeddedPostgres(Path(name) / "postgres/data")
        settings = Settings(home=Path(name) / "mge", database_url=SecretStr(database.start()), sandbox="off", budget_usd=1000, case_seconds=0)
        try:
            for told in (True, False):
                used = measured(settings, Path(name), given.atoms, given.a_minute, given.burst, given.latency, told=told)
                print(
                    f"{'limits told' if told else 'not told':<12} {given.atoms} atoms at {given.a_minute:g} requests a minute: {100 * used.share:.0f} % of it"
                    f" (bound 100), {used.refused} of {used.sent} calls refused, {used.seconds:.1f} s",
                    flush=True,
                )
        finally:
            database.stop()


if __name__ == "__main__":
    main()

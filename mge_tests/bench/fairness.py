"""Ten plans at once on one limit: how many calls each has in flight, and whether all together stay within it.

    nice python -m mge_tests.bench.fairness [--plans 10] [--limit 40] [--seconds 12]

Every plan is a runner of its own, as in ten processes, with more work than its share. Prints calls served by plan and Jain's index of fairness (1 is
fair, 0.1 is one plan taking all of ten's), and the most calls that the server ever saw at once beside the limit.
"""

import argparse
import asyncio
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pydantic import SecretStr

from mge_assets.services.workspace import open_workspace
from mge_resources.database import EmbeddedPostgres
from mge_resources.settings import Settings
from mge_tests.services.layered import Layered, generating
from mge_tests.services.walk import plan_all


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--plans", type=int, default=10)
    parser.add_argument("--limit", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=12.0)
    given = parser.parse_args()
    wide = Layered("fair", (60,))
    with tempfile.TemporaryDirectory() as name, wide.emulator(latency=0.5) as server:
        database = EmbeddedPostgres(Path(name) / "postgres/data")
        settings = Settings(home=Path(name) / "mge", database_url=SecretStr(database.start()), sandbox="off", max_parallel_atoms=given.limit, budget_usd=1000)
        try:
            served = asyncio.run(carried_out(generating(settings, server), Path(name), given.plans, given.seconds))
        finally:
            database.stop()
        counts = list(served.values())
        index = sum(counts) ** 2 / max(1, len(counts) * sum(count**2 for count in counts))
        print(f"{given.plans} plans at once, {given.limit} calls at once: {sorted(counts)} calls each, fairness {index:.3f} (1 is fair)")
        print(f"the server saw at most {server.most_in_flight} at once, before the shares were known ones (limit {given.limit})")


async def carried_out(settings: Settings, folder: Path, plans: int, seconds: float) -> Counter[str]:
    """Every plan in a thread with a loop and a workspace of its own; answers how many atoms each brought to an end in the time."""
    served: Counter[str] = Counter()
    ready = threading.Barrier(plans)

    def one(place: int) -> None:
        plan = Layered(f"fair-{place}", (60,), salt=place + 1)  # other numbers, or they would share their memory
        with open_workspace(settings) as workspace:
            name = plan_all(workspace, plan.write(folder))
            execution = workspace.execution.start(name, name)
            tickets = workspace.execution.atoms(execution, [0])
            workspace.execution._heart.beat()
            ready.wait(120)
            workspace.execution._heart.beat()
            until = time.monotonic() + seconds

            async def run() -> None:
                async def atom(ticket: object) -> None:
                    await workspace.execution.run_atom(execution, ticket.atom_id)  # type: ignore[attr-defined]
                    if time.monotonic() < until:
                        served[name] += 1

                tasks = [asyncio.create_task(atom(ticket)) for ticket in tickets]
                await asyncio.wait(tasks, timeout=seconds)
                workspace.execution.live[execution].hear(None)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

            asyncio.run(run())

    with ThreadPoolExecutor(plans) as threads:
        await asyncio.gather(*(asyncio.get_running_loop().run_in_executor(threads, one, place) for place in range(plans)))
    return served


if __name__ == "__main__":
    main()

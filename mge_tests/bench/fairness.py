"""Ten plans at once on one limit: how even their progress is, and whether all together stay within the limit.

    nice python -m mge_tests.bench.fairness [--plans 10] [--limit 40] [--atoms 60] [--latency 0.5]

Every plan is a runner of its own, as in ten processes, with more work than its share. Counted are the calls of each plan that the server had taken in when
the first plan had all of its own there: the least of them over the most (1 is fair), and Jain's index of fairness (1 is fair, 0.1 is one plan taking
all of ten's). All ten are registered before the first call, in threads of one process: what they do beside calls shares one interpreter lock, and is in
the figure, whereas ten processes have a lock each. Beside it the most calls that the server ever saw at once, and the limit.
"""

import argparse
import asyncio
import tempfile
import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pydantic import SecretStr

from mge_assets.services.workspace import open_workspace
from mge_resources.database import EmbeddedPostgres
from mge_resources.settings import Settings
from mge_tests.fakes.emulator.requests import Received
from mge_tests.services.layered import Layered, generating
from mge_tests.services.walk import plan_all


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--plans", type=int, default=10)
    parser.add_argument("--limit", type=int, default=40)
    parser.add_argument("--atoms", type=int, default=60)
    parser.add_argument("--latency", type=float, default=0.5)
    given = parser.parse_args()
    names = [f"fair-{place}-of-all" for place in range(given.plans)]
    with tempfile.TemporaryDirectory() as name, Layered("fair", (given.atoms,)).emulator(latency=given.latency) as server:
        database = EmbeddedPostgres(Path(name) / "postgres/data")
        settings = Settings(home=Path(name) / "mge", database_url=SecretStr(database.start()), sandbox="off", max_parallel_atoms=given.limit, budget_usd=1000)
        try:
            carried_out(generating(settings, server, case_seconds=0), Path(name), names, given.atoms)
        finally:
            database.stop()
        counts = progress(server.received, names, given.atoms)
        index = sum(counts) ** 2 / max(1, len(counts) * sum(count**2 for count in counts))
        print(f"{given.plans} plans at once, {given.limit} calls at once: {sorted(counts)} calls each when the first had all of its {given.atoms}")
        print(f"least over most {min(counts) / max(counts):.2f} (1 is fair), Jain's index {index:.3f} (1 is fair)")
        print(f"the server saw at most {server.most_in_flight} at once (limit {given.limit}, and one more for each runner that has just begun)")


def progress(received: Sequence[Received], names: Sequence[str], atoms: int) -> list[int]:
    """Calls of each plan when the first had all of its own."""
    counts = Counter(dict.fromkeys(names, 0))
    for request in received:
        name = next((each for each in names if each in request.text), None)
        if name is not None:
            counts[name] += 1
            if counts[name] >= atoms:
                break
    return [counts[name] for name in names]


def carried_out(settings: Settings, folder: Path, names: Sequence[str], atoms: int) -> None:
    """Every plan in a thread with a loop and a workspace of its own, begun together; done when each has made all of its calls."""
    ready = threading.Barrier(len(names))

    def one(place: int) -> None:
        plan = Layered(names[place], (atoms,), salt=place + 1)  # other numbers, or they would share their memory
        with open_workspace(settings) as workspace:
            name = plan_all(workspace, plan.write(folder))
            execution = workspace.execution.start(name, name)
            tickets = workspace.execution.atoms(execution, [0])
            workspace.execution._heart.beat()
            ready.wait(300)
            workspace.execution._heart.beat()

            async def run() -> None:
                await asyncio.gather(*(workspace.execution.run_atom(execution, ticket.atom_id) for ticket in tickets))

            asyncio.run(run())

    with ThreadPoolExecutor(len(names)) as threads:
        list(threads.map(one, range(len(names))))


if __name__ == "__main__":
    main()

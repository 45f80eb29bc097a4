"""Several plans at once on one limit: how evenly its places are dealt out while each has work to do, and how many of them stand idle.

    nice python -m mge_tests.bench.fairness [even|staggered|unlike|cpu] [--plans 10] [--limit 40] [--atoms 60] [--latency 8]

Every plan is a runner of its own, as in as many processes. Counted are the seconds that each plan's calls were at the server, between the last plan's first
call and the moment at which the first plan has none left to send: in between each has more work than its share. Of these the least over the most and
Jain's index of fairness are printed (1 is fair in both, 1/n is one plan taking all), beside the index that whole places allow; then how much of all places
was in use in that time, and the most calls that the server ever saw at once. ``even``: all begin together. ``staggered``: one after the other, the first
with all places to itself. ``unlike``: half of the plans have answers that take four times as long. In ``cpu`` answers come so fast that the processor is the
bottleneck and not the places; all plans are threads of one process here and share one interpreter lock, whereas ten processes have a lock each.
"""

import argparse
import asyncio
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr

from mge_assets.services.workspace import open_workspace
from mge_resources.database import EmbeddedPostgres
from mge_resources.settings import Settings
from mge_tests.fakes.emulator.requests import Received
from mge_tests.fakes.emulator.server import Stay
from mge_tests.services.layered import Layered, generating
from mge_tests.services.walk import plan_all


@dataclass(frozen=True)
class Race:
    """``plans`` runners with ``atoms`` calls each; ``latency`` and ``stagger`` in seconds, ``unlike`` times the latency for every second plan."""

    plans: int = 10
    limit: int = 40
    atoms: int = 60
    latency: float = 8.0
    stagger: float = 0.0
    unlike: float = 1.0

    @property
    def names(self) -> list[str]:
        """The plans."""
        return [f"fair-{place}-of-all" for place in range(self.plans)]

    def seconds(self, request: Received) -> float:
        """How long the answer to a request takes."""
        slow = any(name in request.text for name in self.names[1::2])
        return self.latency * (self.unlike if slow else 1.0)


RACES = {
    "even": Race(),
    "staggered": Race(plans=6, limit=24, atoms=110, latency=6.0, stagger=3.0),
    "unlike": Race(plans=8, limit=32, atoms=64, latency=3.0, unlike=4.0),
    "cpu": Race(latency=0.5),
}


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("races", nargs="*", metavar="race", help=", ".join(RACES))
    for name, kind in (("plans", int), ("limit", int), ("atoms", int), ("latency", float)):
        parser.add_argument(f"--{name}", type=kind)
    given = vars(parser.parse_args())
    changes = {name: value for name, value in given.items() if name != "races" and value is not None}
    for name in given["races"] or ["even", "staggered", "unlike"]:
        if name not in RACES:
            parser.error(f"there is no race {name!r}; there are {', '.join(RACES)}")
        run(name, replace(RACES[name], **changes))


def run(name: str, race: Race) -> None:
    """One race, printed."""
    with tempfile.TemporaryDirectory() as folder, Layered("fair", (race.atoms,)).emulator(latency=race.seconds) as server:
        database = EmbeddedPostgres(Path(folder) / "postgres/data")
        settings = Settings(home=Path(folder) / "mge", database_url=SecretStr(database.start()), sandbox="off", max_parallel_atoms=race.limit, budget_usd=1000)
        try:
            carried_out(generating(settings, server, case_seconds=0), Path(folder), race)
        finally:
            database.stop()
        begin, end, used = shares_of(server.stays, race)
        whole = [race.limit // race.plans + (place < race.limit % race.plans) for place in range(race.plans)]
        fast = list(used.values())
        print(
            f"{name}: {race.plans} plans, {race.limit} places, answers in {race.latency:g} s" + (f" or {race.latency * race.unlike:g} s" * (race.unlike != 1))
        )
        print(f"  seconds at the server of each plan in the {end - begin:.0f} s in which all had work: {' '.join(f'{each:.0f}' for each in sorted(fast))}")
        print(f"  least over most {min(fast) / max(fast):.2f} (1 is fair), Jain's index {jain(fast):.3f} (whole places allow {jain(whole):.3f})")
        print(
            f"  {sum(fast) / (end - begin) / race.limit:.1%} of all places in use (100 % is the bound); at most {server.most_in_flight} at once of {race.limit}"
        )


def jain(parts: Sequence[float]) -> float:
    """Jain's index of fairness."""
    squares = sum(part**2 for part in parts)
    return sum(parts) ** 2 / (len(parts) * squares) if squares else 1.0


def shares_of(stays: Sequence[Stay], race: Race) -> tuple[float, float, Mapping[str, float]]:
    """Begin and end of the time in which every plan had work, and each plan's seconds at the server in it."""
    mine = {name: [stay for stay in stays if name in stay.request.text] for name in race.names}
    begin = max(min(stay.begin for stay in found) for found in mine.values())
    end = min(sorted(stay.begin for stay in found)[race.atoms - 1] for found in mine.values())
    return begin, end, {name: sum(max(0.0, min(stay.end, end) - max(stay.begin, begin)) for stay in found) for name, found in mine.items()}


def carried_out(settings: Settings, folder: Path, race: Race) -> None:
    """Every plan in a thread with a loop and a workspace of its own; done when each has made all of its calls."""
    ready = threading.Barrier(race.plans)

    def one(place: int) -> None:
        plan = Layered(race.names[place], (race.atoms,), salt=place + 1)  # other numbers, or they would share their memory
        with open_workspace(settings) as workspace:
            name = plan_all(workspace, plan.write(folder))
            ready.wait(500)
            time.sleep(race.stagger * place)
            execution = workspace.execution.start(name, name)
            tickets = workspace.execution.atoms(execution, [0])
            if not race.stagger:
                ready.wait(500)

            async def run() -> None:
                await asyncio.gather(*(workspace.execution.run_atom(execution, ticket.atom_id) for ticket in tickets))

            asyncio.run(run())

    with ThreadPoolExecutor(race.plans) as threads:
        list(threads.map(one, range(race.plans)))


if __name__ == "__main__":
    main()

"""Runs ``mge`` and kills it with -9 when it comes to a named point.

    python -m mge_tests.recovery.killed_at POINT TIME COMMAND …

The point is a function of the store or of a service, before or after it, the TIMEth time that it is called. Nothing in the product knows of it.
"""

import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from itertools import count
from typing import Any

_STORE, _SERVICES = "mge_assets.store", "mge_assets.services"
POINTS = {
    "Dagster's tables made, not yet marked": ("mge_resources.dagster_storage", "make_tables", "after"),
    "plan stored": (f"{_STORE}.plans", "PlanStore.save", "after"),
    "drafts stored": (f"{_STORE}.plans", "PlanStore.save_drafts", "after"),
    "atoms stored": (f"{_STORE}.atoms", "AtomStore.replace", "after"),
    "graph stored": (f"{_STORE}.graphs", "GraphStore.save", "after"),
    "waves stored": (f"{_STORE}.graphs", "GraphStore.save_waves", "after"),
    "execution started": (f"{_SERVICES}.execution", "ExecutionServiceV2.start", "after"),
    "call not yet booked": (f"{_STORE}.journal", "JournalStore.book", "before"),
    "call booked": (f"{_STORE}.journal", "JournalStore.book", "after"),
    "answer not yet settled": (f"{_STORE}.journal", "JournalStore.settle_all", "before"),
    "answer settled": (f"{_STORE}.journal", "JournalStore.settle_all", "after"),
    "atom not yet landed": (f"{_STORE}.executions", "ExecutionStore.land", "before"),
    "landing written, not yet committed": (f"{_STORE}.executions", "write_landings", "after"),
    "atom landed": (f"{_STORE}.executions", "ExecutionStore.land", "after"),
    "wave not yet closed": (f"{_STORE}.executions", "ExecutionStore.close_wave", "before"),
    "wave closed": (f"{_STORE}.executions", "ExecutionStore.close_wave", "after"),
    "project validated": (f"{_SERVICES}.validation", "ValidationService.hierarchical", "after"),
    "review filled": (f"{_SERVICES}.review", "ReviewService.fill", "after"),
    "project written, not yet recorded": (f"{_SERVICES}.delivery", "DeliveryService._store", "before"),
    "project delivered": (f"{_SERVICES}.delivery", "DeliveryService.deliver", "after"),
}
ONCE = {
    "Dagster's tables made, not yet marked",
    "plan stored",
    "drafts stored",
    "graph stored",
    "waves stored",
    "execution started",
    "project validated",
    "review filled",
} | {point for point in POINTS if point.startswith("project")}
"""Points that a run comes to once; the others come again and again."""


def arm(point: str, time: int) -> None:
    """From now on the point kills this process, the so manyth time."""
    module, path, when = POINTS[point]
    holder: Any = import_module(module)
    *owners, name = path.split(".")
    for owner in owners:
        holder = getattr(holder, owner)
    setattr(holder, name, _deadly(getattr(holder, name), when, time))


def _deadly(function: Callable[..., Any], when: str, time: int) -> Callable[..., Any]:
    calls = count(1)

    def called(*arguments: Any, **named: Any) -> Any:
        last = next(calls) == time
        if last and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*arguments, **named)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    return called


def main() -> None:
    """Arm the point and be ``mge``."""
    from mge_assets.cli import main as mge  # noqa: PLC0415 -- the point is armed in what this brings in

    arm(sys.argv[1], int(sys.argv[2]))
    sys.argv = ["mge", *sys.argv[3:]]
    mge()


if __name__ == "__main__":
    main()

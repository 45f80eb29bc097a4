"""A run whose answers fail at the rates of the reliability protocol: how its atoms ended, whether it waited as long as it was told to, and the bill."""

import itertools
import time
from collections import Counter, defaultdict
from typing import Any

from mge_tests.bench.crash_audit import Installation
from mge_tests.fakes.emulator.faults import PROTOCOL
from mge_tests.fakes.emulator.requests import Received
from mge_tests.fakes.emulator.server import MessagesServer

RATES = {name: rate for name, rate in PROTOCOL.items() if name != "429 at once"} | {"429": 0.20, "slow drip": 0.01}
"""Shares of requests that fail. The protocol's 429 names seconds to wait; silence is a time-out after the client's own deadline."""
_RETRY_AFTER = 2.0
_CENT = 0.01


def held_out(where: Installation, server: MessagesServer) -> None:
    """Run once to the end and print what came of it."""
    asked: list[tuple[float, str, str]] = []
    draw = server.service.drawn_fault

    def noted(request: Received, rates: Any) -> str:
        name = draw(request, rates)
        asked.append((time.monotonic(), request.atom or "", name))
        return name

    server.service.drawn_fault = noted  # type: ignore[method-assign]
    begin = time.monotonic()
    run = where.run()
    code = run.wait(3000)
    if code is None:
        run.kill()
    seconds = time.monotonic() - begin
    faults = Counter(name or "good" for *_, name in asked)
    print(f"exit code {code} after {seconds:.0f} s; {len(asked)} requests: " + ", ".join(f"{name} {count}" for name, count in faults.most_common()))
    atoms = where.query(
        "SELECT a.status::text, count(*), count(r.atom_id) FROM mge.atomic_units a LEFT JOIN mge.human_review_queue r USING (atom_id) GROUP BY 1"
    )
    print("  atoms: " + ", ".join(f"{status} {count} ({reviews} in review)" for status, count, reviews in atoms))
    left = sum(count - reviews for status, count, reviews in atoms if status != "completed")
    print(f"  neither completed nor in review: {left} (bound 0)")
    print(f"  asked again before a 429 allowed it: {_too_early(asked)} (bound 0)")
    _bill(where, server)


def _too_early(asked: list[tuple[float, str, str]]) -> int:
    """Requests for an atom that came sooner after its 429 than that one said."""
    mine: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for moment, atom, name in asked:
        mine[atom].append((moment, name))
    return sum(later - earlier < _RETRY_AFTER and name == "429" for each in mine.values() for (earlier, name), (later, _) in itertools.pairwise(each))


def _bill(where: Installation, server: MessagesServer) -> None:
    """What is settled against the bills that arrived, and what is booked for calls whose outcome nobody knows against the bills that did not."""
    states = where.query("SELECT state::text, count(*), coalesce(sum(cost_usd), 0) FROM mge.llm_calls GROUP BY 1")
    usd = {state: float(cost) for state, _, cost in states}
    lost = sum(bill.usd for bill in server.ledger.bills if not bill.arrived and bill.fault != "slow drip")  # a drip comes to its end
    arrived = server.ledger.usd - lost
    off = abs(usd.get("settled", 0.0) - arrived)
    print("  journal: " + ", ".join(f"{state} {count} calls ${float(cost):.4f}" for state, count, cost in states))
    print(f"  settled against the bills that arrived: ${off:.4f} off (bound ${_CENT})")
    print(f"  booked for unknown outcomes ${usd.get('unknown', 0.0):.4f}, charged for answers that never arrived ${lost:.4f} (bound: no more than booked)")

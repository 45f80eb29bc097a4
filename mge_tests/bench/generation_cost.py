"""What generation costs beside its output tokens alone, and whether our accounts are the service's, with faults of every kind.

    sh .ci/env python -m mge_tests.bench.generation_cost path/to/classeval.json [classes requests …]

For each: no mistakes (bound 2.0) and mistakes in 20 % of the first answers (bound 2.5); then the service's faults at the rates of the reliability
protocol, where what the journal settled must be the ledger's bills that arrived, to the cent, and open reservations must cover the rest.
"""

import tempfile
from pathlib import Path

from mge_tests.bench.live import Outcome, Subject, run, wanted
from mge_tests.fakes.emulator.faults import PROTOCOL

BOUNDS = {0.0: 2.0, 0.2: 2.5}
CENT = 0.01


def ratio(outcome: Outcome) -> float:
    """All charges over those for output."""
    return outcome.server.ledger.usd / outcome.server.ledger.output_usd


def accounts(outcome: Outcome) -> str:
    """Journal against ledger."""
    ledger = outcome.server.ledger
    settled, unknown = (outcome.journal.get(state, (0, 0.0))[1] for state in ("settled", "unknown"))
    arrived = ledger.usd - ledger.lost_usd
    equal = "equal to the cent" if abs(settled - arrived) < CENT else "NOT EQUAL"
    covered = "covered" if unknown + CENT > ledger.lost_usd else "NOT COVERED"
    told = f"journal {settled:.4f} USD settled, ledger {arrived:.4f} arrived: {equal}"
    return f"{told}; lost on the way {ledger.lost_usd:.4f}, reserved for it {unknown:.4f}: {covered}"


def measure(subject: Subject, mistakes: float, faults: bool) -> Outcome:
    """One run in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        rates = {name: rate for name, rate in PROTOCOL.items() if name != "silence"} if faults else {}
        return run(subject, Path(folder), mistakes=mistakes, seed=2, rates=rates)


def main() -> None:
    """Run what is asked for."""
    for name, subject in wanted(__doc__, ["classes", "requests"]):
        for mistakes, bound in BOUNDS.items():
            outcome = measure(subject, mistakes, faults=False)
            usd = outcome.server.ledger.usd
            print(
                f"{name}, mistakes {mistakes:.0%}: {ratio(outcome):.2f} times the output's cost (bound {bound}), {usd:.4f} USD; {accounts(outcome)}", flush=True
            )
        outcome = measure(subject, 0.2, faults=True)
        print(f"{name}, mistakes 20% and faults: {ratio(outcome):.2f}; {accounts(outcome)}", flush=True)


if __name__ == "__main__":
    main()

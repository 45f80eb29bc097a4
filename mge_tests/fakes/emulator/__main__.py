"""The emulator by hand.

    python -m mge_tests.fakes.emulator --solutions FOLDER --port 8765
    ANTHROPIC_BASE_URL=http://127.0.0.1:8765 ANTHROPIC_API_KEY=any mge run plan.yaml

Ends on Ctrl-C with its ledger, which stands at /__ledger meanwhile.
"""

import argparse
import json
import signal
import threading
from pathlib import Path

from mge_tests.fakes.emulator.faults import FAULTS, REALISTIC
from mge_tests.fakes.emulator.latency import Latencies
from mge_tests.fakes.emulator.mistakes import MISTAKES
from mge_tests.fakes.emulator.references import References
from mge_tests.fakes.emulator.server import MessagesServer
from mge_tests.fakes.emulator.writer import ReferenceWriter


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mge_tests.fakes.emulator", description="A Messages API on this machine.")
    parser.add_argument("--solutions", type=Path, action="append", default=[], help="folder with the finished project; may be given again")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--key", help="the only key that is accepted")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--time-scale", type=float, default=0.0, help="1 for realistic latencies, 0 for none")
    parser.add_argument("--thinking", action="store_true", help="bill thinking tokens as drawn by effort")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME=RATE", help=f"a fault by rate, or 'realistic'; known: {', '.join(FAULTS)}")
    parser.add_argument("--mistakes", type=float, default=0.0, help="share of first answers that are wrong")
    parser.add_argument("--kind", action="append", choices=sorted(MISTAKES), default=[], help="only these kinds of mistakes")
    parser.add_argument("--check-context", action="store_true", help="refuse when something that the solution uses is not in the prompt")
    parser.add_argument("--limit", action="append", default=[], metavar="NAME=PER_MINUTE", help="requests, input-tokens or output-tokens a minute")
    parser.add_argument("--batch-seconds", type=float, default=0.0)
    return parser.parse_args()


def _pairs(given: list[str]) -> dict[str, float]:
    return {name: float(value) for name, _, value in (each.rpartition("=") for each in given)}


def main() -> None:
    """Serve until interrupted."""
    options = _arguments()
    rates = {name: rate for each in options.fault for name, rate in (REALISTIC if each == "realistic" else _pairs([each])).items()}
    writer = ReferenceWriter(
        References.of_folders(options.solutions),
        seed=options.seed,
        mistakes=options.mistakes,
        kinds=tuple(options.kind) or tuple(MISTAKES),
        check_context=options.check_context,
    )
    latencies = Latencies(options.seed, options.time_scale, options.thinking)
    with MessagesServer(
        writer,
        rates=rates,
        key=options.key,
        latencies=latencies,
        limits=_pairs(options.limit),
        batch_seconds=options.batch_seconds,
        seed=options.seed,
        port=options.port,
    ) as server:
        print(f"ANTHROPIC_BASE_URL={server.url}", flush=True)
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        stop.wait()
        print(json.dumps(server.ledger.summary() | {"refused_for_context": writer.refusals, "mistakes": writer.made}, indent=1))


main()

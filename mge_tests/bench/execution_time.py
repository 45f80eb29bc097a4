"""How near a run of generated atoms comes to what latencies and processors leave possible, and what each part of us costs an atom.

    nice python -m mge_tests.bench.execution_time [--atoms 800] [--layers 8] [--schedule wave|dependency] [--time-scale 1] [--limit 100] [--syntax-only]

The emulator serves latencies drawn from published distributions and notes each; the run goes through Dagster as `mge run` does it. Two bounds are
printed: the same latencies laid out by the same schedule under the same limit with nothing between them, and the processor time of level-1
validation over the cores. The ratio is wall time over the larger one. Both processes and the database share the machine's cores. With ``--syntax-only``
an answer is only parsed. Places are busy while a call of theirs is answered, from the first call until the last one begins.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from mge_assets.defs.launch import open_instance, run_plan
from mge_assets.defs.resources import shared_workspace
from mge_assets.model.atoms import Atom
from mge_assets.model.executions import Schedule
from mge_assets.model.findings import Check, Finding, Level, Severity, ValidationResult
from mge_assets.model.forecasts import by_dependency, by_wave
from mge_assets.services.generating import Generation
from mge_assets.store.executions import ExecutionStore
from mge_assets.store.journal import JournalStore
from mge_resources.settings import read_settings
from mge_resources.syntax import parse_python
from mge_tests.fakes.emulator.latency import Latencies
from mge_tests.services.layered import Layered

BOUND = 1.15
BUSY = 0.9


@dataclass(frozen=True)
class NotedLatencies(Latencies):
    """Latencies that are noted: seconds that each atom's answers took together."""

    served: dict[str, float] = field(default_factory=dict)
    calls: list[tuple[float, float]] = field(default_factory=list)

    def seconds(self, key: str, model: str, tokens: int, *, cached: bool, in_flight: int) -> float:
        found = super().seconds(key, model, tokens, cached=cached, in_flight=in_flight)
        atom = key.rpartition("/")[0]
        self.served[atom] = self.served.get(atom, 0.0) + found
        self.calls.append((time.perf_counter(), found))
        return found

    def busy(self, limit: int) -> float:
        """Share of the places that were in a call, for as long as calls began."""
        first, last = min(begin for begin, _ in self.calls), max(begin for begin, _ in self.calls)
        return sum(min(begin + seconds, last) - begin for begin, seconds in self.calls) / (limit * max(last - first, 1e-9))


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--atoms", type=int, default=800)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--syntax-only", action="store_true")
    parser.add_argument("--schedule", choices=("wave", "dependency"), default="wave")
    parser.add_argument("--time-scale", type=float, default=1.0)
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given)
    else:
        measure(given)


def measure(given: argparse.Namespace) -> None:
    """One run against one emulator."""
    plan = Layered("timed", (given.atoms // given.layers,) * given.layers)
    latencies = NotedLatencies(seed=1, time_scale=given.time_scale)
    with tempfile.TemporaryDirectory() as name, plan.emulator(latencies=latencies, seed=1) as server:
        path = plan.write(Path(name))
        environment = {**os.environ, "MGE_HOME": f"{name}/mge", "ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "key", "MGE_SANDBOX": "off"}
        environment |= {"V2_MAX_PARALLEL_ATOMS": str(given.limit), "MGE_BUDGET_USD": "1000"}
        command = [sys.executable, "-m", "mge_tests.bench.execution_time", "--schedule", given.schedule, "--child", str(path), f"{name}/out"]
        command += ["--syntax-only"] if given.syntax_only else []
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr[-3000:])
        told = json.loads(done.stdout.splitlines()[-1])
        report(told, server.ledger.bills, latencies.served, given.schedule, given.limit)
        print(f"places busy {latencies.busy(given.limit):.1%} of {given.limit} (wanted: {BUSY:.0%} of 1,000 where answers are only parsed)")
        subprocess.run([sys.executable, "-m", "mge_assets.cli", "db", "stop"], env=environment, check=False, capture_output=True)


def report(told: dict[str, Any], bills: list[Any], seconds: dict[str, float], schedule: str, limit: int) -> None:
    """The figures, each with what it is held against."""
    calls = Counter(bill.atom for bill in bills)
    if schedule == "wave":
        laid = by_wave([[seconds[name] for name in wave if name in seconds] for wave in told["waves"]], limit)
    else:
        laid = by_dependency(seconds, told["needs"], limit)
    cores = os.cpu_count() or 1
    processor = told["cpu"]["validation"] / cores
    larger = max(laid.seconds, processor)
    print(f"{len(calls)} atoms, {len(bills)} calls, schedule by {schedule}, {limit} at once, {told['completed']} completed")
    print(f"bound of latencies  {laid.seconds:7.2f} s (width {laid.width}, {laid.parallelism:.0f} at once on the average)")
    print(f"bound of processors {processor:7.2f} s (level 1 takes {told['cpu']['validation']:.2f} s of {cores} cores)")
    print(f"wall                {told['wall']:7.2f} s, {told['wall'] / larger:.3f} of the larger bound (wanted: at most {BOUND})")
    every = told["cpu"]["process"]
    for part in ("validation", "database", "rest"):
        value = told["cpu"][part]
        print(f"  {part:<11} {1000 * value / len(calls):6.2f} ms of processor an atom, {100 * value / every:4.1f} % of {every:.2f} s")


def parsed(_: Generation, atom: Atom, code: bytes, *__: object) -> ValidationResult:
    """Level 1 that asks for no more than that the answer parses."""
    try:
        parse_python(code)
    except SyntaxError as error:
        return ValidationResult(Level.ATOMIC, atom.name, (Check.of("syntax", (Finding("syntax", Severity.ERROR, str(error)),)),))
    return ValidationResult(Level.ATOMIC, atom.name, (Check.of("syntax", ()),))


def child(given: argparse.Namespace) -> None:
    """The run itself, in a process of its own, with the processor time of its parts."""
    path, out = given.child
    if given.syntax_only:
        Generation.validate = parsed  # type: ignore[assignment, method-assign]
    meter = Meter()
    for owner, name, part in (
        (Generation, "validate", "validation"),
        (JournalStore, "book", "database"),
        (JournalStore, "settle_all", "database"),
        (ExecutionStore, "land", "database"),
    ):
        meter.watch(owner, name, part)
    settings = read_settings()
    with shared_workspace(settings) as workspace, open_instance(settings) as instance:
        plan = workspace.plans.register(Path(path)).name
        begin: list[float] = []

        def watch(end: Any) -> None:
            if end.step.endswith("wave_atoms"):
                begin.append(time.perf_counter())
                meter.begin()
            if end.step.endswith("close_waves"):
                begin.append(time.perf_counter())
                meter.end()

        run_plan(plan, instance, settings, Path(out), schedule=Schedule(given.schedule), watch=watch)
        graph, progress = workspace.dependencies.waves(plan), workspace.execution.progress(plan)
        needs = needs_by_name(workspace, plan)
    wall = begin[1] - begin[0]
    told = {"wall": wall, "completed": progress.atoms.completed, "waves": [list(wave.atoms) for wave in graph.waves], "needs": needs, "cpu": meter.told()}
    print(json.dumps(told))


def needs_by_name(workspace: Any, plan: str) -> dict[str, list[str]]:
    """What each atom that is generated waits for."""
    together = workspace.execution._opener.together(workspace.plans.stored(plan).masterplan, workspace.atoms.of_plan(plan))
    return {stored.atom.name: list(together.needs.get(stored.atom.name, ())) for stored in together.by_id.values() if together.generates(stored)}


class Meter:
    """Processor seconds by part: each watched function's own thread time, and the whole process's between begin and end."""

    def __init__(self) -> None:
        self._parts: dict[str, float] = defaultdict(float)
        self._lock = Lock()
        self._process = 0.0

    def watch(self, owner: type, name: str, part: str) -> None:
        inner = getattr(owner, name)

        def timed(*arguments: Any, **options: Any) -> Any:
            begin = time.thread_time()
            try:
                return inner(*arguments, **options)
            finally:
                with self._lock:
                    self._parts[part] += time.thread_time() - begin

        setattr(owner, name, timed)

    def begin(self) -> None:
        self._parts.clear()
        self._process = time.process_time()

    def end(self) -> None:
        self._process = time.process_time() - self._process

    def told(self) -> dict[str, float]:
        known = sum(self._parts.values())
        return {**self._parts, "rest": self._process - known, "process": self._process}


if __name__ == "__main__":
    main()

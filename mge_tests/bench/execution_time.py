"""How near a run of generated atoms comes to what latencies and processors leave possible, and what each part of us costs an atom.

    nice python -m mge_tests.bench.execution_time [--atoms 800] [--layers 8] [--schedule wave|dependency] [--time-scale 1] [--limit 100] [--syntax-only]
    nice python -m mge_tests.bench.execution_time --atoms 4000 --layers 1 --limit 1000 --syntax-only --longest 10 [--find]

The emulator serves latencies drawn from published distributions and notes each; the run goes through Dagster as `mge run` does it. Two bounds are
printed: the same latencies laid out by the same schedule under the same limit with nothing between them, and the processor time of level-1
validation over the cores. The ratio is wall time over the larger one. Both processes and the database share the machine's cores. With ``--syntax-only``
an answer is only parsed. Places are busy in two senses, both told: as the server sees it while a call of theirs is answered, as the executor sees it while
they hold an atom (its prompt, its booking and its landing included); from the first one until the last one begins, and from when there had been one for every
place. ``--longest`` cuts the rare answers that take up to a minute. ``--find`` lengthens the answers until 90 % of the places are busy. ``--unclocked`` leaves
out the clocks of the parts, which cost an atom 0.4 ms themselves.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mge_assets.defs.launch import open_instance, run_plan
from mge_assets.defs.resources import shared_workspace
from mge_assets.defs.wave_executor import _WaveLoop
from mge_assets.model.atoms import Atom
from mge_assets.model.executions import Schedule
from mge_assets.model.findings import Check, Finding, Level, Severity, ValidationResult
from mge_assets.model.forecasts import by_dependency, by_wave
from mge_assets.services.execution import ExecutionServiceV2
from mge_assets.services.generating import Generation
from mge_assets.services.landing import LandingCheck
from mge_assets.stages.generation.atom_run import AtomRun
from mge_assets.stages.generation.calls import JournalledCaller
from mge_assets.store.executions import ExecutionStore
from mge_assets.store.journal import JournalStore
from mge_resources.dagster_storage import GatheringEventLogStorage
from mge_resources.llm.apart import ApartModel
from mge_resources.llm.claude import ClaudeModel
from mge_resources.settings import read_settings
from mge_resources.syntax import parse_python
from mge_tests.bench.execution_parts import PARTS, Meter, Neighbours
from mge_tests.fakes.emulator.latency import Latencies
from mge_tests.services.layered import Layered

BOUND = 1.15
WATCHED: tuple[tuple[type, str, str], ...] = (
    (Generation, "validate", "validation"),
    (JournalStore, "book", "database"),
    (JournalStore, "settle_all", "database"),
    (ExecutionStore, "land", "database"),
    (GatheringEventLogStorage, "_write", "Dagster"),
    (_WaveLoop, "_run", "Dagster"),
    (_WaveLoop, "_ask", "Dagster"),
    (_WaveLoop, "_end", "Dagster"),
    (ExecutionServiceV2, "run_atom", "execution"),
    (AtomRun, "walk", "prompt and answer"),
    (JournalledCaller, "_once", "execution"),
    (ClaudeModel, "complete", "model client"),
    (ApartModel, "complete", "model client"),
    (LandingCheck, "findings", "landing check"),
    (LandingCheck, "broken_promises", "landing check"),
)
"""Functions by the part that they are counted for; inner ones are counted apart from those around them."""
BUSY = 0.9
SCALES = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)


@dataclass(frozen=True)
class NotedLatencies(Latencies):
    """Latencies that are noted: seconds that each atom's answers took together. ``longest`` bounds them, in unscaled seconds."""

    longest: float = math.inf
    served: dict[str, float] = field(default_factory=dict)
    calls: list[tuple[float, float]] = field(default_factory=list)

    def seconds(self, key: str, model: str, tokens: int, *, cached: bool, in_flight: int) -> float:
        found = min(super().seconds(key, model, tokens, cached=cached, in_flight=in_flight), self.longest * self.time_scale)
        atom = key.rpartition("/")[0]
        self.served[atom] = self.served.get(atom, 0.0) + found
        self.calls.append((time.perf_counter(), found))
        return found

    @property
    def rate(self) -> float:
        """Calls begun a second, from the first to the last."""
        begins = [begin for begin, _ in self.calls]
        return len(begins) / max(max(begins) - min(begins), 1e-9)

    @property
    def lengths(self) -> list[float]:
        """Seconds of each answer."""
        return [seconds for _, seconds in self.calls]


def busy(spans: Sequence[tuple[float, float]], limit: int, *, ramp: bool = True) -> float:
    """Share of the places that were held by spans of (begin, seconds), for as long as such began: from the first, or from when each place had had one."""
    begins = sorted(begin for begin, _ in spans)
    first, last = begins[0 if ramp else min(limit, len(begins)) - 1], begins[-1]
    held = (min(begin + seconds, last) - max(begin, first) for begin, seconds in spans)
    return sum(span for span in held if span > 0) / (limit * max(last - first, 1e-9))


@dataclass(frozen=True)
class Measured:
    """One run: what it told of itself, what was billed, how long answers took, and the emulator's own processor seconds."""

    told: dict[str, Any]
    bills: list[Any]
    latencies: NotedLatencies
    emulator: float


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--atoms", type=int, default=800)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--syntax-only", action="store_true")
    parser.add_argument("--schedule", choices=("wave", "dependency"), default="wave")
    parser.add_argument("--time-scale", type=float, default=1.0)
    parser.add_argument("--longest", type=float, default=math.inf)
    parser.add_argument("--find", action="store_true")
    parser.add_argument("--unclocked", action="store_true")
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given)
    elif given.find:
        find(given)
    else:
        run = measured(given, given.time_scale)
        report(run, given.schedule, given.limit)
        places(run, given.limit)
        parts(run)


def find(given: argparse.Namespace) -> None:
    """The shortest answers with which the places are busy, to a step of a quarter or so."""
    for scale in SCALES:
        run = measured(given, given.time_scale * scale)
        places(run, given.limit)
        if busy(run.latencies.calls, given.limit, ramp=False) >= BUSY:
            parts(run)
            return


def measured(given: argparse.Namespace, scale: float) -> Measured:
    """One run against one emulator."""
    plan = Layered("timed", (given.atoms // given.layers,) * given.layers)
    latencies = NotedLatencies(seed=1, time_scale=scale, longest=given.longest)
    with tempfile.TemporaryDirectory() as name, plan.emulator(latencies=latencies, seed=1) as server:
        path = plan.write(Path(name))
        environment = {**os.environ, "MGE_HOME": f"{name}/mge", "ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "key", "MGE_SANDBOX": "off"}
        environment |= {"V2_MAX_PARALLEL_ATOMS": str(given.limit), "MGE_BUDGET_USD": "1000"}
        command = [sys.executable, "-m", "mge_tests.bench.execution_time", "--schedule", given.schedule, "--child", str(path), f"{name}/out"]
        command += [name for name, asked in (("--syntax-only", given.syntax_only), ("--unclocked", given.unclocked)) if asked]
        emulator = time.process_time()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        emulator = time.process_time() - emulator
        subprocess.run([sys.executable, "-m", "mge_assets.cli", "db", "stop"], env=environment, check=False, capture_output=True)
        if done.returncode:
            sys.exit(done.stderr[-3000:])
        return Measured(json.loads(done.stdout.splitlines()[-1]), server.ledger.bills, latencies, emulator)


def report(run: Measured, schedule: str, limit: int) -> None:
    """The wall time, with what it is held against."""
    told, seconds, names = run.told, run.latencies.served, {bill.atom for bill in run.bills}
    if schedule == "wave":
        laid = by_wave([[seconds[name] for name in wave if name in seconds] for wave in told["waves"]], limit)
    else:
        laid = by_dependency(seconds, told["needs"], limit)
    cores = os.cpu_count() or 1
    processor = told["cpu"]["validation"] / cores
    larger = max(laid.seconds, processor)
    print(f"{len(names)} atoms, {len(run.bills)} calls, schedule by {schedule}, {limit} at once, {told['completed']} completed")
    print(f"bound of latencies  {laid.seconds:7.2f} s (width {laid.width}, {laid.parallelism:.0f} at once on the average)")
    print(f"bound of processors {processor:7.2f} s (level 1 takes {told['cpu']['validation']:.2f} s of {cores} cores)")
    print(f"wall                {told['wall']:7.2f} s, {told['wall'] / larger:.3f} of the larger bound (wanted: at most {BOUND})")


def places(run: Measured, limit: int) -> None:
    """How busy the places were, and what of: the calls that answers leave time for, those that one core has, those that came."""
    latencies, ours = run.latencies, 1000 * run.told["cpu"]["process"] / len(run.latencies.calls)
    asked = limit / statistics.fmean(latencies.lengths)
    held = [(begin, seconds) for begin, seconds in run.told["held"]]
    print(f"answers of {statistics.median(latencies.lengths):.2f} s (median; mean {statistics.fmean(latencies.lengths):.2f} s), {limit} places")
    for what, spans in (("in a call that the server answers", latencies.calls), ("holding an atom, begun and not ended", held)):
        full, whole = busy(spans, limit, ramp=False), busy(spans, limit)
        print(f"  places {what}: {full:.1%} once each had had one, {whole:.1%} from the first on (wanted: {BUSY:.0%} of 1,000)")
    print(f"  calls a second {latencies.rate:.0f}; with all places busy they would be {asked:.0f}, on a core of our own at most {1000 / ours:.0f}", flush=True)


def parts(run: Measured) -> None:
    """What an atom costs by part, and who else had the processors."""
    told, atoms = run.told["cpu"], len({bill.atom for bill in run.bills})
    every = told["process"]
    print(f"an atom costs {1000 * every / atoms:.2f} ms of processor:")
    for part in PARTS if told["clocked"] else ():
        print(f"  {part:<18} {1000 * told[part] / atoms:6.2f} ms, {100 * told[part] / every:4.1f} %")
    known = every + told["callers"] + told["database server"] + run.emulator
    beside = {"the process that makes calls": told["callers"], "the database's server": told["database server"], "the emulator": run.emulator}
    print(f"beside it: {', '.join(f'{who} {1000 * took / atoms:.2f} ms' for who, took in beside.items())} an atom")
    wall = run.told["wall"]
    busy, others = told["machine"] / wall, max(0.0, told["machine"] - known) / wall
    print(f"in {wall:.1f} s of wall {busy:.2f} of {os.cpu_count()} cores were busy, {others:.2f} of them with the work of others")


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
    meter, held = Meter(), noting_atoms()
    for owner, name, part in () if given.unclocked else WATCHED:
        meter.watch(owner, name, part)
    settings = read_settings()
    with shared_workspace(settings) as workspace, open_instance(settings) as instance:
        plan = workspace.plans.register(Path(path)).name
        begin: list[float] = []
        beside: list[Neighbours] = []
        told: dict[str, float] = {}

        def watch(end: Any) -> None:
            if end.step.endswith("wave_atoms"):
                begin.append(time.perf_counter())
                beside.append(Neighbours(str(settings.home)))
                meter.begin()
            if end.step.endswith("close_waves"):
                begin.append(time.perf_counter())
                meter.end()
                told.update(beside[0].told())

        run_plan(plan, instance, settings, Path(out), schedule=Schedule(given.schedule), watch=watch)
        graph, progress = workspace.dependencies.waves(plan), workspace.execution.progress(plan)
        needs = needs_by_name(workspace, plan)
    wall = begin[1] - begin[0]
    waves = [list(wave.atoms) for wave in graph.waves]
    processor = {**meter.told(), **told, "clocked": not given.unclocked}
    print(json.dumps({"wall": wall, "completed": progress.atoms.completed, "waves": waves, "needs": needs, "cpu": processor, "held": held}))


def noting_atoms() -> list[tuple[float, float]]:
    """When each atom's step began, and for how many seconds the executor held a place for it; filled as they end."""
    held: list[tuple[float, float]] = []
    inner = _WaveLoop._run

    async def noted(loop: _WaveLoop, step: Any) -> None:
        begin = time.perf_counter()
        await inner(loop, step)
        if "generate_atom[" in step.key:
            held.append((begin, time.perf_counter() - begin))

    _WaveLoop._run = noted  # type: ignore[assignment, method-assign]
    return held


def needs_by_name(workspace: Any, plan: str) -> dict[str, list[str]]:
    """What each atom that is generated waits for."""
    together = workspace.execution._opener.together(workspace.plans.stored(plan).masterplan, workspace.atoms.of_plan(plan))
    return {stored.atom.name: list(together.needs.get(stored.atom.name, ())) for stored in together.by_id.values() if together.generates(stored)}


if __name__ == "__main__":
    main()

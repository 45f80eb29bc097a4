"""How fast the atomizer is beside the parser alone, whether its time grows with the size only, and what it holds in memory.

    sh .ci/env python -m mge_tests.bench.atomization_speed

From 1,000 to 1,000,000 LOC, with full context: up to 100,000 in one file, a million in a tree of files that come one by one and are let go.
What a process pays once, for its first file of a language (modules, queries), is told on a line of its own and in no rate; small files are
cut several times and the fastest counts.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from mge_assets.stages.atomization import MultiLanguageParser, atomize, tile
from mge_resources.syntax import Language, parse
from mge_tests.bench.corpora import SourceFile, big_file, python_package

TILING, FULL = 150_000, 50_000
"""LOC a second and core that are asked for."""
SIZES = (1_000, 10_000, 100_000)
TREE = 1_000_000
ENOUGH = 20_000
"""LOC that are cut at least, be it the same file again: the fewer are measured, the less the time says."""
MEMORY = 1024
"""LOC of the tree, and the megabytes that it may take."""


@dataclass(frozen=True, slots=True)
class Speeds:
    """LOC a CPU second of raw parsing, of tiling with complexity, and of full context."""

    loc: int
    raw: float
    tiled: float
    full: float

    def __str__(self) -> str:
        return (
            f"LOC/s: raw parse {self.raw:.0f}; tiling and complexity {self.tiled:.0f} ({self.raw / self.tiled:.1f} x raw, bound {TILING}); "
            f"full context {self.full:.0f} ({self.raw / self.full:.1f} x raw, bound {FULL})"
        )


def speeds(files: Sequence[SourceFile], most: int = 100_000) -> Speeds:
    """Over the first files, up to so many LOC."""
    chosen: list[SourceFile] = []
    loc = 0
    for file in files:
        if loc < most:
            chosen.append(file)
            loc += file.loc
    raw = _best(lambda: [parse(file.language, file.source) for file in chosen])
    tiled = _best(lambda: [tile(MultiLanguageParser().parse(file.source, file.path, file.language)) for file in chosen])
    full = _best(lambda: [atomize(file.source, file.path, file.language) for file in chosen])
    return Speeds(loc, loc / raw, loc / tiled, loc / full)


def _best(work: Callable[[], object], rounds: int = 3) -> float:
    times: list[float] = []
    for _ in range(rounds):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return max(1e-9, min(times))


def print_growth() -> None:
    """The rate and the peak memory at each size, each in a process of its own, and the rate beside the smallest's."""
    print("\nfrom 1,000 to 1,000,000 LOC (full context; CPU time of tiling and context beside raw parsing of the same files)")
    first = 0.0
    for what, size in (("file", 0), *(("file", size) for size in SIZES), ("tree", TREE)):
        command = [sys.executable, "-m", "mge_tests.bench.atomization_speed", what, str(size)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        seconds, raw, loc, once, peak = (float(text) for text in said)
        if not size:
            print(f"  a process by itself: peak memory {peak / 1024:.0f} MB; its first file costs {1000 * once:.0f} ms more than those after it")
            continue
        each = 1e6 * seconds / loc
        first = first or each
        rate = f"{loc / seconds:.0f} LOC/s, {each:.1f} us a LOC, {each / first:.2f} of the smallest; {seconds / raw:.1f} x raw"
        print(f"  one {what} of {size:>9,} LOC: {rate}; peak memory {peak / 1024:.0f} MB (bound {MEMORY})", flush=True)


def _measure(what: str, size: int) -> tuple[float, float, int, float]:
    """CPU seconds of atomization and of raw parsing, and LOC, of one file of so many LOC or of a tree of small ones; and what the first use cost."""
    files = [SourceFile("big.py", Language.PYTHON, big_file(size) if size else b"", written=True)] if what == "file" else _tree()
    once = _first_use()
    if what == "file":
        rounds = -(-ENOUGH // max(size, 1)) if size else 1
        spent, raw = (min(times) for times in zip(*(_one(files[0]) for _ in range(rounds)), strict=True))
        return spent, raw, files[0].loc, once
    spent = raw = 0.0
    loc = 0
    for file in cycle(files):
        for_this, for_raw = _one(file)
        spent, raw, loc = spent + for_this, raw + for_raw, loc + file.loc
        if loc >= size * 0.99:
            break
    return spent, raw, loc, once


def _tree() -> list[SourceFile]:
    corpus = python_package("networkx")
    if isinstance(corpus, str):
        sys.exit(corpus)
    return list(corpus.written)


def _one(file: SourceFile) -> tuple[float, float]:
    """CPU seconds of atomizing the file, and of parsing it."""
    begin = time.process_time()
    parse(file.language, file.source)
    between = time.process_time()
    atomize(file.source, file.path, file.language)
    return time.process_time() - between, between - begin


def _first_use() -> float:
    """CPU seconds that a process's first file of Python costs beyond its second."""
    tiny = SourceFile("tiny.py", Language.PYTHON, b"def f(a):\n    return a\n", written=True)
    first, second = _one(tiny)[0], _one(tiny)[0]
    return first - second


def peak_kilobytes() -> int:
    """The most memory that this process held; ``ru_maxrss`` would begin with its parent's."""
    status = Path("/proc/self/status")
    if status.is_file():
        return next(int(line.split()[1]) for line in status.read_text(encoding="ascii").split("\n") if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    if len(sys.argv) > 2:
        print(*_measure(sys.argv[1], int(sys.argv[2])), peak_kilobytes())
    else:
        print_growth()

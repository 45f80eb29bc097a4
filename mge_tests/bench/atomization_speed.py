"""How fast the atomizer is beside the parser alone, whether its time grows with the size only, and what it holds in memory."""

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mge_assets.stages.atomization import MultiLanguageParser, atomize, tile
from mge_resources.syntax import Language, parse
from mge_tests.bench.corpora import SourceFile, big_file

TILING, FULL = 150_000, 50_000
"""LOC a second and core that are asked for."""
SIZES = (1_000, 10_000, 50_000, 200_000)
MEMORY_AT = (100_000, 200_000)


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
    """One ever bigger file: microseconds a LOC, and beside the smallest; then memory, each size in a process of its own."""
    print("\none file that grows (full context)")
    first = 0.0
    for size in SIZES:
        source = big_file(size)
        each = 1e6 * _best(lambda text=source: atomize(text, "big.py", Language.PYTHON), 1 if size > 50_000 else 3) / size  # type: ignore[misc]
        first = first or each
        print(f"  {size:>7} LOC: {each:.1f} us a LOC, {each / first:.2f} of the smallest", flush=True)
    alone = 0
    for size in (1_000, *MEMORY_AT):
        command = [sys.executable, "-m", __spec__.name, str(size)]
        peak = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        alone = alone or peak
        more = f"{(peak - alone) / 1024 / size * 100_000:.0f} MB per 100,000 LOC" if peak > alone else "what a process takes by itself"
        print(f"  {size:>7} LOC: peak memory {peak / 1024:.0f} MB, {more}", flush=True)


def peak_kilobytes() -> int:
    """The most memory that this process held; ``ru_maxrss`` would begin with its parent's."""
    status = Path("/proc/self/status")
    if status.is_file():
        return next(int(line.split()[1]) for line in status.read_text(encoding="ascii").split("\n") if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    held = atomize(big_file(int(sys.argv[1])), "big.py", Language.PYTHON)
    print(peak_kilobytes())

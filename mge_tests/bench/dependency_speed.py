"""How fast analysis is: beside its peers on the same packages in the same run, and as projects grow to 1,000,000 lines.

    sh .ci/env python -m mge_tests.bench.dependency_speed [peers] [growth] [mix]

Every run is a process of its own, measured by the operating system: CPU seconds of one process with its start, and most memory. The peers (pyan3,
jedi with ``dependency_jedi`` on every function, PyCG) are installed into an environment of the bench's own; a peer gets 120 s of CPU, and what it
does not end in that, or fails at, is told. Growth is over trees of real packages of this machine (the standard library, then what is installed, then
the same again under other names), each line counted; linear is where the microseconds a line stay what they were. Packages are of different kinds, so
those of the largest tree are analysed one by one as well; and ``mix`` deals the same packages out to several trees and to one, so that size grows
and nothing else. The exponent is that of the power law through all sizes: 1 is linear.
"""

import os
import resource
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mge_tests.bench.corpora import SourceFile, python_package, standard_library
from mge_tests.bench.growth_samples import dealt, exponent

PEERS = {"pyan3": ("pyan3==2.9.0",), "jedi": ("jedi==0.20.1",), "PyCG": ("PyCG==0.0.8", "setuptools==65.5.0")}
"""What is installed for each peer: PyCG's newest release asks setuptools for a module that newer ones lack."""
BOUNDS = {"click": 2.0, "networkx": 15.0}
PEER_SECONDS = 120
SIZES = (62_500, 125_000, 250_000, 500_000, 1_000_000)
TREES = (8, 4, 2, 1)
"""Into how many trees the packages of the largest size are dealt out."""
INSTALLED = ("networkx", "sqlalchemy", "dagster", "dagster_graphql", "alembic", "pygments", "rich", "hypothesis", "mypy", "playwright", "dulwich", "fastapi")
OURS = """
import sys, time
from pathlib import Path
from mge_assets.stages.dependency import analyse
from mge_assets.stages.dependency.reading import read_folder
files = read_folder(Path(sys.argv[1]))
begin = time.process_time()
code = analyse(files)
print(time.process_time() - begin, len(code.edges))
"""


@dataclass(frozen=True, slots=True)
class Run:
    """A process that came to an end: CPU seconds, most memory in MB, what it printed; ``failed`` is empty where all is well."""

    seconds: float
    megabytes: float
    out: str
    failed: str


def run(command: Sequence[str], folder: Path, limit: int) -> Run:
    """Run it on one core for at most so many CPU seconds."""

    def held() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})

    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=errors, preexec_fn=held)  # noqa: PLW1509 -- one thread here
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        errors.seek(0)
        told = (errors.read().strip().splitlines() or [f"exit code {process.returncode}"])[-1]
        seconds = used.ru_utime + used.ru_stime
        failed = (
            ""
            if process.returncode == 0
            else f"did not end: killed after {seconds:.0f} s, {used.ru_maxrss / 1024:.0f} MB"
            if process.returncode < 0
            else f"fails: {told[:100]}"
        )
        return Run(seconds, used.ru_maxrss / 1024, out.read(), failed)


def written(files: Sequence[SourceFile], root: Path) -> int:
    """Write the files below the folder; how many lines they have."""
    for file in files:
        place = root / file.path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.source)
    return sum(file.source.count(b"\n") for file in files)


def installed(folder: Path, wanted: Sequence[str]) -> str:
    """The interpreter of an environment with the packages, or pip's last words where they could not be installed."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    done = subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=False, capture_output=True, text=True)
    if done.returncode:
        return (done.stderr.strip().splitlines() or ["pip failed"])[-1][:200]
    shouted = next(folder.glob("lib/*/site-packages/PyCG"), None)
    if shouted and not shouted.with_name("pycg").exists():
        shouted.with_name("pycg").symlink_to(shouted)  # its own modules import it by this name
    return python


def peer_commands(pythons: Mapping[str, str], package: str, root: Path, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Each peer with the command that runs it over the package."""
    files = [str(path.relative_to(root)) for path in sorted(root.rglob("*.py"))]
    yield "pyan3", [pythons["pyan3"], "-m", "pyan", *files, "--uses", "--no-defines", "--tgf"]
    yield "jedi", [pythons["jedi"], str(Path(__file__).with_name("dependency_jedi.py")), str(root), "all", str(folder / "jedi.json")]
    yield "PyCG", [pythons["PyCG"], "-m", "pycg", "--package", package, *files, "-o", str(folder / "pycg.json")]


def beside_peers(folder: Path) -> None:
    """Print each package by us and by each peer."""
    pythons = {peer: installed(folder / "peers" / peer, wanted) for peer, wanted in PEERS.items()}
    for package, bound in BOUNDS.items():
        corpus = python_package(package)
        if isinstance(corpus, str):
            print(corpus)
            continue
        root = folder / package
        files = [SourceFile(f"{package}/{file.path}", file.language, file.source, file.written) for file in corpus.written]
        lines = written(files, root)
        ours = run([sys.executable, "-c", OURS, str(root)], Path.cwd(), 1000)
        print(
            f"{package}, {len(files)} files, {lines:,} lines: {ours.seconds:.2f} s of CPU with the start, {float(ours.out.split()[0]):.2f} s without, "
            f"{ours.megabytes:.0f} MB, {int(ours.out.split()[1]):,} edges (bound {bound:.0f} s, ratio {ours.seconds / bound:.2f})",
            flush=True,
        )
        for peer, command in peer_commands(pythons, package, root, folder):
            if not Path(command[0]).exists():
                print(f"  {peer}: not installed: {command[0]}")
                continue
            theirs = run(command, root, PEER_SECONDS)
            told = theirs.failed or f"{theirs.seconds:.2f} s (ratio {ours.seconds / theirs.seconds:.2f}), {theirs.megabytes:.0f} MB"
            print(f"  {peer}: {told}", flush=True)


def packages() -> dict[str, tuple[SourceFile, ...]]:
    """The files of real packages of this machine, by the package's name; the standard library first, without one."""
    found = {"": standard_library().written}
    for name in INSTALLED:
        corpus = python_package(name)
        if not isinstance(corpus, str):
            found[name] = tuple(SourceFile(f"{name}/{file.path}", file.language, file.source, file.written) for file in corpus.written)
    return found


def supply() -> Iterator[SourceFile]:
    """Files of real packages, one package after another, for ever; each round under other names."""
    found = packages()
    turn = 0
    while True:
        top = f"round{turn}/" if turn else ""
        for files in found.values():
            yield from (SourceFile(f"{top}{file.path}", file.language, file.source, file.written) for file in files)
        turn += 1


def growth(folder: Path) -> None:
    """Print time and memory at each size, and what a line costs beside the smallest; at the largest also beside its packages one by one."""
    first = each = 0.0
    costs: list[tuple[float, float]] = []
    files: list[SourceFile] = []
    for size in SIZES:
        files = enough(size)
        lines, ours = _analysed(files, folder / f"grown{size}")
        if ours.failed:
            print(f"{lines:,} lines: {ours.failed}")
            continue
        each = float(ours.out.split()[0]) / lines * 1e6
        first = first or each
        costs.append((lines, float(ours.out.split()[0])))
        print(
            f"{len(files):,} files, {lines:,} lines: {float(ours.out.split()[0]):.1f} s, {each:.1f} us a line (ratio to the smallest {each / first:.2f}), "
            f"{ours.megabytes:.0f} MB ({ours.megabytes * 1024 / lines:.2f} KB a line)",
            flush=True,
        )
    if len(costs) > 1:
        print(f"seconds grow as lines to the power of {exponent(costs):.2f}, packages of other kinds among them")
    apart = one_by_one(files, folder)
    print(
        f"the packages of the largest one by one: {apart:.1f} us a line (together {each / apart:.2f} of that; one by one {apart / first:.2f} of the smallest)"
    )


def mix(folder: Path) -> None:
    """Print what a line costs where the packages of the largest size stand in several trees, and in one; each package is there every time."""
    packages = list(by_package(enough(SIZES[-1])).values())
    costs: list[tuple[float, float]] = []
    first = 0.0
    for count in TREES:
        found = [_analysed(files, folder / f"mix{count}.{place}") for place, files in enumerate(dealt(packages, min(count, len(packages)), 0))]
        failed = [ours.failed for _, ours in found if ours.failed]
        if failed:
            print(f"{count} trees: {failed[0]}")
            continue
        lines = sum(lines for lines, _ in found)
        seconds = sum(float(ours.out.split()[0]) for _, ours in found)
        # the size of the tree in which a line stands, on average
        size = sum(lines**2 for lines, _ in found) / lines
        first = first or seconds
        costs.append((size, seconds / lines * size))
        print(
            f"{len(found)} trees, a line in one of {size:,.0f} lines: {seconds:.1f} s, {seconds / lines * 1e6:.1f} us a line "
            f"(ratio to the smallest {seconds / first:.2f}), {max(ours.megabytes for _, ours in found):.0f} MB at most",
            flush=True,
        )
    if len(costs) > 1:
        print(f"seconds grow as lines to the power of {exponent(costs):.2f} where the packages are the same (1 is linear)")


def _analysed(files: Sequence[SourceFile], folder: Path) -> tuple[int, Run]:
    lines = written(files, folder)
    return lines, run([sys.executable, "-c", OURS, str(folder)], Path.cwd(), 1000)


def enough(size: int) -> list[SourceFile]:
    """Files of this many lines."""
    files: list[SourceFile] = []
    lines = 0
    for file in supply():
        files.append(file)
        lines += file.source.count(b"\n")
        if lines >= size:
            break
    return files


def by_package(files: Sequence[SourceFile]) -> dict[str, list[SourceFile]]:
    """The files of each package, the standard library's together."""
    groups: dict[str, list[SourceFile]] = {}
    for file in files:
        turn, _, rest = file.path.partition("/") if file.path.startswith("round") else ("", "", file.path)
        top = rest.partition("/")[0]
        groups.setdefault(f"{turn}/{top if top in INSTALLED else 'stdlib'}".lstrip("/"), []).append(file)
    return groups


def one_by_one(files: Sequence[SourceFile], folder: Path) -> float:
    """Microseconds a line where each package is analysed alone: what they cost by their kind, whatever their number."""
    seconds, lines = 0.0, 0
    for name, some in by_package(files).items():
        own, ours = _analysed(some, folder / "alone" / name)
        spent = float(ours.out.split()[0]) if not ours.failed else 0.0
        print(f"  {name}, {own:,} lines: {ours.failed or f'{spent / own * 1e6:.1f} us a line'}", flush=True)
        seconds, lines = seconds + spent, lines + own
    return seconds / lines * 1e6


PARTS: dict[str, Callable[[Path], None]] = {"peers": beside_peers, "growth": growth, "mix": mix}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        for part in sys.argv[1:] or PARTS:
            PARTS[part](Path(name))

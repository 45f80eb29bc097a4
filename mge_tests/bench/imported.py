"""Real packages as plans: imported, run through Dagster with the offline adapter, delivered, and compared byte for byte.

    sh .ci/env python -m mge_tests.bench.imported [click requests networkx] [--order contract]

Prints for each package: atoms, waves, atoms in flight, seconds in all and per 800 atoms beside the bound of 60 s, and whether every file is the
original. A second run of each shows what is re-used. What stands behind the packages is given to `mge run` as it is.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

BOUND_SECONDS = 60.0
BOUND_ATOMS = 800


@dataclass(frozen=True, slots=True)
class Result:
    """One run of one package: `mge run`'s summary, its wall seconds, and the files that differ from their originals."""

    summary: dict[str, Any]
    narration: str
    seconds: float
    files: int
    different: tuple[str, ...]

    @property
    def per_800(self) -> float:
        """Seconds per 800 atoms."""
        return self.seconds * BOUND_ATOMS / int(self.summary["atoms"]["total"])


def sources(package: str) -> Path:
    """The folder of an installed package."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def run_import(package: str, folder: Path, *options: str, **environment: str) -> Result:
    """Import a package into a plan (unless that is done) and run it with these options. The installation is the one that the environment names."""
    plan = folder / f"{package}.yaml"
    mge(folder, environment, "import", str(sources(package)), "-o", plan.name)
    begin = time.perf_counter()
    done = mge(folder, environment, "run", plan.name, "--out", f"made-{package}", "--json", *options)
    seconds = time.perf_counter() - begin
    made = folder / f"made-{package}"
    files = [path for path in made.rglob("*") if path.is_file() and ".git" not in path.relative_to(made).parts]
    original = sources(package).parent
    different = tuple(str(path) for path in files if path.read_bytes() != (original / path.relative_to(made)).read_bytes())
    return Result(json.loads(done.stdout), done.stderr, seconds, len(files), different)


def mge(folder: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command; its exit code 1 says that atoms failed, which a benchmark reports and does not end for."""
    command = [sys.executable, "-m", "mge_assets.cli", *arguments]
    done = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    return done


def report(package: str, result: Result) -> str:
    """The run in a line."""
    atoms = result.summary["atoms"]
    same = "all the original, byte for byte" if not result.different else f"{len(result.different)} differ"
    return (
        f"{package}: {atoms['total']} atoms ({atoms['failed']} failed), {result.summary['waves']} waves, {result.summary['max_parallel']} in flight, "
        f"{result.seconds:.1f} s, {result.per_800:.1f} s per {BOUND_ATOMS} atoms (bound {BOUND_SECONDS:.0f} s, ratio {result.per_800 / BOUND_SECONDS:.2f}), "
        f"{result.files} files: {same}"
    )


if __name__ == "__main__":
    given = sys.argv[1:]
    split = next((number for number, word in enumerate(given) if word.startswith("-")), len(given))
    with tempfile.TemporaryDirectory() as name:
        for wanted in given[:split] or ["click", "requests", "networkx"]:
            for turn in ("first", "again"):
                print(turn, *given[split:], report(wanted, run_import(wanted, Path(name), *given[split:], MGE_HOME=f"{name}/.mge")), flush=True)
        mge(Path(name), {"MGE_HOME": f"{name}/.mge"}, "db", "stop")

"""Published packages as they are, tests, bundles and all: whether analysis of each ends, without an error, and what a byte of it costs.

    sh .ci/env python -m mge_tests.bench.dependency_packages [--packages FOLDER] [--seconds N] [NAME …]

Names are PyPI's, and npm's with ``npm:`` before them; packages come without what they depend on, and a folder of packages that are there already is used
again. Each is analysed by a process of its own, measured by the operating system: CPU seconds of one core with the start, and most memory. The bound on
seconds is CPU time.
"""

import argparse
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from mge_assets.stages.dependency.reading import read_folder
from mge_tests.bench.corpora import npm_package
from mge_tests.bench.dependency_speed import OURS, Run, run

NAMES = (
    "ansible-core", "astropy", "bokeh", "celery", "dask", "django", "docutils", "matplotlib", "mercurial", "mypy", "nltk", "pandas", "plotly", "scipy", "sympy",
    "twisted", "npm:antd", "npm:aws-sdk", "npm:d3", "npm:echarts", "npm:eslint", "npm:jquery", "npm:lodash", "npm:mocha", "npm:pixi.js", "npm:prettier",
    "npm:rollup", "npm:sequelize", "npm:three", "npm:typeorm", "npm:vue", "npm:webpack",
)  # fmt: skip
"""Large ones of many kinds."""


def packages(names: list[str], folder: Path) -> Iterator[tuple[str, Path | str]]:
    """Each package's folder, or why there is none."""
    for name in names:
        kind, _, short = name.rpartition(":")
        if kind == "npm":
            found = npm_package(short, folder / "npm")
            yield name, found if isinstance(found, str) else folder / "npm" / short
        else:
            yield name, _wheel(name, folder / "pypi" / name)


def _wheel(name: str, folder: Path) -> Path | str:
    """A package's wheel, unpacked; the one for this machine where it has several."""
    if not folder.is_dir():
        with tempfile.TemporaryDirectory() as fetched:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", fetched, name]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                return f"not to be had: {(done.stderr.strip().splitlines() or ['pip failed'])[-1][:100]}"
            folder.mkdir(parents=True)
            with zipfile.ZipFile(next(Path(fetched).glob("*.whl"))) as archive:
                archive.extractall(folder)
    return folder


def report(name: str, root: Path, seconds: int) -> Run:
    """Analyse one package and print its line."""
    files = read_folder(root)
    size = sum(map(len, files.values()))
    done = run([sys.executable, "-c", OURS, str(root)], Path.cwd(), seconds)
    told = done.failed or f"{int(done.out.split()[1]):>9,} edges"
    per_byte = 1e6 * done.seconds / max(size, 1)
    print(
        f"{name:24} {len(files):>6,} files {size:>11,} bytes {done.seconds:>7.1f} s {per_byte:>6.1f} us a byte {done.megabytes:>7,.0f} MB  {told}", flush=True
    )
    return done


def main() -> None:
    """Analyse the packages named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", default=list(NAMES))
    parser.add_argument("--packages", type=Path)
    parser.add_argument("--seconds", type=int, default=300)
    chosen = parser.parse_args()
    ended = failed = 0
    with tempfile.TemporaryDirectory() as name:
        for title, root in packages(chosen.names, chosen.packages or Path(name)):
            if isinstance(root, str):
                print(f"{title:24} {root}")
            elif report(title, root, chosen.seconds).failed:
                failed += 1
            else:
                ended += 1
    print(f"{ended} of {ended + failed} packages are analysed to their end")


if __name__ == "__main__":
    main()

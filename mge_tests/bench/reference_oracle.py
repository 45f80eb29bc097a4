"""Uses of names and the lines that define them in real packages, beside what TypeScript's own language service or jedi says of them.

    python -m mge_tests.bench.reference_oracle [--modules FOLDER] [--packages FOLDER] [--show N] [zod rxjs express preact react-native-paper click requests …]

TypeScript: the very lines are compared. JavaScript and Python: values flow on in our answers, so that it is asked whether the oracle's lines are among ours.
Prints, for each kind of use, how many agree. For scripts it needs node and npm; TypeScript is installed into a temporary folder unless ``--modules`` names one
that has it. For Python, jedi is installed likewise.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mge_assets.stages.dependency import analyse
from mge_tests.bench.corpora import NPM, npm_package, python_package
from mge_tests.bench.dependency_speed import PEERS, installed

_ORACLE, _JEDI = Path(__file__).with_name("reference_oracle.mjs"), Path(__file__).with_name("reference_jedi.py")
Lines = frozenset[tuple[str, int]]
"""Definitions: file and line."""


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a name, what the oracle says defines it, and what we say; ``None`` where we have no such use."""

    file: str
    line: int
    column: int
    name: str
    kind: str
    said: Lines
    ours: Lines | None

    @property
    def agrees(self) -> bool:
        """Equal in TypeScript; elsewhere the oracle's lines are among ours."""
        ours = self.ours or frozenset()
        return self.said == ours if self.file.endswith((".ts", ".tsx", ".mts", ".cts")) else self.said <= ours


Oracle = Callable[[Path, list[str]], Iterator[list[Any]]]
"""What an oracle says of the files below a folder: file, line, column, name, kind, places."""


def uses(files: Mapping[str, bytes], oracle: Oracle) -> Iterator[Use]:
    """Every use that the oracle sees in the files."""
    code = analyse(files, references=True)
    ours = {(use.file, use.line, use.column): frozenset((place.file, place.line) for place in use.targets) for use in code.references}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        for file, source in files.items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_bytes(source)
        for file, line, column, written, kind, places in oracle(root, [file for file in files if not file.endswith(".json")]):
            yield Use(file, line, column, written, kind, frozenset((str(where), int(at)) for where, at in places), ours.get((file, line, column)))


def _typescript(modules: Path, root: Path, files: list[str]) -> Iterator[list[Any]]:
    node = shutil.which("node")
    if node is None:
        sys.exit("node is not installed: put it on the PATH")
    yield from _rows([node, "--max-old-space-size=6000", str(_ORACLE), str(modules), str(root)], json.dumps(files))


def _jedi(python: str, root: Path, _files: list[str]) -> Iterator[list[Any]]:
    yield from _rows([python, str(_JEDI), str(root)], "")


def _rows(command: list[str], asked: str) -> Iterator[list[Any]]:
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        yield json.loads(line)


def report(name: str, found: list[Use], show: int) -> None:
    """One line for each kind, and some of what differs."""
    total, agreed = Counter(use.kind for use in found), Counter(use.kind for use in found if use.agrees)
    print(f"{name:24}{sum(agreed.values()):>8} of {sum(total.values()):>8} uses agree  {100 * sum(agreed.values()) / max(1, sum(total.values())):6.2f} %")
    unseen = Counter(use.kind for use in found if use.ours is None and use.said)
    missed = Counter(use.kind for use in found if use.ours is not None and not use.said <= use.ours)
    for kind, count in total.most_common():
        print(f"    {kind:20}{agreed[kind]:>8} of {count:>8}  {100 * agreed[kind] / count:6.2f} %; no use {unseen[kind]}, lines missing {missed[kind]}")
    differing = [use for use in found if not use.agrees]
    for use in random.Random(4).sample(differing, min(show, len(differing))):
        ours = "no use" if use.ours is None else sorted(use.ours)
        print(f"    {use.file}:{use.line}:{use.column} {use.name} ({use.kind}): said {sorted(use.said)}, ours {ours}")


def main() -> None:
    """Measure the packages named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", default=[*NPM, "click", "requests"])
    parser.add_argument("--modules", type=Path)
    parser.add_argument("--packages", type=Path)
    parser.add_argument("--show", type=int, default=0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        made: dict[bool, Oracle] = {}
        for package in chosen.names:
            script = package in NPM
            if script not in made:
                made[script] = partial(_typescript, chosen.modules or _installed(Path(name))) if script else partial(_jedi, _environment(Path(name)))
            corpus = npm_package(package, chosen.packages or Path(name)) if script else python_package(package)
            if isinstance(corpus, str):
                print(corpus)
                continue
            files = {file.path: file.source for file in corpus.written}
            report(package, list(uses(files, made[script])), chosen.show)


def _installed(folder: Path) -> Path:
    """TypeScript, by npm's own client."""
    subprocess.run(["npm", "install", "--silent", "--no-save", "typescript@5"], cwd=folder, check=True)
    return folder / "node_modules"


def _environment(folder: Path) -> str:
    """An interpreter that has jedi."""
    python = installed(folder / "jedi", PEERS["jedi"])
    return python if Path(python).exists() else sys.exit(f"jedi could not be installed: {python}")


if __name__ == "__main__":
    main()

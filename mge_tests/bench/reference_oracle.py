"""Uses of names and the lines that define them, beside what TypeScript's own language service says of real packages.

    python -m mge_tests.bench.reference_oracle [--modules FOLDER] [--packages FOLDER] [--show N] [zod rxjs express preact react-native-paper]

TypeScript: the very lines are compared. JavaScript: values flow on in our answers, so that it is asked whether the oracle's lines are among ours.
Prints, for each kind of use, how many agree. Needs node and npm; TypeScript is installed into a temporary folder unless ``--modules`` names one that has it.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mge_assets.stages.dependency import analyse
from mge_tests.bench.corpora import NPM, npm_package

_ORACLE = Path(__file__).with_name("reference_oracle.mjs")
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
        """Equal in TypeScript; in JavaScript the oracle's lines are among ours."""
        ours = self.ours or frozenset()
        return self.said <= ours if self.file.endswith((".js", ".jsx", ".mjs", ".cjs")) else self.said == ours


def uses(files: Mapping[str, bytes], modules: Path) -> Iterator[Use]:
    """Every use that the oracle sees in the files."""
    code = analyse(files, references=True)
    ours = {(use.file, use.line, use.column): frozenset((place.file, place.line) for place in use.targets) for use in code.references}
    with tempfile.TemporaryDirectory() as name:
        root = Path(name).resolve()
        for file, source in files.items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_bytes(source)
        for file, line, column, written, kind, places in _asked(root, [file for file in files if not file.endswith(".json")], modules):
            yield Use(file, line, column, written, kind, frozenset((str(where), int(at)) for where, at in places), ours.get((file, line, column)))


def _asked(root: Path, files: list[str], modules: Path) -> Iterator[list[Any]]:
    node = shutil.which("node")
    if node is None:
        sys.exit("node is not installed: put it on the PATH")
    command = [node, "--max-old-space-size=6000", str(_ORACLE), str(modules), str(root)]
    done = subprocess.run(command, input=json.dumps(files), capture_output=True, text=True, check=True)
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
    parser.add_argument("names", nargs="*", default=list(NPM))
    parser.add_argument("--modules", type=Path)
    parser.add_argument("--packages", type=Path)
    parser.add_argument("--show", type=int, default=0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        modules = chosen.modules or _installed(Path(name))
        for package in chosen.names:
            corpus = npm_package(package, chosen.packages or Path(name))
            if isinstance(corpus, str):
                print(corpus)
                continue
            files = {file.path: file.source for file in corpus.written}
            report(package, list(uses(files, modules)), chosen.show)


def _installed(folder: Path) -> Path:
    """TypeScript, by npm's own client."""
    subprocess.run(["npm", "install", "--silent", "--no-save", "typescript@5"], cwd=folder, check=True)
    return folder / "node_modules"


if __name__ == "__main__":
    main()

"""How many atoms a task of 70 to 90 LOC becomes (specification: 80 LOC ▸ 7–9), and how big atoms are.

    sh .ci/env python -m mge_tests.bench.atomization_sizes [click requests flask networkx zod rxjs express preact react-native-paper]

Tasks are whole files, and functions and classes at a file's top level with their documentation.
"""

import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.stages.atomization import MultiLanguageParser, tile
from mge_tests.bench.corpora import NPM, PYTHON, Corpus, corpora

TASK, ASKED = range(70, 91), range(7, 10)
_TEXT = (AtomKind.DOCSTRING, AtomKind.TRIVIA)


@dataclass(slots=True)
class Sizes:
    """Counts over one corpus, or several together."""

    loc: Counter[int] = field(default_factory=Counter)
    tasks: dict[str, Counter[int]] = field(default_factory=lambda: {"files": Counter(), "functions and classes": Counter()})

    def add(self, atoms: tuple[Atom, ...]) -> None:
        """Count one file's atoms."""
        self.loc.update(atom.loc for atom in atoms)
        self._task("files", list(atoms))
        for parts in _definitions(atoms):
            self._task("functions and classes", parts)

    def _task(self, sort: str, atoms: list[Atom]) -> None:
        if sum(atom.loc for atom in atoms) in TASK:
            self.tasks[sort][len(atoms)] += 1

    def lines(self) -> list[str]:
        """The figures in words."""
        count = max(1, self.loc.total())
        bands = ((0, 3), (4, 6), (7, 9), (10, 12), (13, 15), (16, 10_000))
        shares = ", ".join(f"{low}-{high}: {100 * sum(n for loc, n in self.loc.items() if low <= loc <= high) / count:.0f} %" for low, high in bands[:-1])
        over = sum(n for loc, n in self.loc.items() if loc >= bands[-1][0])
        found = [f"{sum(loc * n for loc, n in self.loc.items()) / count:.1f} LOC an atom (about 10 asked); {shares}; over 15: {over}"]
        return found + [f"{sort} of 70-90 LOC: {_told(counts)}" for sort, counts in self.tasks.items() if counts]


def _told(counts: Counter[int]) -> str:
    """How many tasks became how many atoms, the median, and the share within what is asked."""
    each = sorted(counts.elements())
    within = 100 * sum(counts[number] for number in ASKED) / len(each)
    spread = ", ".join(f"{number} atoms: {counts[number]}" for number in sorted(counts))
    return f"{len(each)} tasks, median {each[len(each) // 2]} atoms, {within:.0f} % became 7-9; {spread}"


def _definitions(atoms: tuple[Atom, ...]) -> list[list[Atom]]:
    """Atoms of each definition at the top level: its own and those that stand in it."""
    module = min((atom.scope for atom in atoms), key=len, default="")
    found: dict[str, list[Atom]] = {}
    for atom in atoms:
        top = atom.name.split("#")[0] if atom.scope == module else atom.scope
        parts = top.removeprefix(module).strip(".").split(".")
        if parts[0]:
            found.setdefault(parts[0], []).append(atom)
    return [parts for parts in found.values() if any(atom.kind not in _TEXT for atom in parts)]


def sizes_of(corpus: Corpus) -> Sizes:
    """Over the files that people wrote."""
    sizes = Sizes()
    for file in corpus.written:
        sizes.add(tile(MultiLanguageParser().parse(file.source, file.path, file.language)).atoms)
    return sizes


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        for corpus in corpora(sys.argv[1:] or [*PYTHON, *NPM], Path(name)):
            print(corpus if isinstance(corpus, str) else corpus.name)
            if not isinstance(corpus, str):
                print("".join(f"  {line}\n" for line in sizes_of(corpus).lines()), end="", flush=True)

"""The atomizer on real code: does it tile, how big, how whole and how atomic are atoms, is complexity right, how fast, how much memory.

    sh .ci/env python -m mge_tests.bench.atomization [stdlib click requests flask networkx zod rxjs express preact react-native-paper]

Round trips are over every file; the other figures over the files that people wrote, tests left out. Times are CPU seconds, best of three.
"""

import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from mge_assets.model.atoms import MAX_LOC, Atom, Atomization
from mge_assets.stages.atomization import atomize
from mge_resources.syntax import Language, parse
from mge_tests.bench.atomization_boundaries import End, boundary_share, ends_of
from mge_tests.bench.atomization_complexity import Agreement, agreement_with_radon
from mge_tests.bench.atomization_speed import print_growth, speeds
from mge_tests.bench.corpora import Corpus, SourceFile, corpora


@dataclass(slots=True)
class Figures:
    """What is counted over one corpus's written files, and over several together."""

    files: int = 0
    loc: int = 0
    atoms: int = 0
    over: list[str] = field(default_factory=list)
    divisible: int = 0
    ends: Counter[End] = field(default_factory=Counter)
    completeness: float = 0.0
    scores: Counter[float] = field(default_factory=Counter)
    violations: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)

    def add(self, file: SourceFile, atomization: Atomization) -> None:
        """Count one file."""
        self.files += 1
        self.loc += file.loc
        self.atoms += len(atomization.atoms)
        self.ends += ends_of(file.source, file.language, atomization.atoms)
        for atom in atomization.atoms:
            self.completeness += atom.context.completeness
            self.scores[atom.atomicity.score] += 1
            self.violations.update(finding.rule.partition(".")[2] for finding in atom.atomicity.violations)
            context = atom.context
            self.missing.update(name for name in context.COMPONENTS if name not in context.exempt and not getattr(context, name))
            if atom.loc > MAX_LOC:
                whole = is_indivisible(file, atom)
                self.divisible += not whole
                self.over.append(f"{file.path}:{atom.span.start_line} ({atom.loc} LOC, {'indivisible' if whole else 'could be cut'})")

    def lines(self) -> list[str]:
        """The figures in words."""
        atoms = max(1, self.atoms)
        above, at_least = (100 * sum(count for score, count in self.scores.items() if test(score)) / atoms for test in (_above, _at_least))
        exceptions = sum(self.ends[end] for end in (End.TEXT, End.LITERAL, End.LONG))
        violated = ", ".join(f"{name} {100 * count / atoms:.1f} %" for name, count in self.violations.most_common(6))
        missing = ", ".join(f"{name} {100 * count / atoms:.1f} %" for name, count in self.missing.most_common())
        return [
            f"{self.files} files, {self.loc} LOC, {self.atoms} atoms, {self.loc / atoms:.1f} LOC an atom",
            f"over {MAX_LOC} LOC: {len(self.over)} ({100 * len(self.over) / atoms:.2f} %, bound 0.5), {self.divisible} could be cut; {self.over[:3] or ''}",
            f"ending at a boundary: {100 * boundary_share(self.ends):.1f} % (bound 95); {self.ends[End.EXPRESSION]} do not, {exceptions} are exceptions",
            f"completeness {100 * self.completeness / atoms:.1f} % (bound 95); missing: {missing}",
            f"atomicity above 0.9: {above:.1f} %, at least 0.9: {at_least:.1f} % (bound 90); violated: {violated}",
        ]


def _above(score: float) -> bool:
    return score > 0.9


def _at_least(score: float) -> bool:
    return score >= 0.9


def is_indivisible(file: SourceFile, atom: Atom) -> bool:
    """True where one token of the tree covers the atom's code."""
    start = atom.span.start_byte + len(atom.text) - len(atom.text.lstrip())
    end = atom.span.start_byte + len(atom.text.rstrip())
    node = parse(file.language, file.source).root_node.descendant_for_byte_range(start, end)
    return node is not None and node.child_count == 0


def round_trips(corpus: Corpus) -> tuple[int, list[str]]:
    """How many files come back byte for byte, and those that do not."""
    bad = [file.path for file in corpus.files if b"".join(atom.text for atom in atomize(file.source, file.path, file.language).atoms) != file.source]
    return len(corpus.files) - len(bad), bad


def report(corpus: Corpus) -> tuple[Figures, Agreement | None]:
    """Print one corpus's figures."""
    good, bad = round_trips(corpus)
    print(f"\n{corpus.name}\n  round trip: {100 * good / max(1, len(corpus.files)):.2f} % of {len(corpus.files)} files {' '.join(bad[:3])}")
    figures = Figures()
    for file in corpus.written:
        figures.add(file, atomize(file.source, file.path, file.language))
    for line in figures.lines():
        print(f"  {line}")
    agreement = None
    if python := [file for file in corpus.written if file.language is Language.PYTHON]:
        agreement = agreement_with_radon(python)
        print(f"  {agreement}")
    print(f"  {speeds(corpus.written)}", flush=True)
    return figures, agreement


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        for corpus in corpora(sys.argv[1:], Path(name)):
            if isinstance(corpus, str):
                print(f"\n{corpus}")
            else:
                report(corpus)
    print_growth()

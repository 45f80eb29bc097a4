"""Whose fault a failure is, by which tests enter what: the Ochiai measure of spectrum-based fault localisation (Abreu et al. 2007)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from math import sqrt

from mge_assets.stages.validation.runs import Entry

Spans = Mapping[str, Sequence[tuple[int, str]]]
"""File ▸ (1-based line on which an atom begins, the atom's name), in order."""


def holders(entered: Iterable[Entry], spans: Spans) -> frozenset[str]:
    """The atoms in which these functions begin."""
    names: set[str] = set()
    for entry in entered:
        held = [name for start, name in spans.get(entry.file, ()) if start <= entry.line]
        names.update(held[-1:])
    return frozenset(names)


@dataclass(frozen=True, slots=True)
class Assembled:
    """A project put together from its atoms: every file, the lines on which the atoms begin, and for definitions in two atoms the one that is the body."""

    files: Mapping[str, bytes]
    spans: Spans
    bodies: Mapping[str, str] = field(default_factory=dict)

    def atoms(self, entered: Iterable[Entry]) -> frozenset[str]:
        """The atoms that hold these functions; a function whose body is an atom of its own is that one."""
        names: set[str] = set()
        for held in holders(entered, self.spans):
            name = held.partition("#")[0]
            names.add(self.bodies.get(name, held if name not in self.bodies else name))
        return frozenset(names)


def ochiai(runs: Iterable[tuple[bool, Set[str]]]) -> dict[str, float]:
    """How likely each atom is at fault, 0–1: failing tests that enter it, over the root of all failing tests times all that enter it.

    ``runs`` are (passed, atoms entered) of each test.
    """
    failed, entering, failing = 0, defaultdict[str, int](int), defaultdict[str, int](int)
    for passed, names in runs:
        failed += not passed
        for name in names:
            entering[name] += 1
            failing[name] += not passed
    return {name: failing[name] / sqrt(failed * count) if failed else 0.0 for name, count in entering.items()}

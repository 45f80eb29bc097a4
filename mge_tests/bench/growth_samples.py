"""Trees that grow in size and not in kind: seeded samples of one pool of files, and how cost follows size.

What is drawn are small groups of files that stand in one folder, of all packages alike. A small sample holds less of what its files import than a large
one, so that its lines are rather cheaper: the exponent told is an upper bound of what size alone costs.
"""

from collections.abc import Iterator, Sequence
from math import log
from random import Random

from mge_tests.bench.corpora import SourceFile

GROUP_LINES = 2_000
"""Files of one folder are drawn together up to so many lines; a longer file stands alone."""


def sample(pool: Sequence[SourceFile], size: int, seed: int) -> list[SourceFile]:
    """Groups of the pool with so many lines together, or one group more; another seed draws others."""
    groups = list(_groups(pool))
    Random(seed).shuffle(groups)
    drawn: list[SourceFile] = []
    taken = 0
    for group in groups:
        if taken >= size:
            break
        drawn += group
        taken += lines(group)
    return drawn


def _groups(pool: Sequence[SourceFile]) -> Iterator[list[SourceFile]]:
    folders: dict[str, list[SourceFile]] = {}
    for file in pool:
        folders.setdefault(file.path.rpartition("/")[0], []).append(file)
    for files in folders.values():
        group: list[SourceFile] = []
        for file in files:
            if group and lines(group) + lines([file]) > GROUP_LINES:
                yield group
                group = []
            group.append(file)
        yield group


def lines(files: Sequence[SourceFile]) -> int:
    """How many lines the files have."""
    return sum(file.source.count(b"\n") for file in files)


def exponent(costs: Sequence[tuple[float, float]]) -> float:
    """Of the power law that runs closest to the (size, cost) pairs, by least squares of their logarithms: 1 is linear, 2 quadratic."""
    points = [(log(size), log(cost)) for size, cost in costs]
    x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)

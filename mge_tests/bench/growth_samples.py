"""The same code in one large tree or in several smaller ones: what it costs more in the large one is the price of size, not of kind.

Whole packages are dealt out, so that what their files import of one another is in the tree in either case.
"""

from collections.abc import Sequence
from math import log
from random import Random

from mge_tests.bench.corpora import SourceFile


def dealt(packages: Sequence[Sequence[SourceFile]], count: int, seed: int) -> list[list[SourceFile]]:
    """So many trees of about the same size, each package in one of them; another seed puts other packages together."""
    order = list(packages)
    Random(seed).shuffle(order)
    trees: list[list[SourceFile]] = [[] for _ in range(count)]
    for package in sorted(order, key=lines, reverse=True):
        min(trees, key=lines).extend(package)
    return trees


def lines(files: Sequence[SourceFile]) -> int:
    """How many lines the files have."""
    return sum(file.source.count(b"\n") for file in files)


def exponent(costs: Sequence[tuple[float, float]]) -> float:
    """Of the power law that runs closest to the (size, cost) pairs, by least squares of their logarithms: 1 is linear, 2 quadratic."""
    points = [(log(size), log(cost)) for size, cost in costs]
    x, y = sum(a for a, _ in points) / len(points), sum(b for _, b in points) / len(points)
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)

"""Cyclomatic complexity, counted over the tree (decision points are ``@decision`` in the query files).

Decision points: if, elif, for, while, do, except/catch, ternary, case (not default, not ``_``), each and/or/&&/||/??, each ``for``
and ``if`` of a comprehension. Not: else, finally, with, assert, ``?.``, default values. Nested functions are counted apart.
"""

from bisect import bisect_left
from collections.abc import Sequence

from tree_sitter import Node


class DecisionPoints:
    """Where a file's decision points and functions stand."""

    def __init__(self, decisions: Sequence[Node], functions: Sequence[Node]) -> None:
        self._at = sorted([node.start_byte for node in decisions])
        spans = sorted((node.start_byte, -node.end_byte) for node in functions)
        self._starts = [start for start, _ in spans]
        self._ends = [-end for _, end in spans]

    def before(self, offset: int) -> int:
        """Decision points before the offset."""
        return bisect_left(self._at, offset)

    def before_each(self, offsets: Sequence[int], end: int) -> list[int]:
        """Decision points before each of the offsets, which ascend, and before the end."""
        at = self._at
        first = bisect_left(at, offsets[0])
        last = bisect_left(at, end, first)
        if first == last:
            return [first] * (len(offsets) + 1)
        return [*(bisect_left(at, offset, first, last) for offset in offsets), last]

    def within(self, start: int, end: int) -> int:
        """Decision points in the half-open range of bytes."""
        return bisect_left(self._at, end) - bisect_left(self._at, start)

    def of_function(self, start: int, end: int) -> int:
        """Complexity of the function that begins in the range, functions nested in it left out."""
        points = self.within(start, end)
        index, stop = bisect_left(self._starts, start), bisect_left(self._starts, end)
        index += 1  # the function itself
        while index < stop:
            inner_start, inner_end = self._starts[index], self._ends[index]
            points -= self.within(inner_start, inner_end)
            index = bisect_left(self._starts, inner_end, index + 1, stop)
        return 1 + points

    def of(self, start: int, end: int) -> int:
        """Complexity of any other range: one more than its decision points."""
        return 1 + self.within(start, end)

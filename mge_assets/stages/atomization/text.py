"""A file's bytes as lines: where each begins, how many are LOC, which line an offset stands on.

What belongs here: arithmetic on offsets and lines. What does not: anything that knows a grammar.
Lines end at line feeds only, as in the syntax tree; ``bytes.splitlines`` would also cut at lone carriage returns.
"""

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate, pairwise

LONG_LINE = 1000
"""Bytes from which a line counts as minified and may be cut inside (at the offsets that the caller names)."""


class Lines:
    """The rows of a source; with ``cuts`` (offsets inside minified lines) a row may be a part of a line.

    ``starts`` are the rows' first offsets, ``code`` the LOC before each row and before the end; rows count from 0, line numbers from 1.
    """

    def __init__(self, source: bytes, cuts: Iterable[int] = ()) -> None:
        self.source = source
        parts = source.split(b"\n")
        if not parts[-1]:
            parts.pop()
        starts = list(accumulate([len(part) + 1 for part in parts], initial=0))[:-1]
        self._line_starts = starts
        extra = sorted(set(cuts) - set(starts))
        self.minified = bool(extra)
        if extra:
            starts = sorted([*starts, *extra])
            parts = [source[a:b] for a, b in pairwise([*starts, len(source)])]
        self.starts = starts
        self.code = list(accumulate([0 if not part or part.isspace() else 1 for part in parts], initial=0))

    def __len__(self) -> int:
        return len(self.starts)

    def row(self, offset: int) -> int:
        """The row that holds the byte at this offset."""
        return bisect_right(self.starts, offset) - 1

    def number(self, offset: int) -> int:
        """The 1-based line that holds the byte at this offset."""
        return bisect_right(self._line_starts, offset)

    def offset(self, row: int) -> int:
        """Where the row begins; the length of the source for the row after the last."""
        return self.starts[row] if row < len(self.starts) else len(self.source)

    def loc(self, first: int, end: int) -> int:
        """Non-blank rows in the half-open range."""
        return self.code[end] - self.code[first]

    def blank(self, row: int) -> bool:
        """True where the row holds white space only."""
        return self.code[row + 1] == self.code[row]

    def long_lines(self) -> list[tuple[int, int]]:
        """Offsets (start, end) of the lines that count as minified."""
        return [(a, b) for a, b in pairwise([*self._line_starts, len(self.source)]) if b - a > LONG_LINE]


def loc_of(text: bytes) -> int:
    """Non-blank lines of a text."""
    return sum(1 for line in text.split(b"\n") if line.strip())

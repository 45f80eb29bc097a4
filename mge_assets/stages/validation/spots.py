"""Findings before they know their file: what is said of a position in some bytes, so that it can be kept for equal bytes."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from mge_assets.model.errors import Place
from mge_assets.model.findings import Finding, Severity


@dataclass(frozen=True, slots=True)
class Spot:
    """A finding at a byte offset (from 0) and line (from 1) of a file's content."""

    rule: str
    severity: Severity
    message: str
    fix: str
    byte: int
    line: int

    def finding(self, file: str) -> Finding:
        """The finding in the file of this name."""
        return Finding(self.rule, self.severity, self.message, self.fix, Place(file, self.line))


def as_given(finding: Finding) -> Finding:
    """How a danger weighs in code that a person wrote, who may have meant it: a warning, which goes before a person.

    A secret stays an error, and so does what is simply wrong (a format string that does not fit its values).
    """
    danger = finding.rule.startswith(("python.", "javascript.", "typescript.any", "ruff.S", "bandit.B"))
    return replace(finding, severity=Severity.WARNING) if finding.severity is Severity.ERROR and danger else finding


def between(spots: Sequence[Spot], start: int, end: int) -> Sequence[Spot]:
    """The spots from ``start`` up to ``end``, of spots that are in order of their bytes."""
    return spots[bisect_left(spots, start, key=attrgetter("byte")) : bisect_left(spots, end, key=attrgetter("byte"))]


class Lines:
    """Turns lines and byte columns into byte offsets and back."""

    def __init__(self, content: bytes) -> None:
        starts, at = [0], 0
        while (at := content.find(b"\n", at) + 1) > 0:
            starts.append(at)
        self._starts = starts

    def byte(self, line: int, column: int = 0) -> int:
        """The offset of a 1-based line and a 0-based byte column; past the last line it is the last line's."""
        return self._starts[min(max(line, 1), len(self._starts)) - 1] + column

    def line(self, byte: int) -> int:
        """The 1-based line that holds the offset."""
        return bisect_right(self._starts, byte)

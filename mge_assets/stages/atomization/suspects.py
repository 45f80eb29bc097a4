"""Calls whose name says that they are not deterministic, or act on the outside."""

from bisect import bisect_left

from mge_assets.stages.atomization.marks import Table

_LONGEST = 80
"""Bytes of a callee beyond which it is no name."""


class Calls:
    """Those of a file's calls whose dotted name, or its first one or two parts, is in a list of names."""

    def __init__(self, calls: Table, names: frozenset[str]) -> None:
        found = [(at, text) for at, text in zip(calls.at, calls.texts, strict=True) if text and _is_in(text, names)]
        self._at = [at for at, _ in found]
        self._texts = [text for _, text in found]

    def first_within(self, start: int, end: int) -> str:
        """The name of the first such call that starts in the half-open range; empty where there is none."""
        index = bisect_left(self._at, start)
        return self._texts[index] if index < len(self._at) and self._at[index] < end else ""


def _is_in(text: str, names: frozenset[str]) -> bool:
    if len(text.encode(errors="replace")) > _LONGEST:
        return False
    if text in names:
        return True
    first, _, rest = text.partition(".")
    return first in names or f"{first}.{rest.partition('.')[0]}" in names

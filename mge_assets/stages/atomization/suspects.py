"""Calls whose name says that they are not deterministic, or act on the outside."""

from bisect import bisect_left
from collections.abc import Callable

from tree_sitter import Node

from mge_assets.stages.atomization.marks import Table

_LONGEST = 80
"""Bytes of a callee beyond which it is no name."""
_BARE = "()"
"""What ends a listed name that counts only where the call has no arguments: ``new Date()`` asks the clock, ``new Date(0)`` does not."""
_STREAM = (b"file=", b"sys.std")
"""``print(…, file=out)`` writes to what it was given, unless that is one of the process's own streams."""


class Calls:
    """Those of a file's calls whose dotted name, or its first one or two parts, is in a list of names."""

    def __init__(self, calls: Table, names: frozenset[str]) -> None:
        found = [(at, text) for at, text, node in zip(calls.at, calls.texts, calls.nodes, strict=True) if text and _is_meant(text, node, names)]
        self._at = [at for at, _ in found]
        self._texts = [text for _, text in found]

    def first_within(self, start: int, end: int, own: Callable[[str], bool] = lambda _name: False) -> str:
        """The name of the first such call that starts in the half-open range; empty where there is none. ``own`` tells names that are the code's own."""
        index = bisect_left(self._at, start)
        while index < len(self._at) and self._at[index] < end:
            if not own(self._texts[index]):
                return self._texts[index]
            index += 1
        return ""


def _is_meant(text: str, node: Node, names: frozenset[str]) -> bool:
    if _is_in(text, names):
        return not (text == "print" and _has_stream(node))
    return text + _BARE in names and _is_bare(node)


def _is_in(text: str, names: frozenset[str]) -> bool:
    if len(text.encode(errors="replace")) > _LONGEST:
        return False
    if text in names:
        return True
    first, _, rest = text.partition(".")
    return first in names or f"{first}.{rest.partition('.')[0]}" in names


def _arguments(callee: Node) -> Node | None:
    return callee.parent.child_by_field_name("arguments") if callee.parent is not None else None


def _is_bare(callee: Node) -> bool:
    listed = _arguments(callee)
    return listed is None or not listed.named_child_count


def _has_stream(callee: Node) -> bool:
    listed = _arguments(callee)
    written = [child.text or b"" for child in listed.named_children] if listed is not None else []
    return any(text.startswith(_STREAM[0]) and not text.removeprefix(_STREAM[0]).startswith(_STREAM[1]) for text in written)

"""Scopes inside a function: nested functions, lambdas and classes, which last, and comprehensions, which run on the spot.

What belongs here: whose variable a name at an offset is. What flows between atoms is ``liveness``.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from tree_sitter import Node

from mge_assets.stages.atomization.marks import Marks

_WALRUS = re.compile(rb"[^\W\d]\w*\s*:=")
"""A binding in a comprehension that is not the comprehension's own."""
_WORDS = re.compile(r"\w+")
_DECLARED = frozenset({"function_definition", "class_definition", "function_declaration", "generator_function_declaration"})
_PASSING = frozenset({"list_comprehension", "set_comprehension", "dictionary_comprehension", "generator_expression"})


class Scopes:
    """Every nested scope of a file, in order: its node, where the name stands that it has outside (-1 for none), whether it may run later."""

    def __init__(self, functions: Sequence[Node], others: Sequence[Node]) -> None:
        both = sorted({node.id: node for node in (*functions, *others)}.values(), key=lambda node: (node.start_byte, -node.end_byte))
        self._all = both
        self._at = [node.start_byte for node in both]

    def within(self, start: int, end: int) -> Iterator[tuple[Node, int, bool]]:
        """Those that begin in the range."""
        first = bisect_left(self._at, start)
        for node in self._all[first : bisect_left(self._at, end, first)]:
            named = node.child_by_field_name("name") if node.type in _DECLARED else None
            yield node, named.start_byte if named is not None else -1, node.type not in _PASSING


class NestedScopes:
    """The scopes inside a function: nested functions and classes, which last, and comprehensions, which run on the spot."""

    def __init__(self, marks: Marks, scopes: Scopes, start: int, end: int, source: bytes, *, assigning: bool) -> None:
        self._marks, self._source, self._assigning = marks, source, assigning
        self._spans: list[tuple[int, int, int, bool]] = []
        for node, names, lasts in scopes.within(start + 1, end):
            if not self._spans or node.start_byte >= self._spans[-1][1]:
                self._spans.append((node.start_byte, node.end_byte, names, lasts))
        self._at = [span[0] for span in self._spans]
        self._known: dict[int, frozenset[str]] = {}
        self.outer_names = {name for at, text in marks.events("outer", start, end) if not self.holding(at) for name in _WORDS.findall(text)[1:]}

    def _index(self, at: int) -> int:
        if not self._at:
            return -1
        index = bisect_right(self._at, at) - 1
        return index if index >= 0 and at < self._spans[index][1] else -1

    def holding(self, at: int) -> bool:
        """Whether the offset is inside a nested scope, past the name that it has outside."""
        index = self._index(at)
        return index >= 0 and at != self._spans[index][2]

    def lasting(self, at: int) -> bool:
        """Whether it is inside one that may run later."""
        index = self._index(at)
        return index >= 0 and self._spans[index][3] and at != self._spans[index][2]

    def outside(self, at: int, name: str) -> bool:
        """Whether a name at this offset means a variable outside of the nested scope that it may stand in."""
        index = self._index(at)
        return index < 0 or at == self._spans[index][2] or name not in self._own(index)

    def _own(self, index: int) -> frozenset[str]:
        """Names that the scope binds for itself. In Python every assignment does, in JavaScript a declaration."""
        if index not in self._known:
            start, end, name_at, lasts = self._spans[index]
            marks = self._marks
            own = {name for _, name in marks.events("local", start, end)}
            if not lasts:
                own |= {name for at, name in marks.events("bind", start, end) if not _WALRUS.match(self._source, at)}
            else:
                assigned = {at for at, _ in marks.events("assigned", start, end)}
                own |= {name for at, name in marks.events("bind", start, end) if at not in assigned and at != name_at}
                own |= {name for _, name in marks.events("rebind", start, end)} if self._assigning else set()
                own -= {name for _, text in marks.events("outer", start, end) for name in _WORDS.findall(text)[1:]}
            self._known[index] = frozenset(own)
        return self._known[index]

"""What the context's queries found in a file, as tables that answer "what stands between these offsets" in logarithmic time."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import compress, repeat
from operator import attrgetter
from sys import intern

from tree_sitter import Node

_START, _END = attrgetter("start_byte"), attrgetter("end_byte")
_ASKED = (
    *("return", "raise", "yield", "jump", "await", "assert", "state", "outer", "call", "export", "import", "given"),
    *("guard", "outcome", "branch", "loop", "typed", "written", "valued", "value", "member_name", "member_type"),
)
"""What is asked of every atom. Most atoms have few of them: one look-up that finds them all costs a tenth of one for each."""
_STRUCTURE = frozenset({"decision", "function"})
_HELD = 4
TEXT_LENGTH = 160
"""Characters that a quoted piece of code keeps."""


class Source:
    """A file's bytes, and how to read names from it: of ASCII, which most files are, decoded once and sliced."""

    def __init__(self, source: bytes) -> None:
        self._bytes = source
        self._text = source.decode("ascii") if source.isascii() else None

    def slice(self, start: int, end: int) -> str:
        """The text between two offsets; bytes that are no UTF-8 are replaced."""
        return self._bytes[start:end].decode(errors="replace") if self._text is None else self._text[start:end]

    def texts(self, at: Sequence[int], nodes: Sequence[Node]) -> list[str]:
        """The texts of nodes that start at these offsets; equal ones are one object."""
        text = self._text
        if text is not None:
            return [intern(text[start:end]) for start, end in zip(at, map(_END, nodes), strict=True)]
        return [intern(self.slice(start, end)) for start, end in zip(at, map(_END, nodes), strict=True)]


class Table:
    """Nodes of one capture name, in the order in which they start."""

    def __init__(self, source: "Source", nodes: Sequence[Node]) -> None:
        self._source, self.nodes = source, nodes
        self.at = list(map(_START, nodes))

    @cached_property
    def texts(self) -> list[str]:
        """The nodes' texts, decoded when first asked for."""
        return self._source.texts(self.at, self.nodes)

    def within(self, start: int, end: int) -> Sequence[Node]:
        """The nodes that start in the half-open range."""
        at = self.at
        first = bisect_left(at, start)
        if first == len(at) or at[first] >= end:
            return ()
        return self.nodes[first : bisect_left(at, end, first)]


class Marks:
    """All tables of a file."""

    def __init__(self, source: bytes, captured: dict[str, list[Node]]) -> None:
        self._source = text = Source(source)
        self._tables = {name: Table(text, nodes) for name, nodes in captured.items() if name not in _STRUCTURE}
        self._empty = Table(text, ())
        skipped = {at for name in ("member", "bind", "local") for at in self.table(name).at}
        use = self._tables.pop("use", self._empty)
        kept = [at not in skipped for at in use.at]
        self._use_at = list(compress(use.at, kept))
        self._use_names = text.texts(self._use_at, list(compress(use.nodes, kept)))
        self._asked, self._answer = (-1, -1), dict[str, int]()
        self._held: dict[tuple[int, int], dict[str, list[Node]]] = {}
        self._event_at, self._events = self._merged()

    def _merged(self) -> tuple[list[int], list[tuple[str, Node]]]:
        """Where the nodes stand that are asked of every atom, in order, and each with the name of its table."""
        at: list[int] = []
        events: list[tuple[str, Node]] = []
        for name in _ASKED:
            table = self._tables.get(name)
            if table is not None:
                at += table.at
                events += zip(repeat(name), table.nodes)
        order = sorted(range(len(at)), key=at.__getitem__)
        return [at[index] for index in order], [events[index] for index in order]

    def table(self, name: str) -> Table:
        """The table of one capture name; an empty one where nothing was found."""
        return self._tables.get(name, self._empty)

    def listed(self, nodes: Sequence[Node]) -> Table:
        """A table of other nodes of the same file."""
        return Table(self._source, nodes)

    def uses(self, start: int, end: int) -> dict[str, int]:
        """Names read in the range, each with the offset of its first use, in order. The last answer is kept, for a component asks as the one before did."""
        if self._asked == (start, end):
            return self._answer
        first = bisect_left(self._use_at, start)
        last = bisect_left(self._use_at, end, first)
        found: dict[str, int] = {}
        for name, at in zip(self._use_names[first:last], self._use_at[first:last], strict=True):
            if name not in found:
                found[name] = at
        self._asked, self._answer = (start, end), found
        return found

    def used(self, start: int, end: int) -> Iterator[tuple[int, str]]:
        """Every reading of a name in the range, with its offset."""
        first = bisect_left(self._use_at, start)
        last = bisect_left(self._use_at, end, first)
        return zip(self._use_at[first:last], self._use_names[first:last], strict=True)

    def events(self, table: str, start: int, end: int) -> Iterator[tuple[int, str]]:
        """Every node of a table in the range: its offset and its text."""
        nodes = self.table(table)
        first = bisect_left(nodes.at, start)
        last = bisect_left(nodes.at, end, first)
        return zip(nodes.at[first:last], nodes.texts[first:last], strict=True) if first < last else iter(())

    def names(self, table: str, start: int, end: int) -> dict[str, int]:
        """Texts of a table's nodes in the range, each with its first offset, in order."""
        nodes = self.table(table)
        first = bisect_left(nodes.at, start)
        last = bisect_left(nodes.at, end, first)
        found: dict[str, int] = {}
        if first < last:
            for name, at in zip(nodes.texts[first:last], nodes.at[first:last], strict=True):
                found.setdefault(name, at)
        return found

    def held(self, start: int, end: int) -> dict[str, list[Node]]:
        """What starts in the range of all that is asked of every atom, by table. The last answers are kept."""
        found = self._held.get((start, end))
        if found is None:
            if len(self._held) >= _HELD:
                self._held.clear()
            first = bisect_left(self._event_at, start)
            found = self._held[start, end] = {}
            for name, node in self._events[first : bisect_left(self._event_at, end, first)]:
                if name in found:
                    found[name].append(node)
                else:
                    found[name] = [node]
        return found

    def paired(self, first: str, second: str, start: int, end: int) -> Iterator[tuple[Node, Node]]:
        """As ``pairs``, for tables that are asked of every atom: in most there is nothing to pair."""
        return self.pairs(first, second, start, end) if second in self.held(start, end) else iter(())

    def pairs(self, first: str, second: str, start: int, end: int) -> Iterator[tuple[Node, Node]]:
        """The nodes of ``second`` in the range, each with the node of ``first`` that it belongs to: the last one before it."""
        owners, nodes = self.table(first), self.table(second)
        for owner, index in _owned(owners.at, nodes.at, start, end):
            yield owners.nodes[owner], nodes.nodes[index]

    def paired_texts(self, first: str, second: str, start: int, end: int) -> Iterator[tuple[str, str]]:
        """The texts of what ``pairs`` gives."""
        owners, nodes = self.table(first), self.table(second)
        for owner, index in _owned(owners.at, nodes.at, start, end):
            yield owners.texts[owner], nodes.texts[index]

    def text(self, node: Node) -> str:
        """The node's text."""
        return self._source.slice(node.start_byte, node.end_byte)

    def quote(self, node: Node) -> str:
        """The node's text on one line, at most 160 characters."""
        start = node.start_byte
        return shorten(self._source.slice(start, min(node.end_byte, start + 4 * TEXT_LENGTH)))


def _owned(owners: Sequence[int], at: Sequence[int], start: int, end: int) -> Sequence[tuple[int, int]]:
    """Of what stands in the range: the place in ``owners`` of the last one before it there, and its own place; both are in order."""
    low = bisect_left(at, start)
    high = bisect_left(at, end, low)
    if low == high:
        return ()
    found: list[tuple[int, int]] = []
    begin, count = bisect_left(owners, start), len(owners)
    following = begin
    for index in range(low, high):
        offset = at[index]
        while following < count and owners[following] < offset:
            following += 1
        if following > begin:
            found.append((following - 1, index))
    return found


def shorten(text: str) -> str:
    """White space runs as one blank, and at most 160 characters."""
    text = " ".join(text.split())
    return text if len(text) <= TEXT_LENGTH else text[: TEXT_LENGTH - 1] + "…"

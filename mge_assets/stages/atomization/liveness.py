"""Which variables pass between the atoms of a function: what each needs from before, and what it leaves for later.

The usual analysis backwards over the function's control flow, with sets of variables as bits. A variable comes in where it may be read before it is
surely written, or may stay as it was; it goes out where it may be written and read afterwards, in a later round of a loop too. A variable that a nested
function reads may be read at any time, so every value of it goes out.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from mge_assets.model.atoms import Atom
from mge_assets.stages.atomization.control_flow import ControlFlow, Leaf
from mge_assets.stages.atomization.grammar import Description, Grammar
from mge_assets.stages.atomization.marks import Marks
from mge_assets.stages.atomization.nested_scopes import NestedScopes, Scopes

_EITHER = (b" and ", b" or ", b" if ", b"&&", b"||", b"?")
_ASSIGNS = re.compile(rb"[^\W\d][\w$]*\s*(?::=|=(?!=))")


class FunctionFlow:
    """The flow of one function."""

    def __init__(self, description: Description, marks: Marks, scopes: Scopes, grammar: Grammar, source: bytes) -> None:
        node = description.node
        assert description.body is not None
        self._source, self._grammar, self._start, self._end = source, grammar, node.start_byte, node.end_byte
        self._scopes = NestedScopes(marks, scopes, node.start_byte, node.end_byte, source, assigning=grammar.assigning)
        named = node.child_by_field_name("name")
        self._own_name = named.start_byte if named is not None else -1
        graph = ControlFlow(node, description.body)
        self._bits: dict[str, int] = {}
        self._writes = self._written(marks, graph.leaves)
        self._write_at = [at for at, _, _ in self._writes]
        self._captured: dict[int, int] = {}
        self._reads = self._read(marks)
        self._read_at = [at for at, _ in self._reads]
        self._unsure = self._declared_twice()
        for leaf in graph.leaves:
            self._fill(leaf)
        graph.entry.reads = graph.entry.first = 0  # annotations and defaults are read outside
        self._leaves = [leaf for leaf in graph.leaves if leaf is not graph.end]
        _solve(graph.leaves)

    def _written(self, marks: Marks, leaves: Sequence[Leaf]) -> list[tuple[int, int, bool]]:
        """(offset, variable, whether it is read too) of what the function binds, in order. What a nested one declares is that one's own."""
        start, end, scopes = self._start, self._end, self._scopes
        found = [(at, name, False) for at, name in marks.events("bind", start, end)]
        found += [(at, name, True) for at, name in marks.events("rebind", start, end)]
        found = [(at, name, again) for at, name, again in found if at != self._own_name and scopes.outside(at, name)]
        for leaf in leaves:
            if leaf.imports is not None:
                found += [(leaf.start, name, False) for name, _ in self._grammar.bindings(leaf.imports) if name != "*"]
        found.sort()
        elsewhere = scopes.outer_names
        for at, name, _ in found:
            if name not in elsewhere and not scopes.holding(at):
                self._bits.setdefault(name, 1 << len(self._bits))
        return [(at, self._bits[name], again) for at, name, again in found if name in self._bits]

    def _read(self, marks: Marks) -> list[tuple[int, int]]:
        """(offset, variable) of every reading; what a nested function reads or writes of them is noted as captured, by where the first such function stands."""
        found: list[tuple[int, int]] = []
        scopes, bits = self._scopes, self._bits
        for at, name in marks.used(self._start, self._end):
            bit = bits.get(name)
            if bit is not None and scopes.outside(at, name):
                found.append((at, bit))
                if scopes.lasting(at):
                    self._captured.setdefault(bit, at)
        for at, bit, _ in self._writes:
            if scopes.lasting(at):
                self._captured.setdefault(bit, at)
        return found

    def _declared_twice(self) -> int:
        """Names that are declared more than once by ``let`` or ``const``: variables of one name, of which a write to one says nothing of the other."""
        seen = twice = 0
        for at, bit, _ in self._writes if self._grammar.block_scoped else ():
            if self._source[max(self._start, at - 12) : at].rstrip().endswith((b"let", b"const")):
                twice |= seen & bit
                seen |= bit
        return twice

    def _fill(self, leaf: Leaf) -> None:
        low = bisect_left(self._write_at, leaf.start)
        writes = self._writes[low : bisect_left(self._write_at, leaf.end, low)]
        low = bisect_left(self._read_at, leaf.start)
        reads = self._reads[low : bisect_left(self._read_at, leaf.end, low)]
        for at, bit in reads:
            leaf.reads |= bit
            if leaf.partial or not writes or not any(other == bit and self._before(place, at, leaf) for place, other, _ in writes):
                leaf.first |= bit
        for at, bit, again in writes:
            leaf.writes |= bit
            if again:
                leaf.reads |= bit
                leaf.first |= bit
            if not leaf.partial and (at < leaf.target_end or not self._maybe(leaf, at)):
                leaf.surely |= bit
        leaf.surely &= ~self._unsure

    def _maybe(self, leaf: Leaf, at: int) -> bool:
        """Whether what is bound at this offset is bound in some runs of the leaf only: in a nested function, or behind ``and``, ``?`` and their like."""
        before = self._source[leaf.start : at]
        return self._scopes.holding(at) or any(sign in before for sign in _EITHER)

    def _before(self, place: int, at: int, leaf: Leaf) -> bool:
        """Whether a name is bound at ``place`` before it is read; an assignment's own target is bound last."""
        return leaf.target_end <= place < at and (leaf.target_end > 0 or self._embedded(place))

    def _embedded(self, place: int) -> bool:
        """``:=`` or ``=`` comes right after the name."""
        return _ASSIGNS.match(self._source, place) is not None

    def between(self, atoms: Sequence[Atom]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
        """(live-in, live-out) of each atom of the function, in order; names in the order in which the function first binds them. To be asked once."""
        starts = [atom.span.start_byte for atom in atoms]
        count = len(atoms)
        owner = {id(leaf): bisect_right(starts, leaf.start) - 1 for leaf in self._leaves}
        enters, leaves, mentioned, written = [0] * count, [0] * count, [0] * count, [0] * count
        for leaf in self._leaves:
            own = owner[id(leaf)]
            if own < 0:
                continue
            written[own] |= leaf.writes
            if own + 1 < count and starts[own + 1] < leaf.end:
                mentioned[own] |= self._read_between(leaf.start, starts[own + 1]) | leaf.writes
                leaves[own] |= self._spread(leaf, own, starts, enters, mentioned)
            else:
                mentioned[own] |= leaf.reads | leaf.writes
            for target in (*leaf.following, leaf.thrown) if leaf.thrown is not None else leaf.following:
                into = owner.get(id(target), -1)
                if into != own:
                    leaves[own] |= target.live
                    if into >= 0:
                        enters[into] |= target.live
        late = self._late(atoms)
        found = []
        for index in range(count):
            elsewhere = 0
            for other, bits in enumerate(written):
                elsewhere |= bits if other != index else 0
            found.append((self._named(enters[index] & mentioned[index] & elsewhere), self._named((leaves[index] | late[index]) & written[index])))
        for leaf in self._leaves:  # the leaves of a loop hold one another: without this, memory would wait for a garbage collection
            leaf.following, leaf.thrown = [], None
        self._leaves = []
        return found

    def _spread(self, leaf: Leaf, own: int, starts: Sequence[int], enters: list[int], mentioned: list[int]) -> int:
        """A statement that fills several atoms: each later one takes in what its own part reads. What they all read."""
        found = 0
        for index in range(own + 1, len(starts)):
            if starts[index] >= leaf.end:
                break
            reads = self._read_between(starts[index], min(leaf.end, starts[index + 1]) if index + 1 < len(starts) else leaf.end)
            mentioned[index] |= reads
            enters[index] |= reads & leaf.first
            found |= reads
        return found

    def _read_between(self, start: int, end: int) -> int:
        low = bisect_left(self._read_at, start)
        found = 0
        for _, bit in self._reads[low : bisect_left(self._read_at, end, low)]:
            found |= bit
        return found

    def _late(self, atoms: Sequence[Atom]) -> list[int]:
        """Of each atom: the variables that it writes after a function that captured them was made in another atom."""
        found = [0] * len(atoms)
        for index, atom in enumerate(atoms):
            start, end = atom.span.start_byte, atom.span.end_byte
            for bit, at in self._captured.items():
                found[index] |= bit if at < start and any(start <= place < end for place, other, _ in self._writes if other == bit) else 0
        return found

    def inherited(self, atom: Atom, marks: Marks, own: "FunctionFlow") -> tuple[str, ...]:
        """Of an atom inside a nested function: the variables of this one that it reads, as far as the nested one has none of that name."""
        used = marks.uses(atom.span.start_byte, atom.span.end_byte)
        return tuple(name for name in used if name in self._bits and self._bits[name] in self._captured and name not in own._bits)

    def _named(self, bits: int) -> tuple[str, ...]:
        return tuple(name for name, bit in self._bits.items() if bits & bit) if bits else ()


def _solve(leaves: Sequence[Leaf]) -> None:
    """What is needed before each leaf: until nothing changes. Leaves are made last first, so that two or three turns do."""
    changed = True
    while changed:
        changed = False
        for leaf in leaves:
            after = 0
            for other in leaf.following:
                after |= other.live
            live = leaf.first | (after & ~leaf.surely)
            if leaf.thrown is not None:
                live |= leaf.thrown.live
            if live != leaf.live:
                leaf.live = live
                changed = True

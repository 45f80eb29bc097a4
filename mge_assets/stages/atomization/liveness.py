"""Which variables pass between the atoms of a function: what each needs from before, and what it leaves for later.

The usual analysis backwards over the function's control flow, with sets of variables as bits. A variable comes in where it may be read before it is
surely written, or may stay as it was; it goes out where it may be written and read afterwards, in a later round of a loop too. A variable that a nested
function reads may be read at any time, so every value of it goes out.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence

from tree_sitter import Node

from mge_assets.model.atoms import Atom
from mge_assets.stages.atomization.control_flow import ControlFlow, Leaf
from mge_assets.stages.atomization.grammar import Description, Grammar
from mge_assets.stages.atomization.marks import Marks
from mge_assets.stages.atomization.nested_scopes import NestedScopes, Scopes

_EITHER = (b" and ", b" or ", b" if ", b"&&", b"||", b"?")
_ASSIGNMENTS = frozenset({"assignment_expression", "named_expression", "assignment", "variable_declarator", "assignment_pattern", "keyword_argument"})
_LEXICAL = frozenset({"lexical_declaration", "class_declaration", "function_declaration"})
_IN_DECLARATION = frozenset(
    {"variable_declarator", "object_pattern", "array_pattern", "pair_pattern", "assignment_pattern", "object_assignment_pattern", "rest_pattern"}
)
_ASSIGNS = re.compile(rb"[^\W\d][\w$]*\s*(?::=|=(?!=))")


class FunctionFlow:
    """The flow of one function."""

    def __init__(self, description: Description, marks: Marks, scopes: Scopes, grammar: Grammar, source: bytes) -> None:
        node = description.node
        assert description.body is not None
        self._source, self._grammar, self._start, self._end = source, grammar, node.start_byte, node.end_byte
        self.hoisted: frozenset[str] = frozenset()
        self._scopes = NestedScopes(marks, scopes, node.start_byte, node.end_byte, source, assigning=grammar.assigning)
        named, self._single = node.child_by_field_name("name"), node.child_by_field_name("parameter")
        self._own_name = named.start_byte if named is not None else -1
        self._node = node
        graph = ControlFlow(node, description.body)
        self._names: list[str] = []
        self._bits: dict[str, int] = {}
        self._blocks: dict[str, list[tuple[int, int, int]]] = {}
        self._writes = self._written(marks, graph.leaves)
        self._write_at = [at for at, _, _ in self._writes]
        self._captured: dict[int, int] = {}
        self._reads = self._read(marks)
        self._read_at = [at for at, _ in self._reads]
        for leaf in graph.leaves:
            self._fill(leaf)
        graph.entry.reads = graph.entry.first = 0  # annotations and defaults are read outside
        self._leaves = [leaf for leaf in graph.leaves if leaf is not graph.end]
        _solve(graph.leaves)

    def _written(self, marks: Marks, leaves: Sequence[Leaf]) -> list[tuple[int, int, bool]]:
        """(offset, variable, whether it is read too) of what the function binds, in order. What a nested or an outer one declares is that one's own."""
        start, end, scopes = self._start, self._end, self._scopes
        found = [(at, name, False) for at, name in marks.events("bind", start, end)]
        found += [(at, name, True) for at, name in marks.events("rebind", start, end)]
        found = [(at, name, again) for at, name, again in found if at != self._own_name and scopes.outside(at, name)]
        if self._single is not None:
            found.append((self._single.start_byte, marks.text(self._single), False))  # ``x => …``
        found = self._without_hoisted(found, {at for at, _ in marks.events("hoisted", start, end)})
        for leaf in leaves:
            if leaf.imports is not None:
                found += [(leaf.start, name, False) for name, _ in self._grammar.bindings(leaf.imports) if name != "*"]
        found.sort()
        again_at = {at for at, _, again in found if again}
        assigned = set() if self._grammar.assigning else again_at | {at for at, _ in marks.events("assigned", start, end)}
        own = [(at, name) for at, name, _ in found if name not in scopes.outer_names and not scopes.holding(at) and at not in assigned]
        self._declare(own, marks)
        return [(at, bit, again) for at, name, again in found if (bit := self._variable(name, at))]

    def _declare(self, own: Sequence[tuple[int, str]], marks: Marks) -> None:
        """A variable for each name; where blocks have their own, one for each block that declares a name which is declared elsewhere too."""
        counts = Counter(name for _, name in own)
        several = {name for name, count in counts.items() if count > 1} if self._grammar.block_scoped else set()
        nodes = {node.start_byte: node for node in marks.table("bind").within(self._start, self._end)} if several else {}
        for at, name in own:
            block = _block_of(nodes[at]) if name in several and at in nodes else None
            if block is None or block.start_byte <= self._start:
                if name not in self._bits:
                    self._bits[name] = self._new(name)
            elif all(start != block.start_byte for start, _, _ in self._blocks.get(name, ())):
                self._blocks.setdefault(name, []).append((block.start_byte, block.end_byte, self._new(name)))

    def _new(self, name: str) -> int:
        self._names.append(name)
        return 1 << (len(self._names) - 1)

    def _variable(self, name: str, at: int) -> int:
        """The variable that a name means at an offset: that of the innermost block that declares it; 0 for none of the function's."""
        within = [(end - start, bit) for start, end, bit in self._blocks.get(name, ()) if start <= at < end]
        return min(within)[1] if within else self._bits.get(name, 0)

    def _without_hoisted(self, found: list[tuple[int, str, bool]], places: set[int]) -> list[tuple[int, str, bool]]:
        """Function declarations are there before anything runs: no values that flow, unless they are assigned anew; then they begin on entry."""
        declared = {name for at, name, _ in found if at in places}
        if not declared:
            return found
        found = [(at, name, again) for at, name, again in found if at not in places]
        assigned = declared & {name for _, name, _ in found}
        self.hoisted = frozenset(declared - assigned)
        return [*((self._start, name, False) for name in assigned), *found]

    def _read(self, marks: Marks) -> list[tuple[int, int]]:
        """(offset, variable) of every reading; what a nested function reads or writes of them is noted as captured, by where the first such function stands."""
        found: list[tuple[int, int]] = []
        scopes = self._scopes
        for at, name in marks.used(self._start, self._end):
            bit = self._variable(name, at)
            if bit and scopes.outside(at, name):
                found.append((at, bit))
                if scopes.lasting(at):
                    self._captured.setdefault(bit, at)
        for at, bit, _ in self._writes:
            if scopes.lasting(at):
                self._captured.setdefault(bit, at)
        return found

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

    def _maybe(self, leaf: Leaf, at: int) -> bool:
        """Whether what is bound at this offset is bound in some runs of the leaf only: in a nested function, or behind ``and``, ``?`` and their like."""
        before = self._source[leaf.start : at]
        return self._scopes.holding(at) or any(sign in before for sign in _EITHER)

    def _before(self, place: int, at: int, leaf: Leaf) -> bool:
        """Whether a name is bound at ``place`` before it is read; an assignment's own target is bound last, and a nested function's when it pleases."""
        if place >= at or place < leaf.target_end or self._scopes.lasting(place):
            return False
        return self._embedded_end(place) <= at if _ASSIGNS.match(self._source, place) is not None else leaf.target_end > 0

    def _embedded_end(self, place: int) -> int:
        """Where the assignment inside an expression ends whose target stands here."""
        node = self._node.descendant_for_byte_range(place, place + 1)
        while node is not None and node.type not in _ASSIGNMENTS:
            node = node.parent
        return node.end_byte if node is not None else place

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
            if own + 1 < count and starts[own + 1] < leaf.end:
                self._spread(leaf, own, starts, (enters, leaves, mentioned, written))
            else:
                written[own] |= leaf.writes
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

    def _spread(self, leaf: Leaf, own: int, starts: Sequence[int], found: tuple[list[int], ...]) -> None:
        """A statement that fills several atoms: each takes in what its own part reads, and leaves what it writes for what follows and for the other parts."""
        enters, leaves, mentioned, written = found
        live = leaf.thrown.live if leaf.thrown is not None else 0
        for target in leaf.following:
            live |= target.live
        whole = 0
        for index in range(own, len(starts)):
            if starts[index] >= leaf.end:
                break
            start, end = max(leaf.start, starts[index]), min(leaf.end, starts[index + 1]) if index + 1 < len(starts) else leaf.end
            reads, writes = self._read_between(start, end), self._written_between(start, end)
            if leaf.start == self._start:  # a header's parameters are bound by its first atom, wherever they stand
                writes = leaf.writes if index == own else 0
            mentioned[index] |= reads | writes
            written[index] |= writes
            leaves[index] |= live & writes
            if index > own:
                enters[index] |= reads & leaf.first
                whole |= reads
        leaves[own] |= whole

    def _written_between(self, start: int, end: int) -> int:
        low = bisect_left(self._write_at, start)
        found = 0
        for _, bit, _ in self._writes[low : bisect_left(self._write_at, end, low)]:
            found |= bit
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
        captured = {self._names[bit.bit_length() - 1] for bit in self._captured}
        return tuple(name for name in used if name in captured and name not in own._names)

    def _named(self, bits: int) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for place, name in enumerate(self._names) if bits >> place & 1)) if bits else ()


def _block_of(name: Node) -> Node | None:
    """The block that a ``let``, ``const``, class or caught name belongs to; nothing for ``var`` and parameters, which belong to the function."""
    node = name.parent
    while node is not None and node.type not in _LEXICAL:
        if node.type in {"catch_clause", "for_in_statement"}:
            kind = node.child_by_field_name("kind")
            return None if kind is not None and kind.type == "var" else node
        if node.type not in _IN_DECLARATION:
            return None
        node = node.parent
    block = node.parent if node is not None else None
    return block.parent if block is not None and block.type in {"switch_case", "switch_default"} else block


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

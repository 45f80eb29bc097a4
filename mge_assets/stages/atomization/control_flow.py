"""The order in which a function's statements run, as a graph of leaves: simple statements and the headers of compound ones.

What belongs here: where control goes in Python, JavaScript and TypeScript. What the leaves read and write is ``liveness``.
Built backwards, a statement at a time, each with what follows it; a ``finally`` is built once for each way into it, as the compilers do.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from tree_sitter import Node

_DEEPEST = 60
"""Levels of nesting that are followed; what stands deeper counts as one statement that may do anything it mentions."""
_FINALLIES = 4
"""Levels of ``finally`` that are built once for each way into them; deeper ones once."""
_BLOCKS = frozenset({"block", "statement_block", "module", "program", "class_static_block", "else_clause", "finally_clause", "statement_list"})
_SHORT = {"and": True, "&&": True, "or": False, "||": False}
"""Operators whose right side may not run: whether it runs where the left one holds."""
_COMMENTS = frozenset({"comment", "html_comment"})


@dataclass(slots=True, eq=False)
class Leaf:
    """A piece of code that runs as one, from ``start`` to ``end``; ``target_end`` is where the names end that it binds last of all.

    ``following`` may come next; ``thrown`` where an exception in it goes. ``partial`` marks code of which only parts may run.
    ``reads``, ``first``, ``writes`` and ``surely`` are filled in by ``liveness`` as sets of variables (bits), ``live`` what is needed before it.
    """

    start: int
    end: int
    following: list["Leaf"] = field(default_factory=list)
    thrown: "Leaf | None" = None
    target_end: int = 0
    partial: bool = False
    imports: Node | None = None
    reads: int = 0
    first: int = 0
    writes: int = 0
    surely: int = 0
    live: int = 0


@dataclass(slots=True, eq=False)
class _Ways:
    """Where control goes from inside: by ``break``, ``continue``, ``return`` and exceptions; labels name loops and blocks."""

    leave: Callable[[], Leaf]
    thrown: Leaf | None = None
    stop: Callable[[], Leaf] | None = None
    again: Callable[[], Leaf] | None = None
    labels: tuple[tuple[str, Callable[[], Leaf], Callable[[], Leaf] | None], ...] = ()
    named: tuple[str, ...] = ()
    depth: int = 0
    finallies: int = 0

    def deeper(self) -> "_Ways":
        """The same ways, one level down; labels are of the statement that they stand before."""
        return _Ways(self.leave, self.thrown, self.stop, self.again, self.labels, (), self.depth + 1, self.finallies)


class ControlFlow:
    """The leaves of one function's body, in no order; ``entry`` runs first, ``end`` last."""

    def __init__(self, function: Node, body: Node) -> None:
        self.leaves: list[Leaf] = []
        self.end = self._leaf(function.end_byte, function.end_byte)
        first = self._sequence(_statements(body) if body.type in _BLOCKS else [body], self.end, _Ways(lambda: self.end))
        self.entry = self._leaf(function.start_byte, body.start_byte, [first])
        self.entry.target_end = body.start_byte

    def _leaf(self, start: int, end: int, following: Iterable[Leaf] = (), thrown: Leaf | None = None) -> Leaf:
        leaf = Leaf(start, end, list(following), thrown)
        self.leaves.append(leaf)
        return leaf

    def _of(self, node: Node, following: Iterable[Leaf], ways: _Ways) -> Leaf:
        return self._leaf(node.start_byte, node.end_byte, following, ways.thrown)

    def _sequence(self, nodes: Sequence[Node], after: Leaf, ways: _Ways) -> Leaf:
        for node in reversed(nodes):
            after = self._statement(node, after, ways)
        return after

    def _body(self, node: Node | None, after: Leaf, ways: _Ways) -> Leaf:
        """A block, or a single statement in its place."""
        if node is None:
            return after
        return self._sequence(_statements(node) if node.type in _BLOCKS else [node], after, ways.deeper())

    def _statement(self, node: Node, after: Leaf, ways: _Ways) -> Leaf:
        build = _BUILDERS.get(node.type)
        if build is None:
            return self._simple(node, after, ways)
        if ways.depth > _DEEPEST:
            leaf = self._of(node, [after], ways)
            leaf.partial = True
            return leaf
        return build(self, node, after, ways)

    def _simple(self, node: Node, after: Leaf, ways: _Ways) -> Leaf:
        inner = node.named_children[0] if node.type == "expression_statement" and node.named_child_count == 1 else node
        if inner.type == "assignment" and inner.child_by_field_name("right") is None:
            return after  # ``x: int`` binds nothing
        leaf = self._of(node, [after], ways)
        if inner.type in _TARGETS:
            target = inner.child_by_field_name(_TARGETS[inner.type])
            leaf.target_end = target.end_byte if target is not None else 0
        elif inner.type in _IMPORTS:
            leaf.imports = inner
        return leaf

    def _block(self, node: Node, after: Leaf, ways: _Ways) -> Leaf:
        return self._body(node, after, ways)

    def _declaration(self, node: Node, after: Leaf, ways: _Ways) -> Leaf:
        """``const a = f(), b = a``: one after the other. A declaration without a value binds nothing."""
        for child in reversed(node.named_children):
            if child.type == "variable_declarator" and child.child_by_field_name("value") is not None:
                after = self._simple(child, after, ways)
        return after

    def _return(self, node: Node, _after: Leaf, ways: _Ways) -> Leaf:
        return self._of(node, [ways.leave()], ways)

    def _raise(self, node: Node, _after: Leaf, ways: _Ways) -> Leaf:
        return self._of(node, [ways.thrown or self.end], ways)

    def _jump(self, node: Node, _after: Leaf, ways: _Ways) -> Leaf:
        stops = node.type == "break_statement"
        label = node.child_by_field_name("label")
        way = ways.stop if stops else ways.again
        for name, stop, again in ways.labels:
            if label is not None and label.text == name.encode():
                way = stop if stops else again
        return self._of(node, [way() if way is not None else self.end], ways)

    def _if(self, node: Node, after: Leaf, ways: _Ways) -> Leaf:
        other = after
        for alternative in reversed(node.children_by_field_name("alternative")):
            other = self._branch(alternative, other, after, ways) if alternative.type == "elif_clause" else self._body(alternative, after, ways)
        return self._branch(node, other, after, ways)

    def _branch(self, node: Node, other: Leaf, after: Leaf, ways: _Ways) -> Leaf:
        """A condition with what runs where it holds."""
        then = self._body(node.child_by_field_name("consequence"), after, ways)
        return self._test(node.child_by_field_name("condition") or node, then, other, ways)

    def _test(self, node: Node, then: Leaf, other: Leaf, ways: _Ways, depth: int = 0) -> Leaf:
        """A condition: of ``and`` and ``or`` each part by itself, for the second may not run, and what it binds is bound where it held."""
        while node.type == "parenthesized_expression" and node.named_child_count == 1:
            node = node.named_children[0]
        left, operator, right = (node.child_by_field_name(name) for name in ("left", "operator", "right"))
        if left is None or operator is None or right is None or operator.type not in _SHORT or depth > _DEEPEST:
            return self._of(node, [then, other], ways)
        last = self._test(right, then, other, ways, depth + 1)
        return self._test(left, *((last, other) if _SHORT[operator.type] else (then, last)), ways, depth + 1)

    def _loop(self, ways: _Ways, after: Leaf, again: Leaf) -> _Ways:
        """The ways inside a loop, by its labels too."""

        def stop() -> Leaf:
            return after

        def next_round() -> Leaf:
            return again

        return replace(ways, stop=stop, again=next_round, labels=(*ways.labels, *((name, stop, next_round) for name in ways.named)))

    def _while(self, node: Node, after: Leaf, ways: _Ways) -> Leaf:
        condition = node.child_by_field_name("condition") or node
        head = self._leaf(condition.start_byte, condition.start_byte, [], ways.thrown)
        body = self._body(node.child_by_field_name("body"), head, self._loop(ways, after, head))
        if condition.text in {b"True", b"1", b"(true)", b"(1)"}:
            head.following = [body]
        else:
            head.following = [self._test(condition, body, self._body(node.child_by_field_name("alternative"), after, ways), ways)]
        return head

    def _do(self, node: Node, after: Leaf, ways: _Ways) -> Leaf:
        condition = node.child_by_field_name("condition") or node
        tail = self._leaf(condition.start_byte, condition.start_byte, [], ways.thrown)
        body = self._body(node.child_by_field_name("body"), tail, self._loop(ways, after, tail))
        tail.following = [self._test(condition, body, after, ways)]
        return body

    def _for_each(self, node: Node, after: Leaf, ways: _Ways) -> Leaf:
        """Python's ``for``, JavaScript's ``for … in`` and ``for … of``: the collection once, then the target each round."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        assert left is not None
        assert right is not None
        head = self._leaf(left.start_byte, left.start_byte, [], ways.thrown)  # asks for the next item
        target = self._of(left, [], ways)
        target.target_end = left.end_byte
        target.following = [self._body(node.child_by_field_name("body"), head, self._loop(ways, after, head))]
        head.following = [target, self._body(node.child_by_field_name("alternative"), after, ways)]
        return self._of(right, [head], ways)

    def _for(self, node: Node, after: Leaf, ways: _Ways) -> Leaf:
        """JavaScript's ``for (…; …; …)``, and Python's."""
        if node.child_by_field_name("left") is not None:
            return self._for_each(node, after, ways)
        first, condition, step = (node.child_by_field_name(name) for name in ("initializer", "condition", "increment"))
        at = (condition or node).start_byte
        head = self._leaf(at, at, [], ways.thrown)
        tail = self._simple(step, head, ways) if step is not None else head
        body = self._body(node.child_by_field_name("body"), tail, self._loop(ways, after, tail))
        bare = condition is None or condition.type in {"empty_statement", ";"}
        head.following = [body if bare or condition is None else self._test(_bare(condition), body, after, ways)]
        return self._statement(first, head, ways) if first is not None and first.is_named else head

    def _with(self, node: Node, after: Leaf, ways: _Ways) -> Leaf:
        """The manager may swallow an exception, so that what follows comes next."""
        inner = replace(ways, thrown=self._join(node, [after, ways.thrown] if ways.thrown is not None else [after]))
        body = node.child_by_field_name("body")
        leaf = self._leaf(node.start_byte, body.start_byte if body is not None else node.end_byte, [self._body(body, after, inner)], ways.thrown)
        leaf.target_end = leaf.start
        return leaf

    def _join(self, node: Node, following: Iterable[Leaf]) -> Leaf:
        """A place that only leads on."""
        return self._leaf(node.end_byte, node.end_byte, following)

    def _try(self, node: Node, after: Leaf, ways: _Ways) -> Leaf:
        parts = {kind: [child for child in node.named_children if child.type == kind] for kind in ("except_clause", "except_group_clause", "else_clause")}
        last = next((child for child in node.named_children if child.type == "finally_clause"), None)
        body, outer = node.child_by_field_name("body"), ways
        if last is not None:
            after, ways = self._through(last, after, ways)
        handlers = [*parts["except_clause"], *parts["except_group_clause"]]
        catch = node.child_by_field_name("handler")
        tried = ways.thrown
        if handlers:
            tried = self._handlers(handlers, after, ways)
        elif catch is not None:
            tried = self._catch(catch, after, ways)
        inside = replace(ways, thrown=tried if tried is not None else outer.thrown)
        for clause in reversed(parts["else_clause"]):
            after = self._body(clause, after, ways)
        return self._body(body, after, inside)

    def _handlers(self, clauses: Sequence[Node], after: Leaf, ways: _Ways) -> Leaf:
        """Each ``except`` is tried in turn; what none takes goes on outwards."""
        following = ways.thrown or self.end
        for clause in reversed(clauses):
            block = next(child for child in reversed(clause.named_children) if child.type not in _COMMENTS)
            runs = self._body(block, after, ways)
            head = self._leaf(clause.start_byte, block.start_byte, [runs, following], ways.thrown)
            if all(child.type in _COMMENTS or child.id == block.id for child in clause.named_children):
                head.following = [runs]  # a bare except takes everything
            following = head
        return following

    def _catch(self, clause: Node, after: Leaf, ways: _Ways) -> Leaf:
        body, parameter = clause.child_by_field_name("body"), clause.child_by_field_name("parameter")
        runs = self._body(body, after, ways)
        if parameter is None:
            return runs
        leaf = self._of(parameter, [runs], ways)
        leaf.target_end = parameter.end_byte
        return leaf

    def _through(self, last: Node, after: Leaf, ways: _Ways) -> tuple[Leaf, _Ways]:
        """The ``finally`` on each way out: what normally follows, and the ways with it in front of each."""
        block = last.child_by_field_name("body") or last
        plain = replace(ways, finallies=ways.finallies + 1)
        if ways.finallies >= _FINALLIES:
            ends = [after, ways.leave(), *([ways.thrown] if ways.thrown else []), *(way() for way in (ways.stop, ways.again) if way)]
            once = self._body(block, self._join(last, ends), plain)
            always = replace(plain, leave=lambda: once, thrown=once, stop=lambda: once, again=lambda: once)
            return once, always

        def by(way: Callable[[], Leaf]) -> Callable[[], Leaf]:
            made: list[Leaf] = []

            def through() -> Leaf:
                if not made:
                    made.append(self._body(block, way(), plain))
                return made[0]

            return through

        thrown = self._body(block, ways.thrown or self.end, plain)
        labels = tuple((name, by(stop), by(again) if again else None) for name, stop, again in ways.labels)
        stop, again = (by(way) if way else None for way in (ways.stop, ways.again))
        return self._body(block, after, plain), replace(plain, leave=by(ways.leave), thrown=thrown, stop=stop, again=again, labels=labels)

    def _match(self, node: Node, after: Leaf, ways: _Ways) -> Leaf:
        body = node.child_by_field_name("body")
        following = after
        for clause in reversed([child for child in (body.named_children if body is not None else ()) if child.type == "case_clause"]):
            block = clause.child_by_field_name("consequence")
            assert block is not None
            runs = self._body(block, after, ways)
            head = self._leaf(clause.start_byte, block.start_byte, [runs, following], ways.thrown)
            head.target_end = head.start
            pattern = clause.named_children[0]
            if pattern.text == b"_" and clause.child_by_field_name("guard") is None:
                head.following = [runs]
            following = head
        subjects = [child for child in node.children_by_field_name("subject") if child.is_named]
        return self._leaf(subjects[0].start_byte, subjects[-1].end_byte, [following], ways.thrown) if subjects else following

    def _switch(self, node: Node, after: Leaf, ways: _Ways) -> Leaf:
        """Cases are compared in turn; each body falls through to the next."""
        body, value = node.child_by_field_name("body"), node.child_by_field_name("value")
        cases = [child for child in (body.named_children if body is not None else ()) if child.type in {"switch_case", "switch_default"}]
        inside = replace(ways, stop=lambda: after, depth=ways.depth + 1)
        entries: dict[int, Leaf] = {}
        following = after
        for case in reversed(cases):
            following = entries[case.id] = self._sequence([child for child in case.children_by_field_name("body") if child.is_named], following, inside)
        default = next((case for case in cases if case.type == "switch_default"), None)
        following = entries[default.id] if default is not None else after
        for case in reversed(cases):
            if (compared := case.child_by_field_name("value")) is not None:
                following = self._of(compared, [entries[case.id], following], ways)
        return self._of(value, [following], ways) if value is not None else following

    def _labelled(self, node: Node, after: Leaf, ways: _Ways) -> Leaf:
        label, body = node.child_by_field_name("label"), node.child_by_field_name("body")
        if label is None or body is None:
            return after
        name = (label.text or b"").decode(errors="replace")
        inside = replace(ways, labels=(*ways.labels, (name, lambda: after, None)), named=(*ways.named, name))
        return self._statement(body, after, inside)


_Builder = Callable[[ControlFlow, Node, Leaf, _Ways], Leaf]
_BUILDERS: dict[str, _Builder] = {
    "block": ControlFlow._block,
    "break_statement": ControlFlow._jump,
    "continue_statement": ControlFlow._jump,
    "do_statement": ControlFlow._do,
    "for_in_statement": ControlFlow._for_each,
    "for_statement": ControlFlow._for,
    "if_statement": ControlFlow._if,
    "labeled_statement": ControlFlow._labelled,
    "lexical_declaration": ControlFlow._declaration,
    "match_statement": ControlFlow._match,
    "raise_statement": ControlFlow._raise,
    "return_statement": ControlFlow._return,
    "statement_block": ControlFlow._block,
    "switch_statement": ControlFlow._switch,
    "throw_statement": ControlFlow._raise,
    "try_statement": ControlFlow._try,
    "variable_declaration": ControlFlow._declaration,
    "while_statement": ControlFlow._while,
    "with_statement": ControlFlow._with,
}
_TARGETS = {"assignment": "left", "assignment_expression": "left", "variable_declarator": "name"}
_IMPORTS = frozenset({"import_statement", "import_from_statement"})


def _bare(condition: Node) -> Node:
    """The expression of a statement that is a loop's condition."""
    return condition.named_children[0] if condition.type == "expression_statement" and condition.named_child_count == 1 else condition


def _statements(block: Node) -> list[Node]:
    """A block's statements. ``else`` and ``finally`` hold one block or, in JavaScript, one statement."""
    return [child for child in block.named_children if child.type not in _COMMENTS]

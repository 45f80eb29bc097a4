"""Python expressions as constraints: each gives the node of its value."""

from collections.abc import Callable

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.lowering import MAX_DEPTH, Names
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.tree_text import operands, unparenthesised
from mge_assets.stages.dependency.fixpoint.values import ANY, NOTHING, REST, Call, Class, Container, Instance, Node, Value
from mge_assets.stages.dependency.python.base import OPERATORS, UNARY, constant_key
from mge_assets.stages.dependency.python.builtins import PythonSemantics
from mge_assets.stages.dependency.python.names import text
from mge_assets.stages.dependency.python.wording import Wording


class Expressions(Wording):
    """Lowers expressions in the current scope."""

    def __init__(self, file: str, source: bytes, solver: Solver, recorder: Recorder, names: Names, semantics: PythonSemantics) -> None:
        super().__init__(file, source, solver, recorder, names, semantics)
        self._dispatch: dict[str, Callable[[Tree], Node]] = {
            "identifier": self._identifier,
            "attribute": self._attribute,
            "subscript": self._subscript,
            "call": self._call,
            "lambda": self._lambda,
            "list": self._sequence, "tuple": self._sequence, "set": self._sequence, "expression_list": self._sequence, "pattern_list": self._sequence,
            "list_pattern": self._sequence, "tuple_pattern": self._sequence,
            "dictionary": self._dictionary,
            "list_comprehension": self._comprehension, "set_comprehension": self._comprehension, "generator_expression": self._comprehension,
            "dictionary_comprehension": self._comprehension,
            "binary_operator": self._binary, "comparison_operator": self._comparison, "boolean_operator": self._either,
            "conditional_expression": self._conditional,
            "unary_operator": self._unary, "not_operator": self._unary,
            "named_expression": self._named,
            "await": self._last, "parenthesized_expression": self._last, "as_pattern": self._first, "type": self._last,
            "yield": self._yield,
            "string": self._string, "integer": self._string,
        }  # fmt: skip

    def value(self, tree: Tree | None) -> Node:
        """The node of an expression's value; 0 where there is none."""
        if tree is None:
            return NOTHING
        if self.depth > MAX_DEPTH:
            self.postpone(lambda: self.value(tree))
            return NOTHING
        lower = self._dispatch.get(tree.type)
        self.depth += 1
        try:
            if lower is not None:
                return lower(tree)
            for child in tree.named_children:
                self.value(child)
            return NOTHING
        finally:
            self.depth -= 1

    # names and attributes

    def _identifier(self, tree: Tree) -> Node:
        return self.read(tree, called=False)

    def _attribute(self, tree: Tree) -> Node:
        return self.attribute(tree, called=False)

    def _subscript(self, tree: Tree) -> Node:
        holder = self.operand(tree.child_by_field_name("value"))
        keys = tree.children_by_field_name("subscript")
        if len(keys) == 1 and keys[0].type == "slice":
            return self._slice(holder, keys[0], tree)
        nodes = [self.operand(key) for key in keys]
        if len(nodes) == 1 and nodes[0] in self.slices:
            return self._cut(holder, None, tree)
        version = self.version(self.path_of(tree))
        if version is not None:
            self.protocol(holder, "__getitem__", tree, tuple(nodes[:1]))
            return version
        node = self.solver.node()
        self.semantics.load_item(holder, nodes[0] if len(nodes) == 1 else NOTHING, node, self.site(tree))
        self.type_expression(tree, tree.named_children[0], keys, node)
        return node

    def _slice(self, holder: Node, tree: Tree, whole: Tree) -> Node:
        for child in tree.named_children:
            self.value(child)
        bounds: list[Tree | None] = [None]
        for child in tree.children:
            if child.type == ":":
                bounds.append(None)
            else:
                bounds[-1] = child
        limits = [constant_key(bound) for bound in bounds]
        sure = all(bound is None or isinstance(limit, int) for bound, limit in zip(bounds, limits, strict=True))
        return self._cut(holder, slice(*(limit if isinstance(limit, int) else None for limit in limits)) if sure else None, whole)

    def _cut(self, holder: Node, part: slice | None, whole: Tree) -> Node:
        """A slice of what the holder holds; ``None`` is one that nobody knows."""
        result = self.solver.node()
        made = Container("list")
        site = self.site(whole)

        def on(value: Value) -> None:
            held = self.semantics.contents(value, "__getitem__")
            for one in held:
                self.solver.add(result, made)
                self._copy_slice(one, made, part)
            if isinstance(value, Instance) and not held:
                self.semantics.send(value, "__getitem__", Call(site, result))

        self.semantics.later(lambda: self.solver.watch(holder, on))
        return result

    def _copy_slice(self, source: Container, target: Container, part: slice | None) -> None:
        if part is None or source.length is None or part.step == 0:
            self.solver.flow(self.solver.element(source, ANY), self.solver.element(target, REST))
            return
        chosen = range(source.length)[part]
        target.length = len(chosen)
        for place, number in enumerate(chosen):
            self.solver.flow(self.solver.element(source, number), self.solver.element(target, place))
        self.solver.flow(self.solver.element(source, REST), self.solver.element(target, REST))

    # calls

    # operators

    def _binary(self, tree: Tree) -> Node:
        left, right = self.value(tree.child_by_field_name("left")), self.value(tree.child_by_field_name("right"))
        name = OPERATORS.get(text(tree.child_by_field_name("operator")))
        if name is None:
            return NOTHING
        result = self.protocol(left, f"__{name}__", tree, (right,))
        mirrored = Call(self.site(tree), result, [(left, False)])
        self.semantics.unless_answered(left, f"__{name}__", lambda: self.ask(right, f"__r{name}__", mirrored))
        self._join_containers(left, right, result)
        self.joined(tree, left, right, result)
        return result

    def _join_containers(self, left: Node, right: Node, result: Node) -> None:
        """``[a] + [b]`` holds both."""

        def on(value: Value) -> None:
            for held in self.semantics.contents(value, "__add__"):
                self.solver.add(result, held)

        for side in (left, right):
            if side != NOTHING:
                self.semantics.later(lambda side=side: self.solver.watch(side, on))  # type: ignore[misc]

    def _comparison(self, tree: Tree) -> Node:
        operands = [self.value(child) for child in tree.named_children]
        operators = tree.children_by_field_name("operators")
        for number, operator in enumerate(operators):
            kind = text(operator)
            if number + 1 >= len(operands):
                break
            if kind in {"in", "not in"}:
                self.protocol(operands[number + 1], "__contains__", tree, (operands[number],))
            elif kind in OPERATORS:
                self.protocol(operands[number], f"__{OPERATORS[kind]}__", tree, (operands[number + 1],))
        return NOTHING

    def _unary(self, tree: Tree) -> Node:
        key = constant_key(tree)
        if key is not None:
            return self.solver.holding(self.solver.constant(key))
        operand = self.value(tree.child_by_field_name("argument"))
        if tree.type == "not_operator":
            self.truth(operand, tree)
            return NOTHING
        name = UNARY.get(text(tree.child_by_field_name("operator")))
        return self.protocol(operand, name, tree) if name else NOTHING

    def _either(self, tree: Tree) -> Node:
        every = text(tree.child_by_field_name("operator")) == "and"
        *others, last = operands(tree)
        before, nodes = dict(self.scope.flow), []
        for operand in others:
            node = self.value(operand)
            self.truth(node, tree)
            self.assume(operand, holds=every)
            nodes.append(node if every else self._not_false(operand, node))
        nodes.append(self.value(last))
        self.forget_assumed(before)
        return self.flows.one_of(nodes)

    def _not_false(self, tree: Tree | None, node: Node) -> Node:
        """What ``a and b or c`` gives for ``a and b``: never ``a``."""
        tree = unparenthesised(tree)
        both = tree is not None and tree.type == "boolean_operator" and text(tree.child_by_field_name("operator")) == "and"
        return self.flows.origins[node][-1] if both and node in self.flows.origins else node

    def _conditional(self, tree: Tree) -> Node:
        parts = [child for child in tree.named_children if child.type != "comment"]
        if len(parts) != 3:
            return NOTHING
        self.truth(self.value(parts[1]), tree)
        return self.one_or_other(parts[1], parts[0], parts[2])

    def truth(self, node: Node, tree: Tree) -> None:
        """Asking whether a value is true calls ``__bool__``, or ``__len__`` where that is all there is."""
        call = Call(self.site(tree), self.solver.node())

        def on(value: Value) -> None:
            if isinstance(value, Instance) and isinstance(value.cls, Class):
                names = {name for known in value.cls.order for name in known.slots}
                name = "__bool__" if "__bool__" in names else "__len__"
                if name in names:
                    self.semantics.send(value, name, call)

        if node != NOTHING:
            self.semantics.later(lambda: self.solver.watch(node, on))

    def _named(self, tree: Tree) -> Node:
        value = self.value(tree.child_by_field_name("value"))
        name = tree.child_by_field_name("name")
        if name is None:
            return value
        scope = self.scope
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        return self.bind(text(name), value, name, scope=scope)

    def _yield(self, tree: Tree) -> Node:
        delegated = any(child.type == "from" for child in tree.children)
        value = self._last(tree)
        function = self.scope.owner().function
        if function is None or function.generated is None:
            return NOTHING
        target = self.solver.element(function.generated, REST)
        if delegated:
            self.semantics.iterate(value, target, self.site(tree))
        else:
            self.solver.flow(value, target)
        return function.sent

    # literals

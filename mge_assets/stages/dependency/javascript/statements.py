"""JavaScript and TypeScript statements, patterns and classes as constraints."""

from collections.abc import Callable, Iterable
from functools import partial

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.lowering import Names
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.tree_text import text
from mge_assets.stages.dependency.fixpoint.values import NOTHING, Node
from mge_assets.stages.dependency.javascript.classes import JavaScriptClasses
from mge_assets.stages.dependency.javascript.narrowing import Fact, cases, leaves
from mge_assets.stages.dependency.javascript.scopes import declared_here, pattern_names
from mge_assets.stages.dependency.javascript.semantics import JavaScriptSemantics

_HOISTED = {"function_declaration", "generator_function_declaration", "function_signature"}


def assigned_in(tree: Tree) -> set[str]:
    """Names assigned or updated anywhere in the code."""
    found: set[str] = set()
    stack = [tree]
    while stack:
        node = stack.pop()
        if node.type in {"assignment_expression", "augmented_assignment_expression"}:
            found.update(text(name) for name in pattern_names(node.child_by_field_name("left")))
        elif node.type == "update_expression":
            found.add(text(node.child_by_field_name("argument")))
        elif node.type == "variable_declarator":
            found.update(text(name) for name in pattern_names(node.child_by_field_name("name")))
        elif node.type == "for_in_statement":
            found.update(text(name) for name in pattern_names(node.child_by_field_name("left")))
        stack.extend(node.named_children)
    return found


class JavaScriptStatements(JavaScriptClasses):
    """Lowers statements in the current scope."""

    def __init__(self, file: str, source: bytes, solver: Solver, recorder: Recorder, names: Names, semantics: JavaScriptSemantics, *, typed: bool) -> None:
        super().__init__(file, source, solver, recorder, names, semantics, typed=typed)
        self.labels: dict[str, Node] = {}

    def statements(self, tree: Tree) -> None:
        """A block's statements: its names first, then its functions, then the rest in order."""
        for name, _ in declared_here(tree):
            self.declare_name(name)
        self.declare_types(tree)
        for child in tree.named_children:
            inner = self._hoisted(child)
            if inner is not None:
                self._on_function(inner)
        for child in tree.named_children:
            self.statement(child)

    def declare_types(self, tree: Tree) -> None:
        """Types that a block declares. Said by types."""
        raise NotImplementedError

    @staticmethod
    def _hoisted(tree: Tree) -> Tree | None:
        inner: Tree | None = tree
        while inner is not None and inner.type in {"export_statement", "ambient_declaration"}:
            inner = inner.child_by_field_name("declaration") or (
                inner.named_children[-1] if inner.type == "ambient_declaration" and inner.named_children else None
            )
        return inner if inner is not None and inner.type in _HOISTED else None

    def _on_function(self, tree: Tree) -> None:
        name = tree.child_by_field_name("name")
        if name is not None:
            node = self.function_value(tree, None)
            self.set_name(name, node, declares=True, keep=False)
            scope, key = self.locate(text(name))
            if scope is not None and scope.kind == "module":
                self.names.symbols.setdefault(scope.whole[key], f"{self.scope.symbol}.{text(name)}")

    def run_statement(self, tree: Tree) -> None:
        """Run one statement; what is unknown is searched for expressions."""
        handler: Callable[[Tree], None] | None = getattr(self, f"_on_{tree.type}", None)
        if handler is not None:
            handler(tree)
        elif tree.type in {"expression_statement", "ERROR", "else_clause", "ambient_declaration"}:
            for child in tree.named_children:
                self.statement(child)
        elif tree.type not in _HOISTED | {"comment", "empty_statement"}:
            self.value(tree)

    def _on_statement_block(self, tree: Tree) -> None:
        outer = self.enter()
        self.statements(tree)
        self.leave(outer)

    def _on_lexical_declaration(self, tree: Tree) -> None:
        for child in tree.named_children:
            if child.type != "variable_declarator":
                continue
            name, kind = child.child_by_field_name("name"), child.child_by_field_name("type")
            value = self.named_value(child.child_by_field_name("value"), name)
            if kind is not None:
                typed = self.type_node(kind)
                self.semantics.infer(value, typed)
                value = typed if self.solver.values(typed) or not value else self.flows.one_of([value, typed])
                if self.typed:
                    value = self.settled(kind, typed, value)
            said = [self.documented_type(each.kind, child) for each in self.documented(child) if each.tag == "type"]
            value = self.flows.one_of([value, *said]) if said else value
            self.bind_pattern(name, value, declares=True, keep=tree.type == "variable_declaration")
            if self.typed and value and name is not None and name.type == "identifier":
                scope, key = self.locate(text(name))
                if scope is not None:
                    self.semantics.seal(scope.whole[key], value)

    _on_variable_declaration = _on_lexical_declaration

    # patterns

    # control flow

    def _arm(self, tree: Tree | None) -> None:
        if tree is not None:
            self.statement(tree)

    def _branch(self, tree: Tree | None, condition: Tree | None, *, holds: bool) -> None:
        self.assume(condition, holds=holds)
        self._arm(tree)

    def _on_if_statement(self, tree: Tree) -> None:
        condition, consequence, other = (tree.child_by_field_name(name) for name in ("condition", "consequence", "alternative"))
        self.value(condition)
        arms = [partial(self._branch, consequence, condition, holds=True)]
        if other is not None:
            arms.append(partial(self._branch, other, condition, holds=False))
        self.flows.branches(self.scope, arms, may_skip=other is None)
        if other is None and leaves(consequence):
            self.assume(condition, holds=False)

    def _loop(self, tree: Tree, body: Callable[[], None]) -> None:
        keys = [key for name in assigned_in(tree) for scope, key in [self.locate(name)] if scope is self.scope]
        self.flows.loop(self.scope, sorted(keys), body)

    def _on_while_statement(self, tree: Tree) -> None:
        def once() -> None:
            condition = tree.child_by_field_name("condition")
            self.value(condition)
            self._branch(tree.child_by_field_name("body"), condition, holds=True)

        self._loop(tree, once)

    def _on_do_statement(self, tree: Tree) -> None:
        def once() -> None:
            self._arm(tree.child_by_field_name("body"))
            self.value(tree.child_by_field_name("condition"))

        self._loop(tree, once)

    def _on_for_statement(self, tree: Tree) -> None:
        outer = self.enter()
        first = tree.child_by_field_name("initializer")
        if first is not None:
            if first.type == "lexical_declaration":
                for child in first.named_children:
                    self.declare_pattern(child.child_by_field_name("name") or child)
            self.statement(first)

        def once() -> None:
            condition = tree.child_by_field_name("condition")
            if condition is not None:
                self.statement(condition)
                condition = condition.named_children[0] if condition.type == "expression_statement" and condition.named_children else condition
            self._branch(tree.child_by_field_name("body"), condition, holds=True)
            self.value(tree.child_by_field_name("increment"))

        self._loop(tree, once)
        self._leave_with_names(outer)

    def _leave_with_names(self, outer: object) -> None:
        """Leave a block; in JavaScript files its names stay readable where no outer one hides them."""
        self.leave(outer)  # type: ignore[arg-type]

    def _on_for_in_statement(self, tree: Tree) -> None:
        outer = self.enter()
        left, right = tree.child_by_field_name("left"), tree.child_by_field_name("right")
        iterated = self.value(right)
        declares = tree.child_by_field_name("kind") is not None
        if declares and left is not None and text(tree.child_by_field_name("kind")) != "var":
            self.declare_pattern(left)

        def once() -> None:
            element = self.solver.node()
            if text(tree.child_by_field_name("operator")) == "of":
                self.semantics.iterate(iterated, element, self.site(tree))
            if not self.typed:
                self.solver.alias(iterated, element)
            self.bind_pattern(left, element, declares=declares)
            self._arm(tree.child_by_field_name("body"))

        self._loop(tree, once)
        self._leave_with_names(outer)

    def _on_try_statement(self, tree: Tree) -> None:
        before = dict(self.scope.flow)
        self._arm(tree.child_by_field_name("body"))
        ends = [] if self.scope.dead else [dict(self.scope.flow)]
        after = dict(self.scope.flow)
        handler = tree.child_by_field_name("handler")
        if handler is not None:
            self.scope.flow, self.scope.dead = self.flows.join([before, after]), False
            outer = self.enter()
            parameter = handler.child_by_field_name("parameter")
            if parameter is not None:
                self.declare_pattern(parameter)
                self.bind_pattern(parameter, self.solver.node(), declares=True)
            self._arm(handler.child_by_field_name("body"))
            self.leave(outer)
            ends += [] if self.scope.dead else [dict(self.scope.flow)]
        self.scope.dead = not ends
        self.scope.flow = self.flows.join(ends or [before, after])
        final = tree.child_by_field_name("finalizer")
        if final is not None:
            self._arm(final.child_by_field_name("body"))

    def _on_switch_statement(self, tree: Tree) -> None:
        self.value(tree.child_by_field_name("value"))
        body = tree.child_by_field_name("body")
        outer = self.enter()
        for case in body.named_children if body is not None else []:
            for name, _ in declared_here(case):
                self.declare_name(name)
        arms = [partial(self._case, case, known) for case, known in cases(tree.child_by_field_name("value"), body)] if body is not None else []
        self.flows.branches(self.scope, arms, may_skip=True)
        self.leave(outer)

    def _case(self, tree: Tree, known: Iterable[Fact]) -> None:
        for fact in known:
            self.know(fact)
        value = tree.child_by_field_name("value")
        self.value(value)
        for child in tree.named_children:
            if child != value:
                self.statement(child)

    def _on_return_statement(self, tree: Tree) -> None:
        function = self.scope.function
        child = next((c for c in tree.named_children if c.type != "comment"), None)
        if function is not None:
            self.returned(child, function)
        else:
            self.value(child)
        self.scope.dead = True

    def _on_throw_statement(self, tree: Tree) -> None:
        self._each(tree)
        self.scope.dead = True

    def _on_labeled_statement(self, tree: Tree) -> None:
        label = tree.child_by_field_name("label")
        if label is not None:
            node = self.labels[text(label)] = self.solver.node()
            self.define(node, label)
        self._arm(tree.child_by_field_name("body"))

    def _on_break_statement(self, tree: Tree) -> None:
        label = tree.child_by_field_name("label")
        if label is not None:
            self.use(label, text(label), self.labels.get(text(label), NOTHING))

    _on_continue_statement = _on_break_statement

    def _on_with_statement(self, tree: Tree) -> None:
        self.withs.append(self.value(tree.child_by_field_name("object")))
        self._arm(tree.child_by_field_name("body"))
        self.withs.pop()

    # classes

    def _on_class_declaration(self, tree: Tree) -> None:
        name = tree.child_by_field_name("name")
        value = self.class_value(tree)
        if name is not None:
            self.set_name(name, value, declares=True, keep=False)
            scope, key = self.locate(text(name))
            if scope is not None and scope.kind == "module":
                self.names.symbols[scope.whole[key]] = f"{self.scope.symbol}.{text(name)}"

    _on_abstract_class_declaration = _on_class_declaration

"""Python statements as constraints: definitions, imports, control flow."""

from collections.abc import Callable, Sequence

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.values import REST, Call, Class, Container, Instance, Node, Value
from mge_assets.stages.dependency.python.guards import Guards, opposite
from mge_assets.stages.dependency.python.names import bindings, target_names


def assigned_in(tree: Tree) -> list[str]:
    """Names that the code may assign, inner scopes apart."""
    return list(bindings(tree).names)


class Statements(Guards):
    """Lowers statements in the current scope."""

    def block(self, tree: Tree | None) -> None:
        """Run statements in order."""
        for child in tree.named_children if tree is not None else []:
            self.statement(child)

    def run_statement(self, tree: Tree) -> None:
        """Run one statement; what is unknown is searched for expressions."""
        handler: Callable[[Tree], None] | None = getattr(self, f"_on_{tree.type}", None)
        if handler is not None:
            handler(tree)
        elif tree.type in {"ERROR", "expression_statement", "block"}:
            self.block(tree)
        elif tree.type != "comment":
            if tree.type == "call" and self.scope.kind == "module":
                self.semantics.driving[self.site(tree)] = None
            self.value(tree)

    # leaving

    def _on_return_statement(self, tree: Tree) -> None:
        function = self.scope.owner().function
        child = tree.named_children[0] if tree.named_children else None
        if function is not None:
            self.returned(child, function)
        else:
            self.value(child)
        self.scope.dead = True

    def _on_raise_statement(self, tree: Tree) -> None:
        for child in tree.named_children:
            node = self.value(child)
            if child.type != "call":
                self._raise(node, child)
        self.scope.dead = True

    def _raise(self, node: Node, tree: Tree) -> None:
        """``raise C`` makes an instance."""
        call = Call(self.site(tree), self.solver.node())

        def on(value: Value) -> None:
            if isinstance(value, Class):
                self.semantics.invoke(value, call, None)

        self.semantics.later(lambda: self.solver.watch(node, on))

    def _on_assert_statement(self, tree: Tree) -> None:
        for child in tree.named_children:
            self.value(child)
        self.assume(tree.named_children[0] if tree.named_children else None, holds=True)

    def _on_break_statement(self, tree: Tree) -> None:
        del tree

    _on_continue_statement = _on_break_statement
    _on_pass_statement = _on_break_statement
    _on_global_statement = _on_break_statement
    _on_nonlocal_statement = _on_break_statement

    # control flow

    def _on_if_statement(self, tree: Tree) -> None:
        condition = tree.child_by_field_name("condition")
        self.truth(self.value(condition), tree)
        guard, outer, died = self.guard(condition), self.scope.guards, False

        def consequence() -> None:
            nonlocal died
            self.assume(condition, holds=True)
            self.guarded(guard, lambda: self.block(tree.child_by_field_name("consequence")))
            died = self.scope.dead

        arms: list[Callable[[], None]] = [consequence]
        complete, refused = False, [condition]
        for other in tree.children_by_field_name("alternative"):
            complete = complete or other.type == "else_clause"
            arms.append(lambda other=other, refused=tuple(refused): self.guarded(opposite(guard), lambda: self._otherwise(other, refused)))  # type: ignore[misc]
            refused.append(other.child_by_field_name("condition"))
        self.flows.branches(self.scope, arms, may_skip=not complete)
        if died and len(arms) == 1:
            self.assume(condition, holds=False)
        if died and guard is not None and len(arms) == 1:
            self.scope.guards = (*outer, (guard[0], not guard[1]))

    def _otherwise(self, tree: Tree, refused: Sequence[Tree | None]) -> None:
        """``elif`` and ``else``: what was asked before is not so."""
        for condition in refused:
            self.assume(condition, holds=False)
        self._alternative(tree)

    def _alternative(self, tree: Tree) -> None:
        condition = tree.child_by_field_name("condition")
        self.value(condition)
        self.assume(condition, holds=True)
        self.block(tree.child_by_field_name("consequence") or tree.child_by_field_name("body"))

    def _on_for_statement(self, tree: Tree) -> None:
        iterated = self.value(tree.child_by_field_name("right"))
        left = tree.child_by_field_name("left")

        def once() -> None:
            element = self.solver.node()
            self.semantics.iterate(iterated, element, self.site(tree.child_by_field_name("right") or tree))
            self.bind_target(left, element)
            self.block(tree.child_by_field_name("body"))

        self.flows.loop(self.scope, [*target_names(left), *assigned_in(tree)], once)
        for other in tree.children_by_field_name("alternative"):
            self._alternative(other)

    def _on_while_statement(self, tree: Tree) -> None:
        condition, body = tree.child_by_field_name("condition"), tree.child_by_field_name("body")

        def once() -> None:
            self.truth(self.value(condition), tree)
            self.assume(condition, holds=True)
            self.block(body)

        self.flows.loop(self.scope, assigned_in(tree), once)
        if body is not None and b"break" not in (body.text or b""):
            self.assume(condition, holds=False)
        for other in tree.children_by_field_name("alternative"):
            self._alternative(other)

    def _on_try_statement(self, tree: Tree) -> None:
        before = dict(self.scope.flow)
        self.block(tree.child_by_field_name("body"))
        after, died = dict(self.scope.flow), self.scope.dead
        handlers = [c for c in tree.named_children if c.type in {"except_clause", "except_group_clause"}]
        rest = [c for c in tree.named_children if c.type == "else_clause"]
        ends = []
        self.scope.dead = died
        for clause in rest:
            self._alternative(clause)
        if not self.scope.dead:
            ends.append(dict(self.scope.flow))
        for clause in handlers:
            self.scope.flow, self.scope.dead = self.flows.join([before, after]), False
            self._handler(clause)
            if not self.scope.dead:
                ends.append(dict(self.scope.flow))
        self.scope.dead = not ends
        self.scope.flow = self.flows.join(ends) if ends else self.flows.join([before, after])
        for clause in (c for c in tree.named_children if c.type == "finally_clause"):
            self.block(clause.named_children[-1] if clause.named_children else None)

    def _handler(self, tree: Tree) -> None:
        for child in tree.named_children:
            if child.type == "block":
                self.block(child)
            elif child.type == "as_pattern":
                caught = self.value(child.named_children[0])
                instance = self.solver.node()
                self._instances(caught, instance)
                self.bind_target(child.child_by_field_name("alias"), instance)
            else:
                self.value(child)

    def _instances(self, classes: Node, target: Node) -> None:
        """``target`` holds an instance of each class, also of those in a tuple."""
        seen: set[Container] = set()

        def on(value: Value) -> None:
            if isinstance(value, Class):
                self.solver.add(target, self.semantics.kin(value))
            elif isinstance(value, Container) and value not in seen:
                seen.add(value)
                for key in [key for key in value.slots if isinstance(key, int)]:
                    self.solver.watch(value.slots[key], on)

        self.semantics.later(lambda: self.solver.watch(classes, on))

    def _on_with_statement(self, tree: Tree) -> None:
        clause = next((child for child in tree.named_children if child.type == "with_clause"), None)
        items = [child for child in (clause.named_children if clause is not None else []) if child.type == "with_item"]
        asynchronous = any(child.type == "async" for child in tree.children)
        for item in items:
            value = item.child_by_field_name("value")
            if value is not None and value.type == "tuple":
                for part in value.named_children:
                    self._enter(part, asynchronous=asynchronous)
            else:
                self._enter(value, asynchronous=asynchronous)
        self.block(tree.child_by_field_name("body"))

    def _enter(self, tree: Tree | None, *, asynchronous: bool) -> None:
        if tree is None:
            return
        alias = tree.child_by_field_name("alias") if tree.type == "as_pattern" else None
        manager = self.value(tree.named_children[0] if tree.type == "as_pattern" else tree)
        prefix = "__a" if asynchronous else "__"
        entered = self.protocol(manager, f"{prefix}enter__", tree)
        self.protocol(manager, f"{prefix}exit__", tree)
        self._yielded(manager, entered)
        if alias is not None:
            unknown = self.solver.node()
            self.solver.alias(manager, unknown)
            self.solver.flow(entered, unknown)
            self.bind_target(alias, self._outside_manager(manager, unknown))

    def _outside_manager(self, manager: Node, entered: Node) -> Node:
        """An outside manager is taken to give itself."""

        def on(value: Value) -> None:
            if not isinstance(value, (Instance, Container)):
                self.solver.add(entered, value)

        self.semantics.later(lambda: self.solver.watch(manager, on))
        return entered

    def _yielded(self, manager: Node, entered: Node) -> None:
        """``@contextmanager``: entering gives what the generator yields."""

        def on(value: Value) -> None:
            if isinstance(value, Container) and value.kind == "generator":
                self.solver.flow(self.solver.element(value, REST), entered)

        self.semantics.later(lambda: self.solver.watch(manager, on))

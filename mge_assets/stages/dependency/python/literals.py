"""Python containers, comprehensions, lambdas and parameters as constraints."""

from tree_sitter import Node as Tree

from mge_assets.model.graph import SymbolKind
from mge_assets.stages.dependency.fixpoint.scopes import Scope
from mge_assets.stages.dependency.fixpoint.values import NOTHING, REST, Container, Function, Node, Parameter, Value
from mge_assets.stages.dependency.python.base import PythonBase, constant_key
from mge_assets.stages.dependency.python.names import text


class Literals(PythonBase):
    """Lowers what makes new values."""

    def _sequence(self, tree: Tree) -> Node:
        kind = {"tuple": "tuple", "expression_list": "tuple", "set": "set"}.get(tree.type, "list")
        made = Container(kind, 0)
        known = True
        for child in tree.named_children:
            if child.type == "comment":
                continue
            if child.type == "list_splat":
                known = False
                self.semantics.iterate(self._last(child), self.solver.element(made, REST), self.site(child))
                continue
            value = self.value(child)
            if known and made.length is not None:
                self.solver.assign(value, self.solver.element(made, made.length))
                made.length += 1
            else:
                self.solver.assign(value, self.solver.element(made, REST))
        if not known:
            made.length = None
        return self.solver.holding(made)

    def _dictionary(self, tree: Tree) -> Node:
        made = Container("dict")
        for child in tree.named_children:
            if child.type == "dictionary_splat":
                self._merge(self._last(child), made)
            if child.type != "pair":
                continue
            key_tree = child.child_by_field_name("key")
            key = constant_key(key_tree)
            key_node = NOTHING if key is not None else self.value(key_tree)
            value = self.value(child.child_by_field_name("value"))
            if key is not None:
                made.slots.pop(key, None)
                self.solver.assign(value, self.solver.element(made, key))
            else:
                self.semantics.with_keys(key_node, lambda k, v=value: self.solver.assign(v, self.solver.element(made, REST if k is None else k)))  # type: ignore[misc]
        return self.solver.holding(made)

    def _merge(self, source: Node, target: Container) -> None:
        def on(value: Value) -> None:
            for held in self.semantics.contents(value, "keys"):
                self.semantics.copy_elements(held, target)

        self.semantics.later(lambda: self.solver.watch(source, on))

    def _comprehension(self, tree: Tree) -> Node:
        owner = self.scope.owner()
        scope = Scope("comprehension", owner.symbol, self.scope, function=owner.function)
        made = Container("dict" if tree.type == "dictionary_comprehension" else "list")
        outer, self.scope = self.scope, scope
        try:
            for child in tree.named_children:
                if child.type == "for_in_clause":
                    self.scope = scope
                    iterated = self.value(child.child_by_field_name("right"))
                    element = self.solver.node()
                    self.semantics.iterate(iterated, element, self.site(child))
                    self.bind_target(child.child_by_field_name("left"), element)
                elif child.type == "if_clause":
                    self._last(child)
                    self.assume(child.named_children[-1], holds=True)
            body = tree.child_by_field_name("body")
            if body is not None and body.type == "pair":
                key = self.value(body.child_by_field_name("key"))
                value = self.value(body.child_by_field_name("value"))
                self.semantics.with_keys(key, lambda known: self.solver.flow(value, self.solver.element(made, REST if known is None else known)))
            else:
                self.solver.flow(self.value(body), self.solver.element(made, REST))
        finally:
            self.scope = outer
        return self.solver.holding(made)

    def _lambda(self, tree: Tree) -> Node:
        owner = self.scope.owner()
        owner.lambdas += 1
        symbol = f"{owner.symbol}.<lambda{owner.lambdas}>"
        self.declare(symbol, SymbolKind.LAMBDA, tree, tree)
        function = Function(symbol, self.solver.node())
        scope = Scope("lambda", symbol, self.scope, function=function)
        self.parameters(tree.child_by_field_name("parameters"), function, scope)
        outer, self.scope = self.scope, scope
        self.returned(tree.child_by_field_name("body"), function)
        self.scope = outer
        return self.solver.holding(function)

    def returned(self, tree: Tree | None, function: Function) -> None:
        """The value of a ``return`` or of a lambda's body; a parameter that is passed on as it is stays apart by call."""
        node = self.value(tree)
        function.gives = function.gives or (tree is not None and tree.type != "none")
        for parameter in function.parameters:
            if parameter.node == node and not parameter.star:
                self._pass_through(parameter, function)
                return
        if self.scope.owner().guards:
            function.guarded.append((self.scope.owner().guards, node, ""))
        else:
            self.solver.flow(node, function.result)

    def _pass_through(self, parameter: Parameter, function: Function) -> None:
        guards = self.scope.owner().guards
        if guards:
            function.guarded.append((guards, parameter.node, parameter.name))
        else:
            function.returned.add(parameter.name)

    def parameters(self, tree: Tree | None, function: Function, scope: Scope) -> None:
        """Formal parameters: defaults and annotations belong to the scope around."""
        keyword_only = False
        for child in tree.named_children if tree is not None else []:
            if child.type == "keyword_separator":
                keyword_only = True
            elif child.type == "positional_separator":
                for earlier in function.parameters:
                    earlier.positional_only = True
            elif child.type != "comment":
                made = self._parameter(child, scope, keyword_only=keyword_only)
                if made is not None:
                    function.parameters.append(made)
                    keyword_only = keyword_only or made.star == 1

    def _parameter(self, tree: Tree, scope: Scope, *, keyword_only: bool) -> Parameter | None:
        name = tree.child_by_field_name("name") or next(
            (c for c in [tree, *tree.named_children] if c.type in {"identifier", "list_splat_pattern", "dictionary_splat_pattern"}), None
        )
        star = 0
        if name is not None and name.type.endswith("splat_pattern"):
            star = 1 if name.type == "list_splat_pattern" else 2
            name = name.named_children[0] if name.named_children else None
        if name is None:
            return None
        node = self.solver.node()
        default = self.given(tree.child_by_field_name("value"))
        self.solver.flow(default, node)
        if star:
            self.solver.add(node, Container("tuple" if star == 1 else "dict"))
        self._annotated(tree.child_by_field_name("type"), node if not star else NOTHING)
        self.define(node, name)
        self.values.wrote(node, self.byte(name))
        if tree.child_by_field_name("type") is None:
            self.solver.mark_parameter(node)
        scope.whole[text(name)] = self.solver.node()
        self.solver.assign(node, scope.whole[text(name)])
        scope.flow[text(name),] = node
        return Parameter(text(name), node, default, star, keyword_only)

    def _annotated(self, tree: Tree | None, node: Node) -> None:
        if tree is not None:
            self.annotation(tree, node)

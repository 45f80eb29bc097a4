"""JavaScript classes as constraints."""

from collections.abc import Callable

from tree_sitter import Node as Tree

from mge_assets.model.graph import SymbolKind
from mge_assets.stages.dependency.fixpoint.scopes import Scope
from mge_assets.stages.dependency.fixpoint.tree_text import text
from mge_assets.stages.dependency.fixpoint.values import NOTHING, Call, Container, External, Function, Holder, Node, Value
from mge_assets.stages.dependency.javascript.base import constant_key
from mge_assets.stages.dependency.javascript.patterns import JavaScriptPatterns
from mge_assets.stages.dependency.javascript.scopes import var_names


class JavaScriptClasses(JavaScriptPatterns):
    """Lowers classes in the current scope."""

    def class_value(self, tree: Tree, inferred: str | None = None) -> Node:
        """A class: a function whose prototype holds the methods."""
        name = tree.child_by_field_name("name")
        if name is None and inferred is None:
            self.scope.lambdas += 1
        wanted = text(name) if name is not None else inferred or f"<lambda{self.scope.lambdas}>"
        symbol = self.unique(f"{self.scope.symbol}.{wanted}", name or tree)
        self.declare(symbol, SymbolKind.CLASS, tree, name or tree)
        cls = Function(symbol, self.solver.node())
        cls.kind, cls.this = "class", self.solver.node()
        made = self.solver.holding(cls)
        instance = self.semantics.instance(cls)
        self.solver.add(cls.this, instance)
        prototype = next(value for value in self.solver.values(self.semantics.prototype(cls)) if isinstance(value, Container))
        self.enter_class(tree, name, instance)
        if tree.type == "class" and name is not None:
            self.declare_name(text(name))
            self.set_name(name, made, declares=True, keep=False)
        parent = self._heritage(tree, cls, prototype)
        body = tree.child_by_field_name("body")
        decorators = [child for child in tree.named_children if child.type == "decorator"]
        for decorator in decorators:
            self._decorator(decorator, made)
        if body is not None:
            self._members(body, cls, prototype, parent)
        self.leave_class()
        return made

    def enter_class(self, tree: Tree, name: Tree | None, instance: Value) -> None:
        """Open the class's type. Said by types."""
        raise NotImplementedError

    def leave_class(self) -> None:
        """Close it."""
        raise NotImplementedError

    def given_types(self, parent: Node, kinds: list[Node]) -> None:
        """Type arguments of the class that this one extends. Said by types."""
        raise NotImplementedError

    def _decorator(self, tree: Tree, made: Node) -> None:
        callee = self._last(tree)
        self.semantics.call(callee, Call(self.site(tree), self.solver.node(), [(made, False)]))

    def _heritage(self, tree: Tree, cls: Function, prototype: Container) -> Node:
        heritage = next((child for child in tree.named_children if child.type == "class_heritage"), None)
        parent = NOTHING
        for child in heritage.named_children if heritage is not None else []:
            if child.type == "implements_clause":
                for kind in child.named_children:
                    self.solver.flow(self.type_node(kind), self.semantics.parents(prototype))
            elif child.type == "extends_clause":
                parent = self.value(child.child_by_field_name("value"))
                for types in (c for c in child.named_children if c.type == "type_arguments"):
                    self.given_types(parent, [self.type_node(kind) for kind in types.named_children])
            else:
                parent = self.value(child)
        if parent:
            self.solver.flow(parent, self.semantics.parents(cls))
            self.solver.watch(parent, lambda value: self._inherit(value, cls, prototype))
        return parent

    def _inherit(self, value: Value, cls: Function, prototype: Container) -> None:
        if isinstance(value, Function) and value is not cls:
            self.solver.flow(self.semantics.prototype(value), self.semantics.parents(prototype))
            self.solver.add(self.semantics.parents(self.semantics.instance(cls)), self.semantics.instance(value))
        elif isinstance(value, External):
            self.semantics.extend_collection(prototype, value.name)

    def _members(self, body: Tree, cls: Function, prototype: Container, parent: Node) -> None:
        static = self.solver.holding(cls)
        has_constructor = False
        for child in body.named_children:
            is_static = any(part.type == "static" for part in child.children)
            self.home.append((self.semantics.parents(cls if is_static or child.type == "class_static_block" else prototype), parent))
            holder: Holder = cls if is_static else prototype
            this = static if is_static else cls.this
            match child.type:
                case "method_definition" | "method_signature" | "abstract_method_signature" if constant_key(child.child_by_field_name("name")) == "constructor":
                    has_constructor = True
                    self._constructor(child, cls)
                case "method_definition":
                    self.method(child, holder, this, around=cls.symbol)
                case "method_signature" | "abstract_method_signature" | "index_signature":
                    self.signature(child, holder)
                case "field_definition" | "public_field_definition":
                    self._field(child, cls, holder, this)
                case "class_static_block":
                    self._static_block(child, cls, static)
                case "decorator":
                    self._decorator(child, NOTHING)
                case _:
                    pass
            self.home.pop()
        if not has_constructor and parent:
            self.solver.assign(parent, self.solver.slot(cls, "(super)"))

    def signature(self, tree: Tree, holder: Holder) -> None:
        """A member without a body. Said by types."""
        raise NotImplementedError

    def _constructor(self, tree: Tree, cls: Function) -> None:
        scope = Scope("function", cls.symbol, self.scope, function=cls)
        outer = self.enter(scope)
        block = self.block
        self._signature(tree, cls)
        self.leave(outer)
        home, withs = list(self.home), list(self.withs)
        self.bodies.append(lambda: self._body(tree, scope, cls, block, home, withs))

    def _field(self, tree: Tree, cls: Function, holder: Holder, this: Node) -> None:
        name_tree = tree.child_by_field_name("property") or tree.child_by_field_name("name")
        key = constant_key(name_tree)
        for decorator in (child for child in tree.named_children if child.type == "decorator"):
            self._decorator(decorator, NOTHING)
        kind, value_tree = tree.child_by_field_name("type"), tree.child_by_field_name("value")
        node = self.solver.node()
        if kind is not None:
            said = self.type_node(kind)
            self.solver.flow(said, node)
            self.declared_as(kind, said, node)
        symbol = self.unique(f"{cls.symbol}.{key}", name_tree or tree)
        self.declare(symbol, SymbolKind.VARIABLE, tree, name_tree or tree)
        value = self._initialised(symbol, this, lambda: self.value(value_tree))
        self.semantics.give(value, node)
        if not self.typed:
            self.solver.alias(value, node)
        if key is not None and name_tree is not None:
            self._property(holder, key, node, name_tree)
            if kind is not None:
                self.declared_as(kind, node, self.solver.own(holder, key))
        elif name_tree is not None:
            self.semantics.with_keys(self.value(name_tree), lambda known: self.semantics.put_own(holder, known, node))

    def _initialised(self, symbol: str, this: Node, run: Callable[[], Node]) -> Node:
        """Code of a field or static block: a function of its own as far as ``this`` and edges go."""
        function = Function(symbol, self.solver.node())
        function.this = self.solver.node()
        self.solver.flow(this, function.this)
        outer = self.enter(Scope("function", symbol, self.scope, function=function))
        value = run()
        self.leave(outer)
        return value

    def _static_block(self, tree: Tree, cls: Function, static: Node) -> None:
        symbol = self.unique(f"{cls.symbol}.<static>", tree)
        self.declare(symbol, SymbolKind.FUNCTION, tree, tree)
        body = tree.child_by_field_name("body")

        def run() -> Node:
            if body is not None:
                for name in var_names(body):
                    self.declare_name(name)
                self.statements(body)
            return NOTHING

        self._initialised(symbol, static, run)

"""JavaScript functions, parameters and methods as constraints."""

from tree_sitter import Node as Tree

from mge_assets.model.graph import SymbolKind
from mge_assets.stages.dependency.fixpoint.scopes import Scope
from mge_assets.stages.dependency.fixpoint.tree_text import text
from mge_assets.stages.dependency.fixpoint.values import NOTHING, Container, Function, Holder, Key, Node, Parameter, Wrapped
from mge_assets.stages.dependency.javascript.base import JavaScriptBase, constant_key
from mge_assets.stages.dependency.javascript.scopes import var_names


def asks_for_strict(body: Tree) -> bool:
    """True where the code begins with ``"use strict"``, among other directives at most."""
    for child in body.named_children:
        if child.type == "comment":
            continue
        if child.type != "expression_statement" or not child.named_children or child.named_children[0].type != "string":
            return False
        if constant_key(child.named_children[0]) == "use strict":
            return True
    return False


_LITERALS = {"arrow_function", "function_expression", "generator_function", "method_definition"}


class JavaScriptFunctions(JavaScriptBase):
    """Lowers functions in the current scope."""

    def _function_value(self, tree: Tree) -> Node:
        return self.function_value(tree, None)

    def function_value(self, tree: Tree, inferred: str | None) -> Node:
        """A function expression or declaration."""
        name = tree.child_by_field_name("name")
        owner = self.scope
        if name is None and inferred is None:
            owner.lambdas += 1
        wanted = text(name) if name is not None else inferred or f"<lambda{owner.lambdas}>"
        kind = SymbolKind.FUNCTION if name is not None or inferred is not None else SymbolKind.LAMBDA
        return self.solver.holding(self.function(tree, wanted, kind, named=name if tree.type in {"function_expression", "generator_function"} else None))

    def function(self, tree: Tree, wanted: str, kind: SymbolKind, *, named: Tree | None = None, around: str = "") -> Function:
        """The value of a function's code; its body is lowered when the scope around is known."""
        symbol = self.unique(f"{around or self.scope.symbol}.{wanted}", tree.child_by_field_name("name") or tree)
        self.declare(symbol, kind, tree, tree.child_by_field_name("name") or tree)
        function = Function(symbol, self.solver.node())
        function.kind = "arrow" if tree.type == "arrow_function" else "function"
        if tree.type in _LITERALS and not around:
            self.semantics.literals.add(function)
        function.this = NOTHING if function.kind == "arrow" else self.solver.node()
        function.sloppy = self._is_sloppy(tree, around)
        if tree.type.startswith("generator") or any(child.type == "*" for child in tree.children):
            function.generated = Container("generator")
        scope = Scope("function", symbol, self.scope, function=function)
        outer = self.enter(scope)
        around_block = self.block
        if named is not None:
            self.declare_name(text(named))
            self.set_name(named, self.solver.holding(function), declares=True)
        self._signature(tree, function)
        self.leave(outer)
        home, withs = list(self.home), list(self.withs)
        self.bodies.append(lambda: self._body(tree, scope, function, around_block, home, withs))
        return function

    def _is_sloppy(self, tree: Tree, around: str) -> bool:
        """True for code outside strict mode: no module, no class, no ``"use strict"``."""
        owner = self.scope.function
        body = tree.child_by_field_name("body")
        return not around and (self.sloppy if owner is None else owner.sloppy) and not (body is not None and asks_for_strict(body))

    def _signature(self, tree: Tree, function: Function) -> None:
        types = tree.child_by_field_name("type_parameters")
        if types is not None:
            self.semantics.generics[function] = self.type_parameters(types)
        single = tree.child_by_field_name("parameter")
        if single is not None:
            function.parameters.append(self.parameter(single, None, None))
        parameters = tree.child_by_field_name("parameters")
        for child in parameters.named_children if parameters is not None else []:
            if child.type in {"required_parameter", "optional_parameter"}:
                pattern = child.child_by_field_name("pattern")
                if pattern is not None and pattern.type == "this":
                    if self.recorder.references and function.this and (said := child.child_by_field_name("type")) is not None:
                        this = self.type_node(said)
                        self.solver.flow(this, function.this)
                        self.semantics.seal(function.this, this)
                    continue
                for decorator in (part for part in child.named_children if part.type == "decorator"):
                    self.value(decorator)
                made = self.parameter(pattern or child, child.child_by_field_name("value"), child.child_by_field_name("type"))
                function.parameters.append(made)
                self.inferred_from(child.child_by_field_name("type"), function, made.node)
                if any(part.type in {"accessibility_modifier", "readonly"} for part in child.children) and pattern is not None and function.this:
                    self._parameter_property(function, made, pattern)
            elif child.type == "assignment_pattern":
                function.parameters.append(self.parameter(child.child_by_field_name("left") or child, child.child_by_field_name("right"), None))
            elif child.type not in {"comment", "decorator"}:
                function.parameters.append(self.parameter(child, None, None))
        result = tree.child_by_field_name("return_type")
        if result is not None:
            promised = self.type_node(result)
            self.solver.flow(promised, function.result)
            self.declared_as(result, promised, function.result)
            function.declared = not any(child.type == "predefined_type" for child in result.named_children)
        self._documented(tree, function)

    def _documented(self, tree: Tree, function: Function) -> None:
        """Its comment says what parameters hold, and what the result is where the code does not tell."""
        for tag, name, kind in self.documented(tree):
            if tag == "returns":
                self.semantics.presume(function.result, self.documented_type(kind, tree))
            for parameter in function.parameters if tag == "param" else ():
                if parameter.name == name:
                    self.solver.flow(self.documented_type(kind, tree), parameter.node)

    def _parameter_property(self, function: Function, made: Parameter, pattern: Tree) -> None:
        """``constructor(private x: V)`` also declares the property."""
        version = self.solver.node()
        self.define(version, pattern)
        self.solver.flow(made.node, version)
        self.semantics.store(function.this, text(pattern), version, self.site(pattern))

    def parameter(self, pattern: Tree, default: Tree | None, kind: Tree | None) -> Parameter:
        """A formal parameter: a name, or a pattern that takes it apart."""
        node, star = self.solver.node(), 0
        if not self.typed:
            self.solver.mark_parameter(node)
        if pattern.type == "rest_pattern" and pattern.named_children:
            pattern, star = pattern.named_children[0], 1
            if kind is None or not self.recorder.references:
                self.solver.add(node, Container("array"))
        for name in [pattern] if pattern.type == "identifier" else []:
            self.declare_name(text(name))
        if kind is not None:
            said = self.type_node(kind)
            self.solver.flow(said, node)
            self.declared_as(kind, said, node)
        default_node = self.value(default)
        if default_node:
            self.semantics.give(default_node, node)
            self.semantics.infer(default_node, node)
        if pattern.type == "identifier":
            self.define(node, pattern)
            self.values.wrote(node, pattern.start_byte)
            key = self.declare_name(text(pattern))
            self.solver.assign(node, self.whole(self.scope, key))
            self.scope.flow[key,] = node
        else:
            self.declare_pattern(pattern)
            self.bind_pattern(pattern, node, declares=True)
        return Parameter(text(pattern), node, default_node, star)

    def _body(self, tree: Tree, scope: Scope, function: Function, block: object, home: list[tuple[Node, Node]], withs: list[Node]) -> None:
        body = tree.child_by_field_name("body")
        if body is None:
            return
        kept = self.block, self.home, self.withs
        self.block, self.scope, self.home, self.withs = block, scope, home, withs  # type: ignore[assignment]
        if body.type == "statement_block":
            for name in var_names(body):
                self.declare_name(name)
            self.statements(body)
        else:
            self.returned(body, function)
        self.block, self.home, self.withs = kept
        self.scope = self.block.scope

    def returned(self, tree: Tree | None, function: Function) -> None:
        """The value of a ``return``; a parameter that is passed on as it is stays apart by call."""
        node = self.value(tree)
        function.gives = function.gives or tree is not None
        if self.typed and tree is not None and tree.type == "this":
            function.returned.add("this")
        if function.declared and tree is not None and tree.type in {"object", "array"}:
            return
        if function.generated is not None:
            self.solver.flow(node, self.solver.slot(function.generated, "(return)"))
            return
        for parameter in function.parameters:
            inside = self.scope.whole.get(parameter.name, NOTHING)
            if node in (parameter.node, inside) and not parameter.star and parameter.node not in self.semantics.sealed:
                function.returned.add(parameter.name)
                if not self.typed or self.solver.values(function.result):
                    return
        self.semantics.give(node, function.result)

    def method(self, tree: Tree, holder: Holder, this: Node, around: str = "") -> None:
        """A method, getter or setter of a class or an object literal."""
        name_tree = tree.child_by_field_name("name")
        key = constant_key(name_tree)
        computed = self.value(name_tree) if key is None else NOTHING
        function = self.function(tree, "<computed>" if key is None or str(key).startswith("@@") else str(key), SymbolKind.METHOD, around=around)
        self.solver.flow(this, function.this)
        if self.typed:
            self.semantics.seal(function.this, this)
        kind = next((child.type for child in tree.children if child.type in {"get", "set"}), "")
        made = self.solver.holding(function)
        if kind:
            made = self.solver.holding(self._accessor(holder, key, kind, made))
        if key is not None and name_tree is not None:
            self._property(holder, key, made, name_tree)
        else:
            self.semantics.with_keys(computed, lambda known: self.semantics.put_own(holder, known, made))

    def _accessor(self, holder: Holder, key: Key | None, kind: str, made: Node) -> Wrapped:
        known = [value for value in (self.solver.values(holder.slots[key]) if key in holder.slots else []) if isinstance(value, Wrapped)]
        getter = made if kind == "get" else (known[0].getter if known else NOTHING)
        setter = made if kind == "set" else (known[0].setter if known else NOTHING)
        return Wrapped("property", getter, setter)

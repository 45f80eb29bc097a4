"""Python functions, classes and decorators as constraints."""

from tree_sitter import Node as Tree

from mge_assets.model.graph import SymbolKind
from mge_assets.stages.dependency.fixpoint.scopes import Scope
from mge_assets.stages.dependency.fixpoint.values import NOTHING, Call, Class, Container, Function, Node, Wrapped
from mge_assets.stages.dependency.python.closures import MAX_LINES, calls_parameter, lines, makes_functions, sets_attributes
from mge_assets.stages.dependency.python.docstrings import documented, phrases
from mge_assets.stages.dependency.python.expressions import Expressions
from mge_assets.stages.dependency.python.names import bindings, declared_elsewhere, text

_WRAPPERS = {"staticmethod", "classmethod", "property", "cached_property"}


_IMPLICIT_CLASS_METHODS = {"__init_subclass__", "__class_getitem__"}


def _has_yield(tree: Tree | None) -> bool:
    """True where the function's own code yields."""
    stack = [tree] if tree is not None and b"yield" in (tree.text or b"") else []
    while stack:
        node = stack.pop()
        if node.type == "yield":
            return True
        if node.type not in {"function_definition", "lambda", "class_definition"}:
            stack.extend(node.named_children)
    return False


def _docstring(body: Tree | None) -> str:
    """The text of a body's first statement, if that is a string."""
    first = body.named_children[0] if body is not None and body.named_children else None
    inner = first.named_children[0] if first is not None and first.type == "expression_statement" and first.named_children else first
    if inner is None or inner.type != "string":
        return ""
    return "".join(text(child) for child in inner.named_children if child.type == "string_content")


def _is_abstract(tree: Tree, decorators: list[str]) -> bool:
    """True where the method only says that subclasses have it."""
    if any(name.rpartition(".")[2].startswith("abstract") for name in decorators):
        return True
    body = tree.child_by_field_name("body")
    statements = [child for child in (body.named_children if body is not None else []) if child.type != "comment"]
    if statements and text(statements[0])[-1:] in {"'", '"'}:
        statements = statements[1:]
    return len(statements) == 1 and statements[0].type == "raise_statement" and "NotImplemented" in text(statements[0])


def _types(bound: Tree | None) -> list[Tree]:
    """The one type that bounds a type parameter, or those that it is constrained to."""
    while bound is not None and bound.type == "type" and bound.named_children:
        bound = bound.named_children[0]
    if bound is None:
        return []
    return bound.named_children if bound.type == "tuple" else [bound]


def _type_parameter(tree: Tree) -> tuple[Tree | None, Tree | None]:
    """The name that a type parameter binds, and what bounds it."""
    bound: Tree | None = None
    name: Tree | None = tree
    while name is not None and name.type != "identifier":
        if name.type == "constrained_type":
            bound = name.named_children[-1]
        name = name.named_children[0] if name.named_children else None
    return name, bound


class Definitions(Expressions):
    """Lowers definitions in the current scope."""

    def block(self, tree: Tree | None) -> None:
        """Run statements in order. Said by statements."""
        raise NotImplementedError

    def _bind_name(self, tree: Tree, value: Node) -> None:
        name = text(tree)
        self.bind(name, value, tree)
        home = self.scope.redirected.get(name, self.scope)
        if home.kind in {"module", "class"}:
            self._declare_variable(home, name, tree)

    def _declare_variable(self, home: Scope, name: str, tree: Tree) -> None:
        symbol = f"{home.symbol}.{name}"
        node = self.whole(home, name)
        if node not in self.names.symbols:
            self.names.symbols[node] = symbol
            self.declare(symbol, SymbolKind.VARIABLE, tree, tree)

    def _on_type_alias_statement(self, tree: Tree) -> None:
        left, right = tree.child_by_field_name("left"), tree.child_by_field_name("right")
        generic = left.named_children[0] if left is not None and left.named_children and left.named_children[0].type == "generic_type" else None
        outer = self._open_types(generic)
        value = self.value(right)
        self.scope = outer
        for name in (child for child in (generic or left).named_children if child.type == "identifier") if left is not None else ():
            self._bind_name(name, value)

    def _open_types(self, tree: Tree | None) -> Scope:
        """``[T: X]`` of a function, a class or an alias is a scope of its own around it; gives the scope to go back to."""
        outer = self.scope
        listed = tree.child_by_field_name("type_parameters") if tree is not None else None
        if listed is None and tree is not None and tree.type == "generic_type":
            listed = next((child for child in tree.named_children if child.type == "type_parameter"), None)
        if listed is None:
            return outer
        self.scope = Scope("comprehension", outer.symbol, outer)
        for child in listed.named_children:
            name, bound = _type_parameter(child)
            if name is not None:
                self.bind(text(name), self.solver.holding(self.type_variable(_types(bound))), name)
        return outer

    def _on_decorated_definition(self, tree: Tree) -> None:
        decorators = [child for child in tree.named_children if child.type == "decorator"]
        definition = tree.child_by_field_name("definition")
        nodes = [(self.callee(child.named_children[0]) if child.named_children else NOTHING, child) for child in decorators]
        if definition is None:
            return
        made = self._define_class(definition) if definition.type == "class_definition" else self._define_function(definition)
        for callee, child in reversed(nodes):
            made = self._decorated(callee, child, made, keep=definition.type == "class_definition")
        self._bind_definition(definition, made)

    def _decorated(self, callee: Node, tree: Tree, made: Node, *, keep: bool) -> Node:
        """The decorator's result; with ``keep`` what it was given, where that is among the results."""
        name = text(tree.named_children[0]) if tree.named_children else ""
        last = name.split("(")[0].rpartition(".")[2]
        if last in {"setter", "getter", "deleter"} and "." in name:
            return self._accessor(name.partition(".")[0], last, made)
        if last in _WRAPPERS:
            return self.solver.holding(Wrapped("property" if last.endswith("property") else last, made, once=last == "cached_property"))
        call = Call(self.site(tree), self.solver.node(), [(made, False)])
        self.semantics.decorate(callee, call, self._head(tree.named_children[0] if tree.named_children else None))
        return self.semantics.own_or_any(made, call.result) if keep else call.result

    def _head(self, tree: Tree | None) -> Node:
        """What a decorator is by name, its arguments apart; not another read of the name."""
        while tree is not None and tree.type == "call":
            tree = tree.child_by_field_name("function")
        if tree is None or tree.type != "attribute":
            return self.find(text(tree))[1] if tree is not None and tree.type == "identifier" else NOTHING
        holder = tree.child_by_field_name("object")
        name = tree.child_by_field_name("attribute")
        node = self.solver.node()
        if holder is not None and name is not None and holder.type == "identifier":
            self.semantics.load(self.find(text(holder))[1], text(name), node, self.site(name))
        return node

    def _accessor(self, name: str, kind: str, made: Node) -> Node:
        """``@x.setter``: the property of that name with another function in it."""
        result = self.solver.node()
        for value in self.solver.values(self.find(name)[1]):
            if isinstance(value, Wrapped):
                getter, setter = (made, value.setter) if kind == "getter" else (value.getter, made if kind == "setter" else value.setter)
                self.solver.add(result, Wrapped("property", getter, setter))
        return result

    def _on_function_definition(self, tree: Tree) -> None:
        self._bind_definition(tree, self._define_function(tree))

    def _on_class_definition(self, tree: Tree) -> None:
        self._bind_definition(tree, self._define_class(tree))

    def _bind_definition(self, tree: Tree, made: Node) -> None:
        name = tree.child_by_field_name("name")
        if name is not None:
            self.bind(text(name), made, name, keep=False)
            home = self.scope.redirected.get(text(name), self.scope)
            self.names.symbols.setdefault(self.whole(home, text(name)), f"{self.scope.owner().symbol}.{text(name)}")

    def _define_function(self, tree: Tree) -> Node:
        scope, lambdas = self.scope, self.scope.owner().lambdas
        function = self._make_function(tree)
        makes = function.owner is not None and function.symbol.endswith(".__new__") and lines(tree) <= MAX_LINES
        if makes or makes_functions(tree) or calls_parameter(tree) or sets_attributes(tree):
            function.copy = lambda: self._copy(tree, scope, lambdas)
        made = self.solver.holding(function)
        if function.owner is not None and text(tree.child_by_field_name("name")) in _IMPLICIT_CLASS_METHODS:
            made = self.solver.holding(Wrapped("classmethod", made))
        return made

    def _copy(self, tree: Tree, scope: Scope, lambdas: int) -> Function:
        """The function once more, with variables of its own; its inner lambdas keep their numbers."""
        outer, depth, bodies = self.scope, self.depth, self.bodies
        owner = scope.owner()
        counted = owner.lambdas
        self.scope, self.depth, self.bodies, owner.lambdas = scope, 0, [], lambdas
        try:
            function = self._make_function(tree)
            function.copy = None
            for body in self.bodies:
                body()
        finally:
            self.scope, self.depth, self.bodies, owner.lambdas = outer, depth, bodies, counted
        return function

    def _make_function(self, tree: Tree) -> Function:
        name = tree.child_by_field_name("name")
        symbol = f"{self.scope.owner().symbol}.{text(name)}"
        cls = self.scope.cls
        self.declare(symbol, SymbolKind.METHOD if cls else SymbolKind.FUNCTION, tree, name or tree)
        function = Function(symbol, self.solver.node())
        function.owner = cls
        outer = self._open_types(tree)
        scope = Scope("function", symbol, self.scope, function=function)
        self.parameters(tree.child_by_field_name("parameters"), function, scope)
        for parameter in function.parameters[1 if cls is not None else 0 :]:
            if not parameter.star:
                self.semantics.strangers.append((parameter.node, scope.whole[parameter.name]))
        result = tree.child_by_field_name("return_type")
        if result is not None:
            self.annotation(result, function.result, declared=True)
        self.scope = outer
        self._documented(tree, function)
        if _has_yield(tree.child_by_field_name("body")):
            function.generated = Container("generator")
            function.sent = self.solver.slot(function.generated, "(sent)")
        self.bodies.append(lambda: self._body(tree, scope, function))
        if cls is not None:
            self._receiver(function, cls, tree)
        return function

    def _documented(self, tree: Tree, function: Function) -> None:
        """What the docstring says of parameters and result, where no annotation does."""
        said = documented(_docstring(tree.child_by_field_name("body")))
        promises = [(parameter.node, said.parameters[parameter.name], False) for parameter in function.parameters if parameter.name in said.parameters]
        if tree.child_by_field_name("return_type") is None:
            promises += [(function.result, written, True) for written in said.returns]
        for node, written, result in promises:
            for phrase in phrases(written):
                self.semantics.promise(node, phrase, self.find(phrase.word.rpartition(".")[2])[1], result=result)

    def _receiver(self, function: Function, cls: Class, tree: Tree) -> None:
        """Note the method for the seeds: what its first parameter is where nobody calls it."""
        parent = tree.parent
        decorators = (
            [text(c.named_children[0]) for c in parent.named_children if c.type == "decorator" and c.named_children]
            if parent is not None and parent.type == "decorated_definition"
            else []
        )
        if _is_abstract(tree, decorators):
            self.semantics.abstract.add(function.symbol)
        if "staticmethod" not in decorators and function.parameters:
            of_class = "classmethod" in decorators or function.symbol.rpartition(".")[2] in {"__new__", *_IMPLICIT_CLASS_METHODS}
            self.semantics.methods.append((function, cls, of_class))
            self.solver.unmark_parameter(function.parameters[0].node)

    def _body(self, tree: Tree, scope: Scope, function: Function) -> None:
        body = tree.child_by_field_name("body")
        if body is None:
            return
        self._open(scope, body)
        outer, self.scope = self.scope, scope
        self.block(body)
        self.scope = outer
        del function

    def _open(self, scope: Scope, body: Tree) -> None:
        """Make the scope's names known before its code runs."""
        found = bindings(body)
        if self.nonlocals:
            scope.shared = frozenset(declared_elsewhere(body, "nonlocal_statement")) - found.nonlocals
        for name in found.names:
            self.whole(scope, name)
        module = scope
        while module.parent is not None:
            module = module.parent
        for name in found.globals:
            self.whole(module, name)
            scope.redirected[name] = module
        for name in found.nonlocals:
            home = scope.parent
            while home is not None and (home.kind == "class" or name not in home.whole):
                home = home.parent
            scope.redirected[name] = home or module

    def _define_class(self, tree: Tree) -> Node:
        name, body = tree.child_by_field_name("name"), tree.child_by_field_name("body")
        symbol = f"{self.scope.owner().symbol}.{text(name)}"
        self.declare(symbol, SymbolKind.CLASS, tree, name or tree)
        cls = Class(symbol)
        self.semantics.classes.append(cls)
        made = self.solver.holding(cls)
        around = self._open_types(tree)
        supers = tree.child_by_field_name("superclasses")
        for child in supers.named_children if supers is not None else []:
            if child.type == "keyword_argument":
                given = self.value(child.child_by_field_name("value"))
                if text(child.child_by_field_name("name")) == "metaclass":
                    cls.metaclass = given
            elif child.type != "comment":
                cls.bases.append(self._base(child, cls))
        scope = Scope("class", symbol, self.scope, cls=cls)
        if body is not None:
            self._open(scope, body)
            cls.slots = scope.whole  # type: ignore[assignment]
            outer, self.scope = self.scope, scope
            self.block(body)
            self.scope = outer
        self.scope = around
        self._announce(cls, tree)
        return made

    def _announce(self, cls: Class, tree: Tree) -> None:
        """A base's ``__init_subclass__`` is called with the new class."""
        found, site = self.solver.node(), self.site(tree)
        call = Call(site, self.solver.node())
        self.semantics.later(lambda: self.semantics.inherited(cls, "__init_subclass__", found, site))
        self.semantics.call(found, call)

    def _base(self, tree: Tree, cls: Class) -> Node:
        """A base class; of ``Base[T]`` it is ``Base``, known before anything is called. ``T`` may be what its objects hold."""
        if tree.type != "subscript":
            return self.value(tree)
        head, *arguments = tree.named_children
        for argument in arguments:
            promised = self.solver.node()
            self.annotation(argument, promised)
            self.semantics.promise_elements(cls, promised, last=argument == arguments[-1])
        return self._base(head, cls)

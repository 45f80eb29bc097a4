"""Python annotations as constraints: an annotated name may hold an instance of what the annotation names."""

from collections.abc import Callable, Sequence

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.lowering import MAX_DEPTH
from mge_assets.stages.dependency.fixpoint.tree_text import members
from mge_assets.stages.dependency.fixpoint.values import REST, Class, Container, Node, TypeVariable, Value
from mge_assets.stages.dependency.python.names import text
from mge_assets.stages.dependency.python.statements import Statements
from mge_resources.syntax import Language, parse

TRANSPARENT = frozenset({
    "Optional", "Union", "Annotated", "ClassVar", "Final", "Required", "NotRequired", "ReadOnly", "InitVar", "Awaitable", "Coroutine", "TypeGuard", "Unpack",
})  # fmt: skip
"""Generic types that stand for their arguments."""
_LISTS = {
    "list", "set", "frozenset", "deque", "List", "Set", "FrozenSet", "Deque", "Sequence", "MutableSequence", "AbstractSet", "MutableSet", "Collection",
    "Iterable", "Iterator", "Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator", "Reversible", "Container",
    "ContextManager", "AsyncContextManager", "AbstractContextManager", "AbstractAsyncContextManager", "KeysView", "ValuesView",
}  # fmt: skip
_MAPPINGS = {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict", "ChainMap"}
_TUPLES = {"tuple", "Tuple"}
_CLASSES = {"type", "Type"}
_RUNS = {
    "Iterator",
    "Generator",
    "AsyncIterator",
    "AsyncGenerator",
    "ContextManager",
    "AsyncContextManager",
    "AbstractContextManager",
    "AbstractAsyncContextManager",
}
_JOINED = {"type", "parenthesized_expression", "binary_operator", "union_type"}
"""What passes on the classes that stand in it."""
_MAX_QUOTED = 400


class Annotations(Statements):
    """Lowers annotations in the current scope."""

    def annotation(self, tree: Tree, node: Node, *, declared: bool = False) -> None:
        """Names in the annotation are read; ``node`` may hold what it promises."""
        del declared
        for promised in self._promised(tree):
            self.solver.flow(promised, node)

    def _promised(self, tree: Tree) -> list[Node]:
        """Nodes of the instances and containers that the annotation names."""
        if self.depth > MAX_DEPTH:
            self.postpone(lambda: self._promised(tree))
            return []
        self.depth += 2
        found = [node for member in members(tree, _JOINED) for node in self._of_member(member)]
        self.depth -= 2
        return found

    def _of_member(self, tree: Tree) -> list[Node]:
        match tree.type:
            case "generic_type" | "subscript":
                return self._generic(tree)
            case "string":
                return self._quoted(tree, self._promised)
            case "identifier" | "attribute" | "member_type":
                return [self._instance_of(tree)]
            case _:
                self.value(tree)
                return []

    def _instance_of(self, tree: Tree) -> Node:
        node = self.solver.node()
        classes = self.value(tree)
        if text(tree).rpartition(".")[2] == "Self":
            own = next((scope.cls for scope in self._scopes() if scope.cls is not None), None)
            if own is not None:
                self.semantics.later(lambda: self.solver.add(node, self.semantics.kin(own)))

        def on(value: Value) -> None:
            if isinstance(value, Class):
                self.solver.add(node, self.semantics.kin(value))
            elif isinstance(value, TypeVariable):
                self.solver.flow(value.promised, node)

        self.semantics.later(lambda: self.solver.watch(classes, on))
        return node

    def _generic(self, tree: Tree) -> list[Node]:
        head, *rest = tree.named_children
        arguments = [part for child in rest for part in (child.named_children if child.type == "type_parameter" else [child])]
        name = text(head).rpartition(".")[2]
        if name in _CLASSES:
            self.value(head)
            return [node for argument in arguments for node in self._classes(argument)]
        if name == "Literal":
            for each in (head, *arguments):
                self.value(each)
            return []
        outer = self._promised(head)
        if name == "Annotated":
            arguments, extra = arguments[:1], arguments[1:]
            for argument in extra:
                self.value(argument)
        inner = [self._promised(argument) for argument in arguments]
        if name in TRANSPARENT:
            return [node for nodes in inner for node in nodes]
        held = self._held(name, inner, arguments)
        return outer if held is None else [self.solver.holding(held)]

    def _held(self, name: str, inner: Sequence[Sequence[Node]], arguments: Sequence[Tree]) -> Container | None:
        """The container that a generic type promises; ``None`` where it is none, or nothing is known of its elements."""
        if not any(inner) or name not in _LISTS | _MAPPINGS | _TUPLES:
            return None
        kind = "generator" if name in _RUNS else "dict" if name in _MAPPINGS else "tuple" if name in _TUPLES else "list"
        made = Container(kind)
        placed = name in _TUPLES and text(arguments[-1]) != "..."
        chosen = inner[1:] if name in _MAPPINGS else inner[:1] if name in _LISTS else inner
        for place, nodes in enumerate(chosen):
            for node in nodes:
                self.solver.flow(node, self.solver.element(made, place if placed else REST))
        if placed:
            made.length = len(inner)
        return made

    def _classes(self, tree: Tree) -> list[Node]:
        """The classes themselves, for ``type[C]``."""
        return [node for member in members(tree, _JOINED) for node in self._of_class(member)]

    def _of_class(self, tree: Tree) -> list[Node]:
        match tree.type:
            case "string":
                return self._quoted(tree, self._classes)
            case "identifier" | "attribute" | "member_type":
                return [self._class_of(tree)]
            case _:
                self._promised(tree)
                return []

    def _class_of(self, tree: Tree) -> Node:
        node, classes = self.solver.node(), self.value(tree)

        def on(value: Value) -> None:
            if isinstance(value, TypeVariable):
                self.solver.flow(value.classes, node)
            else:
                self.solver.add(node, value)

        self.solver.watch(classes, on)
        return node

    def type_variable(self, bounds: Sequence[Tree]) -> TypeVariable:
        """What is known of a type variable by its bound, or by the types that it is constrained to."""
        made = TypeVariable(self.solver.node(), self.solver.node())
        for bound in bounds:
            for promised in self._promised(bound):
                self.solver.flow(promised, made.promised)
            for classes in self._classes(bound):
                self.solver.flow(classes, made.classes)
        return made

    def _quoted(self, tree: Tree, lower: Callable[[Tree], list[Node]]) -> list[Node]:
        """A forward reference: its places are those of the string."""
        code = "".join(text(child) for child in tree.named_children if child.type == "string_content")
        if not code or len(code) > _MAX_QUOTED:
            return []
        statement = next(iter(parse(Language.PYTHON, code.strip().encode()).root_node.named_children), None)
        if statement is None:
            return []
        parts = statement.named_children if statement.type == "expression_statement" else [statement]
        with self.code_in(tree):
            return [node for child in parts for node in lower(child)]

    def type_expression(self, tree: Tree, holder: Tree, keys: Sequence[Tree], node: Node) -> None:
        """``Alias = Union[A, "B"]``: the alias stands for the classes."""
        if text(holder).rpartition(".")[2] in TRANSPARENT:
            for key in keys:
                if key.type == "string":
                    for classes in self._quoted(key, self._classes):
                        self.solver.flow(classes, node)

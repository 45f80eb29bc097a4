"""What lowering Python needs everywhere: reading names and attributes, paths with versions, special methods."""

from collections.abc import Callable, Iterator, Sequence

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.lowering import Lowering, Names
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.scopes import IMMEDIATE, Path, Scope
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import FALSE, NOTHING, TRUE, Call, Instance, Key, Node, TypeVariable, Value
from mge_assets.stages.dependency.python.builtins import PythonSemantics
from mge_assets.stages.dependency.python.names import text

OPERATORS = {
    "+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod", "**": "pow", "@": "matmul", "&": "and", "|": "or", "^": "xor",
    "<<": "lshift", ">>": "rshift", "==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge",
}  # fmt: skip


LITERALS = {"none": NOTHING, "false": FALSE, "true": TRUE}
"""What literals are where parameters are asked for them."""
UNARY = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}


def constant_key(tree: Tree | None) -> Key | None:
    """The constant that a literal is, if it may be a key."""
    if tree is None:
        return None
    if tree.type == "string":
        parts = [child for child in tree.named_children if child.type not in {"string_start", "string_end"}]
        return "".join(text(part) for part in parts) if all(part.type == "string_content" for part in parts) else None
    if tree.type == "integer":
        digits = text(tree).replace("_", "")
        return int(digits) if digits.isdigit() and len(digits) < 10 else None
    if tree.type == "unary_operator" and text(tree.child_by_field_name("operator")) == "-":
        inner = constant_key(tree.child_by_field_name("argument"))
        return -inner if isinstance(inner, int) else None
    if tree.type in {"parenthesized_expression"} and tree.named_children:
        return constant_key(tree.named_children[0])
    return None


class PythonBase(Lowering):
    """State and reads of one Python file."""

    def __init__(self, file: str, source: bytes, solver: Solver, recorder: Recorder, names: Names, semantics: PythonSemantics) -> None:
        super().__init__(file, source, solver, recorder, names)
        self.semantics = semantics
        self.nonlocals = b"nonlocal " in source
        self.slices: set[Node] = set()
        self.bodies: list[Callable[[], None]] = []

    def postpone(self, action: Callable[[], object]) -> None:
        """Do it in this scope when the stack is short again."""
        scope = self.scope

        def resume() -> None:
            outer, self.scope = self.scope, scope
            action()
            self.scope = outer

        self.bodies.append(resume)

    def given(self, tree: Tree | None) -> Node:
        """As above, of an argument: ``True`` and ``False`` are told apart."""
        return LITERALS.get(tree.type) or self.value(tree) if tree is not None else NOTHING

    def _last(self, tree: Tree) -> Node:
        result = NOTHING
        for child in tree.named_children:
            result = self.value(child)
        return result

    def _first(self, tree: Tree) -> Node:
        return self.value(tree.named_children[0]) if tree.named_children else NOTHING

    def protocol(self, holder: Node, name: str, tree: Tree, arguments: tuple[Node, ...] = ()) -> Node:
        """Call a special method where the value is an instance of a known class."""
        result = self.solver.node()
        self.ask(holder, name, Call(self.site(tree), result, [(argument, False) for argument in arguments]))
        return result

    def ask(self, holder: Node, name: str, call: Call) -> None:
        """As above, of a call that is made already."""

        def on(value: Value) -> None:
            if isinstance(value, Instance):
                self.semantics.send(value, name, call)

        if holder != NOTHING:
            self.semantics.later(lambda: self.solver.watch(holder, on))

    def read(self, tree: Tree, *, called: bool) -> Node:
        """Read a name."""
        name = text(tree)
        home, node = self.find(name)
        if home is None:
            self.use(tree, name, NOTHING)
            return self.solver.holding(self.semantics.external(f"builtins.{name}"))
        self.note_read(tree, name, home, called=called)
        self.use(tree, name, node)
        return node

    def path_of(self, tree: Tree | None) -> Path | None:
        """``a``, ``a.b`` and ``a["k"]`` as paths that have versions."""
        if tree is None:
            return None
        if tree.type == "identifier":
            return (text(tree),)
        if tree.type == "attribute":
            holder = tree.child_by_field_name("object")
            if holder is not None and holder.type == "identifier":
                return (text(holder), ".", text(tree.child_by_field_name("attribute")))
        if tree.type == "subscript":
            holder, keys = tree.child_by_field_name("value"), tree.children_by_field_name("subscript")
            key = constant_key(keys[0]) if len(keys) == 1 else None
            inner = self.path_of(holder) if key is not None else None
            if inner is not None and "." not in inner:
                return (*inner, "[", repr(key))
        return None

    def version(self, path: Path | None) -> Node | None:
        """The version of a path in this flow, or in one around it whose code runs now."""
        scope: Scope | None = self.scope
        while path is not None and scope is not None:
            if path in scope.flow:
                return scope.flow[path]
            if path[0] in scope.whole:
                return None
            scope = scope.parent if scope.kind in IMMEDIATE else None
        return None

    def attribute(self, tree: Tree, *, called: bool) -> Node:
        """Read an attribute."""
        holder_tree, name_tree = tree.child_by_field_name("object"), tree.child_by_field_name("attribute")
        holder = self.operand(holder_tree)
        if name_tree is None:
            return NOTHING
        name = text(name_tree)
        version = self.version(self.path_of(tree))
        site = self.site(name_tree)
        if version is None:
            node = self.solver.node()
            self.semantics.load(holder, name, node, site)
        else:
            node = version
            # what is read is known, but reading may run a property
            self.semantics.load(holder, name, self.solver.node(), site)
        self.names.attributes.append((site, holder, name, called))
        if called:
            self.names.unresolved.append((site, node, name))
        self.use(name_tree, name, node)
        return node

    def bind_target(self, tree: Tree | None, value: Node) -> None:
        """Assign to a target. Said by statements."""
        raise NotImplementedError

    def annotation(self, tree: Tree, node: Node, *, declared: bool = False) -> None:
        """A type annotation. Said by annotations."""
        raise NotImplementedError

    def type_variable(self, bounds: Sequence[Tree]) -> TypeVariable:
        """What bounds a type variable. Said by annotations."""
        raise NotImplementedError

    def own_module(self) -> Node:
        """A node that holds this file's module. Said by files."""
        raise NotImplementedError

    def named_module(self, name: str) -> Node | None:
        """A node that holds the module that the dotted name means here; ``None`` for an outside one. Said by files."""
        raise NotImplementedError

    def type_expression(self, tree: Tree, holder: Tree, keys: Sequence[Tree], node: Node) -> None:
        """A subscript that may be a type. Said by annotations."""
        raise NotImplementedError

    def _scopes(self) -> Iterator[Scope]:
        """This scope and those around it."""
        scope: Scope | None = self.scope
        while scope is not None:
            yield scope
            scope = scope.parent

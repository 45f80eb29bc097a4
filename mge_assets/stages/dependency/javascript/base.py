"""What lowering JavaScript needs everywhere: reading names, ``this`` and ``arguments``, properties."""

from collections.abc import Callable, Sequence

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.lowering import Names
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.tree_text import text
from mge_assets.stages.dependency.fixpoint.values import NOTHING, Container, Function, Holder, Key, Node, Site
from mge_assets.stages.dependency.javascript.documents import Documented, Documents, comments_of
from mge_assets.stages.dependency.javascript.scopes import JavaScriptScopes
from mge_assets.stages.dependency.javascript.semantics import JavaScriptSemantics


def constant_key(tree: Tree | None) -> Key | None:
    """The constant that a property name or literal is."""
    if tree is None:
        return None
    match tree.type:
        case "property_identifier" | "private_property_identifier" | "shorthand_property_identifier" | "shorthand_property_identifier_pattern":
            return text(tree)
        case "string":
            return "".join(text(child) for child in tree.named_children)
        case "number":
            digits = text(tree)
            return int(digits) if digits.isdigit() and len(digits) < 10 else None
        case "computed_property_name" | "parenthesized_expression":
            return _folded(tree.named_children[0]) if tree.named_children else None
        case _:
            return None


def _folded(tree: Tree) -> Key | None:
    """A constant, strings added up, or a well-known symbol (``Symbol.iterator`` is ``@@iterator``)."""
    match tree.type:
        case "binary_expression" if text(tree.child_by_field_name("operator")) == "+":
            left, right = (_folded(side) if (side := tree.child_by_field_name(end)) is not None else None for end in ("left", "right"))
            return left + right if isinstance(left, str) and isinstance(right, str) else None
        case "member_expression" if text(tree.child_by_field_name("object")) == "Symbol":
            return f"@@{text(tree.child_by_field_name('property'))}"
        case "template_string" if all(child.type == "string_fragment" for child in tree.named_children):
            return "".join(text(child) for child in tree.named_children)
        case _:
            return constant_key(tree)


def known_ends(tree: Tree) -> tuple[str, str]:
    """What a string that is put together at run time begins and ends with."""
    parts = [tree]
    while parts[0].type == "binary_expression" and text(parts[0].child_by_field_name("operator")) == "+":
        parts[:1] = [side for end in ("left", "right") if (side := parts[0].child_by_field_name(end)) is not None]
    if len(parts) == 1 and tree.type == "template_string":
        parts = tree.named_children
    if len(parts) < 2:
        return "", ""
    first, last = (text(part) if part.type == "string_fragment" else str(constant_key(part)) if part.type == "string" else "" for part in (parts[0], parts[-1]))
    return first, last


class JavaScriptBase(JavaScriptScopes):
    """State and reads of one JavaScript or TypeScript file."""

    def __init__(self, file: str, source: bytes, solver: Solver, recorder: Recorder, names: Names, semantics: JavaScriptSemantics, *, typed: bool) -> None:
        super().__init__(file, source, solver, recorder, names, semantics, typed=typed)
        self.sloppy = False
        self.documents: Documents = {}
        self.bodies: list[Callable[[], None]] = []
        self.withs: list[Node] = []
        self.home: list[tuple[Node, Node]] = []
        self._module_this: Node = NOTHING

    def postpone(self, action: Callable[[], object]) -> None:
        """Do it in this scope when the stack is short again."""
        block, home, withs = self.block, list(self.home), list(self.withs)

        def resume() -> None:
            kept = self.block, self.home, self.withs
            self.block, self.scope, self.home, self.withs = block, block.scope, home, withs
            action()
            self.block, self.home, self.withs = kept
            self.scope = self.block.scope

        self.bodies.append(resume)

    def documented(self, tree: Tree) -> Sequence[Documented]:
        """What the comment of a function or a variable says."""
        comments = comments_of(tree) if self.documents else ()
        return next((self.documents[comment] for comment in comments if comment in self.documents), ())

    def documented_type(self, kind: Tree, tree: Tree) -> Node:
        """Instances of a type in the comment of what stands here: this needs the type, and what the comment names is not used there."""
        with self.code_in(tree):
            return self.type_node(kind)

    def _each(self, tree: Tree) -> Node:
        for child in tree.named_children:
            self.value(child)
        return NOTHING

    def _last(self, tree: Tree) -> Node:
        result = NOTHING
        for child in tree.named_children:
            if child.type != "comment":
                result = self.value(child)
        return result

    def read(self, tree: Tree, *, called: bool = False) -> Node:
        """Read a variable, or a property of an object opened by ``with``."""
        name = text(tree)
        for opened in reversed(self.withs):
            if any(isinstance(value, Holder) and name in value.slots for value in self.solver.values(opened)):
                node = self.solver.node()
                self.semantics.load(opened, name, node, self.site(tree))
                self.use(tree, name, node)
                return node
        if name == "arguments" and self.locate(name)[0] is None:
            return self._arguments()
        if name == "undefined":
            return NOTHING
        return self.read_name(tree, called=called)

    def _arguments(self) -> Node:
        function = self.this_function()
        if function is None:
            return NOTHING
        if function.arguments is None:
            function.arguments = Container("array")
            self.solver.flow(self.solver.holding(function), self.solver.slot(function.arguments, "callee"))
        return self.solver.holding(function.arguments)

    def _this(self, tree: Tree) -> Node:
        del tree
        function = self.this_function()
        return function.this if function is not None else self._module_this

    def imported(self, arguments: Tree | None, *, dynamic: bool) -> Node:
        """``require`` and ``import()``. Said by modules."""
        raise NotImplementedError

    def declared_as(self, tree: Tree, kind: Node, *nodes: Node) -> None:
        """These nodes have a declared type. Said by types."""
        raise NotImplementedError

    def settled(self, tree: Tree, kind: Node, value: Node) -> Node:
        """What a variable of a declared type holds when it is made. Said by types."""
        raise NotImplementedError

    def type_node(self, tree: Tree) -> Node:
        """Instances of a type. Said by types."""
        raise NotImplementedError

    def inferred_from(self, kind: Tree | None, function: Function, node: Node) -> None:
        """What a parameter of this type is given says what a type parameter is. Said by types."""
        raise NotImplementedError

    def site_of_file(self) -> Site:
        """A site for what no single place causes."""
        return Site(self.scope.symbol, self.file, 0)

    def _property(self, made: Holder, key: Key, value: Node, tree: Tree) -> None:
        slot = self.solver.own(made, key)
        version = self.solver.node()
        self.define(version, tree)
        self.solver.flow(value, version)
        if not self.typed:
            self.solver.alias(value, version)
        self.solver.assign(version, slot)

    def type_parameters(self, tree: Tree) -> list[tuple[Node, Node]]:
        """``<X = V>``. Said by types."""
        raise NotImplementedError

    def declare_pattern(self, tree: Tree) -> None:
        """Make a pattern's names known in this block. Said by statements."""
        raise NotImplementedError

    def statements(self, tree: Tree) -> None:
        """A block's statements. Said by statements."""
        raise NotImplementedError

    def class_value(self, tree: Tree, inferred: str | None = None) -> Node:
        """A class. Said by classes."""
        raise NotImplementedError

    def bind_pattern(self, tree: Tree | None, value: Node, *, declares: bool, keep: bool = True) -> None:
        """Bind or assign a name, a property or a pattern. Said by statements."""
        raise NotImplementedError

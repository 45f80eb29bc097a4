"""JavaScript scopes: blocks, hoisting, and names read and bound through them.

All versions live in the function's scope; a block maps its own names to keys of their own where the plain name is taken.
In JavaScript files a name that only a left block declared is still found (readers' convention); TypeScript is strict.
"""

from collections.abc import Iterator
from itertools import count

from tree_sitter import Node as Tree

from mge_assets.model.graph import SymbolKind
from mge_assets.stages.dependency.fixpoint.lowering import Lowering, Names
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.scopes import Scope
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.tree_text import text
from mge_assets.stages.dependency.fixpoint.values import NOTHING, Function, Node
from mge_assets.stages.dependency.javascript.semantics import JavaScriptSemantics

FUNCTIONS = {
    "function_declaration", "generator_function_declaration", "function_expression", "generator_function", "arrow_function", "method_definition",
    "function_signature",
}  # fmt: skip
CLASSES = {"class_declaration", "class", "abstract_class_declaration"}
_DECLARED_FUNCTIONS = {"function_declaration", "generator_function_declaration", "function_signature"}


def pattern_names(tree: Tree | None) -> Iterator[Tree]:
    """Identifiers that a binding pattern declares."""
    if tree is None:
        return
    match tree.type:
        case "identifier" | "shorthand_property_identifier_pattern":
            yield tree
        case "pair_pattern":
            yield from pattern_names(tree.child_by_field_name("value"))
        case "assignment_pattern" | "object_assignment_pattern":
            yield from pattern_names(tree.child_by_field_name("left"))
        case "object_pattern" | "array_pattern" | "rest_pattern":
            for child in tree.named_children:
                yield from pattern_names(child)


def declared_here(block: Tree) -> Iterator[tuple[str, Tree]]:
    """Names that the statements of a block declare for the block: ``let``, ``const``, classes, functions, enums, namespaces, imports."""
    for statement in block.named_children:
        tree = statement
        while tree.type in {"export_statement", "ambient_declaration", "expression_statement"}:
            inner = tree.child_by_field_name("declaration") or (tree.named_children[-1] if tree.named_children and tree.type != "export_statement" else None)
            if inner is None:
                break
            tree = inner
        if tree.type == "lexical_declaration":
            for child in tree.named_children:
                yield from ((text(name), name) for name in pattern_names(child.child_by_field_name("name")))
        elif tree.type in _DECLARED_FUNCTIONS | (CLASSES - {"class"}) | {"enum_declaration"}:
            if (name := tree.child_by_field_name("name")) is not None:
                yield text(name), name
        elif tree.type == "import_alias":
            yield text(tree.named_children[0]), tree.named_children[0]
        elif tree.type in {"internal_module", "module"}:
            name = tree.child_by_field_name("name")
            while name is not None and name.type == "nested_identifier":
                name = name.child_by_field_name("object")
            if name is not None and name.type == "identifier":
                yield text(name), name


def var_names(body: Tree) -> Iterator[str]:
    """Names that ``var`` declares anywhere in the function, inner functions apart."""
    stack = [body]
    while stack:
        tree = stack.pop()
        if tree.type in FUNCTIONS | CLASSES and tree is not body:
            continue
        if tree.type == "variable_declaration":
            for child in tree.named_children:
                yield from (text(name) for name in pattern_names(child.child_by_field_name("name")))
        if tree.type == "for_in_statement" and text(tree.child_by_field_name("kind")) == "var":
            yield from (text(name) for name in pattern_names(tree.child_by_field_name("left")))
        stack.extend(tree.named_children)


class Block:
    """Names of a block and the keys under which the function's scope keeps them."""

    def __init__(self, scope: Scope, parent: "Block | None") -> None:
        self.scope, self.parent = scope, parent
        self.keys: dict[str, str] = {}


class JavaScriptScopes(Lowering):
    """Scope handling of one file."""

    def __init__(self, file: str, source: bytes, solver: Solver, recorder: Recorder, names: Names, semantics: JavaScriptSemantics, *, typed: bool) -> None:
        super().__init__(file, source, solver, recorder, names)
        self.semantics, self.typed = semantics, typed
        self.block = Block(self.scope, None)
        self._fresh = count(1)
        self.globals: dict[str, list[Node]] = {}

    def enter(self, scope: Scope | None = None) -> Block:
        """Open a block, of a function's scope where one is given; returns the block to go back to."""
        outer = self.block
        self.block = Block(scope or self.block.scope, outer)
        self.scope = self.block.scope
        return outer

    def leave(self, outer: Block) -> None:
        """Close the block."""
        self.block, self.scope = outer, outer.scope

    def declare_name(self, name: str, block: Block | None = None) -> str:
        """Make the name known in a block; returns its key."""
        block = block or self.block
        if name not in block.keys:
            key = name if name not in block.scope.whole else f"{name}@{next(self._fresh)}"
            block.keys[name] = key
            self.whole(block.scope, key)
        return block.keys[name]

    def locate(self, name: str) -> tuple[Scope | None, str]:
        """The function's scope and the key that the name means here."""
        block: Block | None = self.block
        while block is not None:
            if name in block.keys:
                return block.scope, block.keys[name]
            block = block.parent
        scope: Scope | None = self.scope
        while not self.typed and scope is not None:
            if name in scope.whole and scope is self.scope:
                return scope, name
            scope = scope.parent
        return None, name

    def read_name(self, tree: Tree, *, called: bool = False) -> Node:
        """Read a variable."""
        name = text(tree)
        scope, key = self.locate(name)
        if scope is None:
            return self._outside(tree, name)
        whole = scope.whole[key]
        node = whole
        if not self.typed and scope is self.scope:
            node = scope.flow.get((key,), whole)
        if scope.kind == "module":
            self.note_read(tree, key, scope, called=called)
        self.use(tree, name, node)
        return node if scope is not self.scope else scope.flow.get((key,), node)

    def _outside(self, tree: Tree, name: str) -> Node:
        known = self.globals.get(name)
        if known:
            node = self.flows.one_of(known)
            self.use(tree, name, node)
            return node
        self.use(tree, name, NOTHING)
        return self.solver.holding(self.semantics.external(name))

    def set_name(self, tree: Tree, value: Node, *, declares: bool, keep: bool = True) -> None:
        """Bind or assign a variable."""
        name = text(tree)
        scope, key = self.locate(name)
        if scope is None:
            if self.typed:
                self.use(tree, name, NOTHING)
                return
            function_block = self.block
            while function_block.parent is not None and function_block.parent.scope is self.scope:
                function_block = function_block.parent
            scope, key = self.scope, self.declare_name(name, function_block)
        if self.typed:
            self._set_typed(scope, key, tree, value, declares=declares)
        elif scope is self.scope:
            self.bind(key, value, tree, scope=scope, keep=keep)
        else:
            version = self.solver.node()
            self.define(version, tree)
            self.solver.assign(value, version)
            self.solver.assign(version, self.whole(scope, key))
            self.note_write(version, scope, key, tree)
        if scope.kind == "module" and declares:
            self._variable(scope, key, name, tree)

    def _set_typed(self, scope: Scope, key: str, tree: Tree, value: Node, *, declares: bool) -> None:
        whole = self.whole(scope, key)
        self.flows.forget(scope, key)
        if not declares:
            self.use(tree, text(tree), whole)
        version = self.solver.node()
        if declares:
            self.define(version, tree)
            self.solver.alias(version, whole)
        self.solver.flow(value, version)
        self.semantics.give(version, whole)
        self.note_write(whole, scope, key, tree)
        if whole in self.semantics.sealed:
            scope.flow[key,] = whole
        elif scope is self.scope:
            self.solver.flow(whole, version) if declares and self.solver.values(whole) else None
            scope.flow[key,] = version

    def _variable(self, scope: Scope, key: str, name: str, tree: Tree) -> None:
        node = scope.whole[key]
        if node not in self.names.symbols and f"{scope.symbol}.{name}" not in self.recorder.symbols:
            self.names.symbols[node] = f"{scope.symbol}.{name}"
            self.declare(f"{scope.symbol}.{name}", SymbolKind.VARIABLE, tree, tree)

    def unique(self, wanted: str, tree: Tree) -> str:
        """The id wanted, or with a number where another place has it."""
        symbol, number = wanted, 1
        while (known := self.recorder.symbols.get(symbol)) is not None and (known.file, known.byte) != (self.file, tree.start_byte):
            if known.kind is SymbolKind.VARIABLE:
                break
            number += 1
            symbol = f"{wanted}~{number}"
        return symbol

    def this_function(self) -> Function | None:
        """The function whose ``this`` and ``arguments`` are seen here: not an arrow."""
        scope: Scope | None = self.scope
        while scope is not None and (scope.function is None or scope.function.kind == "arrow"):
            scope = scope.parent
        return scope.function if scope is not None else None

"""TypeScript's types as constraints: the node of a type holds what its instances look like."""

from collections.abc import Callable

from tree_sitter import Node as Tree

from mge_assets.model.graph import SymbolKind
from mge_assets.stages.dependency.fixpoint.lowering import MAX_DEPTH, Names
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.tree_text import members, text
from mge_assets.stages.dependency.fixpoint.values import NOTHING, REST, Container, Function, Holder, Instance, Module, Node, Parameter, Value
from mge_assets.stages.dependency.javascript.base import constant_key
from mge_assets.stages.dependency.javascript.generics import GenericTypes
from mge_assets.stages.dependency.javascript.narrowing import words_of
from mge_assets.stages.dependency.javascript.scopes import Block
from mge_assets.stages.dependency.javascript.semantics import JavaScriptSemantics

_COLLECTIONS = {
    "Array": "array", "ReadonlyArray": "array", "Set": "set", "ReadonlySet": "set", "Map": "map", "ReadonlyMap": "map", "Iterable": "array",
    "Iterator": "array", "Generator": "generator", "WeakMap": "map", "AsyncIterable": "array", "IterableIterator": "array",
}  # fmt: skip
_NOTHING_SAID = {"predefined_type", "literal_type", "this_type"}
_PASSED_ON = {"type_annotation", "parenthesized_type", "readonly_type", "optional_type", "rest_type", "union_type", "intersection_type"}
_PASSED_ON_CLOSELY = {"constraint", "default_type", "type_arguments"}
_DECLARATIONS = {"interface_declaration", "type_alias_declaration", "class_declaration", "abstract_class_declaration", "enum_declaration"}


class JavaScriptTypes(GenericTypes):
    """Type declarations and type expressions."""

    def __init__(self, file: str, source: bytes, solver: Solver, recorder: Recorder, names: Names, semantics: JavaScriptSemantics, *, typed: bool) -> None:
        super().__init__(file, source, solver, recorder, names, semantics, typed=typed)
        self.global_types: dict[str, Node] = {}
        self.type_exports: dict[Module, dict[str, Node]] = {}
        self.namespace: Module | None = None
        self._class_blocks: list[Block] = []
        self._of_type: dict[str, Callable[[Tree], Node]] = {
            "type_identifier": self._named, "identifier": self._named, "nested_type_identifier": self._nested, "generic_type": self._generic,
            "object_type": self._object_type, "interface_body": self._object_type, "array_type": self._array_type, "tuple_type": self._tuple,
            "function_type": self._function_type, "constructor_type": self._function_type, "type_query": self._query, "member_expression": self._imported_type,
        }  # fmt: skip
        if self.close:
            self._of_type |= self.of_operator

    def declare_types(self, tree: Tree) -> None:
        """Names of the types that a block declares, so that any of them may be used before its line."""
        for statement in tree.named_children:
            inner: Tree | None = statement
            while inner is not None and inner.type in {"export_statement", "ambient_declaration"}:
                inner = inner.child_by_field_name("declaration") or (
                    inner.named_children[-1] if inner.type == "ambient_declaration" and inner.named_children else None
                )
            name = inner.child_by_field_name("name") if inner is not None and inner.type in _DECLARATIONS else None
            if inner is not None and inner.type == "import_alias":
                name = inner.named_children[0]
            if name is not None:
                node = self.type_here(text(name))
                self.define(node, name)

    def find_type(self, name: str) -> Node | None:
        """The node of a type by its name."""
        block: Block | None = self.block
        while block is not None:
            if name in self.types.get(block, {}):
                return self.types[block][name]
            block = block.parent
        return self.global_types.get(name)

    def type_node(self, tree: Tree) -> Node:
        """Instances of a type."""
        if self.depth > MAX_DEPTH:
            self.postpone(lambda: self.type_node(tree))
            return NOTHING
        self.depth += 1
        made = self._type_node(tree)
        self.depth -= 1
        return made

    def _type_node(self, tree: Tree) -> Node:
        kind = tree.type
        if kind in _NOTHING_SAID:
            return NOTHING
        if kind in _PASSED_ON or (self.close and kind in _PASSED_ON_CLOSELY):
            return self.flows.one_of([self.type_node(child) for child in members(tree, {kind})])
        lower = self._of_type.get(kind)
        if lower is not None:
            return lower(tree)
        for child in tree.named_children:
            self.type_node(child)
        return NOTHING

    def _array_type(self, tree: Tree) -> Node:
        made = Container("array")
        self.solver.flow(self.type_node(tree.named_children[0]), self.solver.element(made, REST))
        return self.solver.holding(made)

    def _query(self, tree: Tree) -> Node:
        """``typeof x.f``: the value's own node."""
        return self._last(tree)

    def _named(self, tree: Tree) -> Node:
        name = text(tree)
        node = self.find_type(name)
        self.use(tree, name, node or NOTHING)
        if node is None:
            return NOTHING
        self.names.types.append((self.site(tree), node))
        scope, key = self.locate(name)
        if scope is not None and scope.kind == "module":
            self.note_read(tree, key, scope, called=False)
        return node

    def _nested(self, tree: Tree) -> Node:
        outer, name = tree.child_by_field_name("module"), tree.child_by_field_name("name")
        holder = self._namespace(outer)
        node = self.solver.node()
        if name is not None:
            self.solver.watch(holder, lambda value: self._member_type(value, text(name), node))
            self.use(name, text(name), node)
        return node

    def _namespace(self, tree: Tree | None) -> Node:
        if tree is None:
            return NOTHING
        if tree.type == "identifier":
            return self.read(tree)
        holder = self._namespace(tree.child_by_field_name("object") or tree.child_by_field_name("module"))
        name = tree.child_by_field_name("property") or tree.child_by_field_name("name")
        node = self.solver.node()
        if name is not None:
            self.semantics.load(holder, text(name), node, self.site(name))
            self.use(name, text(name), node)
        return node

    def _member_type(self, value: Value, name: str, target: Node) -> None:
        if isinstance(value, Module):
            self.exported_type(value, name, target)
            self.semantics.later(lambda: self.exported_type(value, name, target))
        elif isinstance(value, Container) and name in value.slots:
            self.solver.assign(value.slots[name], target)

    def _imported_type(self, tree: Tree) -> Node:
        """``import("./a").T``; in a comment it imports nothing."""
        known = len(self.names.imports)
        holder, name = self.value(tree.child_by_field_name("object")), tree.child_by_field_name("property")
        if self.in_text:
            del self.names.imports[known:]
        node = self.solver.node()
        if name is not None:
            self.solver.watch(holder, lambda value: self._member_type(value, text(name), node))
            self.use(name, text(name), node)
        return node

    def exported_type(self, module: Module, name: str, target: Node, seen: frozenset[Module] = frozenset()) -> None:
        """``target`` = the type that a module exports under the name."""
        if module in seen:
            return
        node = self.type_exports.get(module, {}).get(name)
        if node is not None:
            self.solver.assign(node, target)
            return
        for source in self.semantics.star_exports.get(module, []) if name != "default" else ():
            self.exported_type(source, name, target, seen | {module})

    def _generic(self, tree: Tree) -> Node:
        head, arguments = tree.named_children[0], tree.named_children[-1]
        given = [self.type_node(child) for child in arguments.named_children] if arguments.type == "type_arguments" else []
        name = text(head)
        if head.type == "type_identifier" and self.find_type(name) is None:
            self.use(head, name, NOTHING)
            if name in _COLLECTIONS:
                return self._collection(_COLLECTIONS[name], given)
            return self.library_type(name, given)
        return self.applied(self.type_node(head), given)

    def _collection(self, kind: str, given: list[Node]) -> Node:
        made = Container(kind)
        if kind == "map" and len(given) > 1:
            self.solver.flow(given[0], self.solver.slot(made, "(keys)"))
        if given:
            self.solver.flow(given[min(1, len(given) - 1) if kind == "map" else 0], self.solver.element(made, REST))
        return self.solver.holding(made)

    def _tuple(self, tree: Tree) -> Node:
        made = Container("array", len(tree.named_children))
        for place, child in enumerate(tree.named_children):
            self._tuple_element(child, made, place)
        return self.solver.holding(made)

    def _tuple_element(self, child: Tree, made: Container, place: int) -> None:
        """``V``, ``a: V``, ``a?: V``, ``...V[]``."""
        kind = child.child_by_field_name("type") if self.close and child.type in {"required_parameter", "optional_parameter"} else None
        pattern = child.child_by_field_name("pattern") or child.child_by_field_name("name")
        element = self.type_node(kind or child)
        if self.close and (child.type == "rest_type" or (pattern is not None and pattern.type == "rest_pattern")):
            self.solver.watch(element, lambda value: self.semantics.each(value, self.solver.element(made, REST), self.site_of_file()))
        else:
            self.solver.flow(element, self.solver.element(made, place))

    def _object_type(self, tree: Tree) -> Node:
        for child in tree.named_children if self.close else ():
            clause = next((part for part in child.named_children if part.type == "mapped_type_clause"), None)
            if clause is not None:
                return self.mapped(child, clause)
        return self.solver.holding(self.shaped(tree))

    def signature(self, tree: Tree, holder: Holder) -> None:
        """A member of an object type, an interface or an abstract class."""
        name = tree.child_by_field_name("name")
        kind = tree.child_by_field_name("type") or tree.child_by_field_name("return_type")
        match tree.type:
            case "property_signature":
                self._member_property(holder, name, self.type_node(kind) if kind is not None else self.solver.node())
                if self.close and (words := words_of(kind)) and (key := constant_key(name)) in holder.slots:
                    self.semantics.tags[holder.slots[key]] = words
            case "method_signature" | "abstract_method_signature":
                self._member_property(holder, name, self._function_type(tree))
            case "call_signature" | "construct_signature":
                slot = "(new)" if tree.type == "construct_signature" else "(call)"
                self.solver.flow(self._signature_of(tree), self.solver.slot(holder, slot))
            case "index_signature":
                self.solver.flow(self.type_node(kind) if kind is not None else NOTHING, self.solver.element(holder, REST))
                if self.close:
                    self.indexed(holder, tree)
            case _:
                pass

    def _member_property(self, holder: Holder, name: Tree | None, node: Node) -> None:
        key = constant_key(name)
        if key is None and name is not None and self.close:
            self.value(name)
        if key is not None and name is not None:
            self._property(holder, key, node, name)
            if self.close and node not in self.open_types:
                self.semantics.seal(self.solver.own(holder, key), node)

    def _function_type(self, tree: Tree) -> Node:
        """A function; for ``new () => V`` an object that makes one."""
        function = self._signature_of(tree)
        if tree.type != "constructor_type":
            return function
        made = Container("object")
        self.solver.flow(function, self.solver.slot(made, "(new)"))
        return self.solver.holding(made)

    def _signature_of(self, tree: Tree) -> Node:
        function = Function("", self.solver.node())
        function.kind = "type"
        outer = self.enter()
        types = tree.child_by_field_name("type_parameters")
        if types is not None:
            self.semantics.generics[function] = self.type_parameters(types)
        parameters = tree.child_by_field_name("parameters")
        for child in parameters.named_children if parameters is not None else []:
            pattern, kind = child.child_by_field_name("pattern"), child.child_by_field_name("type")
            node = self.solver.node()
            if self.close and pattern is not None and pattern.type == "identifier":
                self.define(node, pattern)
                self.solver.assign(node, self.whole(self.scope, self.declare_name(text(pattern))))
            if kind is not None:
                self.solver.flow(self.type_node(kind), node)
            function.parameters.append(Parameter(text(pattern), node))
        result = tree.child_by_field_name("return_type") or tree.child_by_field_name("type")
        if result is not None:
            self.solver.flow(self.type_node(result), function.result)
        self.leave(outer)
        return self.solver.holding(function)

    # declarations

    def _on_interface_declaration(self, tree: Tree) -> None:
        name = tree.child_by_field_name("name")
        node = self.find_type(text(name))
        if name is None or node is None:
            return
        self._declare_type(tree, name, node)
        shape = self.generic(node, tree.child_by_field_name("type_parameters"), lambda: self._interface(tree))
        self.solver.flow(shape, node)
        if self.close:
            self.solver.watch(node, lambda value: self._merged(value, shape))

    def _interface(self, tree: Tree) -> Node:
        """An object with the members of an interface's body and of those that it extends."""
        body = tree.child_by_field_name("body")
        shape = self.type_node(body) if body is not None else self.solver.holding(Container("object"))
        for clause in (child for child in tree.named_children if child.type in {"extends_type_clause", "extends_clause"}):
            for parent in clause.named_children:
                kind = self.type_node(parent)
                for value in self.solver.values(shape):
                    if isinstance(value, Holder):
                        self.solver.flow(kind, self.semantics.parents(value))
        return shape

    def _merged(self, value: Value, shape: Node) -> None:
        """An interface and a class of one name are one type: objects of the class have what the interface says."""
        if isinstance(value, Instance) and isinstance(value.cls, Function):
            for prototype in self.solver.values(self.semantics.prototype(value.cls)):
                if isinstance(prototype, Holder):
                    self.solver.flow(shape, self.semantics.parents(prototype))

    def _declare_type(self, tree: Tree, name: Tree, node: Node) -> None:
        symbol = self.unique(f"{self.scope.symbol}.{text(name)}", name)
        self.declare(symbol, SymbolKind.TYPE, tree, name)
        self.names.symbols.setdefault(node, symbol)

    def _on_type_alias_declaration(self, tree: Tree) -> None:
        name, value = tree.child_by_field_name("name"), tree.child_by_field_name("value")
        node = self.find_type(text(name))
        if name is None or node is None:
            return
        self._declare_type(tree, name, node)
        if value is not None:
            self.solver.flow(self.generic(node, tree.child_by_field_name("type_parameters"), lambda: self.type_node(value)), node)

    def enter_class(self, tree: Tree, name: Tree | None, instance: Value) -> None:
        """The class's name as a type, and its type parameters."""
        node = self.find_type(text(name)) if name is not None else None
        if node is not None:
            self.solver.add(node, instance)
            symbol = f"{self.scope.symbol}.{text(name)}"
            self.names.symbols.setdefault(node, symbol)
        self._class_blocks.append(self.enter())
        types = tree.child_by_field_name("type_parameters")
        if types is not None:
            made = self.type_parameters(types)
            if node is not None:
                self.generics[node] = made
            if self.close and isinstance(instance, Instance) and isinstance(instance.cls, Function):
                self.semantics.generics[instance.cls] = made

    def given_types(self, parent: Node, kinds: list[Node]) -> None:
        """Type arguments of the class that this one extends."""

        def on(value: Value) -> None:
            if isinstance(value, Function):
                for (parameter, _), kind in zip(self.semantics.generics.get(value, ()), kinds, strict=False):
                    self.solver.flow(kind, parameter)

        if self.close:
            self.solver.watch(parent, on)

    def leave_class(self) -> None:
        """Close the class's block."""
        self.leave(self._class_blocks.pop())

"""JavaScript assignments as constraints: names, properties and patterns of them."""

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.tree_text import text
from mge_assets.stages.dependency.fixpoint.values import REST, Container, Key, Node, Value
from mge_assets.stages.dependency.javascript.base import constant_key
from mge_assets.stages.dependency.javascript.expressions import JavaScriptExpressions
from mge_assets.stages.dependency.javascript.scopes import pattern_names


class JavaScriptPatterns(JavaScriptExpressions):
    """Lowers binding patterns in the current scope."""

    def declare_pattern(self, tree: Tree) -> None:
        """Make a pattern's names known in this block."""
        for name in pattern_names(tree):
            self.declare_name(text(name))

    def bind_pattern(self, tree: Tree | None, value: Node, *, declares: bool, keep: bool = True) -> None:
        """Bind or assign a name, a property or a pattern of them."""
        if tree is None:
            return
        match tree.type:
            case "identifier" | "shorthand_property_identifier_pattern":
                self.set_name(tree, value, declares=declares, keep=keep)
            case "member_expression":
                self._set_member(tree, value)
            case "subscript_expression":
                self._set_element(tree, value)
            case "assignment_pattern" | "object_assignment_pattern":
                self._with_default(tree, value, declares=declares)
            case "object_pattern" | "object":
                self._object_pattern(tree, value, declares=declares)
            case "array_pattern" | "array":
                self._array_pattern(tree, value, declares=declares)
            case "parenthesized_expression" | "non_null_expression" | "rest_pattern" | "spread_element" | "as_expression" if tree.named_children:
                self.bind_pattern(tree.named_children[0], value, declares=declares, keep=keep)
            case _:
                pass

    def _with_default(self, tree: Tree, value: Node, *, declares: bool) -> None:
        default = self.value(tree.child_by_field_name("right"))
        self.bind_pattern(tree.child_by_field_name("left"), self.flows.one_of([value, default]), declares=declares)

    def _object_pattern(self, tree: Tree, value: Node, *, declares: bool) -> None:
        for child in tree.named_children:
            inner: Tree | None = child
            key: Key | None = None
            if child.type in {"pair_pattern", "pair"}:
                key_tree = child.child_by_field_name("key")
                key, inner = constant_key(key_tree), child.child_by_field_name("value")
                if key is None:
                    self.value(key_tree)
            elif child.type in {"object_assignment_pattern", "assignment_pattern"}:
                key = text(child.child_by_field_name("left"))
            elif child.type in {"shorthand_property_identifier_pattern", "shorthand_property_identifier"}:
                key = text(child)
            node = value if child.type in {"rest_pattern", "spread_element"} else self.solver.node()
            if key is not None:
                self._load_key(value, key, node, child)
            self.bind_pattern(inner, node, declares=declares)

    def _load_key(self, value: Node, key: Key, node: Node, tree: Tree) -> None:
        if isinstance(key, str):
            self.semantics.load(value, key, node, self.site(tree))
        else:
            self.semantics.load_item(value, self.solver.holding(self.solver.constant(key)), node, self.site(tree))

    def _array_pattern(self, tree: Tree, value: Node, *, declares: bool) -> None:
        place = 0
        site = self.site(tree)
        for child in tree.children:
            if child.type == ",":
                place += 1
            elif child.is_named and child.type != "comment":
                node = self.solver.node()
                if child.type == "rest_pattern":
                    rest = Container("array")
                    self.solver.add(node, rest)
                    self.semantics.iterate(value, self.solver.element(rest, REST), site)
                else:
                    self._take(value, place, node)
                self.bind_pattern(child, node, declares=declares)

    def _take(self, value: Node, place: int, node: Node) -> None:
        def on(found: Value) -> None:
            if isinstance(found, Container) and found.kind in {"set", "map", "generator"}:
                self.semantics.each(found, node, self.site_of_file())
            elif isinstance(found, Container):
                self.solver.assign(self.solver.element(found, place), node)
                self.solver.flow(self.solver.element(found, REST), node)

        self.solver.watch(value, on)

    def _set_member(self, tree: Tree, value: Node) -> None:
        holder_tree, name_tree = tree.child_by_field_name("object"), tree.child_by_field_name("property")
        holder = self.value(holder_tree) if holder_tree is None or holder_tree.type != "super" else self._this(tree)
        if name_tree is None:
            return
        name = text(name_tree)
        if self.typed:
            node = self.solver.node()
            self.semantics.load(holder, name, node, self.site(name_tree))
            self.use(name_tree, name, node)
            stored = self.solver.node()
            self.solver.flow(value, stored)
            self.semantics.store(holder, name, stored, self.site(name_tree))
            return
        version = self.solver.node()
        self.define(version, name_tree)
        self.solver.assign(value, version)
        self.semantics.store(holder, name, version, self.site(name_tree))

    def _set_element(self, tree: Tree, value: Node) -> None:
        index = tree.child_by_field_name("index")
        if self.typed:
            self.value(tree)
        holder, key = self.value(tree.child_by_field_name("object")), self.value(index)
        self.semantics.store_item(holder, key, value, self.site(tree))

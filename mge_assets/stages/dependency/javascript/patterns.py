"""JavaScript assignments as constraints: names, properties and patterns of them."""

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.tree_text import text, unparenthesised
from mge_assets.stages.dependency.fixpoint.values import REST, Container, Key, Node, Value
from mge_assets.stages.dependency.javascript.base import constant_key
from mge_assets.stages.dependency.javascript.expressions import JavaScriptExpressions
from mge_assets.stages.dependency.javascript.scopes import pattern_names

_NAMES = {"property_identifier", "private_property_identifier"}


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
        either = self.flows.one_of([value, default])
        if self.typed and self.recorder.references:
            either = self.flows.one_of([value])
            self.semantics.seal(either, value)
            self.semantics.give(default, either)
        self.bind_pattern(tree.child_by_field_name("left"), either, declares=declares)

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
                if child.type in {"pair_pattern", "pair"} and (written := child.child_by_field_name("key")) is not None and written.type in _NAMES:
                    self.use(written, str(key), node)
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
        holder = self.operand(holder_tree) if holder_tree is None or holder_tree.type != "super" else self._this(tree)
        if name_tree is None:
            return
        name = text(name_tree)
        if self.narrowed and (path := self.path_of(tree)) is not None:
            self.scope.flow.pop(path, None)
        if self.typed:
            node = self.solver.node()
            self.semantics.load(holder, name, node, self.site(name_tree))
            self.use(name_tree, name, node)
            stored = self.solver.node()
            self.solver.flow(value, stored)
            self.semantics.places[stored] = name_tree.start_point.row + 1
            self.semantics.store(holder, name, stored, self.site(name_tree))
            return
        version = self.solver.node()
        self.define(version, name_tree)
        self.solver.assign(value, version)
        self.semantics.store(holder, name, version, self.site(name_tree))

    def _set_element(self, tree: Tree, value: Node) -> None:
        index = tree.child_by_field_name("index")
        with self.once(tree):
            if self.typed:
                self.value(tree)
            holder, key = self.operand(tree.child_by_field_name("object")), self.operand(index)
        same = self._same_key(tree)
        if same is not None:
            self.semantics.copy_properties(self.operand(same.child_by_field_name("object")), holder, self.site(tree))
            return
        if not self.typed and index is not None and constant_key(index) is not None:
            version = self.solver.node()
            self.define(version, index)
            self.solver.assign(value, version)
            value = version
        self.semantics.store_item(holder, key, value, self.site(tree))

    @staticmethod
    def _same_key(tree: Tree) -> Tree | None:
        """``y[key]`` in ``x[key] = y[key]``: each property comes under its own name."""
        around = tree.parent
        value = unparenthesised(around.child_by_field_name("right")) if around is not None and around.type == "assignment_expression" else None
        if value is None or value.type != "subscript_expression":
            return None
        keys = [one.child_by_field_name("index") for one in (tree, value)]
        return value if keys[0] is not None and keys[1] is not None and keys[0].type == "identifier" and text(keys[0]) == text(keys[1]) else None

"""Python assignments as constraints: names, attributes, elements and patterns of them."""

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.values import NOTHING, REST, Container, Instance, Node, Value
from mge_assets.stages.dependency.python.definitions import Definitions
from mge_assets.stages.dependency.python.names import text


class Targets(Definitions):
    """Lowers assignments in the current scope."""

    def _on_assignment(self, tree: Tree) -> None:
        """``a = b = …``: the last target gets the value, each before it what the one behind it holds then; an element is not read for that."""
        chain = [tree]
        while (right := chain[-1].child_by_field_name("right")) is not None and right.type == "assignment":
            chain.append(right)
        value = self.value(right)
        for inner in chain[:0:-1]:
            left = inner.child_by_field_name("left")
            with self.once(left):
                self._assign(inner, value)
                if left is None or left.type != "subscript":
                    value = self.quiet_value(left) or self.value(left)
        self._assign(tree, value)

    def _assign(self, tree: Tree, value: Node) -> None:
        left, right, kind = (tree.child_by_field_name(name) for name in ("left", "right", "type"))
        if kind is not None and left is not None and self.scope.kind == "class" and self.scope.cls is not None:
            self.scope.cls.fields.append(text(left))
        if kind is not None:
            typed = self.solver.node()
            self.annotation(kind, typed)
            self.solver.assign(value, typed)
            value = typed
        if right is not None and right.type != "none":
            self._keep_own(left)
        if right is not None or kind is not None:
            self.bind_target(left, value)

    def _keep_own(self, left: Tree | None) -> None:
        """``x = …`` in a class's body and ``self.x = …`` in a method: the class itself gives its objects the attribute."""
        method = self.scope.owner()
        if self.scope.kind == "class" and self.scope.cls is not None and left is not None and left.type == "identifier":
            self.semantics.kept.setdefault(text(left), set()).add(self.scope.cls)
        cls = method.parent.cls if method.parent is not None else None
        holder = left.child_by_field_name("object") if left is not None and left.type == "attribute" else None
        if left is None or holder is None or cls is None or method.function is None or not method.function.parameters:
            return
        if text(holder) == method.function.parameters[0].name:
            self.semantics.kept.setdefault(text(left.child_by_field_name("attribute")), set()).add(cls)

    def _on_augmented_assignment(self, tree: Tree) -> None:
        left, right = tree.child_by_field_name("left"), tree.child_by_field_name("right")
        with self.once(left):
            self._augment(tree, left, self.value(left), self.value(right))

    def _augment(self, tree: Tree, left: Tree | None, old: Node, value: Node) -> None:
        self._join_containers(old, value, result := self.solver.node())
        name = {"+=": "iadd", "-=": "isub", "*=": "imul", "|=": "ior", "&=": "iand"}.get(text(tree.child_by_field_name("operator")))
        if name:
            self.solver.flow(self.protocol(old, f"__{name}__", tree, (value,)), result)
            self.solver.flow(self.protocol(old, f"__{name[1:]}__", tree, (value,)), result)
        self.solver.assign(old, result)
        self.bind_target(left, result)

    def bind_target(self, tree: Tree | None, value: Node) -> None:
        """Assign a value to a name, an attribute, an element or a pattern of them."""
        match tree.type if tree is not None else "":
            case "identifier":
                assert tree is not None
                self._bind_name(tree, value)
            case "attribute":
                assert tree is not None
                self._bind_attribute(tree, value)
            case "subscript":
                assert tree is not None
                self._bind_item(tree, value)
            case "pattern_list" | "tuple_pattern" | "list_pattern" | "tuple" | "list" | "expression_list" | "as_pattern_target" | "parenthesized_expression":
                assert tree is not None
                self._bind_pattern(tree, value)
            case "list_splat_pattern" | "list_splat":
                assert tree is not None
                self._bind_pattern(tree, value)

    def _bind_attribute(self, tree: Tree, value: Node) -> None:
        holder_tree, name_tree = tree.child_by_field_name("object"), tree.child_by_field_name("attribute")
        holder = self.operand(holder_tree)
        if name_tree is None:
            return
        version = self.solver.node()
        self.define(version, name_tree)
        self.solver.assign(value, version)
        self.semantics.store(holder, text(name_tree), version, self.site(name_tree))
        path = self.path_of(tree)
        if path is not None:
            if path in self.scope.flow:
                self.solver.alias(self.scope.flow[path], version)
            self.scope.flow[path] = version

    def _bind_item(self, tree: Tree, value: Node) -> None:
        holder = self.operand(tree.child_by_field_name("value"))
        keys = [self.operand(key) for key in tree.children_by_field_name("subscript")]
        self.semantics.store_item(holder, keys[0] if len(keys) == 1 else NOTHING, value, self.site(tree))
        path = self.path_of(tree)
        if path is not None:
            self.scope.flow[path] = value

    def _bind_pattern(self, tree: Tree, value: Node) -> None:
        """Unpack: by place as far as places are known, the rest from anywhere."""
        targets = [child for child in tree.named_children if child.type != "comment"]
        if tree.type in {"as_pattern_target", "parenthesized_expression", "list_splat_pattern", "list_splat"}:
            if targets:
                self.bind_target(targets[0], value)
            return
        star = next((i for i, child in enumerate(targets) if child.type in {"list_splat_pattern", "list_splat"}), None)
        nodes = [self.solver.node() for _ in targets]
        rest = Container("list") if star is not None else None
        site = self.site(tree)
        if rest is not None and star is not None:
            self.solver.add(nodes[star], rest)

        def on(found: Value) -> None:
            held = self.semantics.contents(found, "__iter__")
            for one in held:
                self._unpack(one, nodes, star, rest)
            if isinstance(found, Instance) and not held:
                for node in nodes:
                    self.semantics.each(found, node, site)

        self.semantics.later(lambda: self.solver.watch(value, on))
        for child, node in zip(targets, nodes, strict=True):
            self.bind_target(child, node)

    def _unpack(self, found: Container, nodes: list[Node], star: int | None, rest: Container | None) -> None:
        loose = self.solver.element(found, REST)
        for place, node in enumerate(nodes):
            if star is not None and place == star:
                continue
            self.solver.flow(loose, node)
            if star is None or place < star:
                self.solver.assign(self.solver.element(found, place), node)
            elif found.length is not None:
                self.solver.assign(self.solver.element(found, found.length - (len(nodes) - place)), node)
        if rest is not None and star is not None:
            self.solver.flow(loose, self.solver.element(rest, REST))
            rest.length = max(0, (found.length or 0) - len(nodes) + 1)
            for place in range(rest.length):
                self.solver.flow(self.solver.element(found, star + place), self.solver.element(rest, place))

    def _on_delete_statement(self, tree: Tree) -> None:
        for child in tree.named_children:
            for target in [child] if child.type != "expression_list" else child.named_children:
                if target.type == "subscript":
                    holder = self.value(target.child_by_field_name("value"))
                    keys = [self.value(key) for key in target.children_by_field_name("subscript")]
                    self.protocol(holder, "__delitem__", target, tuple(keys))
                else:
                    self.value(target)

"""``match`` as constraints: what a pattern captures is a part of the subject, and what matches a class is an instance of it."""

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.values import NOTHING, REST, Class, Container, Instance, Key, Node, Value
from mge_assets.stages.dependency.python.base import constant_key
from mge_assets.stages.dependency.python.names import capture_names, text
from mge_assets.stages.dependency.python.targets import Targets


class Matching(Targets):
    """Lowers ``match`` statements in the current scope."""

    def _on_match_statement(self, tree: Tree) -> None:
        subject = self.value(tree.child_by_field_name("subject"))
        body = tree.child_by_field_name("body")
        clauses = [c for c in (body.named_children if body is not None else []) if c.type == "case_clause"]
        self.flows.branches(self.scope, [lambda c=c: self._case(c, subject) for c in clauses], may_skip=True)  # type: ignore[misc]

    def _case(self, tree: Tree, subject: Node) -> None:
        patterns = [child for child in tree.named_children if child.type == "case_pattern"]
        for place, pattern in enumerate(patterns):
            self._pattern_reads(pattern)
            self._capture(pattern, subject if len(patterns) == 1 else self._part(subject, place, pattern))
        self.value(tree.child_by_field_name("guard"))
        self.block(tree.child_by_field_name("consequence"))

    def _pattern_reads(self, tree: Tree) -> None:
        for child in tree.named_children:
            if child.type == "dotted_name" and (tree.type == "class_pattern" or len(child.named_children) > 1):
                self.dotted(child)
            else:
                self._pattern_reads(child)

    def _capture(self, tree: Tree, subject: Node) -> None:
        """Bind the names of a pattern to the parts of the subject that they stand for."""
        match tree.type:
            case "dotted_name" if len(tree.named_children) == 1 and text(tree) != "_":
                self.bind(text(tree), subject, tree)
            case "as_pattern":
                inner, alias = tree.named_children[0], tree.named_children[-1]
                self._capture(inner, subject)
                self.bind(text(alias), self._matched(inner, subject), alias)
            case "list_pattern" | "tuple_pattern":
                self._capture_sequence(tree, subject)
            case "dict_pattern":
                self._capture_mapping(tree, subject)
            case "class_pattern":
                self._capture_attributes(tree, subject)
            case "splat_pattern":
                self._capture_rest(tree, subject)
            case "case_pattern" | "union_pattern":
                for child in tree.named_children:
                    self._capture(child, subject)
            case _:
                for name in capture_names(tree):
                    self.bind(name, subject, tree)

    def _capture_sequence(self, tree: Tree, subject: Node) -> None:
        starred = False
        for place, child in enumerate(tree.named_children):
            starred = starred or any(part.type == "splat_pattern" for part in (child, *child.named_children))
            self._capture(child, self._part(subject, None if starred else place, child))

    def _capture_mapping(self, tree: Tree, subject: Node) -> None:
        key: Key | None = None
        for number, child in enumerate(tree.children):
            kind = tree.field_name_for_child(number)
            if kind == "key":
                key = constant_key(child)
            elif kind == "value":
                self._capture(child, self._part(subject, key, child))
            elif child.type == "splat_pattern":
                self._capture(child, subject)

    def _capture_rest(self, tree: Tree, part: Node) -> None:
        for name in capture_names(tree):
            rest = Container("list")
            self.solver.flow(part, self.solver.element(rest, REST))
            self.bind(name, self.solver.holding(rest), tree)

    def _capture_attributes(self, tree: Tree, subject: Node) -> None:
        """``C(a, b=c)``: attributes by ``__match_args__`` or the order of fields, and by name."""
        matched = self._matched(tree, subject)
        for place, child in enumerate(part for part in tree.named_children[1:] if part.type == "case_pattern"):
            node = self.solver.node()
            keyword = child.named_children[0] if child.named_children else child
            if keyword.type == "keyword_pattern":
                name, *values = keyword.named_children
                self.semantics.load(matched, text(name), node, self.site(name))
                for value in values:
                    self._capture(value, node)
            else:
                self._load_placed(matched, place, node, child)
                self._capture(child, node)

    def _load_placed(self, holder: Node, place: int, target: Node, tree: Tree) -> None:
        site = self.site(tree)

        def on(value: Value) -> None:
            if isinstance(value, Instance) and isinstance(value.cls, Class):
                names = self._match_names(value.cls)
                if place < len(names):
                    self.semantics.get(value, names[place], target, site)
            elif place == 0 and not isinstance(value, Container):
                self.solver.add(target, value)

        self.semantics.later(lambda: self.solver.watch(holder, on))

    def _match_names(self, cls: Class) -> list[str]:
        for known in cls.order:
            for value in self.solver.values(known.slots.get("__match_args__", NOTHING)):
                if isinstance(value, Container):
                    nodes = [value.slots.get(place, NOTHING) for place in range(value.length or 0)]
                    return [str(getattr(one, "value", "")) for node in nodes for one in self.solver.values(node)[:1]]
        return list(dict.fromkeys(name for known in reversed(cls.order) for name in known.fields))

    def _matched(self, tree: Tree, subject: Node) -> Node:
        """The subject as it is where the pattern's class matches: an instance of the class even where nothing else is known."""
        while tree.type == "case_pattern" and len(tree.named_children) == 1:
            tree = tree.named_children[0]
        named = tree.named_children[0] if tree.type == "class_pattern" else None
        if named is None or len(named.named_children) != 1:
            return subject
        classes, matched = self.find(text(named))[1], self.solver.node()

        def on(value: Value) -> None:
            wanted = [one for one in self.solver.values(classes) if isinstance(one, Class)]
            own = value.cls if isinstance(value, Instance) and isinstance(value.cls, Class) else None
            if not wanted or own is None or any(one in own.order or own in one.order for one in wanted):
                self.solver.add(matched, value)

        def unknown(value: Value) -> None:
            if isinstance(value, Class) and not any(isinstance(held, Instance) for held in self.solver.values(subject)):
                self.solver.add(matched, self.semantics.kin(value))

        self.semantics.later(lambda: self.solver.watch(subject, on))
        self.semantics.later(lambda: self.solver.watch(classes, unknown))
        return matched

    def _part(self, subject: Node, key: Key | None, tree: Tree) -> Node:
        node = self.solver.node()
        place = NOTHING if key is None else self.solver.holding(self.solver.constant(key))
        self.semantics.load_item(subject, place, node, self.site(tree))
        return node

    def dotted(self, tree: Tree) -> Node:
        """Read ``a.b.c`` written as one dotted name."""
        parts = tree.named_children
        node = self.read(parts[0], called=False) if parts else NOTHING
        for part in parts[1:]:
            target = self.solver.node()
            self.semantics.load(node, text(part), target, self.site(part))
            self.names.attributes.append((self.site(part), node, text(part), False))
            self.use(part, text(part), target)
            node = target
        return node

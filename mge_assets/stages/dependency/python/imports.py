"""Python imports, annotations and whole files as constraints."""

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.scopes import Scope
from mge_assets.stages.dependency.fixpoint.values import NOTHING, Holder, Module, Node, View
from mge_assets.stages.dependency.python.annotations import Annotations
from mge_assets.stages.dependency.python.names import bindings, declared_elsewhere, text
from mge_assets.stages.dependency.python.shared import PythonShared


class PythonFile(Annotations):
    """One file: its module scope, its imports and its annotations."""

    def __init__(self, file: str, source: bytes, root: Tree, module: Module, shared: PythonShared) -> None:
        super().__init__(file, source, shared.solver, shared.recorder, shared.names, shared.semantics)
        self.root, self.module, self.modules, self.finder = root, module, shared.modules, shared.finder
        self.scope = Scope("module", module.name)
        self.bindings = bindings(root)
        self.exported = _dunder_all(root)
        self._known: dict[str, None] = {}
        self._parts: list[str] = []

    def prepare(self) -> None:
        """Make the module's names known to the others."""
        shared = declared_elsewhere(self.root, "global_statement") if b"global " in self.source else []
        self.scope.shared = frozenset(shared)
        for name in [*self.bindings.names, *shared]:
            self.whole(self.scope, name)
        self.module.slots = self.scope.whole  # type: ignore[assignment]
        self._known = dict.fromkeys(self.scope.whole)

    def star_names(self) -> list[str]:
        """What ``from this import *`` brings."""
        if self.exported is not None:
            return self.exported
        return [name for name in (*self._known, *self._parts) if not name.startswith("_")]

    def open_parts(self) -> None:
        """Submodules that a package's own statements import are its attributes, behind what else has their names."""
        own = "" if self.module.name == "__init__" else f"{self.module.name}."
        targets = [self._from_module(tree) for tree in self.root.named_children if tree.type == "import_from_statement"]
        parts = [target.removeprefix(own).partition(".")[0] for target in targets if target is not None and target.startswith(own)]
        self._parts = [part for part in dict.fromkeys(parts) if part in self.module.submodules and part not in self._known]

    def add_star(self, source: Module, name: str, written: int) -> bool:
        """Make a star-imported name known; True where it is new."""
        # others may have asked for it already, so it may have a node; that does not say what it is
        if name in self._known:
            return False
        self._known[name] = None
        node = self.whole(self.scope, name)
        origin = self.semantics.member(source, name)
        self.solver.assign(origin, node)
        self.names.sources.setdefault(node, []).append(origin)
        self.scope.imported.setdefault(name, []).append(written)
        return True

    def star_sources(self) -> list[tuple[Module, int]]:
        """Modules that this file star-imports, with the byte of the statement."""
        found = []
        for tree in self.bindings.stars:
            target = self._from_module(tree)
            if target is not None:
                found.append((self.modules[target], tree.start_byte))
        return found

    def lower(self) -> None:
        """Module-level code."""
        self.block(self.root)

    def lower_bodies(self) -> None:
        """Functions, outer before inner."""
        for body in self.bodies:
            body()
        self.finish()

    # imports

    def own_module(self) -> Node:
        """A node that holds this file's module."""
        return self.module.itself

    def named_module(self, name: str) -> Node | None:
        """A node that holds the module that the dotted name means here; ``None`` for an outside one."""
        dots = len(name) - len(name.lstrip("."))
        target = self.finder.relative(dots, name[dots:], self.file) if dots else self.finder.absolute(name, self.file)
        return self.modules[target].itself if target is not None else None

    def _on_import_statement(self, tree: Tree) -> None:
        for name in tree.children_by_field_name("name"):
            if name.type == "aliased_import":
                dotted, alias = name.child_by_field_name("name"), name.child_by_field_name("alias")
                self._module_names(dotted)
                self._import_as(tree, text(dotted), alias or name)
            else:
                self._import_dotted(tree, name)

    def _module_names(self, dotted: Tree | None) -> None:
        """Each part of a dotted module name is a use of that module."""
        parts = dotted.named_children if dotted is not None and self.recorder.references else []
        for length, part in enumerate(parts, 1):
            target = self.finder.absolute(".".join(text(known) for known in parts[:length]), self.file)
            self.use(part, text(part), self.modules[target].itself if target is not None else NOTHING)

    def _import_as(self, tree: Tree, dotted: str, alias: Tree) -> None:
        target = self.finder.absolute(dotted, self.file)
        if target is None:
            self._bind_import(tree, text(alias), self.solver.holding(self.semantics.external(dotted)), alias)
            return
        self._module_edge(tree, target)
        self._bind_import(tree, text(alias), self.modules[target].itself, alias)

    def _module_edge(self, tree: Tree, target: str) -> None:
        self.names.imports.append((self.site(tree), self.modules[target].itself))
        self.semantics.importing.setdefault(self.file, set()).add(self.modules[target].file)

    def _bind_import(self, tree: Tree, name: str, node: Node, place: Tree) -> None:
        self.bind(name, node, place, keep=False)
        home = self.scope.redirected.get(name, self.scope)
        if home.kind in {"module", "class"}:
            self.names.sources.setdefault(self.whole(home, name), []).append(node)
            home.imported.setdefault(name, []).append(tree.start_byte)

    def _import_dotted(self, tree: Tree, name: Tree) -> None:
        """``import a.b.c`` binds ``a``, through which this file sees ``b`` and ``c``."""
        parts = [text(part) for part in name.named_children]
        self._module_names(name)
        target = self.finder.absolute(".".join(parts), self.file)
        if target is not None:
            self._module_edge(tree, target)
        first = self.finder.absolute(parts[0], self.file)
        base: Holder = self.modules[first] if first is not None else self.semantics.external(parts[0])
        node = self.modules[first].itself if first is not None else NOTHING
        if len(parts) > 1:
            whole = self.scope.whole.get(parts[0], NOTHING)
            known = next((value for value in self.solver.values(whole) if isinstance(value, View) and value.base is base), None)
            view = known or View(base)
            inner = self.solver.holding(view)
            self.solver.alias(node, inner)
            self._extend_view(view, parts, name)
            node = inner
        elif first is None:
            node = self.solver.holding(base)
        self._bind_import(tree, parts[0], node, name)

    def _extend_view(self, view: View, parts: list[str], name: Tree) -> None:
        for length in range(2, len(parts) + 1):
            target = self.finder.absolute(".".join(parts[:length]), self.file)
            base: Holder = self.modules[target] if target is not None else self.semantics.external(".".join(parts[:length]))
            slot = self.solver.slot(view, parts[length - 1])
            inner = next((value for value in self.solver.values(slot) if isinstance(value, View)), None)
            if inner is None:
                inner = View(base)
                self.solver.add(slot, inner)
            if target is not None:
                self.solver.alias(self.modules[target].itself, slot)
            self.define(slot, name)
            view = inner

    def _from_module(self, tree: Tree) -> str | None:
        module = tree.child_by_field_name("module_name")
        if module is not None and module.type == "relative_import":
            prefix = next((child for child in module.named_children if child.type == "import_prefix"), None)
            dotted = next((child for child in module.named_children if child.type == "dotted_name"), None)
            return self.finder.relative(text(prefix).count("."), text(dotted), self.file)
        return self.finder.absolute(text(module), self.file)

    def _on_import_from_statement(self, tree: Tree) -> None:
        target = self._from_module(tree)
        if target is not None and not self._submodules_alone(tree, target):
            self._module_edge(tree, target)
        for name in tree.children_by_field_name("name"):
            dotted = name.child_by_field_name("name") if name.type == "aliased_import" else name
            alias = name.child_by_field_name("alias") if name.type == "aliased_import" else None
            if dotted is None:
                continue
            node = self._imported_name(tree, target, dotted)
            if alias is not None or len(dotted.named_children) == 1:
                self._bind_import(tree, text(alias or dotted), node, alias or dotted)

    def _submodules_alone(self, tree: Tree, target: str) -> bool:
        """True where ``from package import name`` names submodules only: they are what is imported."""
        names = [name.child_by_field_name("name") if name.type == "aliased_import" else name for name in tree.children_by_field_name("name")]
        known = self.modules[target].submodules
        for name in names:
            if name is not None and text(name) in known:
                self._module_edge(tree, known[text(name)].name)
        return bool(names) and all(text(name) in known for name in names)

    def _imported_name(self, tree: Tree, target: str | None, dotted: Tree) -> Node:
        parts = dotted.named_children
        if target is None:
            module = text(tree.child_by_field_name("module_name"))
            return self.solver.holding(self.semantics.external(f"{module}.{text(dotted)}"))
        module_value = self.modules[target]
        first = text(parts[0])
        own = module_value.slots.get(first)
        sub = module_value.submodules.get(first)
        origin = sub.itself if sub is not None and (own is None or module_value is self.module) else own
        if origin is None:
            origin = self.semantics.member(module_value, "__getattr__") if "__getattr__" in module_value.slots else NOTHING
        self.names.imports.append((self.site(parts[0]), origin))
        self.use(parts[0], first, origin)
        for part in parts[1:]:
            inner = self.solver.node()
            self.semantics.load(origin, text(part), inner, self.site(part))
            origin = inner
        return origin

    def _on_future_import_statement(self, tree: Tree) -> None:
        del tree


def _dunder_all(root: Tree) -> list[str] | None:
    """The strings of ``__all__``, from literals alone."""
    found: list[str] | None = None
    for statement in root.named_children:
        for child in statement.named_children if statement.type == "expression_statement" else [statement]:
            if child.type in {"assignment", "augmented_assignment"} and text(child.child_by_field_name("left")) == "__all__":
                right = child.child_by_field_name("right")
                strings = [text(part).strip("'\"") for part in (right.named_children if right is not None else []) if part.type == "string"]
                found = [*(found or []), *strings]
    return found

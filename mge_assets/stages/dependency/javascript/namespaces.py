"""TypeScript's namespaces, enums and ambient modules: modules and objects inside a file."""

from collections.abc import Iterator

from tree_sitter import Node as Tree

from mge_assets.model.graph import SymbolKind
from mge_assets.stages.dependency.fixpoint.tree_text import text
from mge_assets.stages.dependency.fixpoint.values import NOTHING, Container, Module, Node
from mge_assets.stages.dependency.javascript.exports import JavaScriptExports, string_of


def dotted(tree: Tree | None) -> list[Tree]:
    """The names of ``A.B.C``, first to last; empty where it is no such name."""
    parts: list[Tree] = []
    while tree is not None and tree.type == "nested_identifier":
        last = tree.child_by_field_name("property")
        parts += [last] if last is not None else []
        tree = tree.child_by_field_name("object")
    return [tree, *reversed(parts)] if tree is not None and tree.type == "identifier" else []


def exported_names(body: Tree) -> Iterator[tuple[str, bool]]:
    """Names that a namespace's statements declare, and whether each is exported."""
    for statement in body.named_children:
        declaration = statement.child_by_field_name("declaration") if statement.type == "export_statement" else statement
        if declaration is not None and (name := declaration.child_by_field_name("name")) is not None:
            yield text(name), statement.type == "export_statement"


class JavaScriptNamespaces(JavaScriptExports):
    """Lowers namespaces and enums."""

    def _on_internal_module(self, tree: Tree) -> None:
        """``namespace A.B { … }``, or ``declare module "a" { … }``."""
        name, body = tree.child_by_field_name("name"), tree.child_by_field_name("body")
        if body is None:
            return
        if name is not None and name.type == "string":
            module = self._target(name)
            self._namespace_body(body, [module] if module is not None else [])
            return
        parts = dotted(name)
        if not parts:
            self._on_statement_block(body)
            return
        scope, key = self.locate(text(parts[0]))
        held = self.solver.values(scope.whole[key]) if scope is not None else []
        modules = [next((value for value in held if isinstance(value, Module)), None) or Module(text(parts[0]), self.file, self.solver.node())]
        self.set_name(parts[0], self.solver.holding(modules[0]), declares=True)
        for part in parts[1:]:
            slot = modules[-1].slots.get(text(part), NOTHING)
            inner = next((value for value in self.solver.values(slot) if isinstance(value, Module)), None) or Module(text(part), self.file, self.solver.node())
            self._property(modules[-1], text(part), self.solver.holding(inner), part)
            modules.append(inner)
        self._namespace_body(body, modules)

    _on_module = _on_internal_module

    def _namespace_body(self, body: Tree, modules: list[Module]) -> None:
        outer, outer_module, self.namespace = self.enter(), self.namespace, modules[-1] if modules else self.namespace
        own = dict(exported_names(body))
        for module in modules:
            self._see(module, own)
        self.statements(body)
        if (
            modules
            and self._is_ambient(body)
            and not any(child.type == "export_statement" and child.child_by_field_name("declaration") is None for child in body.children)
        ):
            for child in body.named_children:
                self._export_declaration(child, modules[-1])
        self.namespace = outer_module
        self.leave(outer)

    def _see(self, module: Module, own: dict[str, bool]) -> None:
        """What other parts of the namespace export is seen inside of this one."""
        for name in [name for name in module.slots if isinstance(name, str) and name not in own]:
            self.solver.assign(module.slots[name], self.whole(self.scope, self.declare_name(name)))
        for name, node in self.type_exports.get(module, {}).items():
            if name not in own:
                self.solver.assign(node, self.type_here(name))

    def _is_ambient(self, tree: Tree) -> bool:
        """True inside of ``declare`` and in declaration files, where all is exported."""
        around: Tree | None = tree
        while around is not None and around.type != "ambient_declaration":
            around = around.parent
        return around is not None or self.file.endswith(".d.ts")

    def _on_import_alias(self, tree: Tree) -> None:
        """``import M = A.B``: another name of a namespace, of a value or of a type."""
        name, target = tree.named_children[0], tree.named_children[-1]
        value, kind = self._aliased(target)
        self.named_at(name, value)
        if kind:
            node = self.type_here(text(name))
            self.solver.assign(kind, node)

    def named_at(self, name: Tree, value: Node) -> str:
        """A name for a value of elsewhere, defined where it stands here; its key in the scope."""
        key = self.declare_name(text(name))
        version = self.solver.node()
        self.define(version, name)
        self.solver.assign(value, version)
        self.solver.assign(version, self.whole(self.scope, key))
        self.scope.flow[key,] = version
        return key

    def _aliased(self, tree: Tree) -> tuple[Node, Node]:
        """The value and the type that the dotted name means."""
        if tree.type == "identifier":
            return self.read(tree), self.find_type(text(tree)) or NOTHING
        holder, name = self._namespace(tree.child_by_field_name("object")), tree.child_by_field_name("property")
        value, kind = self.solver.node(), self.solver.node()
        if name is not None:
            self.semantics.load(holder, text(name), value, self.site(name))
            self.solver.watch(holder, lambda inner: self._member_type(inner, text(name), kind))
            self.use(name, text(name), value)
            self.use(name, text(name), kind)
        return value, kind

    def _on_enum_declaration(self, tree: Tree) -> None:
        name, body = tree.child_by_field_name("name"), tree.child_by_field_name("body")
        if name is None:
            return
        kind = self.find_type(text(name)) or NOTHING
        made = next((value for value in self.solver.values(kind) if isinstance(value, Container)), None) or Container("object")
        outer = self.enter()
        for child in body.named_children if body is not None else []:
            member = child.child_by_field_name("name") if child.type == "enum_assignment" else child
            value = self.value(child.child_by_field_name("value")) if child.type == "enum_assignment" else self.solver.node()
            self._member_property(made, member, value)
            if member is not None and member.type == "property_identifier":
                self.solver.assign(self.solver.element(made, text(member)), self.whole(self.scope, self.declare_name(text(member))))
        self.leave(outer)
        symbol = self.unique(f"{self.scope.symbol}.{text(name)}", name)
        self.declare(symbol, SymbolKind.CLASS, tree, name)
        self.set_name(name, self.solver.holding(made), declares=True)
        self.solver.add(kind, made)

    def ambient_modules(self) -> None:
        """``declare module "a"`` is known to all files before any is lowered."""
        for child in self.root.named_children:
            inner = child.named_children[0] if child.type == "ambient_declaration" and child.named_children else child
            name = inner.child_by_field_name("name") if inner.type == "module" else None
            if name is not None and name.type == "string" and self._target(name) is None:
                module = Module(string_of(name), self.file, self.solver.node())
                self.solver.add(module.itself, module)
                self.program.ambient[string_of(name)] = module
                self.program.exporting.add(module)
                self.semantics.common_exports[module] = self.solver.node()

"""JavaScript and TypeScript exports as constraints."""

from tree_sitter import Node as Tree

from mge_assets.stages.dependency.fixpoint.tree_text import text
from mge_assets.stages.dependency.fixpoint.values import NOTHING, Module, Node
from mge_assets.stages.dependency.javascript.scopes import CLASSES, pattern_names
from mge_assets.stages.dependency.javascript.shared import Shared
from mge_assets.stages.dependency.javascript.types import JavaScriptTypes


def string_of(tree: Tree | None) -> str:
    """What a string literal says."""
    return "".join(text(child) for child in tree.named_children) if tree is not None else ""


class JavaScriptExports(JavaScriptTypes):
    """Lowers what a module gives to others."""

    def __init__(self, file: str, program: Shared, module: Module, root: Tree, *, typed: bool) -> None:
        super().__init__(file, program.sources[file], program.solver, program.recorder, program.names, program.semantics, typed=typed)
        self.program, self.module, self.root = program, module, root
        self.type_exports, self.generics = program.type_exports, program.generics
        self.globals, self.global_types = program.globals, program.global_types

    def _target(self, tree: Tree | None) -> Module | None:
        found = self.program.finder.find(string_of(tree), self.file)
        return self.program.modules.get(found) if found else self.program.ambient.get(string_of(tree))

    def _exported(self, target: Module | None, name: str) -> tuple[Node, Node]:
        """Nodes of the value and of the type that a module exports under the name."""
        value, kind = self.solver.node(), self.solver.node()
        if target is not None:
            self.program.pending.append((target, name, value, kind))
        return value, kind

    def _declare_exports(self, tree: Tree) -> None:
        """Exports of declarations are known at once; the rest when the statement is lowered."""
        if tree.type != "export_statement":
            return
        self.program.exporting.add(self.module)
        source = tree.child_by_field_name("source")
        declaration = tree.child_by_field_name("declaration")
        default = any(child.type == "default" for child in tree.children)
        if declaration is not None and not default:
            self._export_declaration(declaration, self.module)
        elif default:
            self._export_default(tree, declaration)
        elif source is not None and any(child.type == "*" for child in tree.children):
            target = self._target(source)
            if target is not None:
                self.semantics.star_exports.setdefault(self.module, []).append(target)

    def _export_declaration(self, tree: Tree, module: Module) -> None:
        names: list[Tree] = []
        if tree.type in {"lexical_declaration", "variable_declaration"}:
            for child in tree.named_children:
                names += pattern_names(child.child_by_field_name("name"))
        elif tree.type == "ambient_declaration" and tree.named_children:
            self._export_declaration(tree.named_children[-1], module)
            return
        elif tree.type == "import_alias":
            names = [tree.named_children[0]]
        elif (name := tree.child_by_field_name("name")) is not None:
            names = [name]
        for name in names:
            self._export_name(text(name), text(name), module)

    def _export_name(self, local: str, exported: str, module: Module, version: Node = NOTHING) -> None:
        """Make a local name visible under the exported one, as a value and as a type."""
        scope, key = self.locate(local)
        if scope is not None and key in scope.whole:
            slot = self.solver.slot(module, exported)
            self.solver.assign(scope.whole[key], slot)
            self.solver.alias(version, slot)
            self.names.sources.setdefault(slot, []).append(scope.whole[key])
        node = self.find_type(local)
        if node is not None:
            target = self.type_exports.setdefault(module, {}).setdefault(exported, self.solver.node())
            self.solver.assign(node, target)
            self.solver.alias(version, target)
            self.names.sources.setdefault(target, []).append(node)

    def _export_default(self, tree: Tree, declaration: Tree | None) -> None:
        name = declaration.child_by_field_name("name") if declaration is not None else None
        if name is not None:
            self._export_name(text(name), "default", self.module)
            return
        self.solver.slot(self.module, "default")
        value = tree.child_by_field_name("value")
        if value is not None and value.type == "identifier":
            node = self.find_type(text(value))
            if node is not None:
                target = self.type_exports.setdefault(self.module, {}).setdefault("default", self.solver.node())
                self.define(target, value)
                self.solver.assign(node, target)

    def _on_export_statement(self, tree: Tree) -> None:
        declaration, source = tree.child_by_field_name("declaration"), tree.child_by_field_name("source")
        module = self.namespace or self.module
        for decorator in (child for child in tree.named_children if child.type == "decorator"):
            self.value(decorator)
        if declaration is not None and (
            declaration.child_by_field_name("name") is not None or "declaration" in declaration.type or declaration.type == "import_alias"
        ):
            self.statement(declaration)
            if self.namespace is not None:
                self._export_declaration(declaration, module)
            return
        if any(child.type == "default" for child in tree.children):
            self._default_value(tree.child_by_field_name("value") or declaration, module)
            return
        for child in tree.named_children:
            if child.type == "export_clause":
                for specifier in child.named_children:
                    self._export_specifier(specifier, source, module)
            elif child.type == "namespace_export":
                target = self._target(source)
                if target is not None:
                    self._property(self.module, text(child.named_children[0]), self.solver.holding(target), child.named_children[0])
            elif child.type == "identifier":
                self._export_assignment(tree, child)
        target = self._target(source)
        if target is not None:
            self.names.imports.append((self.site(tree), target.itself))

    def _default_value(self, value: Tree | None, module: Module) -> None:
        if value is not None:
            inferred = "default" if value.child_by_field_name("name") is None else None
            if value.type in {"function_expression", "generator_function"}:
                node = self.function_value(value, inferred)
            else:
                node = self.class_value(value, inferred) if value.type in CLASSES else self.value(value)
            self._property(module, "default", node, value)
            if value.type == "identifier" and self.find_type(text(value)) is not None and not self._known(value):
                self.use(value, text(value), self.find_type(text(value)) or NOTHING)

    def _known(self, tree: Tree) -> bool:
        return self.locate(text(tree))[0] is not None

    def _export_assignment(self, tree: Tree, name: Tree) -> None:
        if any(child.type == "namespace" for child in tree.children):
            node = self.solver.holding(self.module)
            self.define(node, name)
            self.globals.setdefault(text(name), []).append(node)
        elif any(child.type == "=" for child in tree.children):
            version = self.solver.node()
            self.define(version, name)
            self.solver.flow(self.read(name), version)
            self.solver.assign(version, self.semantics.common_exports[self.module])
            if (kind := self.find_type(text(name))) is not None:
                target = self.type_exports.setdefault(self.module, {}).setdefault("export=", self.solver.node())
                self.define(target, name)
                self.solver.assign(kind, target)

    def _export_specifier(self, tree: Tree, source: Tree | None, module: Module) -> None:
        name, alias = tree.child_by_field_name("name"), tree.child_by_field_name("alias")
        if name is None:
            return
        exported = text(alias or name)
        version = self.solver.node()
        self.define(version, alias or name)
        if source is None:
            self.read(name)
            node = self.find_type(text(name))
            if node is not None:
                self.use(name, text(name), node)
            self._export_name(text(name), exported, module, version)
            return
        value, kind = self._exported(self._target(source), text(name))
        self.use(name, text(name), value)
        self.use(name, text(name), kind)
        slot = self.solver.slot(module, exported)
        self.solver.assign(value, slot)
        self.solver.alias(version, slot)
        self.names.sources.setdefault(slot, []).append(value)
        target = self.type_exports.setdefault(module, {}).setdefault(exported, self.solver.node())
        self.solver.assign(kind, target)
        self.solver.alias(version, target)

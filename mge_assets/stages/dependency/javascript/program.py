"""JavaScript and TypeScript modules, and all files of these languages together."""

import re

from tree_sitter import Node as Tree

from mge_assets.model.graph import Symbol, SymbolKind
from mge_assets.stages.dependency.fixpoint.scopes import Scope
from mge_assets.stages.dependency.fixpoint.tree_text import text
from mge_assets.stages.dependency.fixpoint.uses import name_edges
from mge_assets.stages.dependency.fixpoint.values import NOTHING, Container, Module, Node
from mge_assets.stages.dependency.javascript.base import known_ends
from mge_assets.stages.dependency.javascript.documents import Documented, documents
from mge_assets.stages.dependency.javascript.exports import string_of
from mge_assets.stages.dependency.javascript.functions import asks_for_strict
from mge_assets.stages.dependency.javascript.modules import module_id
from mge_assets.stages.dependency.javascript.namespaces import JavaScriptNamespaces
from mge_assets.stages.dependency.javascript.scopes import Block, declared_here, var_names
from mge_assets.stages.dependency.javascript.shared import Shared
from mge_resources.syntax import Language, detect_language, parse

MAX_ROUNDS = 4
_OWN_EXPORTS = re.compile(rb"(?<![.\w$])exports\b")
"""The object that a module begins to export with, by its own name."""


class JavaScriptFile(JavaScriptNamespaces):
    """One file: its module scope, its imports and exports."""

    def __init__(self, file: str, program: Shared, module: Module, root: Tree) -> None:
        typed = detect_language(file) in {Language.TYPESCRIPT, Language.TSX}
        super().__init__(file, program, module, root, typed=typed)
        self.scope = Scope("module", module.name)
        self.block = Block(self.scope, None)
        self.is_script = not any(child.type in {"import_statement", "export_statement"} for child in root.named_children)
        self.sloppy = self.is_script and not typed and not asks_for_strict(root)
        self.documents = {} if typed else documents(self.source)
        self._common_objects()

    def _common_objects(self) -> None:
        """``module``, ``exports`` and ``this`` of CommonJS."""
        exports, module = Container("object"), Container("object")
        slot = self.solver.slot(module, "exports")
        if _OWN_EXPORTS.search(self.source) or not any(_replaces_exports(child) for child in self.root.named_children):
            self.solver.add(slot, exports)
        self.semantics.common_exports[self.module] = slot
        self._module_this = self.solver.holding(exports)
        self._common = {"module": self.solver.holding(module), "exports": self.solver.holding(exports)}

    def _outside(self, tree: Tree, name: str) -> Node:
        if name in self._common:
            self.use(tree, name, NOTHING)
            return self._common[name]
        return super()._outside(tree, name)

    def prepare(self) -> None:
        """Names that other files may see before this one is lowered."""
        for name in var_names(self.root):
            self.declare_name(name)
        for name, _ in declared_here(self.root):
            self.declare_name(name)
        self.declare_types(self.root)
        for each in self._named_types():
            self.type_here(each.name)
        if self.typed and self.is_script:
            for name, key in self.block.keys.items():
                self.globals.setdefault(name, []).append(self.scope.whole[key])
            for name, node in self.types.get(self.block, {}).items():
                self.global_types.setdefault(name, node)
        for child in self.root.named_children:
            self._declare_imports(child)
            self._declare_exports(child)

    def lower(self) -> None:
        """Module-level code."""
        types = self.types.get(self.block, {})
        kept = dict(types)
        self.declare_types = lambda tree: super(JavaScriptFile, self).declare_types(tree) if tree is not self.root else None  # type: ignore[method-assign]
        for each in self._named_types():
            self.solver.assign(self.documented_type(each.kind, self.root), types[each.name])
        self.statements(self.root)
        assert types.keys() >= kept.keys()

    def _named_types(self) -> list[Documented]:
        """Names that comments give to types."""
        return [each for said in self.documents.values() for each in said if each.tag == "typedef" and each.name]

    def lower_bodies(self) -> None:
        """Functions, outer before inner."""
        for body in self.bodies:
            body()
        self.finish()

    # imports

    def imported(self, arguments: Tree | None, *, dynamic: bool) -> Node:
        """``require("x")`` gives what is exported, ``import("x")`` the namespace."""
        first = arguments.named_children[0] if arguments is not None and arguments.named_children else None
        if first is None:
            return NOTHING
        if first.type != "string":
            self.value(first)
            around = _around_unknown(first)
            found = self.program.finder.matching(*around, self.file) if around is not None else []
            return self.flows.one_of([self._required(self.program.modules[file], first, dynamic=dynamic) for file in found])
        target = self._target(first)
        if target is None:
            return self.solver.holding(self.semantics.external(f"<{string_of(first)}>"))
        return self._required(target, first, dynamic=dynamic)

    def _required(self, target: Module, first: Tree, *, dynamic: bool) -> Node:
        self.names.imports.append((self.site(first), target.itself))
        if dynamic or self.program.is_module(target):
            return self.solver.holding(target)
        return self.semantics.common_exports[target]

    def _declare_imports(self, tree: Tree) -> None:
        if tree.type != "import_statement":
            return
        for name in _imported_names(tree):
            self.declare_name(text(name))
            self.type_here(text(name))

    def _on_import_statement(self, tree: Tree) -> None:
        source = tree.child_by_field_name("source")
        clause = next((child for child in tree.named_children if child.type in {"import_clause", "import_require_clause"}), None)
        if source is None and clause is not None:
            source = clause.child_by_field_name("source")
        target = self._target(source)
        if target is not None:
            self.names.imports.append((self.site(tree), target.itself))
        if clause is None:
            return
        if clause.type == "import_require_clause":
            node = self.solver.node()
            if target is not None:
                self.solver.assign(self.semantics.common_exports[target] if not target.slots else self.solver.holding(target), node)
            self._import_name(tree, clause.named_children[0], node, self._exported(target, "export=")[1])
            return
        for child in clause.named_children:
            self._import_part(tree, child, target)

    def _import_part(self, tree: Tree, part: Tree, target: Module | None) -> None:
        if part.type == "identifier":
            value, kind = self._exported(target, "default")
            self._import_name(tree, part, value, kind)
        elif part.type == "namespace_import":
            node = self.solver.holding(target) if target is not None else self.solver.holding(self.semantics.external("<module>"))
            self._import_name(tree, part.named_children[0], node, NOTHING)
        elif part.type == "named_imports":
            for specifier in (child for child in part.named_children if child.type == "import_specifier"):
                name, alias = specifier.child_by_field_name("name"), specifier.child_by_field_name("alias")
                if name is None:
                    continue
                value, kind = self._exported(target, text(name) if name.type != "string" else string_of(name))
                self.use(name, text(name), value)
                self.use(name, text(name), kind)
                self._import_name(tree, alias or name, value, kind)

    def _import_name(self, tree: Tree, name: Tree, value: Node, kind: Node) -> None:
        key = self.named_at(name, value)
        self.scope.imported.setdefault(key, []).append(tree.start_byte)
        self.names.sources.setdefault(self.whole(self.scope, key), []).extend(node for node in (value, kind) if node)
        if value:
            self.names.imports.append((self.site(name), value))
        type_node = self.type_here(text(name))
        self.define(type_node, name)
        self.solver.assign(kind, type_node)

    # exports


def _replaces_exports(statement: Tree) -> bool:
    """``module.exports = x`` that runs whenever the module does, alone or in a row of assignments."""
    tree = statement.named_children[0] if statement.type == "expression_statement" and statement.named_children else None
    while tree is not None and tree.type == "assignment_expression":
        if text(tree.child_by_field_name("left")) == "module.exports":
            value = tree.child_by_field_name("right")
            while value is not None and value.type == "assignment_expression":
                value = value.child_by_field_name("right")
            return value is None or text(value) != "exports"
        tree = tree.child_by_field_name("right")
    return False


def _around_unknown(tree: Tree) -> tuple[str, str] | None:
    """What a specifier begins and ends with whose middle is found out when the code runs."""
    first, last = known_ends(tree)
    return (first, last) if first.startswith(("./", "../")) else None


def _imported_names(tree: Tree) -> list[Tree]:
    """Local names that an import statement binds."""
    found: list[Tree] = []
    for clause in tree.named_children:
        for child in clause.named_children if clause.type in {"import_clause", "import_require_clause"} else []:
            if child.type == "identifier":
                found.append(child)
            elif child.type == "namespace_import":
                found.append(child.named_children[0])
            elif child.type == "named_imports":
                for specifier in child.named_children:
                    name = specifier.child_by_field_name("alias") or specifier.child_by_field_name("name")
                    found += [name] if name is not None else []
    return found


class JavaScriptProgram(Shared):
    """Analysis of a set of JavaScript and TypeScript files."""

    def run(self) -> None:
        """From bytes to edges."""
        files = [self._file(file) for file in sorted(self.sources)]
        for one in files:
            one.ambient_modules()
        for one in files:
            one.prepare()
        for one in files:
            one.lower()
        for one in files:
            one.lower_bodies()
        for module, name, value, kind in self.pending:
            self.semantics.exported(module, name, value)
            files[0].exported_type(module, name, kind)
            slot = module.slots.get(name)
            if slot is not None:
                self.names.sources.setdefault(value, []).append(slot)
            elif (held := self.type_exports.get(module, {}).get(name)) is not None:
                self.names.sources.setdefault(kind, []).append(held)
        self.semantics.start()
        for _ in range(MAX_ROUNDS):
            self.solver.run()
            if not self.semantics.settle():
                break
        name_edges(self.solver, self.recorder, self.names, self.semantics, self.sources)

    def _file(self, file: str) -> JavaScriptFile:
        language = detect_language(file)
        assert language is not None
        root = parse(language, self.sources[file]).root_node
        name = module_id(file)
        if name in self.recorder.symbols:
            name = f"{name}.{file.rpartition('.')[2]}"
        module = Module(name, file, self.solver.node())
        self.solver.add(module.itself, module)
        self.modules[file] = module
        last = root.end_point.row + (1 if root.end_point.column else 0)
        self.recorder.symbol(Symbol(name, SymbolKind.MODULE, file, 1, 0, max(last, 1), 0))
        self.names.symbols[module.itself] = name
        return JavaScriptFile(file, self, module, root)

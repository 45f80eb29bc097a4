"""What a model must be told before it can write a piece of Python: the signatures and members of the project that the reference uses."""

import ast
import builtins
import re
from collections import defaultdict
from collections.abc import Iterator

from mge_tests.fakes.emulator.references import Reference, References, head_of, is_overload, module_of, squeezed

_EVERYBODYS = {name for kind in (str, bytes, int, float, list, dict, set, tuple, frozenset, Exception, property, type, object) for name in dir(kind)}
"""Attributes of built-in types: nobody needs to be told of them."""


class Knowledge:
    """What each module and class of the finished project defines."""

    def __init__(self, references: References) -> None:
        self._files = references.files
        self._functions: dict[tuple[str, str], ast.FunctionDef | ast.AsyncFunctionDef] = {}
        self._classes: dict[str, set[str]] = defaultdict(set)
        self._methods: dict[str, dict[str, ast.FunctionDef | ast.AsyncFunctionDef]] = defaultdict(dict)
        self._bases: dict[str, list[str]] = defaultdict(list)
        self._names: dict[str, dict[str, str]] = defaultdict(dict)
        self._outside: dict[str, set[str]] = defaultdict(set)
        self._trees = {module_of(file): ast.parse(source) for file, source in references.files.items() if file.endswith(".py")}
        for module, tree in self._trees.items():
            self._read(module, tree)
        for module, tree in self._trees.items():
            self._link(module, tree)
        self._members = {member for members in self._classes.values() for member in members} - _EVERYBODYS

    def missing(self, reference: Reference, prompt: str) -> list[str]:
        """What the reference uses of the project and the prompt does not show, in the order of use."""
        if reference.node is None or isinstance(reference.node, ast.ClassDef):
            return []
        shown, words = squeezed(prompt), set(re.findall(r"\w+", prompt))
        return list(dict.fromkeys(each for each in self._needs(reference) if not _is_shown(each, shown, words)))

    def _needs(self, reference: Reference) -> Iterator[str]:
        """Squeezed heads of functions and methods, bare names of everything else."""
        assert reference.node is not None
        own = {arg.arg for node in ast.walk(reference.node) if isinstance(node, ast.arguments) for arg in [*node.posonlyargs, *node.args, *node.kwonlyargs]}
        own |= {node.id for node in ast.walk(reference.node) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        set_here = {node.attr for node in ast.walk(reference.node) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
        outside = self._of_others(reference)
        for node in (each for statement in reference.node.body for each in ast.walk(statement)):
            match node:
                case ast.Name(id=name, ctx=ast.Load()) if name not in own and not hasattr(builtins, name):
                    yield from self._of_name(reference.module, name)
                case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name) if reference.owner:
                    yield from self._of_member(reference.owner, name, set_here)
                case ast.Attribute(value=value, attr=name) if name in self._members and name not in set_here and _root(value) not in outside:
                    yield name

    def _of_others(self, reference: Reference) -> set[str]:
        """Names that stand for what other packages gave: their modules, and locals that hold nothing but what came of those."""
        assert reference.node is not None
        known = set(self._outside[reference.module])
        otherwise: set[str] = set()
        for node in ast.walk(reference.node):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) | ast.withitem(context_expr=value, optional_vars=ast.Name(id=name)):
                    (known if _root(value) in known else otherwise).add(name)
        return known - otherwise

    def _of_name(self, module: str, name: str) -> Iterator[str]:
        target = self._names[module].get(name)
        if target is None:
            return
        holder, _, last = target.rpartition(".")
        function = self._functions.get((holder, last))
        if function is not None:
            yield squeezed(head_of(function)) if name == last else name
        elif target in self._classes and "__init__" in self._methods[target]:
            yield name
            yield squeezed(head_of(self._methods[target]["__init__"]))
        else:
            yield name

    def _of_member(self, owner: str, name: str, set_here: set[str]) -> Iterator[str]:
        for each in self._line(owner):
            if name in self._methods[each]:
                yield squeezed(head_of(self._methods[each][name]))
                return
            if name in self._classes[each]:
                if name not in set_here:
                    yield name
                return

    def _line(self, owner: str, seen: frozenset[str] = frozenset()) -> Iterator[str]:
        """The class and its project bases."""
        yield owner
        for base in self._bases[owner]:
            if base not in seen:
                yield from self._line(base, seen | {owner})

    def _read(self, module: str, tree: ast.Module) -> None:
        for node in tree.body:
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    if not is_overload(node):
                        self._functions[module, node.name] = node
                    self._names[module][node.name] = f"{module}.{node.name}"
                case ast.ClassDef():
                    self._names[module][node.name] = f"{module}.{node.name}"
                    self._class(f"{module}.{node.name}", node)
                case ast.Assign(targets=targets):
                    self._names[module] |= {each.id: f"{module}.{each.id}" for each in targets if isinstance(each, ast.Name)}
                case ast.AnnAssign(target=ast.Name(id=name)):
                    self._names[module][name] = f"{module}.{name}"

    def _class(self, path: str, node: ast.ClassDef) -> None:
        for child in ast.walk(node):
            match child:
                case ast.FunctionDef() | ast.AsyncFunctionDef() if child in node.body:
                    if not is_overload(child):
                        self._methods[path].setdefault(child.name, child)
                    self._classes[path].add(child.name)
                case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name, ctx=ast.Store()):
                    self._classes[path].add(name)
                case ast.AnnAssign(target=ast.Name(id=name)) if child in node.body:
                    self._classes[path].add(name)
                case ast.Assign(targets=targets) if child in node.body:
                    self._classes[path] |= {each.id for each in targets if isinstance(each, ast.Name)}

    def _link(self, module: str, tree: ast.Module) -> None:
        """Imports of project modules, wherever they stand, and base classes."""
        package = module if f"{module.replace('.', '/')}/__init__.py" in self._files else module.rpartition(".")[0]
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                self._outside[module] |= {alias.asname or alias.name.partition(".")[0] for alias in node.names if alias.name not in self._trees}
            if isinstance(node, ast.ImportFrom):
                base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
                source = ".".join([*base, *([node.module] if node.module else [])])
                for alias in node.names:
                    if source not in self._trees:
                        self._outside[module].add(alias.asname or alias.name)
                    else:
                        self._names[module].setdefault(alias.asname or alias.name, self._names[source].get(alias.name, f"{source}.{alias.name}"))
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                known = (self._names[module].get(base.id) for base in node.bases if isinstance(base, ast.Name))
                self._bases[f"{module}.{node.name}"] = [base for base in known if base in self._classes]


def _root(node: ast.expr) -> str:
    """The name that an expression of calls, attributes and subscripts begins with; empty where it begins otherwise."""
    while not isinstance(node, ast.Name):
        match node:
            case ast.Attribute(value=inner) | ast.Call(func=inner) | ast.Subscript(value=inner) | ast.Await(value=inner):
                node = inner
            case _:
                return ""
    return node.id


def _is_shown(need: str, shown: str, words: set[str]) -> bool:
    return need in shown if need.startswith("def") and "(" in need else need in words

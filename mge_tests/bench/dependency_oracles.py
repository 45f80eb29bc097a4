"""Scopes beside CPython's own ``symtable``, imports beside grimp's graph.

    python -m mge_tests.bench.dependency_oracles [--short]

Scopes: for every Python file of the standard library (``--short``: 60 of them), the names that each scope binds, and
which of them it declares global or nonlocal. Imports: the modules of installed packages that import each other.
"""

import ast
import symtable
import sys
import warnings
from collections.abc import Iterator

import grimp
from tree_sitter import Node as Tree

from mge_assets.model.graph import EdgeType, SymbolKind
from mge_assets.stages.dependency import analyse
from mge_assets.stages.dependency.python.names import bindings, text
from mge_resources.syntax import Language, parse
from mge_tests.bench.corpora import python_package, standard_library

PACKAGES = ("click", "requests", "networkx", "jinja2", "packaging")
_SCOPES = {"function_definition", "class_definition"}
_NAMELESS = {"lambda", "listcomp", "setcomp", "dictcomp", "genexpr"}
"""What symtable calls scopes without a name; a function may be called ``listcomp`` all the same."""
Scope = tuple[int, str, frozenset[str], frozenset[str]]
"""First line, name, names bound here (parameters and type parameters apart), names declared to live elsewhere."""


def ours(source: bytes) -> set[Scope]:
    """Scopes of modules, classes and functions, as analysis sees them."""
    root = parse(Language.PYTHON, source).root_node
    found: set[Scope] = set()
    stack: list[tuple[Tree, Tree, str, int]] = [(root, root, "top", 0)]
    while stack:
        _, body, name, line = stack.pop()
        known = bindings(body)
        found.add((line, name, frozenset(known.names), frozenset(known.globals | known.nonlocals)))
        stack.extend(_inner(body))
    return found


def _inner(body: Tree) -> Iterator[tuple[Tree, Tree, str, int]]:
    stack = list(body.named_children)
    while stack:
        tree = stack.pop()
        if tree.type in _SCOPES:
            inner = tree.child_by_field_name("body")
            if inner is not None:
                yield tree, inner, text(tree.child_by_field_name("name")), tree.start_point.row + 1
            for name in ("parameters", "superclasses"):
                if (child := tree.child_by_field_name(name)) is not None:
                    stack.extend(child.named_children)
        else:
            stack.extend(tree.named_children)


def theirs(source: bytes) -> set[Scope]:
    """The same scopes from ``symtable``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        top = symtable.symtable(source.decode("utf-8"), "<file>", "exec")
    lines = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            lines[min([node.lineno, *(d.lineno for d in node.decorator_list)]), node.name] = node.lineno
    found: set[Scope] = set()
    stack = [(top, "")]
    while stack:
        table, owner = stack.pop()
        kind = str(table.get_type()).rpartition(".")[2].lower()
        own = table.get_name() if kind == "class" else owner
        stack.extend((child, own) for child in table.get_children())
        line = 0 if kind == "module" else lines.get((table.get_lineno(), table.get_name()), table.get_lineno())
        if kind not in {"module", "class", "function"} or (table.get_name() in _NAMELESS and (table.get_lineno(), table.get_name()) not in lines):
            continue
        names = {s.get_name() for s in table.get_symbols() if (s.is_assigned() or s.is_imported()) and not (s.is_global() and kind != "module")}
        elsewhere = set() if kind == "module" else {s.get_name() for s in table.get_symbols() if s.is_declared_global() or s.is_nonlocal()}
        hidden = {f"_{owner.lstrip('_')}", f"_{own.lstrip('_')}"} - {"_"}
        names = {_unmangled(name, hidden) for name in names}
        found.add((line, table.get_name(), frozenset(names - elsewhere), frozenset(_unmangled(name, hidden) for name in elsewhere)))
    return found


def _unmangled(name: str, hidden: set[str]) -> str:
    return next((name[len(prefix) :] for prefix in hidden if name.startswith(f"{prefix}__")), name)


def scopes(short: bool) -> tuple[int, int, list[str]]:
    """Scopes looked at, scopes that are the same, and the first that differ."""
    total = same = 0
    different: list[str] = []
    files = standard_library().files
    for file in files[:: max(1, len(files) // 60)] if short else files:
        try:
            truth = theirs(file.source)
        except (SyntaxError, ValueError):
            continue
        answer = ours(file.source)
        total, same = total + len(truth), same + len(truth & answer)
        different += [f"{file.path}:{line} {name}" for line, name, _, _ in sorted(truth - answer, key=lambda scope: scope[:2])]
    return total, same, different


def import_edges(package: str) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """(ours, grimp's) pairs of modules of an installed package; tests are part of it."""
    corpus = python_package(package)
    if isinstance(corpus, str):
        sys.exit(corpus)
    code = analyse({f"{package}/{file.path}": file.source for file in corpus.files})
    home = {symbol.id: symbol for symbol in code.symbols}
    module_of = {symbol.file: symbol.id for symbol in code.symbols if symbol.kind is SymbolKind.MODULE}
    mine = {(module_of[e.file], e.target) for e in code.edges if e.type is EdgeType.IMPORT and home[e.target].kind is SymbolKind.MODULE}
    graph = grimp.build_graph(package, cache_dir=None)
    truth = {(importer, imported) for importer in graph.modules for imported in graph.find_modules_directly_imported_by(importer)}
    # grimp leaves out files in a folder without __init__.py: 2 imports of a test file of networkx are ours alone
    return {edge for edge in mine if edge[0] != edge[1] and edge[0] in graph.modules}, truth


def main() -> None:
    """Print both comparisons."""
    total, same, different = scopes("--short" in sys.argv)
    print(f"scopes: {same} of {total} as symtable says ({100 * same / total:.3f} %)")
    for line in different[:10]:
        print(f"  {line}")
    for package in PACKAGES:
        mine, truth = import_edges(package)
        print(f"{package}: {len(mine & truth)} of grimp's {len(truth)} imports, {len(mine - truth)} more {sorted(mine - truth)[:3]} {sorted(truth - mine)[:3]}")


if __name__ == "__main__":
    main()

"""What a file imports, in one shape for all languages."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tree_sitter import Node

from mge_assets.stages.validation.analysis import Analysis
from mge_assets.stages.validation.trees import text_of
from mge_resources.syntax import JUDGED, Language

_GUARDS = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_CLAUSES = frozenset({"import_statement", "export_statement"})


@dataclass(frozen=True, slots=True)
class Import:
    """One import: the module as written, the names taken from it (``*`` for all; none where the module itself is meant).

    ``level`` counts the leading dots of Python's relative imports. ``guarded``: its failure is caught, or it is for type checkers
    alone; ``late``: it runs when a function is called, or never, so it can't close a circle.
    """

    module: str
    names: tuple[str, ...]
    line: int
    level: int = 0
    guarded: bool = False
    late: bool = False


def _catches_import_errors(node: ast.Try) -> bool:
    kinds = [handler.type for handler in node.handlers]
    return any(kind is None or any(isinstance(part, ast.Name) and part.id in _GUARDS for part in ast.walk(kind)) for kind in kinds)


def _is_type_checking(node: ast.If) -> bool:
    return any(getattr(part, "id", getattr(part, "attr", "")) == "TYPE_CHECKING" for part in ast.walk(node.test))


def _python(node: ast.AST, state: Import) -> Iterator[Import]:
    """The imports below a node; ``state`` carries what the surroundings say of them."""
    match node:
        case ast.Import(names=aliases, lineno=line):
            yield from (replace(state, module=alias.name, line=line) for alias in aliases)
            return
        case ast.ImportFrom(module=module, names=aliases, level=level, lineno=line):
            yield replace(state, module=module or "", names=tuple(alias.name for alias in aliases), line=line, level=level)
            return
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
            state = replace(state, late=True)
        case ast.If() if _is_type_checking(node):
            state = replace(state, guarded=True, late=True)
    for child in ast.iter_child_nodes(node):
        inside = isinstance(node, ast.Try) and (child in node.body or child in node.handlers) and _catches_import_errors(node)
        yield from _python(child, replace(state, guarded=True) if inside else state)


def _taken(statement: Node) -> Iterator[str]:
    """The names that an import or re-export takes from its module."""
    for node in _below(statement):
        if node.type in {"import_specifier", "export_specifier"}:
            yield text_of(node.child_by_field_name("name"))
        elif node.type == "import_clause" and node.named_children and node.named_children[0].type == "identifier":
            yield "default"


def _below(node: Node) -> Iterator[Node]:
    for child in node.named_children:
        yield child
        yield from _below(child)


def _javascript(root: Node) -> Iterator[Import]:
    for statement in root.named_children:
        source = statement.child_by_field_name("source")
        if statement.type in _CLAUSES and source:
            types_only = any(child.type == "type" for child in statement.children)
            yield Import(text_of(source)[1:-1], tuple(_taken(statement)), statement.start_point[0] + 1, late=types_only)


def imports_of(analysis: Analysis) -> tuple[Import, ...]:
    """Every import of the file, in order; none where Python does not compile."""
    if analysis.language is Language.PYTHON:
        return tuple(_python(analysis.python, Import("", (), 1))) if analysis.python else ()
    if analysis.language not in JUDGED:
        return ()
    return tuple(_javascript(analysis.tree.root_node))

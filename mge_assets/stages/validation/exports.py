"""What a file offers to others: the names that can be imported from it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from mge_assets.stages.validation.analysis import Analysis
from mge_resources.syntax import JUDGED, Language

_OPENERS = frozenset({"globals", "vars", "setattr", "locals"})


@dataclass(frozen=True, slots=True)
class Exports:
    """The names, and whether more may come at run time (``from x import *``, ``__getattr__``, ``globals()``, CommonJS)."""

    names: frozenset[str]
    open: bool


def bound_by(node: ast.AST) -> Iterator[str]:
    """Names that a module-level statement binds; function and class bodies are scopes of their own."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
            return
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in aliases)
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.Lambda():
            return
    for child in ast.iter_child_nodes(node):
        yield from bound_by(child)


def _python_exports(tree: ast.Module) -> Exports:
    names = frozenset(bound_by(tree)) | {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
    # The two that every module has, and may be imported by name.
    return Exports(names - {"*"} | {"__name__", "__file__", "__doc__"}, "*" in names or "__getattr__" in names or _opens(tree))


def _opens(tree: ast.Module) -> bool:
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    at_run_time = any(isinstance(function, ast.Name) and function.id in _OPENERS for function in calls)
    return at_run_time or any(isinstance(node, ast.Attribute) and node.attr == "modules" for node in ast.walk(tree))


def _declared(node: Node) -> Iterator[str]:
    """Names that an exported declaration binds."""
    named = node.child_by_field_name("name")
    if named and named.text:
        yield from (part.decode() for part in ([named.text] if named.type.endswith("identifier") else [leaf.text for leaf in named.named_children]) if part)
    elif node.type in {"lexical_declaration", "variable_declaration", "export_statement", "ambient_declaration"}:
        for child in node.named_children:
            yield from _declared(child)


def _javascript_exports(root: Node) -> Exports:
    names, more = set(), b"module.exports" in (root.text or b"") or b"exports." in (root.text or b"")
    for statement in root.named_children:
        if statement.type != "export_statement":
            continue
        words = {child.type for child in statement.children}
        more = more or "*" in words or "namespace_export" in words
        if "default" in words:
            names.add("default")
        for clause in (child for child in statement.named_children if child.type == "export_clause"):
            names |= {_alias(specifier) for specifier in clause.named_children}
        if declaration := statement.child_by_field_name("declaration"):
            names |= set(_declared(declaration))
    return Exports(frozenset(names), more)


def _alias(specifier: Node) -> str:
    node = specifier.child_by_field_name("alias") or specifier.child_by_field_name("name")
    return (node.text or b"").decode() if node else ""


def exports_of(analysis: Analysis) -> Exports:
    """What can be imported from the file; open where Python does not compile."""
    if analysis.language is Language.PYTHON:
        return _python_exports(analysis.python) if analysis.python else Exports(frozenset(), open=True)
    if analysis.language not in JUDGED:
        return Exports(frozenset(), open=True)
    return _javascript_exports(analysis.tree.root_node)

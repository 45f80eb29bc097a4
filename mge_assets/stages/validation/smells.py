"""Performance smells: only those that the syntax tree proves. They lower the score and never fail anything."""

import ast
from collections.abc import Iterator

from tree_sitter import Node

from mge_assets.model.findings import Severity
from mge_assets.stages.validation.analysis import Analysis
from mge_assets.stages.validation.rules import table
from mge_assets.stages.validation.spots import Spot
from mge_resources.syntax import Language

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_JS_LOOPS = frozenset({"for_statement", "for_in_statement", "while_statement", "do_statement"})
_JS_FUNCTIONS = frozenset({"function_declaration", "function_expression", "arrow_function", "method_definition", "class_declaration"})


def smells(analysis: Analysis) -> Iterator[Spot]:
    """A spot for each smell of the file."""
    if analysis.language is not Language.PYTHON:
        yield from _javascript(analysis.tree.root_node)
        return
    for name, node, facts in _python(analysis.python) if analysis.python else ():
        rule = table("smells")[name]
        line = getattr(node, "lineno", 1)
        yield Spot(rule["rule"], Severity(rule["severity"]), rule["message"].format(**facts), rule["fix"], analysis.lines.byte(line), line)


_Smell = tuple[str, ast.AST, dict[str, str]]


def _python(tree: ast.Module) -> Iterator[_Smell]:
    for node in ast.walk(tree):
        if isinstance(node, _LOOPS):
            yield from _nested(node)
            yield from _in_loop(node, _lists(tree))
        elif isinstance(node, ast.AsyncFunctionDef):
            yield from _blocking(node)


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """What is below a node and runs with it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _SCOPES):
            yield child
            yield from _inside(child)


def _nested(outer: ast.For | ast.AsyncFor | ast.While) -> Iterator[_Smell]:
    if isinstance(outer, ast.While) or not isinstance(outer.iter, ast.Name):
        return
    name = outer.iter.id
    for inner in (node for statement in outer.body for node in ast.walk(statement)):
        walks = isinstance(inner, ast.For | ast.AsyncFor | ast.comprehension) and isinstance(inner.iter, ast.Name) and inner.iter.id == name
        if walks and not _rebinds(outer, name):
            yield "nested_loop", inner if isinstance(inner, ast.stmt) else outer, {"name": name}


def _in_loop(loop: ast.For | ast.AsyncFor | ast.While, lists: frozenset[str]) -> Iterator[_Smell]:
    """What a loop does over and over and need not, or does at the wrong end of a list."""
    rules = table("smells")
    for node in (inner for statement in loop.body for inner in (statement, *_inside(statement))):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=attr), args=args):
                call = f"{owner}.{attr}"
                if call in rules["once"]["calls"] and args and isinstance(args[0], ast.Constant):
                    yield "once", node, {"call": call}
                elif call in rules["copies"]["calls"]:
                    yield "copies", node, {"call": call}
                elif attr in {"insert", "pop"} and owner in lists and args and isinstance(args[0], ast.Constant) and args[0].value == 0:
                    yield "front", node, {"call": call}
                elif attr in rules["queries"]["calls"]:
                    yield "queries", node, {"call": call}
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Name(id=name)]) if name in lists and not _rebinds(loop, name):
                yield "membership", node, {"name": name}
            case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value) if _is_text(value):
                yield "joined", node, {"name": name}


def _is_text(value: ast.expr) -> bool:
    return (
        isinstance(value, ast.JoinedStr)
        or (isinstance(value, ast.Constant) and isinstance(value.value, str))
        or (isinstance(value, ast.BinOp) and (_is_text(value.left) or _is_text(value.right)))
    )


def _lists(tree: ast.Module) -> frozenset[str]:
    """Names that are only ever bound to lists written out, list comprehensions or ``list(…)``."""
    lists: set[str] = set()
    others: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            value = node.value
            made = isinstance(value, ast.List | ast.ListComp) or (
                isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in {"list", "sorted"}
            )
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            (lists if made else others).update(names)
        elif isinstance(node, ast.arg):
            others.add(node.arg)
    return frozenset(lists - others)


def _blocking(function: ast.AsyncFunctionDef) -> Iterator[_Smell]:
    rule = table("smells")["blocking"]
    for node in _inside(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
            call = f"{node.func.value.id}.{node.func.attr}"
            if call in rule["calls"]:
                yield "blocking", node, {"call": call}


def _rebinds(loop: ast.AST, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store) for node in ast.walk(loop))


def _javascript(root: Node) -> Iterator[Spot]:
    """``await`` and synchronous file access inside loops, and loops over the same array inside one another."""
    for node, loops in _below(root, ()):
        if (node.type == "await_expression" and loops and loops[-1].type != "for_in_statement") or (
            node.type == "await_expression" and loops and not any(child.type == "await" for child in loops[-1].children)
        ):
            yield _spot("awaits", node)
        elif node.type == "for_in_statement" and any(_walked(node) == _walked(outer) for outer in loops if outer.type == "for_in_statement"):
            yield _spot("nested_loop", node, name=_walked(node))
        elif node.type == "call_expression" and loops and _name(node).rpartition(".")[2] in table("smells")["synchronous"]["calls"]:
            yield _spot("synchronous", node, call=_name(node))


def _below(node: Node, loops: tuple[Node, ...]) -> Iterator[tuple[Node, tuple[Node, ...]]]:
    for child in node.named_children:
        yield child, loops
        around = () if child.type in _JS_FUNCTIONS else (*loops, child) if child.type in _JS_LOOPS else loops
        yield from _below(child, around)


def _name(call: Node) -> str:
    function = call.child_by_field_name("function")
    return (function.text or b"").decode(errors="replace") if function else ""


def _walked(loop: Node) -> str:
    right = loop.child_by_field_name("right")
    return (right.text or b"").decode(errors="replace") if right else ""


def _spot(kind: str, node: Node, **facts: str) -> Spot:
    rule = table("smells")[kind]
    return Spot(rule["rule"], Severity(rule["severity"]), rule["message"].format(**facts), rule["fix"], node.start_byte, node.start_point[0] + 1)

"""Names that code reads knowing that they may be missing: probed under ``except NameError``, or on a branch for another version or platform."""

import ast
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

_ABOUT = {"version_info", "hexversion", "platform", "implementation"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
}
_VALUES: dict[str, object] = {
    "os.name": os.name,
    "sys.hexversion": sys.hexversion,
    "sys.platform": sys.platform,
    "sys.version_info": sys.version_info[:],
}
_HOSTED = {"get_ipython", "__IPYTHON__"}
"""Names that a shell around the program puts among the builtins; a handler of every exception is guard enough for them."""
_Span = tuple[int, int]


class Guards:
    """Where a module's code is guarded: lines that do not run here, and names that a scope probes."""

    def __init__(self, tree: ast.Module) -> None:
        self._flags = _flags(tree)
        self._dead: list[_Span] = []
        self._probed: list[tuple[_Span, str]] = []
        self._walk(tree)

    def excuse(self, name: str, line: int) -> bool:
        """Whether the name is read on this line although the author knows that it may be undefined."""
        if any(first <= line <= last for first, last in self._dead):
            return True
        return any(name == probed and first <= line <= last for (first, last), probed in self._probed)

    def _walk(self, tree: ast.Module) -> None:
        pending: list[tuple[ast.AST, _Span]] = [(tree, (1, sys.maxsize))]
        while pending:
            node, scope = pending.pop()
            if isinstance(node, _FUNCTIONS):
                scope = (node.lineno, node.end_lineno or node.lineno)
            elif isinstance(node, ast.Try | ast.TryStar):
                self._note_probes(node, scope)
            elif isinstance(node, ast.If | ast.IfExp):
                self._note_branches(node)
            for block in _blocks(node):
                self._note_rest(block)
            pending.extend((child, scope) for child in ast.iter_child_nodes(node))

    def _note_probes(self, node: ast.Try | ast.TryStar, scope: _Span) -> None:
        """From the ``try`` to the end of its function, a name that it reads under ``except NameError`` may stand."""
        caught = {name for handler in node.handlers for name in _caught(handler.type)}
        if not caught & {"NameError", "Exception", "BaseException"}:
            return
        read = (inner.id for part in node.body for inner in ast.walk(part) if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load))
        self._probed.extend(((node.lineno, scope[1]), name) for name in read if "NameError" in caught or name in _HOSTED)

    def _note_branches(self, node: ast.If | ast.IfExp) -> None:
        holds = self._holds(node.test)
        if holds is None:
            return
        body, orelse = ([node.body], [node.orelse]) if isinstance(node, ast.IfExp) else (node.body, node.orelse)
        dead: Sequence[ast.AST] = orelse if holds else body
        self._dead.extend(_span(part) for part in dead)

    def _note_rest(self, block: Sequence[ast.stmt]) -> None:
        """What comes after ``if sys.version_info >= …: return`` in its block does not run where the condition holds."""
        for index, (first, _) in enumerate(pairwise(block)):
            if isinstance(first, ast.If) and isinstance(first.body[-1], _ENDS) and not first.orelse and self._holds(first.test):
                self._dead.extend(_span(part) for part in block[index + 1 :])

    def _holds(self, test: ast.expr) -> bool | None:  # noqa: PLR0911 - a table of expressions
        """Whether a condition on the version or platform holds here; ``None`` for every other condition."""
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self._holds(operand)
                return None if inner is None else not inner
            case ast.BoolOp(op=ast.And(), values=values):
                return False if any(self._holds(value) is False for value in values) else None
            case ast.BoolOp(op=ast.Or(), values=values):
                return True if any(self._holds(value) is True for value in values) else None
            case ast.Name(id=name):
                return self._flags.get(name)
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                return _compared(left, operator, right)
            case ast.Call(func=ast.Attribute(value=value, attr="startswith"), args=[ast.Constant(value=str(prefix))]) if _dotted(value) == "sys.platform":
                return sys.platform.startswith(prefix)
            case _:
                return None


def _flags(tree: ast.Module) -> dict[str, bool]:
    """``PY3 = sys.version_info[0] == 3`` and its like, at the top level, bound once."""
    found: dict[str, bool | None] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Compare):
            name = node.targets[0].id
            holds = _compared(node.value.left, node.value.ops[0], node.value.comparators[0])
            found[name] = None if name in found else holds
    return {name: holds for name, holds in found.items() if holds is not None}


def _blocks(node: ast.AST) -> Iterator[Sequence[ast.stmt]]:
    for field in ("body", "orelse", "finalbody"):
        block = getattr(node, field, None)
        if isinstance(block, list) and len(block) > 1 and isinstance(block[0], ast.stmt):
            yield block


def _caught(caught: ast.expr | None) -> set[str]:
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return {"BaseException" if name is None else name.id for name in names if name is None or isinstance(name, ast.Name)}


def _span(node: ast.AST) -> _Span:
    first: int = getattr(node, "lineno", 0)
    return first, getattr(node, "end_lineno", None) or first


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Attribute(value=ast.Name(id="sys"), attr=attribute) if attribute in _ABOUT:
            return f"sys.{attribute}"
        case ast.Attribute(value=ast.Name(id="os"), attr="name"):
            return "os.name"
        case _:
            return ""


def _known(node: ast.expr) -> object:
    """The value here of ``sys.version_info``, a part of it, ``sys.platform``, ``os.name``, ``sys.implementation.name``; ``None`` for all else."""
    match node:
        case ast.Subscript(value=value, slice=ast.Constant(value=int(index))) if _dotted(value) == "sys.version_info" and abs(index) < 5:
            return sys.version_info[index]
        case ast.Subscript(value=value, slice=ast.Slice(lower=None, upper=ast.Constant(value=int(index)), step=None)) if _dotted(value) == "sys.version_info":
            return tuple(sys.version_info[:index])
        case ast.Attribute(value=value, attr=("major" | "minor" | "micro") as part) if _dotted(value) == "sys.version_info":
            return getattr(sys.version_info, part)
        case ast.Attribute(value=value, attr="name") if _dotted(value) == "sys.implementation":
            return sys.implementation.name
    return _VALUES.get(_dotted(node))


def _compared(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> bool | None:
    known, compare = _known(left), _COMPARE.get(type(operator))
    if known is None or compare is None:
        return None
    try:
        return compare(known, ast.literal_eval(right))
    except (ValueError, TypeError):
        return None

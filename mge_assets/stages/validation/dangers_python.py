"""Dangerous patterns in Python, found in the syntax tree by the rules of ``rules/python.json``."""

import ast
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from mge_assets.model.findings import Severity
from mge_assets.stages.validation.rules import table
from mge_assets.stages.validation.secrets import is_secret
from mge_assets.stages.validation.spots import Lines, Spot

_SAFE_LOADERS = re.compile(r"(Base|C?Safe)Loader$")


class _Aliases:
    """What imported names stand for, so that ``from os import system as run`` is seen."""

    def __init__(self, nodes: Sequence[ast.AST]) -> None:
        self._known: dict[str, str] = {}
        for node in nodes:
            if isinstance(node, ast.Import):
                self._known |= {alias.asname: alias.name for alias in node.names if alias.asname}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                self._known |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}

    def dotted(self, node: ast.expr) -> str:
        """The full dotted name of an expression such as ``os.system``; empty where it is none."""
        if isinstance(node, ast.Name):
            return self._known.get(node.id, node.id)
        if isinstance(node, ast.Attribute) and (owner := self.dotted(node.value)):
            return f"{owner}.{node.attr}"
        return ""


def _excused(call: ast.Call, rule: dict[str, Any], aliases: _Aliases) -> bool:
    """Whether the call is harmless: its argument is written out, its loader is a safe one, its keyword is not set."""
    keywords = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    if wanted := rule.get("when"):
        value = keywords.get(wanted)
        if not (isinstance(value, ast.Constant) and value.value):
            return True
    if rule.get("unless") == "constant":
        return bool(call.args) and isinstance(call.args[0], ast.Constant)
    if rule.get("unless") == "safe_loader":
        loaders = [*call.args[1:2], *([keywords["Loader"]] if "Loader" in keywords else [])]
        return any(_SAFE_LOADERS.search(aliases.dotted(loader)) for loader in loaders)
    return False


def _call_spots(call: ast.Call, aliases: _Aliases, lines: Lines) -> Iterator[Spot]:
    name = aliases.dotted(call.func)
    for rule in table("python")["calls"]:
        if name in rule["calls"] and not _excused(call, rule, aliases):
            yield _spot(rule, call, lines, call=name)


def _text_of(node: ast.expr) -> str | None:
    """The written parts of a text that is put together from values; ``None`` for a text that is written out, or is none."""
    match node:
        case ast.JoinedStr(values=values) if any(isinstance(value, ast.FormattedValue) for value in values):
            return "".join(str(value.value) if isinstance(value, ast.Constant) else "?" for value in values)
        case ast.BinOp(left=left, op=ast.Mod() | ast.Add(), right=right):
            parts = [_constant(left) or _text_of(left), _constant(right) or _text_of(right)]
            varies = any(_constant(part) is None for part in (left, right))
            return "?".join(part or "" for part in parts) if varies and any(parts) else None
        case ast.Call(func=ast.Attribute(value=value, attr="format")) if _constant(value):
            return _constant(value)
    return None


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _sql_spots(nodes: Sequence[ast.AST], lines: Lines) -> Iterator[Spot]:
    """Calls that run SQL put together from values, in the call itself or under a name just before it."""
    names = frozenset(table("python")["sql_calls"])
    if not any(_runs(node, names) for node in nodes):
        return
    for scope in nodes:
        if isinstance(scope, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _sql_in(list(ast.walk(scope)), names, lines)


def _runs(node: ast.AST, names: Collection[str]) -> bool:
    """Whether the node is a call of a method of one of these names, with something handed to it."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names and bool(node.args)


def _sql_in(nodes: Sequence[ast.AST], names: Collection[str], lines: Lines) -> Iterator[Spot]:
    """The same within one function or the module, whose nodes these are."""
    rules = table("python")
    words, built = re.compile(rules["sql_words"]), set[str]()
    for node in nodes:
        if isinstance(node, ast.Assign) and words.search(_text_of(node.value) or ""):
            built |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _runs(node, names):
            first = node.args[0]
            inner = first.args[0] if isinstance(first, ast.Call) and first.args and _last_name(first.func) == "text" else first
            if (isinstance(inner, ast.Name) and inner.id in built) or words.search(_text_of(inner) or ""):
                yield _spot(rules["sql"], node, lines, call=node.func.attr)


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """(name, value) of what the node gives a value to: variables, attributes, keywords, keys, parameters."""
    match node:
        case ast.Assign(targets=targets, value=value):
            yield from ((_last_name(target), value) for target in targets)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield _last_name(target), value
        case ast.keyword(arg=str(name), value=value):
            yield name, value
        case ast.FunctionDef(args=args) | ast.AsyncFunctionDef(args=args) | ast.Lambda(args=args):
            named = [*args.posonlyargs, *args.args]
            yield from ((one.arg, value) for one, value in zip(named[len(named) - len(args.defaults) :], args.defaults, strict=True))
            yield from ((one.arg, value) for one, value in zip(args.kwonlyargs, args.kw_defaults, strict=True) if value)
        case ast.Compare(left=left, comparators=[right]) if _last_name(left):
            yield _last_name(left), right
        case ast.Call(args=args) | ast.List(elts=args) | ast.Tuple(elts=args):
            yield from (("", value) for value in args)
        case ast.Return(value=ast.expr() as value):
            yield "", value
        case ast.Dict(keys=keys, values=values):
            yield from ((key.value, value) for key, value in zip(keys, values, strict=True) if isinstance(key, ast.Constant) and isinstance(key.value, str))


def _last_name(target: ast.expr) -> str:
    return target.id if isinstance(target, ast.Name) else target.attr if isinstance(target, ast.Attribute) else ""


def _spot(rule: dict[str, Any], node: ast.AST, lines: Lines, **facts: str) -> Spot:
    line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
    return Spot(rule["rule"], Severity(rule["severity"]), rule["message"].format(**facts), rule["fix"], lines.byte(line, column), line)


def python_dangers(tree: ast.Module, lines: Lines) -> tuple[Spot, ...]:
    """A spot for each dangerous pattern, in the order of the file."""
    nodes = list(ast.walk(tree))
    aliases, rules = _Aliases(nodes), table("python")
    found: list[Spot] = []
    for node in nodes:
        if isinstance(node, ast.Call):
            found += _call_spots(node, aliases, lines)
        elif isinstance(node, ast.ExceptHandler) and node.type is None and not _raises_again(node):
            found.append(_spot(rules["bare_except"], node, lines))
        for name, value in _assigned(node):
            if isinstance(value, ast.Constant) and isinstance(value.value, str) and is_secret(name, value.value):
                found.append(_spot(rules["secret"], value, lines, name=name or "the value"))
    found += _sql_spots(nodes, lines)
    return tuple(sorted(dict.fromkeys(found), key=lambda spot: spot.byte))


def _raises_again(handler: ast.ExceptHandler) -> bool:
    """``except: … raise`` lets everything through after all."""
    return any(isinstance(node, ast.Raise) and node.exc is None for statement in handler.body for node in ast.walk(statement))

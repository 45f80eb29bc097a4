"""What a file defines and how it is called: the contract that a rewritten piece must keep. One value for all languages."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from mge_assets.stages.validation.spots import Lines

_SHAPING = frozenset({"property", "staticmethod", "classmethod", "cached_property", "setter", "deleter", "contextmanager", "asynccontextmanager"})
_EXEMPT = frozenset({"abstractmethod", "abstractproperty", "overload"})


@dataclass(frozen=True, slots=True)
class Definition:
    """A function or class: dotted name in its file, how it is called, whether its body is there in name only, and where it stands.

    ``calls`` is compared for equality; ``depth`` counts the functions around it (a method of a module's class has 0).
    """

    name: str
    kind: str
    calls: str
    stub: bool
    start: int
    end: int
    line: int
    depth: int

    @property
    def public(self) -> bool:
        """Reachable from other files, and named so."""
        return self.depth == 0 and not any(part.startswith(("_", "#")) and not part.endswith("__") for part in self.name.split("."))


def _last(node: ast.expr) -> str:
    match node:
        case ast.Call(func=func):
            return _last(func)
        case ast.Attribute(attr=attr):
            return attr
        case ast.Name(id=name):
            return name
    return ""


def _parameters(arguments: ast.arguments) -> str:
    """Names, order and kinds of the parameters, and which have a default; not the defaults' values, nor the types."""
    positional = [*arguments.posonlyargs, *arguments.args]
    required = len(positional) - len(arguments.defaults)
    words = [parameter.arg + ("=" if at >= required else "") for at, parameter in enumerate(positional)]
    if arguments.posonlyargs:
        words.insert(len(arguments.posonlyargs), "/")
    if arguments.vararg or arguments.kwonlyargs:
        words.append(f"*{arguments.vararg.arg if arguments.vararg else ''}")
    words += [parameter.arg + ("=" if default else "") for parameter, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    return ", ".join([*words, *([f"**{arguments.kwarg.arg}"] if arguments.kwarg else [])])


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0]
    return body[1:] if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str) else body


def is_stub(body: list[ast.stmt]) -> bool:
    """A body that is there in name only: a docstring, ``...``, ``pass`` or ``raise NotImplementedError``, and nothing else."""
    for statement in _without_docstring(body):
        match statement:
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                continue
            case ast.Raise(exc=ast.expr() as raised) if _last(raised) == "NotImplementedError":
                continue
        return False
    return True


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, scope: str, depth: int, lines: Lines, *, protocol: bool) -> Definition:
    decorators = [_last(decorator) for decorator in node.decorator_list]
    shape = "".join(f"@{name} " for name in decorators if name in _SHAPING)
    prefix = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    stub = is_stub(node.body) and not protocol and not _EXEMPT.intersection(decorators)
    start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    calls = f"{shape}{prefix}({_parameters(node.args)})"
    end = lines.byte(node.end_lineno or node.lineno, node.end_col_offset or 0)
    return Definition(f"{scope}{node.name}", "function", calls, stub, lines.byte(start, node.col_offset), end, node.lineno, depth)


def _walk(body: list[ast.stmt], scope: str, depth: int, lines: Lines, *, protocol: bool = False) -> Iterator[Definition]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield _function(node, scope, depth, lines, protocol=protocol)
            yield from _walk(node.body, f"{scope}{node.name}.", depth + 1, lines)
        elif isinstance(node, ast.ClassDef):
            start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            end = lines.byte(node.end_lineno or node.lineno, node.end_col_offset or 0)
            yield Definition(f"{scope}{node.name}", "class", "", stub=False, start=lines.byte(start, node.col_offset), end=end, line=node.lineno, depth=depth)
            yield from _walk(node.body, f"{scope}{node.name}.", depth, lines, protocol=any(_last(base) in {"Protocol", "ABC"} for base in _bases(node)))
        else:
            for part in _branches(node):
                yield from _walk(part, scope, depth, lines, protocol=protocol)


def _bases(node: ast.ClassDef) -> Iterator[ast.expr]:
    for base in node.bases:
        yield base.value if isinstance(base, ast.Subscript) else base


def _branches(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The statement lists inside a compound statement."""
    for name in ("body", "orelse", "finalbody"):
        if part := getattr(node, name, None):
            yield part
    for holder in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        yield holder.body


def python_definitions(tree: ast.Module, lines: Lines) -> tuple[Definition, ...]:
    """Every function and class of the file, outer ones before inner ones."""
    return tuple(_walk(tree.body, "", 0, lines))

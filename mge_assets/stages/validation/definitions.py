"""What a file defines and how it is called: the contract that a rewritten piece must keep. One value for all languages."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from mge_assets.stages.validation.spots import Lines
from mge_assets.stages.validation.stubs import is_stub, may_be_meant

_SHAPING = frozenset({"property", "staticmethod", "classmethod", "cached_property", "setter", "deleter", "contextmanager", "asynccontextmanager"})


@dataclass(frozen=True, slots=True)
class Definition:
    """A function or class: dotted name in its file, how it is called, whether its body is there in name only, and where it stands.

    ``calls`` is compared for equality; ``depth`` counts the functions around it (a method of a module's class has 0). ``empty`` says of a stub that
    it may be meant to do nothing.
    """

    name: str
    kind: str
    calls: str
    stub: bool
    start: int
    end: int
    line: int
    depth: int
    empty: bool = False

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


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, scope: str, depth: int, lines: Lines, owner: ast.ClassDef | None, *, typing: bool) -> Definition:
    decorators = [_last(decorator) for decorator in node.decorator_list]
    shape = "".join(f"@{name} " for name in decorators if name in _SHAPING)
    prefix = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    stub = not typing and is_stub(node, owner)
    start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    calls = f"{shape}{prefix}({_parameters(node.args)})"
    end = lines.byte(node.end_lineno or node.lineno, node.end_col_offset or 0)
    return Definition(
        f"{scope}{node.name}", "function", calls, stub, lines.byte(start, node.col_offset), end, node.lineno, depth, stub and may_be_meant(node, owner)
    )


def _walk(body: list[ast.stmt], scope: str, depth: int, lines: Lines, owner: ast.ClassDef | None = None, *, typing: bool = False) -> Iterator[Definition]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield _function(node, scope, depth, lines, owner, typing=typing)
            yield from _walk(node.body, f"{scope}{node.name}.", depth + 1, lines)
        elif isinstance(node, ast.ClassDef):
            start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            end = lines.byte(node.end_lineno or node.lineno, node.end_col_offset or 0)
            yield Definition(f"{scope}{node.name}", "class", "", stub=False, start=lines.byte(start, node.col_offset), end=end, line=node.lineno, depth=depth)
            yield from _walk(node.body, f"{scope}{node.name}.", depth, lines, node)
        else:
            for part in _branches(node):
                yield from _walk(part, scope, depth, lines, owner, typing=typing or _for_checkers(node))


def _for_checkers(node: ast.stmt) -> bool:
    """``if TYPE_CHECKING``: what stands there never runs."""
    return isinstance(node, ast.If) and any(getattr(part, "id", getattr(part, "attr", "")) == "TYPE_CHECKING" for part in ast.walk(node.test))


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

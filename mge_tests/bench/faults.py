"""Faults seeded into real Python code: one edit each, of a kind that belongs to a validation level. Everything is drawn from a seeded generator."""

import ast
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True)
class Fault:
    """A project with one fault: the ``kind``, the ``file`` that was edited and the ``line``, and its bytes now (``None``: the file is gone)."""

    kind: str
    file: str
    line: int
    content: bytes | None
    was: str = ""


class Source:
    """A file with its tree, and edits of it by the places of nodes."""

    def __init__(self, file: str, content: bytes) -> None:
        self.file, self.content = file, content
        self.tree = ast.parse(content)
        self._starts = [0]
        for line in content.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def place(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column

    def span(self, node: ast.AST) -> tuple[int, int]:
        return self.place(node.lineno, node.col_offset), self.place(node.end_lineno, node.end_col_offset)  # type: ignore[attr-defined]

    def edited(self, kind: str, node: ast.AST, start: int, end: int, text: str) -> Fault:
        content = self.content[:start] + text.encode() + self.content[end:]
        return Fault(kind, self.file, node.lineno, content, self.content[start:end].decode(errors="replace")[:60])  # type: ignore[attr-defined]

    def replaced(self, kind: str, node: ast.AST, text: str) -> Fault:
        return self.edited(kind, node, *self.span(node), text)

    def nodes(self, *kinds: type) -> list[ast.AST]:
        return [node for node in ast.walk(self.tree) if isinstance(node, kinds)]

    def around(self, node: ast.AST, *kinds: type) -> ast.AST | None:
        while node in self.parents:
            node = self.parents[node]
            if isinstance(node, kinds):
                return node
        return None


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def _body(source: Source, function: ast.AST) -> tuple[int, str]:
    """Where the body's first real statement starts, and its indentation."""
    body = function.body  # type: ignore[attr-defined]
    first = body[1] if len(body) > 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) else body[0]
    return source.place(first.lineno, 0), " " * first.col_offset


def _functions(source: Source) -> list[ast.AST]:
    """Functions with a body on lines of its own, of which something is left after the docstring."""
    return [node for node in source.nodes(*_FUNCTIONS) if node.body[0].lineno > node.lineno and not _only_says(node)]  # type: ignore[attr-defined]


def _only_says(function: ast.AST) -> bool:
    return all(isinstance(node, ast.Pass | ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in function.body)  # type: ignore[attr-defined]


def _inserted(kind: str, line: Callable[[str], str]) -> Callable[[Source], Iterator[Fault]]:
    """A statement put first into each function that has a parameter; it is made from the parameter's name."""

    def seed(source: Source) -> Iterator[Fault]:
        for function in _functions(source):
            names = [one.arg for one in function.args.args if one.arg not in ("self", "cls")]  # type: ignore[attr-defined]
            if names:
                at, indent = _body(source, function)
                text = "".join(f"{indent}{each}\n" for each in line(names[0]).split("\n"))
                yield source.edited(kind, function, at, at, text)

    return seed


def _brackets(source: Source) -> Iterator[Fault]:
    for node in source.nodes(ast.Call):
        end = source.span(node)[1]
        yield source.edited("syntax.bracket", node, end - 1, end, "")


def _colons(source: Source) -> Iterator[Fault]:
    for node in source.nodes(ast.If, ast.For, ast.While):
        first = node.body[0]  # type: ignore[attr-defined]
        at = source.content.rfind(b":", 0, source.span(first)[0])
        if first.lineno > node.lineno and b"\n" in source.content[at : source.span(first)[0]]:  # type: ignore[attr-defined]
            gap = source.content[at + 1 : source.span(first)[0]]
            if not gap.strip():
                yield source.edited("syntax.colon", node, at, at + 1, "")


def _indents(source: Source) -> Iterator[Fault]:
    for function in _functions(source):
        at, indent = _body(source, function)
        yield source.edited("syntax.indent", function, at, at + len(indent), indent[:-1] if len(indent) > 1 else "")


def _names(source: Source) -> Iterator[Fault]:
    for node in source.nodes(ast.Name):
        assert isinstance(node, ast.Name)
        guarded = source.around(node, ast.Try)
        if isinstance(node.ctx, ast.Load) and source.around(node, *_FUNCTIONS) and not guarded and not _deferred(source, node):
            yield source.replaced("names.undefined", node, f"{node.id}_q")


def _deferred(source: Source, node: ast.AST) -> bool:
    """Inside an annotation, or after a wildcard import or ``del``."""
    up = node
    while up in source.parents:
        parent = source.parents[up]
        if (
            isinstance(parent, ast.arg)
            or (isinstance(parent, ast.AnnAssign) and up is parent.annotation)
            or (isinstance(parent, *[_FUNCTIONS]) and up is parent.returns)
        ):  # type: ignore[attr-defined]
            return True
        up = parent
    return False


def _missing_arguments(source: Source) -> Iterator[Fault]:
    """A call of a function of this file with one required argument less, or one too many."""
    plain = {node.name: node for node in source.tree.body if isinstance(node, ast.FunctionDef) and not node.decorator_list}
    bound = [node.name for node in source.nodes(*_FUNCTIONS)]  # type: ignore[attr-defined]
    for call in source.nodes(ast.Call):
        assert isinstance(call, ast.Call)
        if not isinstance(call.func, ast.Name) or call.func.id not in plain or bound.count(call.func.id) != 1:
            continue
        arguments = plain[call.func.id].args
        if call.keywords or any(isinstance(one, ast.Starred) for one in call.args) or arguments.vararg or not call.args:
            continue
        required = len(arguments.args) - len(arguments.defaults)
        if len(call.args) == required:
            start = source.span(call.args[-2])[1] if len(call.args) > 1 else source.span(call.args[0])[0]
            yield source.edited("types.call", call, start, source.span(call.args[-1])[1], "")
        end = source.span(call)[1]
        extra = ", ".join(["None"] * (len(arguments.args) - len(call.args) + 1))
        yield source.edited("types.call", call, end - 1, end, f", {extra})")


def _own_attributes(source: Source) -> Iterator[Fault]:
    """A misspelt method or attribute of ``self`` where the class has no base and no ``__getattr__``."""
    for node in source.nodes(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        owner, function = source.around(node, ast.ClassDef), source.around(node, *_FUNCTIONS)
        if isinstance(node.ctx, ast.Load) and isinstance(node.value, ast.Name) and node.value.id == "self" and isinstance(owner, ast.ClassDef) and function:
            dynamic = (
                owner.bases or owner.keywords or any(isinstance(one, _FUNCTIONS) and one.name in ("__getattr__", "__getattribute__") for one in owner.body)
            )
            if not dynamic and source.parents.get(function) is owner and not owner.decorator_list:
                yield source.edited("types.attribute", node, source.span(node)[1], source.span(node)[1], "_q")


def _wrong_returns(source: Source) -> Iterator[Fault]:
    """A value of another type out of a function that says ``-> str``, ``int``, ``bool``, ``bytes``, ``list`` or ``dict``."""
    wrong = {"str": "0", "int": "'text'", "bytes": "'text'", "bool": "'text'", "float": "'text'"}
    for node in source.nodes(ast.Return):
        function = source.around(node, *_FUNCTIONS, ast.Lambda)
        if isinstance(function, ast.FunctionDef) and isinstance(function.returns, ast.Name) and function.returns.id in wrong and node.value is not None:  # type: ignore[attr-defined]
            yield source.replaced("types.return", node.value, wrong[function.returns.id])  # type: ignore[attr-defined]


def _mixed(source: Source) -> Iterator[Fault]:
    for node in source.nodes(ast.Constant):
        assert isinstance(node, ast.Constant)
        parent = source.parents.get(node)
        if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Add) and isinstance(node.value, str) and source.around(node, *_FUNCTIONS):
            other = parent.right if parent.left is node else parent.left
            if isinstance(other, ast.Constant | ast.JoinedStr) or (isinstance(other, ast.Call) and isinstance(other.func, ast.Name) and other.func.id == "str"):
                yield source.replaced("types.operator", node, "1")


def _formats(source: Source) -> Iterator[Fault]:
    for node in source.nodes(ast.BinOp):
        assert isinstance(node, ast.BinOp)
        if (
            isinstance(node.op, ast.Mod)
            and isinstance(node.left, ast.Constant)
            and isinstance(node.left.value, str)
            and isinstance(node.right, ast.Tuple)
            and len(node.right.elts) > 1
        ):
            start, end = source.span(node.right.elts[-2])[1], source.span(node.right.elts[-1])[1]
            yield source.edited("types.format", node, start, end, "," if len(node.right.elts) == 2 else "")


def _stubs(source: Source) -> Iterator[Fault]:
    for function in _functions(source):
        if source.around(function, ast.ClassDef, *_FUNCTIONS) is None and len(function.body) > 1:  # type: ignore[attr-defined]
            at, indent = _body(source, function)
            text = random.Random(function.lineno).choice(["...", "pass", "raise NotImplementedError"])  # type: ignore[attr-defined]
            yield source.edited("completeness.stub", function, at, source.span(function)[1], f"{indent}{text}")


_SECRET = "ghp_" + "a1B2c3D4e5" * 4
LEVEL_1: Mapping[str, Callable[[Source], Iterator[Fault]]] = {
    "syntax.bracket": _brackets,
    "syntax.colon": _colons,
    "syntax.indent": _indents,
    "names.undefined": _names,
    "types.call": _missing_arguments,
    "types.attribute": _own_attributes,
    "types.return": _wrong_returns,
    "types.operator": _mixed,
    "types.format": _formats,
    "completeness.stub": _stubs,
    "safety.eval": _inserted("safety.eval", lambda name: f"eval({name})"),
    "safety.shell": _inserted("safety.shell", lambda name: f"import os\nos.system(f'ls {{{name}}}')"),
    "safety.subprocess": _inserted("safety.subprocess", lambda name: f"import subprocess\nsubprocess.run('ls ' + {name}, shell=True)"),
    "safety.pickle": _inserted("safety.pickle", lambda name: f"import pickle\npickle.loads({name})"),
    "safety.sql": _inserted("safety.sql", lambda name: f"import sqlite3\nsqlite3.connect(':memory:').execute(f'SELECT * FROM t WHERE a = {{{name}}}')"),
    "safety.secret": _inserted("safety.secret", lambda _: f"token = {_SECRET!r}"),
    "safety.yaml": _inserted("safety.yaml", lambda name: f"import yaml\nyaml.load({name})"),
    "safety.except": _inserted("safety.except", lambda name: f"try:\n    print({name})\nexcept:\n    pass"),
}


def _missing_modules(source: Source) -> Iterator[Fault]:
    for node in source.nodes(ast.ImportFrom):
        assert isinstance(node, ast.ImportFrom)
        if node.level and node.module and not source.around(node, ast.Try, ast.If):
            start = source.span(node)[0]
            at = source.content.index(node.module.encode(), start)
            yield source.edited("imports.module", node, at, at + len(node.module), f"{node.module}_q")


def _missing_names(source: Source) -> Iterator[Fault]:
    for node in source.nodes(ast.ImportFrom):
        assert isinstance(node, ast.ImportFrom)
        if node.level and not source.around(node, ast.Try, ast.If):
            for alias in node.names:
                if alias.name != "*":
                    start, _ = source.span(alias)
                    text = f"{alias.name}_q as {alias.asname or alias.name}"
                    yield source.edited("imports.name", node, start, source.span(alias)[1], text)


def _public(source: Source) -> list[ast.FunctionDef]:
    names = [node.name for node in source.nodes(*_FUNCTIONS, ast.ClassDef)]  # type: ignore[attr-defined]
    return [node for node in source.tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and names.count(node.name) == 1]


def _renamed(source: Source) -> Iterator[Fault]:
    for node in _public(source):
        at = source.content.index(node.name.encode(), source.place(node.lineno, node.col_offset))
        yield source.edited("contract.renamed", node, at, at + len(node.name), f"{node.name}_q")


def _more_parameters(source: Source) -> Iterator[Fault]:
    for node in _public(source):
        if node.args.args and not node.args.posonlyargs:
            at = source.span(node.args.args[0])[0]
            yield source.edited("contract.parameter", node, at, at, "extra_q, ")


def _foreign(source: Source) -> Iterator[Fault]:
    """A package that nobody declared, imported and used."""
    imports = [node for node in source.tree.body if isinstance(node, ast.Import | ast.ImportFrom) and getattr(node, "module", "") != "__future__"]
    for node in imports:
        at = source.place(node.lineno, 0)
        for package in ("boto3", "pendulum_q", "leftpad"):
            yield source.edited("imports.undeclared", node, at, at, f"import {package}\n")


def _looked_up(source: Source) -> Iterator[Fault]:
    """A name looked up in a module of the project that has no such name."""
    for node in source.tree.body:
        if isinstance(node, ast.ImportFrom) and node.level == 1 and not node.module:
            for alias in node.names:
                local = alias.asname or alias.name
                for use in source.nodes(ast.Attribute):
                    if isinstance(use, ast.Attribute) and isinstance(use.value, ast.Name) and use.value.id == local and isinstance(use.ctx, ast.Load):
                        yield source.edited("imports.attribute", use, source.span(use)[1], source.span(use)[1], "_q")


def _wrong_calls(source: Source) -> Iterator[Fault]:
    """A function of another file called with a keyword that it does not take."""
    imported = {alias.asname or alias.name for node in source.nodes(ast.ImportFrom) if node.level for alias in node.names}  # type: ignore[attr-defined]
    for call in source.nodes(ast.Call):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in imported and call.func.id[0].islower():
            end = source.span(call)[1]
            comma = "" if (not call.args and not call.keywords) or source.content[: end - 1].rstrip().endswith(b",") else ", "
            yield source.edited("integration.call", call, end - 1, end, f"{comma}extra_q=1)")


LEVEL_2: Mapping[str, Callable[[Source], Iterator[Fault]]] = {
    "imports.module": _missing_modules,
    "imports.name": _missing_names,
    "imports.attribute": _looked_up,
    "imports.undeclared": _foreign,
    "contract.renamed": _renamed,
    "contract.parameter": _more_parameters,
    "integration.call": _wrong_calls,
}


def cross_file(sources: Sequence[Source]) -> Iterator[Fault]:
    """Level 3: what one file offers changes, and the files that use it do not."""
    users: dict[str, list[str]] = {}
    for source in sources:
        for node in source.nodes(ast.ImportFrom):
            assert isinstance(node, ast.ImportFrom)
            if node.level == 1 and node.module and not source.around(node, ast.Try, *_FUNCTIONS) and not isinstance(source.parents.get(node), ast.If):
                target = str(PurePosixPath(source.file).parent / f"{node.module.replace('.', '/')}.py")
                for alias in node.names:
                    users.setdefault(f"{target}:{alias.name}", []).append(source.file)
    for source in sources:
        for node in (*_public(source), *(one for one in source.tree.body if isinstance(one, ast.ClassDef))):
            if f"{source.file}:{node.name}" in users:
                at = source.content.index(node.name.encode(), source.place(node.lineno, node.col_offset))
                yield Fault(
                    "interfaces.renamed", source.file, node.lineno, source.content[:at] + f"{node.name}_q".encode() + source.content[at + len(node.name) :]
                )
                if isinstance(node, ast.FunctionDef) and _called_elsewhere(node, users[f"{source.file}:{node.name}"], sources):
                    start = source.span(node.args.args[0])[0] if node.args.args else source.content.index(b"(", at) + 1
                    more = "extra_q, " if node.args.args or node.args.vararg or node.args.kwonlyargs or node.args.kwarg else "extra_q"
                    content = source.content[:start] + more.encode() + source.content[start:]
                    yield Fault("interfaces.parameter", source.file, node.lineno, content)
        if any(key.startswith(f"{source.file}:") for key in users):
            yield Fault("integration.gone", source.file, 1, None)
            user = next(name for key, names in users.items() if key.startswith(f"{source.file}:") for name in names)
            yield from _circles(source, user, users)


def _called_elsewhere(node: ast.FunctionDef, files: Sequence[str], sources: Sequence[Source]) -> bool:
    if node.decorator_list or node.args.posonlyargs or node.args.vararg:
        return False
    for source in sources:
        if source.file in files:
            for call in source.nodes(ast.Call):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == node.name and not call.keywords:
                    positional = not any(isinstance(one, ast.Starred) for one in call.args)
                    if positional and len(call.args) == len(node.args.args) - len(node.args.defaults) and not node.args.kwonlyargs:
                        return True
    return False


def _circles(source: Source, user: str, users: Mapping[str, Sequence[str]]) -> Iterator[Fault]:
    """The file takes a name from one that takes names from it, before either has bound any."""
    first = next((node for node in source.tree.body if isinstance(node, ast.Import | ast.ImportFrom) and getattr(node, "module", "") != "__future__"), None)
    if first is None or PurePosixPath(user).parent != PurePosixPath(source.file).parent or user.endswith("__init__.py") or user == source.file:
        return
    names = [key.partition(":")[2] for key in users if key.startswith(f"{user}:")]
    if names:
        at = source.place(first.lineno, 0)
        text = f"from .{PurePosixPath(user).stem} import {names[0]} as circle_q\n".encode()
        yield Fault("circular.breaks", source.file, first.lineno, source.content[:at] + text + source.content[at:])


def whole_plan(sources: Sequence[Source]) -> Iterator[Fault]:
    """Level 4: dependencies, security and performance of the whole."""
    for source in sources:
        yield from _foreign(source)
        for kind in ("safety.eval", "safety.shell", "safety.subprocess", "safety.sql", "safety.secret", "safety.yaml"):
            yield from LEVEL_1[kind](source)
        yield from _slow(source)
        yield Fault("architecture.missing", source.file, 1, None)


def _slow(source: Source) -> Iterator[Fault]:
    loops = {
        "performance.nested": "for one_q in {name}:\n    for two_q in {name}:\n        print(one_q, two_q)",
        "performance.joined": "text_q = ''\nfor one_q in {name}:\n    text_q += 'x'",
        "performance.once": "import re\nfor one_q in {name}:\n    re.compile('a+').match(one_q)",
        "performance.membership": "seen_q = []\nfor one_q in {name}:\n    if one_q not in seen_q:\n        seen_q.append(one_q)",
    }
    for kind, text in loops.items():
        yield from _inserted(kind, lambda name, text=text: text.format(name=name))(source)  # type: ignore[misc]


def drawn(faults: Mapping[str, Sequence[Fault]], wanted: int, seed: int = 5) -> list[Fault]:
    """So many faults, the same share of each kind as far as there are any. A file that is not Python any more is a fault of syntax, and of no other kind."""
    chance = random.Random(seed)
    found: list[Fault] = []
    pools = {kind: chance.sample(list(pool), len(pool)) for kind, pool in faults.items() if pool}
    while len(found) < wanted and pools:
        for kind in list(pools):
            fault = next((one for one in iter(lambda kind=kind: pools[kind].pop() if pools[kind] else None, None) if reads(one)), None)  # type: ignore[misc]
            if fault is None:
                del pools[kind]
            else:
                found.append(fault)
    return found[:wanted]


def reads(fault: Fault) -> bool:
    """Whether the edited file is what its kind of fault leaves: Python, unless the fault is one of syntax."""
    if fault.content is None or not fault.file.endswith(".py") or fault.kind.startswith("syntax"):
        return True
    try:
        ast.parse(fault.content)
    except SyntaxError:
        return False
    return True

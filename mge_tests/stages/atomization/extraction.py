"""Statement groups replaced by calls of functions that take exactly their live-in and return exactly their live-out: the code must do what it did.

What belongs here: the replacement, on Python's own syntax trees, and running a package's doctests with it (``python -m`` of this module does so
in a process of its own). A group is taken out of its function, past the class around it, so that nothing is seen that is not passed. An exit (return,
break, continue, an exception) comes back as a word with the variables that go out. Left alone, and counted: groups that hold only a part of a
statement, that use ``super``, mangled names or ``locals``, and variables that a nested function captures, which no call can pass.
"""

import ast
import builtins
import doctest
import importlib.abc
import importlib.machinery
import importlib.util
import io
import json
import subprocess
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from mge_assets.model.atoms import AtomKind
from mge_assets.stages.atomization import MultiLanguageParser, tile
from mge_assets.stages.atomization.facts import Facts, Subject, subjects
from mge_resources.syntax import Language

Function = ast.FunctionDef | ast.AsyncFunctionDef
_NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.GeneratorExp)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_FORBIDDEN = {"super", "__class__", "locals", "vars", "eval", "exec", "dir", "globals"}
_UNBOUND = object()
_RUN: set[str] = set()
"""Names of the replaced groups that were run."""


@dataclass
class Extraction:
    """A module's tree with its groups replaced: their names (``file:line``), and why others were left alone."""

    tree: ast.Module
    groups: list[str] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)


@dataclass
class _Group:
    name: str
    function: Function
    holder: list[ast.stmt]
    statements: list[ast.stmt]
    live_in: tuple[str, ...]
    live_out: tuple[str, ...]


def extract(source: bytes, file: str, *, without: Mapping[str, str] | None = None, only: Sequence[str] | None = None) -> Extraction:
    """The module with every group replaced that can be, or with ``only`` these; ``without`` names one variable that a group's call does not pass."""
    tree = ast.parse(source)
    found = Extraction(tree)
    tiling = tile(MultiLanguageParser().parse(source, file, Language.PYTHON))
    facts = Facts(tiling)
    places = _Places(source, tree)
    groups: list[_Group] = []
    for subject in subjects(tiling):
        if subject.atom.kind is not AtomKind.STATEMENT_GROUP or facts.holder(subject) is None:
            continue
        group = _group(subject, facts, places, f"{file}:{subject.atom.span.start_line}")
        if isinstance(group, str):
            found.left[group] += 1
        elif only is None or group.name in only:
            groups.append(group)
    for number, group in enumerate(groups):
        if without is not None and group.name in without:
            group.live_in, group.live_out = (tuple(name for name in names if name != without[group.name]) for names in (group.live_in, group.live_out))
        _replace(group, number, places)
        found.groups.append(group.name)
    ast.fix_missing_locations(tree)
    return found


class _Places:
    """Where statements stand: their offsets, the function around each, the list that holds it and the statements above."""

    def __init__(self, source: bytes, tree: ast.Module) -> None:
        self._starts = [0, *accumulate(len(line) + 1 for line in source.split(b"\n"))]
        self.spans: list[tuple[int, int, ast.stmt]] = []
        self.above: dict[ast.stmt, tuple[list[ast.stmt], tuple[ast.AST, ...]]] = {}
        self._walk(tree, ())
        self.spans.sort(key=lambda span: (span[0], -span[1]))

    def _walk(self, node: ast.AST, above: tuple[ast.AST, ...]) -> None:
        for _, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if not isinstance(child, ast.AST):
                    continue
                if isinstance(child, ast.stmt) and isinstance(value, list):
                    start, end = self._starts[child.lineno - 1] + child.col_offset, self._starts[(child.end_lineno or 1) - 1] + (child.end_col_offset or 0)
                    self.spans.append((start, end, child))
                    self.above[child] = (value, (*above, node))
                self._walk(child, (*above, node))

    def within(self, start: int, end: int) -> list[tuple[int, int, ast.stmt]]:
        """The statements that begin in the range, outer before inner."""
        first = bisect_right(self.spans, start - 1, key=lambda span: span[0])
        return self.spans[first : bisect_right(self.spans, end - 1, key=lambda span: span[0])]


def _group(subject: Subject, facts: Facts, places: _Places, name: str) -> _Group | str:
    """The atom as whole statements of one block, or why it is none."""
    start, end = subject.atom.span.start_byte, subject.atom.span.end_byte
    inside = places.within(start, end)
    if not inside or any(last > end for _, last, _ in inside):
        return "a part of a statement"
    whole: list[ast.stmt] = []
    reached = start
    for first, last, statement in inside:
        if first >= reached:
            if facts.source[reached:first].strip().strip(b";") and _code(facts.source[reached:first]):
                return "a part of a statement"
            whole.append(statement)
            reached = last
    holder, above = places.above[whole[0]]
    if any(places.above[statement][0] is not holder for statement in whole) or _code(facts.source[reached:end]):
        return "a part of a statement"
    function = next((node for node in reversed(above) if isinstance(node, Function | ast.ClassDef | ast.Lambda)), None)
    if not isinstance(function, Function):
        return "not in a function"
    flow = facts.flow(subject)
    if reason := _hindered(function, whole, {*flow.live_in, *flow.live_out}):
        return reason
    own = _own_names(function)  # variables of functions further out are still there where the new function stands
    return _Group(name, function, holder, whole, tuple(one for one in flow.live_in if one in own), flow.live_out)


def _code(text: bytes) -> bool:
    """Whether there is more than comments and the keywords ``else``, ``try`` and ``finally``, which say nothing of a variable."""
    lines = (line.split(b"#")[0].strip().rstrip(b"\\;").strip() for line in text.split(b"\n"))
    return any(line not in {b"", b"else:", b"try:", b"finally:"} for line in lines)


def _hindered(function: Function, statements: list[ast.stmt], flowing: set[str]) -> str:
    names = {node.id for statement in statements for node in ast.walk(statement) if isinstance(node, ast.Name)}
    attributes = {node.attr for statement in statements for node in ast.walk(statement) if isinstance(node, ast.Attribute)}
    if names & _FORBIDDEN:
        return "looks at its frame or class"
    if any(name.startswith("__") and not name.endswith("__") for name in names | attributes):
        return "a mangled name"
    kinds = {type(node) for node in _own_nodes(function.body)}
    if isinstance(function, ast.AsyncFunctionDef) and kinds & {ast.Yield, ast.YieldFrom}:
        return "an asynchronous generator"
    if ast.Nonlocal in kinds or any(isinstance(node, ast.Global | ast.Nonlocal) for statement in statements for node in ast.walk(statement)):
        return "declares a variable of another scope"
    bound = {node.id for statement in statements for node in ast.walk(statement) if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    captured = {
        name.id for node in ast.walk(function) if isinstance(node, _NESTED) and node is not function for name in ast.walk(node) if isinstance(name, ast.Name)
    }
    defined = {node.name for statement in statements for node in ast.walk(statement) if isinstance(node, Function | ast.ClassDef)}
    return "a captured variable" if captured & (flowing | bound | defined) or defined & captured else ""


def _own_nodes(statements: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Nodes below, those of nested functions and classes left out."""
    stack = list(statements)
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            stack.extend(ast.iter_child_nodes(node))


def _own_names(function: Function) -> set[str]:
    given = function.args
    found = {one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg) if one is not None}
    for node in _own_nodes(function.body):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, Function | ast.ClassDef | ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            found.add(node.rest)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return found


class _Exits(ast.NodeTransformer):
    """``return``, and ``break`` and ``continue`` that leave the group, as words that the caller acts on."""

    def __init__(self, outs: tuple[str, ...]) -> None:
        self._outs, self.found, self._loops = outs, set[str](), 0

    def _left(self, word: str, value: ast.expr | None = None) -> ast.stmt:
        self.found.add(word)
        made = ast.parse(f"return ({word!r}, _mge_pick(locals(), {self._outs!r}), None)").body[0]
        assert isinstance(made, ast.Return)
        assert isinstance(made.value, ast.Tuple)
        if value is not None:
            made.value.elts[2] = value
        return made

    def visit_Return(self, node: ast.Return) -> ast.stmt:
        return self._left("return", node.value)

    def visit_Break(self, node: ast.Break) -> ast.stmt:
        return node if self._loops else self._left("break")

    def visit_Continue(self, node: ast.Continue) -> ast.stmt:
        return node if self._loops else self._left("continue")

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            return node
        if isinstance(node, _LOOPS):
            self._loops += 1
            node.body = [self.visit(one) for one in node.body]
            self._loops -= 1
            node.orelse = [self.visit(one) for one in node.orelse]
            return node
        return super().generic_visit(node)


def _replace(group: _Group, number: int, places: _Places) -> None:
    name = f"_mge_group_{number}"
    kinds = {type(node) for node in _own_nodes(group.statements)}
    yields, awaits = bool(kinds & {ast.Yield, ast.YieldFrom}), isinstance(group.function, ast.AsyncFunctionDef)
    declared = sorted({one for node in _own_nodes(group.function.body) if isinstance(node, ast.Global) for one in node.names})
    exits = _Exits(group.live_out)
    body = [exits.visit(statement) for statement in group.statements]
    made = _made(name, group, body, declared, awaits=awaits)
    first = group.holder.index(group.statements[0])
    group.holder[first : first + len(group.statements)] = ast.parse(
        _call(name, group, exits.found, "yield from " if yields else "await " if awaits else "")
    ).body
    _, above = places.above[group.function]
    inner: ast.stmt = group.function
    for node in reversed(above):
        if isinstance(node, Function | ast.Module):
            break
        if isinstance(node, ast.stmt) and isinstance(node, ast.ClassDef):
            inner = node
    holder = places.above[inner][0]
    holder.insert(holder.index(inner), made)


def _made(name: str, group: _Group, body: list[ast.stmt], declared: list[str], *, awaits: bool) -> ast.stmt:
    lines = [f"{'async ' if awaits else ''}def {name}({', '.join(f'{one}=_mge_unbound' for one in group.live_in)}):", f" _mge_run.add({group.name!r})"]
    lines += [f" global {', '.join(declared)}"] if declared else []
    lines += [f" if {one} is _mge_unbound: del {one}" for one in group.live_in]
    outs = f"_mge_pick(locals(), {group.live_out!r})"
    lines += [" try: pass", f" except BaseException as _mge_error: return ('raise', {outs}, _mge_error)", f" return ('end', {outs}, None)"]
    made = ast.parse("\n".join(lines)).body[0]
    assert isinstance(made, Function)
    tried = next(node for node in made.body if isinstance(node, ast.Try))
    tried.body = body
    return made


def _call(name: str, group: _Group, exits: set[str], how: str) -> str:
    lines = [f"_mge_left = {how}{name}(**_mge_pick(locals(), {group.live_in!r}))"]
    lines += [f"if {one!r} in _mge_left[1]: {one} = _mge_left[1][{one!r}]" for one in group.live_out]
    lines.append("if _mge_left[0] == 'raise': raise _mge_left[2]")
    acts = {"return": "return _mge_left[2]", "break": "break", "continue": "continue"}
    lines += [f"if _mge_left[0] == {word!r}: {acts[word]}" for word in sorted(exits)]
    return "\n".join(lines)


def pick(variables: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Those of the names that are bound."""
    return {name: variables[name] for name in names if name in variables}


NEEDED: dict[str, Any] = {"_mge_pick": pick, "_mge_unbound": _UNBOUND, "_mge_run": _RUN}
"""What replaced code calls."""


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads one file with its groups replaced; ``replacing`` says how."""

    replacing: "Replacing"

    def get_code(self, fullname: str) -> CodeType:
        """The replaced code."""
        found = extract(self.get_data(self.path), fullname, without=self.replacing.without, only=self.replacing.only)
        self.replacing.groups += found.groups
        self.replacing.left += found.left
        made: CodeType = compile(found.tree, self.path, "exec", dont_inherit=True)
        return made


class Replacing(importlib.abc.MetaPathFinder):
    """Imports modules of these packages with their groups replaced."""

    def __init__(self, packages: Sequence[str], *, without: Mapping[str, str] | None = None, only: Sequence[str] | None = None) -> None:
        self._packages, self.without, self.only = tuple(packages), without, only
        self.groups: list[str] = []
        self.left: Counter[str] = Counter()

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> importlib.machinery.ModuleSpec | None:
        """A spec with this loader for a Python file of the packages."""
        if not any(fullname == package or fullname.startswith(f"{package}.") for package in self._packages):
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
            return None
        loader = _Loader(fullname, spec.origin)
        loader.replacing = self
        return importlib.util.spec_from_file_location(fullname, spec.origin, loader=loader, submodule_search_locations=spec.submodule_search_locations)


def outcomes(modules: Sequence[str]) -> dict[str, tuple[int, int]]:
    """(examples, failures) of each module's doctests; (0, 0) of one that can't be imported here."""
    found: dict[str, tuple[int, int]] = {}
    for name in modules:
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            try:
                done = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
                found[name] = (done.attempted, done.failed)
            except (ImportError, OSError):
                found[name] = (0, 0)
            except BaseException:
                found[name] = (-1, 1)  # what a broken replacement raises is an outcome
    return found


def flows_of(module: str, group: str) -> tuple[str, ...]:
    """The variables that a group takes in and leaves."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    tiling = tile(MultiLanguageParser().parse(Path(spec.origin).read_bytes(), module, Language.PYTHON))
    facts = Facts(tiling)
    found = (facts.flow(subject) for subject in subjects(tiling) if group == f"{module}:{subject.atom.span.start_line}")
    return tuple(name for flow in found for name in (*flow.live_in, *flow.live_out))


@dataclass(frozen=True)
class Outcome:
    """What a process of its own found: outcomes by module, the groups that were replaced, those of them that were run, and what was left alone."""

    outcomes: dict[str, tuple[int, int]]
    groups: list[str]
    run: list[str]
    left: dict[str, int]


def run_apart(packages: Sequence[str], modules: Sequence[str], *, replace: bool, without: Mapping[str, str] | None = None) -> Outcome:
    """The modules' doctests in a process of its own, with the packages' groups replaced or as they are."""
    asked = json.dumps({"packages": packages, "modules": modules, "replace": replace, "without": without})
    done = subprocess.run([sys.executable, "-m", __name__], input=asked, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return Outcome({name: (tried, failed) for name, (tried, failed) in found["outcomes"].items()}, found["groups"], found["run"], found["left"])


def _main() -> None:
    """``{"packages", "modules", "replace", "without", "only"}`` on standard input; outcomes, groups, those run and the others on standard output."""
    asked = json.loads(sys.stdin.read())
    vars(builtins).update(NEEDED)
    replacing = Replacing(asked["packages"], without=asked.get("without"), only=asked.get("only"))
    if asked["replace"]:
        for name in [name for name in sys.modules if any(name == one or name.startswith(f"{one}.") for one in asked["packages"])]:
            del sys.modules[name]
        sys.meta_path.insert(0, replacing)
    done = outcomes(asked["modules"])
    print(json.dumps({"outcomes": done, "groups": replacing.groups, "run": sorted(_RUN), "left": replacing.left}))


if __name__ == "__main__":
    _main()

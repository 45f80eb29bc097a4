"""What happens when a project's Python modules are loaded, followed name by name: which circular imports break, and which only look bad.

A circle breaks where a module takes a name from another one that is still being loaded and has not bound it yet. Flask, click and networkx have circles
that never break; so a circle as such is no error.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mge_assets.stages.validation.exports import bound_by

_NEVER = frozenset({"TYPE_CHECKING"})


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that loading a module does, in order: ``load`` a module, ``take`` names from it, ``bind`` names, or ``use`` an attribute of a module.

    ``module`` is absolute; ``caught`` says that a failure is.
    """

    kind: str
    module: str
    names: tuple[str, ...]
    line: int
    caught: bool = False


@dataclass(frozen=True, slots=True)
class Break:
    """A name that is not there yet when it is taken: in ``module`` at ``line``, from ``source``, when ``entry`` is loaded first."""

    module: str
    line: int
    source: str
    name: str
    entry: str


def events_of(tree: ast.Module, module: str, *, package: bool) -> tuple[Event, ...]:
    """What loading the module does. ``package`` for an ``__init__``."""
    return tuple(_Reader(module, package=package).statements(tree.body, caught=False))


class _Reader:
    def __init__(self, module: str, *, package: bool) -> None:
        self._parts = module.split(".") if package else module.split(".")[:-1]
        self._aliases: dict[str, str] = {}

    def statements(self, body: Sequence[ast.stmt], *, caught: bool) -> Iterator[Event]:
        for node in body:
            yield from self._statement(node, caught=caught)

    def _statement(self, node: ast.stmt, *, caught: bool) -> Iterator[Event]:
        match node:
            case ast.Import(names=aliases, lineno=line):
                for alias in aliases:
                    self._aliases[alias.asname or alias.name.partition(".")[0]] = alias.name if alias.asname else alias.name.partition(".")[0]
                    yield Event("load", alias.name, (), line, caught)
                    yield Event("bind", "", (alias.asname or alias.name.partition(".")[0],), line)
            case ast.ImportFrom(names=aliases, lineno=line):
                source = self._absolute(node)
                yield Event("take", source, tuple(alias.name for alias in aliases), line, caught)
                yield Event("bind", "", tuple(alias.asname or alias.name for alias in aliases if alias.name != "*"), line)
                self._aliases |= {alias.asname or alias.name: f"{source}.{alias.name}" for alias in aliases}
            case ast.If(test=test) if any(getattr(part, "id", getattr(part, "attr", "")) in _NEVER for part in ast.walk(test)):
                yield from self.statements(node.orelse, caught=caught)
            case ast.Try() | ast.TryStar():
                yield from self.statements(node.body, caught=caught or bool(node.handlers))
                for handler in node.handlers:
                    yield from self.statements(handler.body, caught=True)
                yield from self.statements([*node.orelse, *node.finalbody], caught=caught)
            case _:
                yield from self._uses(node, caught=caught)
                for part in ("body", "orelse"):
                    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                        yield from self.statements(getattr(node, part, []), caught=caught)
                names = tuple(dict.fromkeys(bound_by(node)))
                if names:
                    yield Event("bind", "", names, node.lineno)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        base = self._parts[: len(self._parts) - node.level + 1]
        return ".".join([*base, *([node.module] if node.module else [])])

    def _uses(self, node: ast.stmt, *, caught: bool) -> Iterator[Event]:
        """Attributes of imported modules that are looked up while the statement runs; bodies of functions run later."""
        for part in _run_now(node):
            if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in self._aliases:
                yield Event("use", self._aliases[part.value.id], (part.attr,), part.lineno, caught)


def _run_now(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        now: list[ast.AST] = [*node.decorator_list, *node.args.defaults, *(value for value in node.args.kw_defaults if value)]
    elif isinstance(node, ast.Lambda | ast.GeneratorExp):
        now = []
    elif isinstance(node, ast.AnnAssign):
        now = [node.value] if node.value else []
    else:
        nested = () if isinstance(node, ast.ClassDef | ast.expr) else (ast.stmt,)
        now = [child for child in ast.iter_child_nodes(node) if not isinstance(child, nested)]
    for child in now:
        yield from _run_now(child)


@dataclass(slots=True)
class _State:
    entry: str
    bound: dict[str, set[str]] = field(default_factory=dict)
    loading: list[str] = field(default_factory=list)
    broken: list[Break] = field(default_factory=list)


class Loader:
    """Follows loading. ``modules`` are the project's, by dotted name; ``open_modules`` may have any name."""

    def __init__(self, modules: Mapping[str, Sequence[Event]], open_modules: frozenset[str]) -> None:
        self._modules, self._open = modules, open_modules

    def breaks(self, entry: str) -> tuple[Break, ...]:
        """The names that are not there yet when this module is the first to be loaded."""
        return tuple(self._loaded(entry).broken)

    def breaks_of(self, suspects: Iterable[str]) -> tuple[Break, ...]:
        """The same for modules in circles, each tried as the first. Those that their own package loads anyway need no try of their own."""
        done: dict[str, _State] = {}
        found: list[Break] = []
        for name in sorted(suspects):
            top = name.partition(".")[0]
            if top not in done:
                done[top] = self._loaded(top)
                found += done[top].broken
            if name not in done[top].bound:
                found += self.breaks(name)
        return tuple({(one.module, one.line, one.name): one for one in reversed(found)}.values())

    def _loaded(self, entry: str) -> _State:
        state = _State(entry)
        self._load(entry, state)
        return state

    def _load(self, name: str, state: _State) -> None:
        parts = name.split(".")
        for depth in range(1, len(parts) + 1):
            module = ".".join(parts[:depth])
            if module in self._modules and module not in state.bound:
                state.bound[module] = {"__name__", "__file__", "__doc__", "__path__", "__dict__"}
                state.loading.append(module)
                for event in self._modules[module]:
                    self._happen(module, event, state)
                state.loading.remove(module)
            if depth > 1 and (parent := ".".join(parts[: depth - 1])) in state.bound and module in state.bound:
                state.bound[parent].add(parts[depth - 1])

    def _happen(self, module: str, event: Event, state: _State) -> None:
        if event.kind == "bind":
            state.bound[module].update(event.names)
            return
        if event.kind != "use":
            self._load(event.module, state)
        for name in event.names:
            if name == "*":
                state.bound[module] |= state.bound.get(event.module, set())
                continue
            if event.kind == "take" and f"{event.module}.{name}" in self._modules and name not in state.bound.get(event.module, ()):
                self._load(f"{event.module}.{name}", state)
                continue
            unfinished = event.module in state.loading and event.module != module and event.module not in self._open
            if unfinished and not event.caught and name not in state.bound[event.module]:
                state.broken.append(Break(module, event.line, event.module, name, state.entry))

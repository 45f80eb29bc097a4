"""What turning a syntax tree into constraints needs in every language: where we are, what is bound, what is read."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tree_sitter import Node as Tree

from mge_assets.model.graph import DataFlow, ImportUse, Symbol, SymbolKind
from mge_assets.stages.dependency.fixpoint.data_flow import ValueFlow
from mge_assets.stages.dependency.fixpoint.recording import Recorder, Use
from mge_assets.stages.dependency.fixpoint.scopes import IMMEDIATE, Flows, Path, Scope
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import NOTHING, Node, Site


@dataclass(slots=True)
class Names:
    """Who is behind the nodes of names, for edges that follow from scopes and imports alone.

    ``symbols`` names the symbol of a whole node, ``sources`` the nodes that an imported name stands for, ``writes`` the
    places where a module's or class's variable gets a value.
    """

    symbols: dict[Node, str] = field(default_factory=dict)
    sources: dict[Node, list[Node]] = field(default_factory=dict)
    reads: list[tuple[Site, Node, bool]] = field(default_factory=list)
    attributes: list[tuple[Site, Node, str, bool]] = field(default_factory=list)
    imports: list[tuple[Site, Node]] = field(default_factory=list)
    types: list[tuple[Site, Node]] = field(default_factory=list)
    writes: dict[str, dict[Site, None]] = field(default_factory=dict)
    unresolved: list[tuple[Site, Node, str]] = field(default_factory=list)

    def resolve(self, node: Node) -> list[str]:
        """Symbols that the node stands for, through any chain of imports."""
        found: dict[str, None] = {}
        seen = {node}
        for known in (todo := [node]):
            if known in self.symbols:
                found[self.symbols[known]] = None
            for source in self.sources.get(known, ()):
                if source not in seen:
                    seen.add(source)
                    todo.append(source)
        return list(found)


MAX_DEPTH = 180
"""Nesting that is followed at once; what lies deeper is looked at afterwards."""
_PASSING = {"await", "await_expression", "parenthesized_expression"}
_ENCLOSING = {"parenthesized_expression", "non_null_expression", "as_expression", "satisfies_expression"}
"""What a place may stand in."""


def is_used(tree: Tree) -> bool:
    """True where something is done with the expression's value."""
    around = tree.parent
    while around is not None and around.type in _PASSING:
        around = around.parent
    return around is not None and around.type not in {"expression_statement", "module", "block"}


class Lowering:
    """State of one file while its constraints are made."""

    def __init__(self, file: str, source: bytes, solver: Solver, recorder: Recorder, names: Names) -> None:
        self.file, self.source = file, source
        self.solver, self.recorder, self.names = solver, recorder, names
        self.flows = Flows(solver)
        self.values = ValueFlow(self.flows.origins)
        self.ascii = source.isascii()
        self.depth = 0
        self.narrowed: dict[Node, Node] = {}
        self._classes_asked: dict[tuple[int, int], Node] = {}
        self.scope = Scope("module", "")
        self._operands: dict[int, Node | None] = {}
        self._text: int | None = None

    def value(self, tree: Tree | None) -> Node:
        """The node of an expression's value; 0 where there is none. Said by expressions."""
        raise NotImplementedError

    def postpone(self, action: Callable[[], object]) -> None:
        """Do it in this scope when the stack is short again; its result is lost, its calls are not. Said by languages."""
        raise NotImplementedError

    def run_statement(self, tree: Tree) -> None:
        """Run one statement; what is unknown is searched for expressions. Said by languages."""
        raise NotImplementedError

    def statement(self, tree: Tree) -> None:
        """As above, or later where it is nested too deep."""
        if self.depth > MAX_DEPTH:
            self.postpone(lambda: self.statement(tree))
            return
        self.depth += 2
        self.run_statement(tree)
        self.depth -= 2

    def unnarrowed(self, node: Node) -> Node:
        """The version of a name before anything was asked of it."""
        while node in self.narrowed:
            node = self.narrowed[node]
        return node

    def assume(self, condition: Tree | None, *, holds: bool) -> None:
        """From here on the condition holds, or does not. Said by languages."""
        raise NotImplementedError

    def one_or_other(self, condition: Tree | None, consequence: Tree | None, alternative: Tree | None) -> Node:
        """The value of a conditional expression, whose condition was evaluated."""
        before, nodes = dict(self.scope.flow), list[Node]()
        for tree, holds in ((consequence, True), (alternative, False)):
            self.assume(condition, holds=holds)
            nodes.append(self.value(tree))
            self.forget_assumed(before)
        return self.flows.one_of(nodes)

    def ask_for(self, tree: Tree | None, node: Node) -> None:
        """A condition asks for these classes, which were evaluated with it."""
        if tree is not None:
            self._classes_asked[tree.start_byte, tree.end_byte] = node

    def asked_for(self, tree: Tree) -> Node:
        """The classes that a condition asked for: evaluated again, a function in there were another one."""
        known = self._classes_asked.get((tree.start_byte, tree.end_byte))
        return self.value(tree) if known is None else known

    def forget_assumed(self, before: Mapping[Path, Node]) -> None:
        """What a condition said ends with the expression; what was assigned in it stays."""
        for path, node in list(self.scope.flow.items()):
            if node in self.narrowed and node != before.get(path):
                whole = self.unnarrowed(node)
                self.scope.flow[path] = before[path] if path in before and self.unnarrowed(before[path]) == whole else whole

    def operand(self, tree: Tree | None) -> Node:
        """The value of what a place is written with, its holder or its key."""
        if tree is None or tree.id not in self._operands:
            return self.value(tree)
        known = self._operands[tree.id]
        if known is None:
            known = self._operands[tree.id] = self.value(tree)
        return known

    @contextmanager
    def once(self, place: Tree | None) -> Iterator[None]:
        """Inside, the operands of a place that is read and written, or read and called, are evaluated the first time only.

        Evaluated again they were other functions, and a chain of calls (``a[x]()[y]()``) took twice the time for each call more.
        """
        while place is not None and place.type in _ENCLOSING and place.named_children:
            place = place.named_children[0]
        fresh = [child.id for child in (place.named_children if place is not None else ()) if child.id not in self._operands]
        self._operands.update(dict.fromkeys(fresh))
        yield
        for operand in fresh:
            del self._operands[operand]

    def site(self, tree: Tree) -> Site:
        """The place of a syntax node, in the symbol that owns the code."""
        return Site(self.scope.owner().symbol, self.file, self.byte(tree))

    def byte(self, tree: Tree) -> int:
        """Where a syntax node begins; in a text that is code, where that does."""
        return tree.start_byte if self._text is None else self._text

    @property
    def in_text(self) -> bool:
        """True while what is lowered is the code in a text."""
        return self._text is not None

    @contextmanager
    def code_in(self, tree: Tree) -> Iterator[None]:
        """Meanwhile syntax nodes are those of the code in a text: their places are the text's, and what they name are no uses."""
        kept = self._text, self.recorder.references
        self._text, self.recorder.references = self.byte(tree), False
        try:
            yield
        finally:
            self._text, self.recorder.references = kept

    def column(self, tree: Tree) -> int:
        """Column in characters, from 0."""
        if self.ascii:
            return tree.start_point.column
        start = tree.start_byte - tree.start_point.column
        return len(self.source[start : tree.start_byte].decode("utf-8", "replace"))

    def declare(self, symbol: str, kind: SymbolKind, whole: Tree, name: Tree) -> None:
        """Record a symbol; its line is its definition's (decorators apart), its byte the name's."""
        self.recorder.symbol(Symbol(symbol, kind, self.file, whole.start_point.row + 1, whole.start_point.column, whole.end_point.row + 1, name.start_byte))

    def define(self, node: Node, tree: Tree) -> None:
        """The node's value is defined where this stands."""
        self.recorder.define(node, self.file, tree.start_point.row + 1)

    def use(self, tree: Tree, name: str, node: Node) -> None:
        """A name is read here."""
        self.values.read(node, self.byte(tree))
        if self.recorder.references:
            self.recorder.use(Use(self.file, tree.start_point.row + 1, self.column(tree), name, node))

    def whole(self, scope: Scope, name: str) -> Node:
        """The node that other scopes see for the name."""
        node = scope.whole.get(name)
        if node is None:
            node = scope.whole[name] = self.solver.node()
        return node

    def bind(self, name: str, value: Node, tree: Tree, *, scope: Scope | None = None, keep: bool = True) -> Node:
        """A new version of the name, defined at ``tree``; with ``keep`` earlier definitions still count as its own."""
        scope = scope or self.scope
        target = scope.redirected.get(name, scope)
        version = self.solver.node()
        self.define(version, tree)
        self.solver.assign(value, version)
        if keep:
            self.note_write(version, target, name, tree)
        path = (name,)
        if keep and path in scope.flow:
            self.solver.alias(scope.flow[path], version)
        self.solver.assign(version, self.whole(target, name))
        if name in target.shared:
            scope.flow[path] = self.whole(target, name)
            self.flows.forget(scope, name)
            return version
        scope.flow[path] = version
        self.flows.forget(scope, name)
        return version

    def note_write(self, version: Node, home: Scope, name: str, tree: Tree) -> None:
        """A variable gets a value here."""
        self.values.wrote(version, self.byte(tree))
        if home.kind in {"module", "class"}:
            self.names.writes.setdefault(f"{home.symbol}.{name}", {})[self.site(tree)] = None

    def finish(self) -> None:
        """Hand over what the file's statements give to each other."""
        for read, written in self.values.pairs():
            self.recorder.flows[DataFlow(self.file, read, self.file, written)] = None

    def find(self, name: str) -> tuple[Scope | None, Node]:
        """The scope that binds the name as seen from here, and the node to read."""
        scope: Scope | None = self.scope
        direct = True
        while scope is not None:
            if name in scope.redirected:
                home = scope.redirected[name]
                return home, scope.flow.get((name,)) or self.whole(home, name)
            if name in scope.whole and (scope.kind != "class" or direct):
                version = scope.flow.get((name,)) if direct else None
                return scope, scope.whole[name] if version is None else version
            direct = direct and scope.kind in IMMEDIATE
            scope = scope.parent
            if scope is not None and scope.kind == "class" and self._left_class(scope):
                scope = scope.parent
        return None, NOTHING

    def _left_class(self, cls: Scope) -> bool:
        """True where we look from inside a function or a class of the class: those do not see the class's names."""
        scope: Scope | None = self.scope
        while scope is not None and scope is not cls:
            if scope.kind in {"function", "lambda", "class"}:
                return True
            scope = scope.parent
        return False

    def note_read(self, tree: Tree, name: str, home: Scope | None, *, called: bool) -> None:
        """Keep a read for the edges that follow once all imports are known."""
        if home is None or home.kind not in {"module", "class"} or name not in home.whole:
            return
        self.names.reads.append((self.site(tree), home.whole[name], called))
        for written in home.imported.get(name, ()):
            self.recorder.imports[ImportUse(self.file, self.byte(tree), written)] = None

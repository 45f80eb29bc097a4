"""What TypeScript's declared types settle for uses of names: a declared type says what a name's properties are, whatever is put there.

Only an analysis for references asks for this: edges follow the values themselves. A declared type of which nothing is known settles nothing.
"""

from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import ANY, REST, Call, Container, Function, Holder, Instance, Key, Node, Site, Value
from mge_assets.stages.dependency.javascript.semantics import JavaScriptSemantics

MAX_PARENTS = 6
"""Prototypes and base types that are searched for a declaration."""


class DeclaredSemantics(JavaScriptSemantics):
    """Values that stay out of what has a declared type.

    ``sealed`` gives the node of the declared type of a node, ``_held_back`` what would have flowed there.
    """

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self._inferred: set[tuple[Value, Value]] = set()
        self._held: set[tuple[Value, Node]] = set()
        self._held_back: list[tuple[Node, Node]] = []

    def seal(self, node: Node, kind: Node) -> None:
        """The node holds what its declared type says."""
        self.sealed[node] = kind

    def give(self, argument: Node, parameter: Node) -> None:
        """The target may hold the value, unless its type is declared."""
        if parameter in self.sealed:
            self._held_back.append((argument, parameter))
            self.infer(argument, self.sealed[parameter])
        else:
            super().give(argument, parameter)

    def receive(self, function: Function, receiver: Value, call: Call) -> None:
        """``this`` of a class's method is the class's object; one that gives it back gives its receiver."""
        if function.this not in self.sealed:
            super().receive(function, receiver, call)
        elif "this" in function.returned:
            self.solver.add(call.result, receiver)

    def _into(self, rest: Node, key: Key, node: Node) -> None:
        if rest not in self.sealed:
            super()._into(rest, key, node)

    def write(self, source: Node, holder: Holder, name: str) -> None:
        """A property that the class or type declares is that one for all of its objects."""
        slot = self._declared_slot(holder, name, 0, set())
        if slot is None:
            if isinstance(holder, Function) and source in self.places and holder.symbol in self.recorder.symbols:
                self.recorder.define(source, self.recorder.symbols[holder.symbol].file, self.places[source])
            super().write(source, holder, name)
        elif slot in self.sealed:
            self._held_back.append((source, slot))
        else:
            self.solver.assign(source, slot)

    def _declared_slot(self, holder: Holder, name: str, depth: int, seen: set[Holder]) -> Node | None:
        seen.add(holder)
        self.make(holder, name)
        if name in holder.slots:
            return holder.slots[name]
        if depth > MAX_PARENTS or not isinstance(holder, (Instance, Container)):
            return None
        parents = [parent for parent in self.solver.values(self.parents(holder)) if isinstance(parent, (Container, Instance)) and parent not in seen]
        found = next((slot for parent in parents if (slot := self._declared_slot(parent, name, depth + 1, seen)) is not None), None)
        return found if found is None or isinstance(holder, Instance) or found in self.sealed else None

    def infer(self, literal: Node, declared: Node) -> None:
        """Functions inside of literals take their parameters' types from the type that the literal is held against."""
        for value in self.solver.values(literal):
            self._hold_against(value, declared)

    def _hold_against(self, value: Value, declared: Node) -> None:
        if value in self.literals and (value, declared) not in self._held:
            self._held.add((value, declared))
            self.solver.watch(declared, lambda kind: self._held_against(value, kind))

    def _held_against(self, value: Value, kind: Value) -> None:
        if (value, kind) in self._inferred:
            return
        self._inferred.add((value, kind))
        if isinstance(value, Function) and value.kind != "type":
            self._function_against(value, kind)
        elif isinstance(value, Container) and isinstance(kind, (Container, Instance)):
            for key in [key for key in value.slots if key != ANY]:
                said = self.solver.node()
                if isinstance(key, str) and key != REST and value.kind == "object":
                    self.get(kind, key, said, Site("", "", 0))
                if isinstance(kind, Container) and REST in kind.slots:
                    self.solver.flow(kind.slots[REST], said)
                self.infer(value.slots[key], said)

    def _function_against(self, function: Function, kind: Value) -> None:
        if isinstance(kind, Function) and kind.kind == "type":
            for own, said in zip(function.parameters, kind.parameters, strict=False):
                if own.node not in self.sealed:
                    self.solver.flow(said.node, own.node)
            self.solver.watch(function.result, lambda value: self._hold_against(value, kind.result))
        elif isinstance(kind, Container) and "(call)" in kind.slots:
            self.solver.watch(kind.slots["(call)"], lambda inner: self._held_against(function, inner))

    def settle(self) -> bool:
        """Let go what was held back from where the declared type stayed empty; True where that was new work."""
        new = super().settle()
        waiting, self._held_back = self._held_back, []
        freed = [(source, target) for source, target in waiting if not self.solver.values(self.sealed[target])]
        self._held_back = [pair for pair in waiting if self.solver.values(self.sealed[pair[1]])]
        for source, target in freed:
            self.solver.flow(source, target)
        return bool(freed) or new

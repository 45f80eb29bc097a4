"""Decorators: what a decorated name stands for, and which copies of functions that make functions there are.

A class that decorates a crowd of functions has one instance value here, behind which all of them would meet: whoever
calls one would call them all. Behind such a class each name stands for its own function.
"""

from collections import Counter
from collections.abc import Set

from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import Call, Class, External, Function, Instance, Node, Partial, Value
from mge_assets.stages.dependency.python.closures import MAX_COPIED_LINES, MAX_COPIES, MAX_NESTED_COPIES
from mge_assets.stages.dependency.python.documents import Documents

MAX_DECORATED = 10
"""Functions behind one decorator that are told apart by what it does. More are a crowd, as a call's targets are."""


class Decorators(Documents):
    """What decorators give, and copies of functions."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self._function_copies: dict[tuple[Function, Call | Class], Function] = {}
        self._copy_counts: Counter[str] = Counter()
        self._copied_lines = 0
        self._copying: list[str] = []
        self._gates: list[tuple[Node, Node]] = []
        self._decorated: list[tuple[Node, Call]] = []
        self._heads: list[Node] = []
        self._crowds: set[Value] | None = None
        self._unsettled: list[tuple[Node, Call]] = []
        self._origins: dict[Node, Node] = {}

    def decorate(self, callee: Node, call: Call, head: Node) -> None:
        """Call a decorator, known by name as ``head``; where nobody knows what it is, it gives back what it was given."""
        self._heads.append(head)
        self._decorated.append((callee, call))
        self._unsettled.append((callee, call))
        given = call.arguments[0][0]
        self._origins[call.result] = self._origins.get(given, given)
        self.later(lambda: self._decorate(callee, call, head))

    def _decorate(self, callee: Node, call: Call, head: Node) -> None:
        if not self._is_crowd(head):
            self.solver.watch(callee, lambda value: self.invoke(value, call, None))
            return
        given = call.arguments[0][0]
        quiet = Call(call.site, self.solver.node(), [(self.solver.holding(self.external("decorated")), False)])

        def on(value: Value) -> None:
            if self._keeps_one(value):
                self.solver.assign(given, call.result)
                self.invoke(value, quiet, None)
            else:
                self.invoke(value, call, None)

        self.solver.watch(callee, on)

    def _is_crowd(self, head: Node) -> bool:
        """Counted once, when names are known and nothing is called yet."""
        if self._crowds is None:
            counts = Counter(value for node in self._heads for value in self.solver.values(node) if isinstance(value, (Class, Function)))
            self._crowds = {value for value, count in counts.items() if count > MAX_DECORATED}
        return not self._crowds.isdisjoint(self.solver.values(head))

    def _keeps_one(self, value: Value) -> bool:
        """True for a class: its one instance value cannot tell functions apart."""
        if isinstance(value, Partial):
            return any(isinstance(inner, Class) for inner in self.solver.values(value.callee))
        return isinstance(value, Class)

    def copied(self, function: Function, call: Call, receiver: Value | None) -> Function:
        """A function that makes functions is copied for each call, so that what they close over stays apart; ``__new__`` for each class."""
        if function.copy is None:
            return function
        key = receiver if isinstance(receiver, Class) and function.symbol.endswith(".__new__") else call
        made = self._function_copies.get((function, key))
        if made is None:
            self._copy_counts[function.symbol] += 1
            full = self._copy_counts[function.symbol] > MAX_COPIES or self._copied_lines > MAX_COPIED_LINES
            if full or function.symbol in self._copying or len(self._copying) >= MAX_NESTED_COPIES:
                return function
            self._copying.append(function.symbol)
            methods = len(self.methods)
            made = function.copy()
            # a copy is made for one receiver: seeds are for the function that it is a copy of
            del self.methods[methods:]
            self._copying.pop()
            symbol = self.recorder.symbols[function.symbol]
            self._copied_lines += symbol.end_line - symbol.line + 1
            self._function_copies[function, key] = made
        self.invoked.add(made)
        return made

    def own_or_any(self, made: Node, result: Node) -> Node:
        """What a class decorator gives: the class, if it comes back at all (with others that the decorator is used on); else anything."""
        chosen = self.solver.node()
        self.solver.alias(result, chosen)

        def on(value: Value) -> None:
            if self.solver.holds(made, value):
                self.solver.add(chosen, value)

        self.solver.watch(result, on)
        self._gates.append((chosen, result))
        return chosen

    def settle(self) -> bool:
        """Unknown keys and unknown decorators, classes that no decorator gave back, attributes that only ``__getattr__`` knows."""
        new = super().settle()
        for chosen, result in self._gates:
            if not self.solver.values(chosen) and self.solver.values(result):
                self.solver.flow(result, chosen)
                new = True
        new = self._settle_crowds() or new
        return self._settle_decorators() or new

    def _settle_crowds(self) -> bool:
        """Functions that a call of their name never reaches for all that is known of their decorator: its class decorates too many to lose them all.

        That a wrapper calls many of them, or somebody one of them, does not say who is behind a name: of networkx's names 20 led to a wrapper alone.
        """
        waiting, self._unsettled = self._unsettled, []
        counts = Counter(cls for callee, _ in waiting for cls in self._decorating(callee))
        crowded = [call for callee, call in waiting if any(counts[cls] > MAX_DECORATED for cls in self._decorating(callee))]
        behind = self._called_by({value for call in crowded for value in self.solver.values(call.result) if isinstance(value, Function)})
        new = False
        for call in crowded:
            functions = [value for value in self.solver.values(self._origins[call.result]) if isinstance(value, Function)]
            held = self.solver.values(call.result)
            known = {*held, *(called for value in held if isinstance(value, Function) for called in behind.get(value, ()))}
            if not known.issuperset(functions):
                self.solver.assign(call.arguments[0][0], call.result)
                new = True
        return new

    def _called_by(self, wrappers: Set[Function]) -> dict[Function, set[Function]]:
        """What each of these functions calls, crowds apart."""
        found: dict[Function, set[Function]] = {}
        for call, functions in self.calls.items():
            if call.owner is not None and call.owner in wrappers and len(functions) <= MAX_DECORATED:
                found.setdefault(call.owner, set()).update(functions)
        return found

    def _decorating(self, callee: Node) -> set[Class]:
        """Classes whose instances decorate."""
        return {value.cls for value in self.solver.values(callee) if isinstance(value, Instance) and isinstance(value.cls, Class)}

    def _settle_decorators(self) -> bool:
        """Outside decorators first: ours may wait for what they give."""
        outside = [made for made in self._decorated if all(isinstance(value, External) for value in self.solver.values(made[0]))]
        chosen = outside or [made for made in self._decorated if not self.solver.values(made[1].result)]
        new = False
        for _, call in chosen:
            for node, _ in call.arguments[:1]:
                new = new or not self.solver.values(call.result)
                self.solver.assign(node, call.result)
        self._decorated = [made for made in self._decorated if made not in chosen] if outside else []
        return new or bool(outside)

"""Classes that docstrings name: a documented parameter holds one, a documented result where nothing better is known.

A word is a class where the code around sees it under that name, or where one class of the files alone is called so. In
lower case it is one only where the files' docstrings otherwise write it as the class or with the project's name before it.
"""

from collections import Counter
from dataclasses import dataclass

from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import REST, Class, Constant, Container, External, Instance, Near, Node, Value
from mge_assets.stages.dependency.python.docstrings import Phrase
from mge_assets.stages.dependency.python.ducks import Ducks

MIN_VOTES = 3
"""Docstrings that write a class's name out before the bare word in lower case is taken for it."""
_RUNS = {"iterator", "generator"}


@dataclass(frozen=True, slots=True)
class _Promise:
    """A node, the phrase that says what it holds, and what the code there sees under the phrase's word."""

    node: Node
    phrase: Phrase
    visible: Node
    result: bool


class Documents(Ducks):
    """Documented types as values."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self.projects: set[str] = set()
        self._promises: list[_Promise] = []
        self._votes: Counter[str] = Counter()
        self._named: dict[str, list[Class]] = {}
        self._documented: dict[Node, set[Class]] = {}

    def promise(self, node: Node, phrase: Phrase, visible: Node, *, result: bool) -> None:
        """A docstring says what the node holds."""
        if phrase.project.lower() in {"", *self.projects}:
            made = _Promise(node, phrase, visible, result)
            if self._deferred is None and not result:
                self._keep(made)
                return
            self._promises.append(made)
            if phrase.project or phrase.word != phrase.word.lower():
                self._votes[_singular(phrase.word)] += 1

    def start(self) -> None:
        """Base classes and calls, and beside the calls the documented parameters."""
        self.later(self._keep_promises)
        super().start()

    def _keep_promises(self) -> None:
        for cls in self.classes:
            name = cls.symbol.rpartition(".")[2]
            for key in {name, name.lower()}:
                self._named.setdefault(key, []).append(cls)
        for promise in self._promises:
            if not promise.result:
                self._keep(promise)

    def settle(self) -> bool:
        """Documented results that the code does not tell."""
        waiting, self._promises = [promise for promise in self._promises if promise.result], []
        kept = [promise for promise in waiting if all(isinstance(value, (Constant, External)) for value in self.solver.values(promise.node))]
        for promise in kept:
            self._keep(promise)
        return super().settle() or bool(kept)

    def _keep(self, promise: _Promise) -> None:
        phrase = promise.phrase
        for cls in self._meant(phrase.word.rpartition(".")[2], promise.visible):
            value: Value = self.kin(cls, near=True)
            if phrase.held:
                holder = Container("generator" if phrase.held in _RUNS else "list")
                self.solver.add(self.solver.element(holder, REST), value)
                value = holder
            if phrase.held not in {"dict", "dictionary"}:
                self.solver.add(promise.node, value)
            if isinstance(value, Near) and not promise.result:
                self._documented.setdefault(promise.node, set()).add(cls)

    def give(self, argument: Node, parameter: Node) -> None:
        """The parameter may hold the argument; an object of a class that its documentation speaks of is what that says already.

        Otherwise a rare subclass that one caller hands over would be everybody's: on networkx 360 edges led to a class that 26 of them run.
        """
        promised = self._documented.get(parameter)
        if promised is None:
            super().give(argument, parameter)
            return

        def on(value: Value) -> None:
            said = isinstance(value, Instance) and isinstance(value.cls, Class) and not promised.isdisjoint(value.cls.order)
            if not said:
                self.solver.add(parameter, value)

        self.solver.watch(argument, on)

    def _meant(self, word: str, visible: Node) -> list[Class]:
        """The classes that the word means: at most one that is not seen under that very name."""
        seen = [value for value in self.solver.values(visible) if isinstance(value, Class)]
        if seen:
            return seen
        if word == word.lower():
            word = _singular(word)
            if self._votes[word] < MIN_VOTES:
                return []
        found = self._named.get(word, [])
        return found if len(found) == 1 else []


def _singular(word: str) -> str:
    return word.rpartition(".")[2].lower().removesuffix("s")

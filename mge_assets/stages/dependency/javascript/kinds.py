"""Which values can have passed a test: ``instanceof``, ``typeof``, ``in``, a word that a property is, a function that says ``x is A``."""

from collections.abc import Callable
from functools import partial

from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import Bound, Constant, Container, External, Function, Holder, Instance, Method, Node, Partial, Value
from mge_assets.stages.dependency.javascript.collections import JavaScriptCollections
from mge_assets.stages.dependency.javascript.lookup import COLLECTIONS

Answer = bool | None
"""Whether a value passes; ``None`` where nobody knows."""
_CALLED = (Function, Bound, Partial, Method)


class JavaScriptKinds(JavaScriptCollections):
    """Tests of values."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self.tags: dict[Node, frozenset[str]] = {}
        self.guards: dict[Function, Node] = {}
        self.guard_names: set[str] = set()
        self._far: dict[Holder, Node] = {}

    def keep_if(self, source: Node, target: Node, test: Callable[[Value], Answer], *, holds: bool) -> None:
        """``target`` = what ``source`` holds and passes the test, or does not."""
        self.later(lambda: self.solver.watch(source, lambda value: self.solver.add(target, value) if test(value) is not (not holds) else None))

    def keep_made_by(self, source: Node, classes: Node, target: Node, *, holds: bool) -> None:
        """``target`` = what is an instance of the classes, or is not. Where nothing known passes, an object of the class has."""
        self.later(lambda: self.solver.watch(classes, lambda cls: self.keep_if(source, target, lambda value: self._made_by(value, cls), holds=holds)))
        self._unsure.append((target, lambda: self._passed(source, classes, target, holds=holds)))

    def _passed(self, source: Node, classes: Node, target: Node, *, holds: bool) -> None:
        known = self.solver.values(classes)
        if not known:
            self.solver.flow(source, target)
        for cls in known if holds and not self.solver.values(target) else ():
            if isinstance(cls, Function):
                self.solver.add(target, self.instance(cls))

    def _made_by(self, value: Value, cls: Value) -> Answer:
        """``value instanceof cls``."""
        match value, cls:
            case Instance(), Function():
                return value.cls is cls or any(self.solver.holds(self._ancestry(value), known) for known in self.solver.values(self.prototype(cls)))
            case Container(kind=kind), External(name=name):
                return kind == COLLECTIONS[name] if name in COLLECTIONS else None
            case Container() | Constant(), Function():
                return False
            case _ if isinstance(value, _CALLED):
                return isinstance(cls, External) and cls.name in {"Function", "Object"}
            case _:
                return None

    def _ancestry(self, holder: Holder) -> Node:
        """The node of what the holder falls back on, near or far: one for each, since a quarter of protobufjs' analysis was to walk there again and again."""
        found = self._far.get(holder)
        if found is None:
            found = self._far[holder] = self.solver.node()
            self.solver.watch(self.parents(holder), partial(self._add_prototype, found))
        return found

    def _add_prototype(self, found: Node, parent: Value) -> None:
        if isinstance(parent, Holder):
            self.solver.add(found, parent)
            self.solver.flow(self._ancestry(parent), found)

    @staticmethod
    def is_type(words: frozenset[str], value: Value) -> Answer:
        """``typeof value`` is one of the words."""
        match value:
            case Constant(value=str()):
                return "string" in words
            case Constant():
                return "number" in words
            case Container() if "(call)" in value.slots or "(new)" in value.slots:
                return "function" in words
            case Container() | Instance():
                return "object" in words
            case _ if isinstance(value, _CALLED):
                return "function" in words
            case _:
                return None

    @staticmethod
    def is_array(value: Value) -> Answer:
        """``Array.isArray(value)``."""
        return None if isinstance(value, External) else isinstance(value, Container) and value.kind == "array"

    def keep_having(self, source: Node, name: str, target: Node, *, holds: bool) -> None:
        """``target`` = what has the property, or has not; where nothing known has it, it may be anything."""
        self.keep_if(source, target, lambda value: self.has_property(value, name) if isinstance(value, Holder) else None, holds=holds)
        if holds:
            self._where_empty(target, source, target)

    def _where_empty(self, node: Node, source: Node, target: Node) -> None:
        """``target`` = what ``source`` holds, where nothing comes to be known of the node."""
        self._unsure.append((node, lambda: None if self.solver.values(node) else self.solver.flow(source, target)))

    def is_tagged(self, name: str, words: frozenset[str], value: Value) -> Answer:
        """The declared property of the name is one of these words; ``None`` where it may be and may not be."""
        tags: list[frozenset[str]] = []

        def take(slot: Node) -> bool:
            tags.append(self.tags.get(slot, frozenset()))
            return True

        if not isinstance(value, Holder) or not self.has_property(value, name, take) or not tags[0]:
            return None
        return True if tags[0] <= words else None if tags[0] & words else False

    def keep_promised(self, source: Node, callee: Node, target: Node, *, holds: bool) -> None:
        """``target`` = what is of the type that the called function tells of, or is not."""

        def on(function: Value) -> None:
            kind = self.guards.get(function) if isinstance(function, Function) else None
            if kind is None:
                self.solver.flow(source, target)
                return
            self.keep_if(source, target, lambda value: self._is_of(value, kind), holds=holds)
            if holds:
                self._where_empty(target, kind, target)

        self.later(lambda: self.solver.watch(callee, on))
        self._where_empty(callee, source, target)

    def _is_of(self, value: Value, kind: Node) -> bool:
        known = self.solver.values(kind)
        classes = [each.cls for each in known if isinstance(each, Instance) and isinstance(each.cls, Function)]
        return value in known or any(self._made_by(value, cls) for cls in classes)

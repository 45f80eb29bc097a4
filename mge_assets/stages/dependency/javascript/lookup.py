"""Properties of JavaScript values: prototypes, accessors and what modules export."""

from mge_assets.stages.dependency.fixpoint.elements import Elements
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import (
    NOTHING,
    Bound,
    Call,
    Container,
    External,
    Function,
    Holder,
    Instance,
    Method,
    Module,
    Node,
    Partial,
    Site,
    Value,
    Wrapped,
)

PROTOTYPE_DEPTH = 12


_FUNCTION_METHODS = {"call", "apply", "bind"}


class JavaScriptLookup(Elements):
    """Property access."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self._prototypes: dict[Holder, Node] = {}
        self._looked: set[tuple[Holder, str, Value, Node]] = set()
        self._own: dict[tuple[Value, str], Value] = {}
        self.common_exports: dict[Module, Node] = {}
        self.star_exports: dict[Module, list[Module]] = {}

    def parents(self, holder: Holder) -> Node:
        """The node of the values that the holder falls back on."""
        if holder not in self._prototypes:
            self._prototypes[holder] = self.solver.node()
            if isinstance(holder, Instance) and isinstance(holder.cls, Function):
                self.solver.flow(self.prototype(holder.cls), self._prototypes[holder])
        return self._prototypes[holder]

    def prototype(self, function: Function) -> Node:
        """``function.prototype``, made with the first look."""
        if "prototype" not in function.slots:
            made = Container("object")
            self.solver.add(self.solver.slot(function, "prototype"), made)
            self.solver.flow(self.solver.holding(function), self.solver.slot(made, "constructor"))
        return function.slots["prototype"]

    def instance(self, function: Function) -> Instance:
        """The one instance of what ``new function`` makes."""
        if function.prototype is None:
            function.prototype = Instance(function)
        return function.prototype

    def get(self, value: Value, name: str, target: Node, site: Site) -> None:
        """``target`` = the property of one value."""
        match value:
            case Module():
                self.exported(value, name, target)
            case External():
                self.solver.assign(self.member(value, name), target)
            case Bound(function=Holder() as function):
                self.solver.add(target, self._own_method(value, name)) if name in _FUNCTION_METHODS else self.get(function, name, target, site)
            case Partial() if name in _FUNCTION_METHODS:
                self.solver.add(target, self._own_method(value, name))
            case Holder():
                self._look(value, name, value, target, site, 0)
            case _:
                pass

    def _own_method(self, holder: Value, name: str) -> Value:
        """A built-in method of one value."""
        key = (holder, name)
        if key not in self._own:
            self._own[key] = Method(holder, name) if isinstance(holder, Holder) else Bound(self.external(f"Function.{name}"), holder)
        return self._own[key]

    def _look(self, holder: Holder, name: str, receiver: Value, target: Node, site: Site, depth: int) -> None:
        seen = (holder, name, receiver, target)
        if seen in self._looked:
            return
        self._looked.add(seen)
        self.solver.when_slot(holder, name, lambda: self._from_slot(holder.slots[name], receiver, target, site))
        if isinstance(holder, Function) and name == "prototype":
            self.solver.assign(self.prototype(holder), target)
        if isinstance(holder, Instance) and isinstance(holder.cls, Function):
            # static members are found on instances too: type checkers and readers name them so
            self.solver.when_slot(holder.cls, name, lambda: self.solver.alias(holder.cls.slots[name], target))
        inherited = isinstance(holder, Instance) and depth > 0  # its prototypes are on the way as well, in their own order
        if name in holder.slots or inherited or depth > PROTOTYPE_DEPTH:
            return
        if depth == 0 and (isinstance(holder, (Container, Function))):
            self.solver.add(target, self._own_method(holder, name))
        self.solver.watch(
            self.parents(holder),
            lambda parent: self._look(parent, name, receiver, target, site, depth + 1) if isinstance(parent, Holder) and parent is not holder else None,
        )

    def _from_slot(self, slot: Node, receiver: Value, target: Node, site: Site) -> None:
        key = (slot, receiver, target)
        if key in self._linked:
            return
        self._linked.add(key)
        self.solver.alias(slot, target)
        self.solver.watch(slot, lambda value: self._read_slot(value, receiver, target, site))

    def _read_slot(self, value: Value, receiver: Value, target: Node, site: Site) -> None:
        if isinstance(value, Wrapped):
            call = Call(site, target)
            self.later(lambda: self.solver.watch(value.getter, lambda inner: self.invoke(inner, call, receiver)))
        else:
            self.solver.add(target, value)

    def put(self, value: Value, name: str, source: Node, site: Site) -> None:
        """Store into one value's property; a setter on the way is called."""
        if not isinstance(value, Holder):
            return
        if isinstance(value, Module):
            value_node = self.common_exports.get(value, NOTHING)
            self.store(value_node, name, source, site)
            return
        self._find_setter(value, name, value, source, site, 0)
        if not self._has_accessor(value, name, 0):
            self.solver.assign(source, self.solver.element(value, name) if isinstance(value, Container) else self.solver.slot(value, name))

    def _has_accessor(self, holder: Holder, name: str, depth: int) -> bool:
        """True where a getter or setter of the holder or of its prototypes takes what is stored."""
        if name in holder.slots:
            return any(isinstance(held, Wrapped) for held in self.solver.values(holder.slots[name]))
        parents = self.solver.values(self.parents(holder)) if depth < PROTOTYPE_DEPTH else ()
        return any(isinstance(parent, Holder) and parent is not holder and self._has_accessor(parent, name, depth + 1) for parent in parents)

    def _find_setter(self, holder: Holder, name: str, receiver: Value, source: Node, site: Site, depth: int) -> None:
        seen = (holder, name, receiver, -source)
        if seen in self._looked:
            return
        self._looked.add(seen)
        if name in holder.slots:
            self.solver.watch(holder.slots[name], lambda held: self._call_setter(held, receiver, source, site))
        if depth < PROTOTYPE_DEPTH:
            self.solver.watch(
                self.parents(holder),
                lambda parent: (
                    self._find_setter(parent, name, receiver, source, site, depth + 1) if isinstance(parent, Holder) and parent is not holder else None
                ),
            )

    def _call_setter(self, held: Value, receiver: Value, source: Node, site: Site) -> None:
        if isinstance(held, Wrapped) and held.setter:
            call = Call(site, self.solver.node(), [(source, False)])
            self.solver.watch(held.setter, lambda inner: self.invoke(inner, call, receiver))

    def exported(self, module: Module, name: str, target: Node, seen: frozenset[Module] = frozenset()) -> None:
        """``target`` = what the module exports under the name: its own, a CommonJS property, or through ``export *``."""
        if module in seen:
            return
        if name in module.slots:
            self.solver.assign(module.slots[name], target)
            return
        common = self.common_exports.get(module, NOTHING)
        if common and not module.slots:
            if name == "default":
                self.solver.assign(common, target)
            self.load(common, name, target, Site("", module.file, 0))
        if name != "default":
            for source in self.star_exports.get(module, []):
                self.exported(source, name, target, seen | {module})

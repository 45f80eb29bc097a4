"""Properties of JavaScript values: prototypes, accessors and what modules export."""

from collections.abc import Callable, Collection, Sequence
from functools import partial

from mge_assets.stages.dependency.fixpoint.elements import Elements
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import MAX_CONSTANTS, Batch, Solver
from mge_assets.stages.dependency.fixpoint.values import (
    NOTHING,
    Bound,
    Call,
    Container,
    External,
    Function,
    Holder,
    Instance,
    Key,
    Method,
    Module,
    Node,
    Partial,
    Site,
    Value,
    Wrapped,
)

PROTOTYPE_DEPTH = 12


COLLECTIONS = {"Map": "map", "WeakMap": "map", "Set": "set", "WeakSet": "set", "Array": "array"}
"""Built-in classes whose objects hold elements, and what they are to us."""
ONE_ELEMENT = {"pop", "shift", "at", "find", "findLast", "get", "next"}
"""Methods that give one of the elements."""
SAME_ELEMENTS = {"slice", "splice", "filter", "concat", "reverse", "sort", "values", "flat", "fill", "toSorted", "toReversed", "entries", "keys", "copyWithin"}
"""Methods that give a collection of them."""
WITH_ELEMENT = {
    "forEach", "map", "filter", "find", "findIndex", "findLast", "findLastIndex", "some", "every", "flatMap", "sort", "reduce", "reduceRight", "toSorted",
}  # fmt: skip
"""Methods that call what they are given with elements."""
COLLECTION_METHODS = ONE_ELEMENT | SAME_ELEMENTS | WITH_ELEMENT | {"set", "add", "push", "unshift"}

_FUNCTION_METHODS = {"call", "apply", "bind"}


class JavaScriptLookup(Elements):
    """Property access."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self._prototypes: dict[Holder, Node] = {}
        self._looked: set[tuple[Holder, str, Value, Node]] = set()
        self.unmade: dict[Holder, dict[str, Callable[[], None]]] = {}
        self._finds: dict[tuple[Holder, str, bool, bool], Node] = {}
        self._own: dict[tuple[Value, str], Value] = {}
        self._bases: set[Value] = set()
        self._behind: dict[Holder, Node] = {}
        self._accessing: dict[tuple[Node, Site], Call] = {}
        self._setter_nodes: dict[tuple[Holder, str], Node] = {}
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

    def extend_collection(self, prototype: Container, name: str) -> None:
        """The class with this prototype extends a built-in collection: its objects hold elements too, kept together for all of them."""
        kind = COLLECTIONS.get(name)
        if kind is not None:
            base = Container(kind)
            self._bases.add(base)
            self.solver.add(self.parents(prototype), base)

    def with_base(self, holder: Holder, action: Callable[[Container], None]) -> None:
        """Do it for each collection that the object's class or one behind it extends."""
        self.solver.watch(self._collections_behind(holder), lambda base: action(base) if isinstance(base, Container) else None)

    def _collections_behind(self, holder: Holder) -> Node:
        """The node of those collections: one for each holder, since the ways along tangled prototypes are without number."""
        found = self._behind.get(holder)
        if found is None:
            found = self._behind[holder] = self.solver.node()
            self.solver.watch(self.parents(holder), partial(self._behind_parent, found))
        return found

    def _behind_parent(self, found: Node, parent: Value) -> None:
        if parent in self._bases:
            self.solver.add(found, parent)
        elif isinstance(parent, Container):
            self.solver.flow(self._collections_behind(parent), found)

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
                self._look(value, name, target, site)
            case _:
                pass

    def _own_method(self, holder: Value, name: str) -> Value:
        """A built-in method of one value."""
        key = (holder, name)
        if key not in self._own:
            self._own[key] = Method(holder, name) if isinstance(holder, Holder) else Bound(self.external(f"Function.{name}"), holder)
        return self._own[key]

    def _look(self, holder: Holder, name: str, target: Node, site: Site) -> None:
        self._from_slot(self._found(holder, name), holder, target, site)

    def _found(self, holder: Holder, name: str, depth: int = 0) -> Node:
        """What the holder has under the name, itself or behind it, accessors as they are: found once for all who ask.

        Each reader on its own way along the prototypes was 30 looks for each property of zod's.
        """
        self.make(holder, name)
        if isinstance(holder, Container) and name in holder.slots:
            return holder.slots[name]
        key = (holder, name, name in holder.slots, bool(depth))
        node = self._finds.get(key)
        if node is None:
            node = self._finds[key] = self.solver.node()
            self._find(holder, name, node, depth)
        return node

    def make(self, holder: Holder, name: str | None = None) -> None:
        """Make the holder's members of the name, or all, that wait for somebody to ask."""
        waiting = self.unmade.get(holder, {})
        for wanted in [name] if name is not None else list(waiting):
            if (lower := waiting.pop(wanted, None)) is not None:
                lower()

    def _find(self, holder: Holder, name: str, node: Node, depth: int) -> None:
        self.solver.when_slot(holder, name, lambda: self.solver.assign(holder.slots[name], node))
        if isinstance(holder, Function) and name == "prototype":
            self.solver.assign(self.prototype(holder), node)
        if isinstance(holder, Instance) and isinstance(holder.cls, Function):
            # static members are found on instances too: type checkers and readers name them so
            self.solver.when_slot(holder.cls, name, lambda: self.solver.alias(holder.cls.slots[name], node))
        if isinstance(holder, Instance) and depth > 0:  # its prototypes are on the way as well, in their own order
            return
        if name in holder.slots:
            if isinstance(holder, Instance):
                self._overridden(holder, name, node)
            return
        if "(index)" in holder.slots:
            self._unsure.append((node, lambda: None if self.has_property(holder, name) else self.solver.assign(holder.slots["(index)"], node)))
        if (depth == 0 and isinstance(holder, (Container, Function))) or (holder in self._bases and name in COLLECTION_METHODS):
            self.solver.add(node, self._own_method(holder, name))
        self.solver.watch(self.parents(holder), lambda parent: self._find_behind(holder, parent, name, node, depth + 1))

    def _find_behind(self, holder: Holder, parent: Value, name: str, node: Node, depth: int) -> None:
        if isinstance(parent, Holder) and parent is not holder and depth <= PROTOTYPE_DEPTH:
            self.solver.assign(self._found(parent, name, depth), node)

    def _overridden(self, holder: Instance, name: str, target: Node) -> None:
        """Methods that one object may put something over: others of its class keep theirs."""

        def look(parent: Value, depth: int) -> None:
            if isinstance(parent, Instance) or not isinstance(parent, Holder) or (parent, name, holder, -target) in self._looked:
                return
            self._looked.add((parent, name, holder, -target))
            if name in parent.slots:
                self.solver.watch(parent.slots[name], lambda value: self.solver.add(target, value) if isinstance(value, Function) else None)
            elif depth < PROTOTYPE_DEPTH:
                self.solver.watch(self.parents(parent), lambda further: look(further, depth + 1))

        self.solver.watch(self.parents(holder), lambda parent: look(parent, 0))

    def key_of(self, value: Value) -> Key | None:
        """The key that a constant or a well-known symbol is."""
        if isinstance(value, External) and value.name.startswith("Symbol."):
            return f"@@{value.name.removeprefix('Symbol.')}"
        return super().key_of(value)

    def told_apart(self, keys: Collection[Key]) -> bool:
        """As below; of more constants than a node keeps nobody knows which are left out."""
        return 0 < len(keys) < MAX_CONSTANTS

    def _from_slot(self, slot: Node, receiver: Value, target: Node, site: Site) -> None:
        key = (slot, receiver, target)
        if key in self._linked:
            return
        self._linked.add(key)
        self.solver.alias(slot, target)
        self.solver.watch(slot, Batch(partial(self._read_slot, receiver, target, site)))

    def _read_slot(self, receiver: Value, target: Node, site: Site, values: Sequence[Value]) -> None:
        accessors = [value for value in values if type(value) is Wrapped]
        self.solver.add_all(target, [value for value in values if type(value) is not Wrapped] if accessors else values)
        for accessor in accessors:
            call = self._accessing.setdefault((target, site), Call(site, target))
            self.later(partial(self.solver.watch, accessor.getter, partial(self._get_by, call, receiver)))

    def _get_by(self, call: Call, receiver: Value, getter: Value) -> None:
        self.invoke(getter, call, receiver)

    def put(self, value: Value, name: str, source: Node, site: Site) -> None:
        """Store into one value's property; a setter on the way is called."""
        if not isinstance(value, Holder):
            return
        if isinstance(value, Module):
            value_node = self.common_exports.get(value, NOTHING)
            self.store(value_node, name, source, site)
            return
        if (value, name, value, -source) not in self._looked:
            self._looked.add((value, name, value, -source))
            self.solver.watch(self._setters(value, name), lambda held: self._call_setter(held, value, source, site))
        if not self._has_accessor(value, name):
            self.write(source, value, name)

    def write(self, source: Node, holder: Holder, name: str) -> None:
        """The holder's own property may be ``source``."""
        self.solver.assign(source, self.solver.own(holder, name))

    def _has_accessor(self, holder: Holder, name: str) -> bool:
        """True where a getter or setter of the holder or of its prototypes takes what is stored."""
        return self.has_property(holder, name, lambda slot: any(isinstance(held, Wrapped) for held in self.solver.values(slot)))

    def has_property(self, holder: Holder, name: str, wanted: Callable[[Node], bool] = bool) -> bool:
        """True where the holder or what it falls back on has such a property of the name."""
        depths = {holder: 0}
        for known in (todo := [holder]):
            self.make(known, name)
            if name in known.slots:
                if wanted(known.slots[name]):
                    return True
            elif depths[known] < PROTOTYPE_DEPTH:
                fresh = [parent for parent in self.solver.values(self.parents(known)) if isinstance(parent, Holder) and parent not in depths]
                depths.update(dict.fromkeys(fresh, depths[known] + 1))
                todo += fresh
        return False

    def _setters(self, holder: Holder, name: str) -> Node:
        """A node that holds the setters of one name on the holder and its prototypes: one for all that is stored there."""
        node = self._setter_nodes.get((holder, name))
        if node is None:
            node = self._setter_nodes[holder, name] = self.solver.node()
            if name in holder.slots:
                self.solver.watch(holder.slots[name], lambda held: self._add_setter(held, node))
            self.solver.watch(
                self.parents(holder),
                lambda parent: self.solver.flow(self._setters(parent, name), node) if isinstance(parent, Holder) and parent is not holder else None,
            )
        return node

    def _add_setter(self, held: Value, node: Node) -> None:
        if isinstance(held, Wrapped) and held.setter:
            self.solver.add(node, held)

    def _call_setter(self, held: Value, receiver: Value, source: Node, site: Site) -> None:
        if isinstance(held, Wrapped):
            call = self._accessing.setdefault((-source, site), Call(site, NOTHING, [(source, False)]))
            self.solver.watch(held.setter, lambda inner: self.invoke(inner, call, receiver))

    def exported(self, module: Module, name: str, target: Node, seen: frozenset[Module] = frozenset()) -> None:
        """``target`` = what the module exports under the name: its own, a CommonJS property, or through ``export *``."""
        if module in seen:
            return
        if name in module.slots:
            self.solver.assign(module.slots[name], target)
            return
        if self._deferred is not None:  # the module's own code may be read later than this
            self.later(lambda: self.exported(module, name, target, seen))
            return
        common = self.common_exports.get(module, NOTHING)
        if common and not module.slots:
            if name == "default":
                self.solver.assign(common, target)
            self.load(common, name, target, Site("", module.file, 0))
        if name != "default":
            for source in self.star_exports.get(module, []):
                self.exported(source, name, target, seen | {module})

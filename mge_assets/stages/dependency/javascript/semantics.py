"""What loads, stores and calls mean for the values of JavaScript, and what its built-in objects do.

A class is the function that ``new`` calls; instances and objects find what they lack on their prototypes.
"""

from collections import deque
from collections.abc import Callable
from functools import partial

from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import (
    ANY,
    NOTHING,
    REST,
    Call,
    Constant,
    Container,
    External,
    Function,
    Holder,
    Instance,
    Key,
    Method,
    Module,
    Node,
    Site,
    Value,
    Wrapped,
)
from mge_assets.stages.dependency.javascript.copying import Copying
from mge_assets.stages.dependency.javascript.kinds import JavaScriptKinds
from mge_assets.stages.dependency.javascript.lookup import COLLECTIONS

_TIMERS = {"setTimeout": 2, "setInterval": 2, "setImmediate": 1, "queueMicrotask": 1, "requestAnimationFrame": 1, "process.nextTick": 1}
"""Outside functions that call the one handed to them later, and the place of the first argument that they pass on."""

MAX_TABLE = 10
"""Methods of a class that a call by a name which nobody knows may mean."""


class JavaScriptSemantics(JavaScriptKinds):
    """Prototypes, ``this``, accessors and built-in objects."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self._copies: list[Copying] = []
        self.places: dict[Node, int] = {}
        self.literals: set[Value] = set()
        self.taken: dict[Node, set[Node]] = {}
        self.sealed: dict[Node, Node] = {}
        self.templates: dict[Node, list[Callable[[tuple[Node, ...]], Node]]] = {}
        self.views: dict[tuple[Node, tuple[Node, ...]], list[Node]] = {}
        self.applying: tuple[Node, ...] = ()
        self._in_turn: deque[Callable[[], None]] = deque()
        self._objects: dict[str, Callable[[Call], None]] = {
            "Object.assign": self._object_assign,
            "Object.freeze": self._object_itself,
            "Object.seal": self._object_itself,
            "Object.preventExtensions": self._object_itself,
            "Object.create": self._object_create,
            "Object.setPrototypeOf": self._object_set_prototype,
            "Object.defineProperty": self._object_define_property,
            "Object.defineProperties": self._object_define_properties,
            "Object.values": self._object_values,
            "Object.entries": self._object_entries,
            "Symbol": self._symbol,
            "Symbol.for": self._symbol_for,
            "JSON.parse": self._called_back_second,
            "JSON.stringify": self._called_back_second,
            "Reflect.apply": self._reflect_apply,
            "Reflect.construct": self._reflect_construct,
        }

    def one_by_one(self, action: Callable[[], None]) -> None:
        """Do it after what is being done so: actions that lead to others would be as deep as the code is nested."""
        self._in_turn.append(action)
        if len(self._in_turn) == 1:
            while self._in_turn:
                self._in_turn[0]()
                self._in_turn.popleft()

    def seal(self, node: Node, kind: Node) -> None:
        """The node has a declared type, which says nothing where values are followed."""

    def model(self, value: Method | External, call: Call, receiver: Value | None) -> None:
        """Call one of the built-in functions that pass values on."""
        if not isinstance(value, External):
            return
        name = value.name
        if name in COLLECTIONS and isinstance(receiver, Instance):
            self.with_base(receiver, lambda base: self._collect(base, call))
            return
        if name in {"Map", "Set", "WeakMap", "WeakSet", "Array", "Array.from", "Array.of", "Promise.all"}:
            self._collection(name, call)
        elif name in {"Promise", "Promise.resolve"}:
            self._promise(name, call)
        elif name in _TIMERS:
            self._timer(name, call)
        elif name in self._objects:
            self._objects[name](call)

    def _promise(self, name: str, call: Call) -> None:
        """A promise is taken for the value that it will have."""
        for node, _ in call.arguments[:1]:
            if name == "Promise.resolve":
                self.solver.flow(node, call.result)
                continue
            resolve = Function("", self.solver.node())
            resolve.parameters = []
            resolve.arguments = Container("array")
            self.solver.flow(self.solver.element(resolve.arguments, 0), call.result)
            self.call_back(node, [self.solver.holding(resolve)], call)

    def _object_assign(self, call: Call) -> None:
        if not call.arguments:
            return
        target = call.arguments[0][0]
        self.solver.flow(target, call.result)
        for node, _ in call.arguments[1:]:
            self.copy_properties(node, target, call.site)

    def _object_itself(self, call: Call) -> None:
        """What is handed over comes back."""
        for node, _ in call.arguments[:1]:
            self.solver.flow(node, call.result)

    def copy_properties(self, source: Node, target: Node, site: Site) -> None:
        """Own properties of one object become those of the other; getters are read, setters are called."""

        def read(value: Holder, key: Key, node: Node) -> None:
            self._from_slot(value.slots[key], value, node, site)

        copying = Copying(self.solver, source, self.make, read, lambda into, key, node: self.put(into, key, node, site))
        self.later(partial(self.solver.watch, source, copying.take))
        self.later(partial(self.solver.watch, target, copying.reach))
        self._copies.append(copying)

    def settle(self) -> bool:
        """Properties that came after their object was copied are copied too."""
        new = [copying.again() for copying in list(self._copies)]
        return super().settle() or any(new)

    def _object_values(self, call: Call) -> None:
        made = self.product(call, "array")
        self.solver.add(call.result, made)
        self._gather(call, self.solver.element(made, REST))

    def _object_entries(self, call: Call) -> None:
        made, row = self.product(call, "array"), self.product(call, "row")
        self.solver.add(call.result, made)
        self.solver.add(self.solver.element(made, REST), row)
        self._gather(call, self.solver.element(row, 1))

    def _gather(self, call: Call, target: Node) -> None:
        """Every property of the first argument."""
        for node, _ in call.arguments[:1]:
            self.solver.watch(node, lambda value: self.solver.flow(self.solver.element(value, ANY), target) if isinstance(value, Container) else None)

    def _reflect_apply(self, call: Call) -> None:
        if len(call.arguments) > 1:
            inner = self.derived(call, "apply", [(node, True) for node, _ in call.arguments[2:3]])
            if inner is not None:
                self.solver.watch(call.arguments[0][0], lambda value: self._with_this(value, inner, call.arguments[1][0]))

    def _reflect_construct(self, call: Call) -> None:
        inner = self.derived(call, "construct", [(node, True) for node, _ in call.arguments[1:2]])
        if inner is not None and call.arguments:
            inner.new = True
            self.solver.watch(call.arguments[0][0], lambda value: self.invoke(value, inner, None))

    def _timer(self, name: str, call: Call) -> None:
        for node, _ in call.arguments[:1]:
            self.call_back(node, [given for given, _ in call.arguments[_TIMERS[name] :]], call)

    def _object_create(self, call: Call) -> None:
        made = self.product(call, "object")
        self.solver.add(call.result, made)
        for node, _ in call.arguments[:1]:
            self.solver.flow(node, self.parents(made))
        for node, _ in call.arguments[1:2]:
            self._define_all(node, self.solver.holding(made))

    def _object_set_prototype(self, call: Call) -> None:
        if len(call.arguments) > 1:
            parent = call.arguments[1][0]
            self.solver.watch(call.arguments[0][0], lambda value: self.solver.flow(parent, self.parents(value)) if isinstance(value, Holder) else None)
            self.solver.flow(call.arguments[0][0], call.result)

    def _object_define_property(self, call: Call) -> None:
        if len(call.arguments) > 2:
            holder, key, description = (node for node, _ in call.arguments[:3])
            self.with_keys(key, lambda name: self._define(holder, name, description) if name is not None else None)
            self.solver.flow(holder, call.result)

    def _object_define_properties(self, call: Call) -> None:
        if len(call.arguments) > 1:
            self._define_all(call.arguments[1][0], call.arguments[0][0])
            self.solver.flow(call.arguments[0][0], call.result)

    def _define_all(self, descriptions: Node, holder: Node) -> None:
        def on(value: Value) -> None:
            if isinstance(value, Container):
                for key in [key for key in value.slots if key not in (ANY, REST)]:
                    self._define(holder, key, value.slots[key])

        self.solver.watch(descriptions, on)

    def _define(self, holder: Node, name: Key, description: Node) -> None:
        """One property from its description: a value, or a getter and a setter."""

        def on(value: Value, described: Value) -> None:
            if not isinstance(value, Holder) or not isinstance(described, Holder):
                return
            slot = self.solver.element(value, name)
            if "value" in described.slots:
                self.solver.assign(described.slots["value"], slot)
            if "get" in described.slots or "set" in described.slots:
                self.solver.add(slot, Wrapped("property", described.slots.get("get", NOTHING), described.slots.get("set", NOTHING)))

        self.solver.watch(holder, lambda value: self.solver.watch(description, lambda described: on(value, described)))

    def presume(self, node: Node, kind: Node) -> None:
        """The node holds what the type says, where nothing else is known of it."""

        def look() -> None:
            if all(isinstance(value, (Constant, External)) for value in self.solver.values(node)):
                self.solver.flow(kind, node)

        self._unsure.append((node, look))

    def put_own(self, holder: Holder, key: Key | None, source: Node) -> None:
        """A property under a computed key in a class or an object literal."""
        self.solver.flow(source, self.solver.own(holder, REST if key is None else key))

    def _symbol(self, call: Call) -> None:
        """A symbol is a key that nothing else is."""
        self.solver.add(call.result, self.solver.constant(f"@@{call.site.file}:{call.site.byte}"))

    def _symbol_for(self, call: Call) -> None:
        for node, _ in call.arguments[:1]:
            self.with_keys(node, lambda key: self.solver.add(call.result, self.solver.constant(f"@@for {key}")) if key is not None else None)

    def _called_back_second(self, call: Call) -> None:
        for node, _ in call.arguments[1:2]:
            self.call_back(node, [], call)

    def get_item(self, value: Value, key: Node, target: Node, site: Site) -> None:
        """``target`` = the element or property of one value under a computed key."""
        if isinstance(value, Holder) and not isinstance(value, External):
            self.with_keys(key, lambda known: self._computed(value, known, target, site))

    def _computed(self, holder: Holder, known: Key | None, target: Node, site: Site) -> None:
        if known is None:
            for slot in [slot for key, slot in holder.slots.items() if key != ANY]:
                self._from_slot(slot, holder, target, site)
            return
        if isinstance(known, str) and not isinstance(holder, Module):
            self._look(holder, known, target, site)
        elif isinstance(holder, Container):
            self.solver.assign(self.solver.element(holder, known), target)
        if isinstance(holder, Container):
            self.solver.flow(self.solver.element(holder, REST), target)

    def methods_between(self, holder: Node, key: Node, target: Node, ends: tuple[str, str]) -> None:
        """``holder[key]`` is called and the key stays unknown: methods of the object's class whose names begin and end as the key does.

        Where nothing is known of it, a class with few methods is a table of them, one with many is anything.
        """

        def look() -> None:
            if any(isinstance(value, Constant) for value in self.solver.values(key)):
                return
            for value in self.solver.values(holder):
                found = self._methods_of(value, ends) if isinstance(value, Instance) else []
                for method in found if any(ends) or len(found) <= MAX_TABLE else []:
                    self.solver.add(target, method)

        self._unsure.append((key, look))

    def _methods_of(self, value: Instance, ends: tuple[str, str]) -> list[Function]:
        """Methods on the way of an object's prototypes, by how their names begin and end."""
        found: dict[Function, None] = {}
        seen: dict[Value, None] = dict.fromkeys(self.solver.values(self.parents(value)))
        for known in (todo := list(seen)):
            if isinstance(known, Container):
                names = [name for name in known.slots if isinstance(name, str) and name not in {ANY, REST, "constructor"}]
                wanted = [name for name in names if name.startswith(ends[0]) and name.endswith(ends[1]) and name[:2] != "@@"]
                found |= {held: None for name in wanted for held in self.solver.values(known.slots[name]) if isinstance(held, Function)}
                fresh = [parent for parent in self.solver.values(self.parents(known)) if parent not in seen]
                seen.update(dict.fromkeys(fresh))
                todo += fresh
        return list(found)

    def _put_item(self, key: Node, source: Node, site: Site, value: Value) -> None:
        if isinstance(value, Holder):
            self.with_keys(key, lambda known: self._put_known(value, known, source, site))

    def _put_known(self, holder: Holder, known: Key | None, source: Node, site: Site) -> None:
        if isinstance(known, str):
            self.put(holder, known, source, site)
        else:
            self.solver.assign(source, self.solver.element(holder, REST if known is None else known))

"""Attribute access on the values of Python.

Constraints that may run code (calls) wait until names, imports and base classes are known: ``start`` lets them go.
"""

from collections.abc import Callable, Iterable
from functools import partial

from mge_assets.model.graph import SymbolKind
from mge_assets.stages.dependency.fixpoint.class_search import Search
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.resolution_order import linearise
from mge_assets.stages.dependency.fixpoint.solver import Solver, Watcher
from mge_assets.stages.dependency.fixpoint.values import (
    NOTHING,
    Bound,
    Call,
    Class,
    Container,
    External,
    Function,
    Holder,
    Instance,
    Method,
    Module,
    Node,
    Site,
    Super,
    Value,
    View,
    Wrapped,
)

MAX_EXTERNAL_DOTS = 4
"""Attributes of attributes of an outside name that are told apart."""


_Reader = tuple[Instance | None, Node, Site]
"""Who reads an attribute of a class: the receiver where there is one, where the value goes, the place."""


class Lookup:
    """Attribute access."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        self.solver = solver
        self.recorder = recorder
        self._externals: dict[str, External] = {}
        self._bound: dict[tuple[Value, Value], Bound] = {}
        self._linked: set[tuple[Node, Value | None, Node]] = set()
        self._supers: dict[tuple[Value, Value], Super] = {}
        self._methods: dict[tuple[Holder, str], Method] = {}
        self._stored_at: dict[Site, Call] = {}
        self._orders: dict[tuple[Class, Class | None, str], Search[_Reader]] = {}
        self._stores: dict[tuple[Class, str], Search[Node]] = {}
        self._getters: list[tuple[Class, str, Node, Node, Call]] = []
        self._deferred: list[Callable[[], None]] | None = []
        self.classes: list[Class] = []
        self._rebased: dict[Class, None] = {}
        self._ordered = 0
        self.once: set[Call] = set()
        self.kept: dict[str, set[Class]] = {}
        # bound once: as many methods as watchers were a sixth of all objects
        self._loading, self._binding, self._calling = self._load_from, self._bind, self._invoke_on

    def external(self, name: str) -> External:
        """The one value of this outside name."""
        return self._externals.setdefault(name, External(name))

    def bound(self, function: Value, receiver: Value) -> Bound:
        """The one value of this function on this receiver."""
        return self._bound.setdefault((function, receiver), Bound(function, receiver))

    def later(self, action: Callable[[], None]) -> None:
        """Do it once calls may run: at ``start``, or at once after that."""
        if self._deferred is None:
            action()
        else:
            self._deferred.append(action)

    def start(self) -> None:
        """Settle imports and base classes, then let the calls go."""
        self.solver.run()
        for cls in self.classes:
            for base in cls.bases:
                self.solver.watch(base, lambda value, cls=cls: self._new_base(cls, value))  # type: ignore[misc]
        self._linearise(self.classes)
        for cls in self.classes:
            for told in list(cls.on_order):
                told()
        waiting, self._deferred = self._deferred or [], None
        for action in waiting:
            action()

    def _linearise(self, classes: Iterable[Class]) -> None:
        """Give these classes their order; copies of functions may have brought new ones since."""
        linearise(classes, self.base_classes)
        self._ordered = len(self.classes)

    def base_classes(self, cls: Class) -> list[Class]:
        """The classes that the bases are known to be, in order."""
        return [value for base in cls.bases for value in self.solver.values(base) if isinstance(value, Class)]

    def _new_base(self, cls: Class, value: Value) -> None:
        if self._deferred is None and isinstance(value, Class) and value not in cls.order:
            if not self._rebased:
                self.solver.when_idle(self._reorder)
            self._rebased[cls] = None

    def _reorder(self) -> None:
        """Classes that have other bases now get their order, and those below them.

        For all that came together: where classes of a crowd may be each other's bases, transformers ordered 3,000 classes again for each base.
        """
        rebased, self._rebased = self._rebased, {}
        below = [known for place, known in enumerate(self.classes) if place >= self._ordered or not rebased.keys().isdisjoint(known.order)]
        self._linearise(below)
        self.on_new_order(below)
        for changed in below:
            for told in list(changed.on_order):
                told()

    def on_new_order(self, classes: Iterable[Class]) -> None:
        """These classes have another resolution order now. Whoever keeps what follows from it looks again."""

    def load(self, holder: Node, name: str, target: Node, site: Site) -> None:
        """``target`` = ``holder.name``."""
        self.solver.mark_load(holder, target)
        self.solver.watch(holder, partial(self._loading, name, target, site))

    def _load_from(self, name: str, target: Node, site: Site, value: Value) -> None:
        self.get(value, name, target, site)

    def get(self, value: Value, name: str, target: Node, site: Site) -> None:
        """``target`` = the attribute of one value."""
        match value:
            case Instance(cls=Class() as cls):
                if not self._from_instance(value, cls, name, target, site) and cls.bases:
                    cls.on_order.append(partial(self._from_instance, value, cls, name, target, site))
            case Class():
                self.from_order(value, name, target, site)
            case Super(cls=cls, receiver=receiver):
                self._from_super(cls, receiver, name, target, site)
            case Module() | View() | External():
                self.solver.assign(self.member(value, name), target)
            case Container():
                self.solver.add(target, self._method(value, name))
            case Function():
                self.solver.when_slot(value, name, partial(self._assign_slot, value, name, target))
            case Wrapped():
                self.solver.add(target, self.bound(self.external(f"property.{name}"), value))
            case _:
                pass

    def _assign_slot(self, holder: Holder, name: str, target: Node) -> None:
        self.solver.assign(holder.slots[name], target)

    def _method(self, holder: Holder, name: str) -> Method:
        return self._methods.setdefault((holder, name), Method(holder, name))

    def super_of(self, cls: Class, receiver: Value) -> Super:
        """The one ``super`` value of this class and receiver."""
        return self._supers.setdefault((cls, receiver), Super(cls, receiver))

    @staticmethod
    def _on_order(known: Class, action: Callable[[], object]) -> None:
        """Do it, and again whenever the class's resolution order changes."""
        action()
        if known.bases:
            known.on_order.append(action)

    def contents(self, value: Value, name: str) -> list[Container]:
        """The containers that a built-in method of this name reads where it is called on the value: the value itself, if it is one."""
        del name
        return [value] if isinstance(value, Container) else []

    def member(self, holder: Holder, name: str) -> Node:
        """The node of a module's or outside name's attribute."""
        if name in holder.slots:
            return holder.slots[name]
        match holder:
            case View(base=base):
                return self.member(base, name)
            case Module(submodules=submodules) if name in submodules:
                return submodules[name].itself
            case External(name=outer) if outer.count(".") < MAX_EXTERNAL_DOTS:
                node = self.solver.slot(holder, name)
                self.solver.add(node, self.external(f"{outer}.{name}"))
                return node
            case External():
                return NOTHING
            case _:
                return self.solver.slot(holder, name)

    def _from_instance(self, value: Instance, cls: Class, name: str, target: Node, site: Site) -> bool:
        """An attribute of an object; false where no class of its order has it yet."""
        if name == "__class__":
            self.class_of(value, target)
            return True
        self._stored(cls, name).ask(target)
        if self.from_order(cls, name, target, site, instance=value):
            return True
        getter = self.solver.node()
        if name[:2] != "__" and self.from_order(cls, "__getattr__", getter, site, instance=value):
            self._getters.append((cls, name, target, getter, Call(site, target)))
        return False

    def class_of(self, value: Value, target: Node) -> None:
        """``target`` = the class of an object."""
        if isinstance(value, Instance):
            self.solver.add(target, value.cls)

    def _stored(self, cls: Class, name: str) -> Search[Node]:
        """The search for what is put into the attribute of the class's objects."""
        search = self._stores.get((cls, name))
        if search is None:
            search = self._stores[cls, name] = Search(self.solver, name, partial(self.holders, cls), self.solver.assign, first=False)
            self._on_order(cls, search.look)
        return search

    def holders(self, cls: Class) -> list[Holder]:
        """The objects of the classes along the order."""
        return [known.instance for known in cls.order]

    def slots_for(self, cls: Class, name: str, site: Site) -> list[Node]:
        """Where an attribute of the class's objects is stored."""
        del site
        return [self.solver.slot(cls.instance, name)]

    def inherited(self, cls: Class, name: str, target: Node, site: Site) -> None:
        """``target`` = what the class's bases have under the name."""
        if any(name in known.slots for known in cls.order[1:]):
            self.from_order(cls, name, target, site, after=cls)

    def _from_super(self, cls: Class, receiver: Value, name: str, target: Node, site: Site) -> None:
        own = receiver.cls if isinstance(receiver, Instance) else receiver
        if not isinstance(own, Class):
            return
        if name == "__call__" and cls not in own.order:
            self.solver.add(target, self.bound(self.external("builtins.type.__call__"), own))
            return

        def look() -> None:
            instance = receiver if isinstance(receiver, Instance) else None
            if not self.from_order(own, name, target, site, instance=instance, after=cls) and name == "__new__":
                self.solver.add(target, self.external("builtins.object.__new__"))

        self._on_order(own, look)

    def from_order(self, cls: Class, name: str, target: Node, site: Site, *, instance: Instance | None = None, after: Class | None = None) -> bool:
        """Take the first class's attribute (of those behind ``after``); classes before it are waited for. False where no class has it yet."""
        search = self._orders.get((cls, after, name))
        if search is None:
            search = self._orders[cls, after, name] = Search(self.solver, name, partial(_behind, cls, after), partial(self._link_reader, cls), first=True)
            self._on_order(cls, search.look)
        return search.ask((instance, target, site))

    def _link_reader(self, cls: Class, slot: Node, reader: _Reader) -> None:
        instance, target, site = reader
        self._link(slot, instance, cls, target, site)

    def _link(self, slot: Node, instance: Instance | None, cls: Class, target: Node, site: Site) -> None:
        key = (slot, instance or cls, target)
        if key not in self._linked:
            self._linked.add(key)
            self.solver.alias(slot, target)
            self.solver.watch(slot, partial(self._binding, instance, cls, target, site))

    def _bind(self, instance: Instance | None, cls: Class, target: Node, site: Site, value: Value) -> None:
        """What a class's attribute becomes when it is taken from an instance or the class."""
        match value:
            case Function() if instance is not None:
                self.solver.add(target, self.bound(value, instance))
            case Wrapped(kind="staticmethod", getter=getter):
                self.solver.flow(getter, target)
            case Wrapped(kind="classmethod", getter=getter):
                self.solver.watch(getter, partial(self._add_bound, cls, target))
            case Instance(cls=Class() as own) if instance is not None and any("__get__" in known.slots for known in own.order):
                self.later(partial(self.send, value, "__get__", Call(site, target)))
            case Wrapped(kind="property", getter=getter) if instance is not None:
                call = Call(site, target)
                if value.once:
                    self.once.add(call)
                self.later(partial(self.run_first, getter, call, instance))
            case _:
                self.solver.add(target, value)

    def _add_bound(self, cls: Class, target: Node, function: Value) -> None:
        self.solver.add(target, self.bound(function, cls))

    def store(self, holder: Node, name: str, source: Node, site: Site) -> None:
        """``holder.name`` = ``source``."""
        self.later(partial(self.solver.watch, holder, partial(self._store_in, name, source, site)))

    def _store_in(self, name: str, source: Node, site: Site, value: Value) -> None:
        self.put(value, name, source, site)

    def put(self, value: Value, name: str, source: Node, site: Site) -> None:
        """Store into one value's attribute."""
        match value:
            case Instance(cls=Class() as cls):
                for known in cls.order:
                    if name in known.slots:
                        self.solver.watch(known.slots[name], partial(self._set_property, value, source, site))
                if any("__setattr__" in known.slots for known in cls.order):
                    self.send(value, "__setattr__", self._stored_at.setdefault(site, Call(site, NOTHING)))
                if not self._overrides_method(cls, name, site):
                    self._put_into(cls, name, source, site)
            case View(base=base):
                self.put(base, name, source, site)
            case Class() | Module() | Function():
                self.solver.assign(source, self.solver.slot(value, name))
            case _:
                # what is put over an outside name (``sys.stdout``) is left: on click it added 43 edges, of which 4 ever run
                pass

    def _put_into(self, cls: Class, name: str, source: Node, site: Site) -> None:
        """The attribute of the class's objects may be ``source``.

        Where the class gives its objects the attribute itself, an object that others put there is one object's alone: on networkx, where views
        of graphs put theirs over a graph's dictionaries, 1,140 edges of all graphs led to the views, of which 145 ever run.
        """
        put_over = self._is_put_over(cls, name, site)
        for slot in self.slots_for(cls, name, site):
            if not put_over:
                self.solver.assign(source, slot)
            else:
                self.solver.alias(source, slot)
                self.solver.watch(source, partial(self._add_plain, slot))

    def _add_plain(self, slot: Node, value: Value) -> None:
        if not isinstance(value, (Instance, Function, Bound)):
            self.solver.add(slot, value)

    def _is_put_over(self, cls: Class, name: str, site: Site) -> bool:
        """True where code from outside the class puts something over what its own code, or that of a class of its family, gives its objects."""
        related = [known for known in self.kept.get(name, ()) if not set(cls.order).isdisjoint(known.order)]
        return bool(related) and not any(site.symbol.startswith(f"{known.symbol}.") for known in (*cls.order, *related))

    def _overrides_method(self, cls: Class, name: str, site: Site) -> bool:
        """True where a function from elsewhere puts something over a method of one object: the class's other objects keep theirs."""
        owner = self.recorder.symbols.get(site.symbol)
        if owner is None or owner.kind not in {SymbolKind.FUNCTION, SymbolKind.LAMBDA}:
            return False
        return any(isinstance(value, Function) for known in cls.order if name in known.slots for value in self.solver.values(known.slots[name]))

    def _set_property(self, instance: Instance, source: Node, site: Site, held: Value) -> None:
        if isinstance(held, Instance):
            self.send(held, "__set__", Call(site, self.solver.node(), [(self.solver.holding(instance), False), (source, False)]))
        if isinstance(held, Wrapped) and held.setter:
            call = Call(site, self.solver.node(), [(source, False)])
            self.solver.watch(held.setter, self.calling(call, instance))

    def settle(self) -> bool:
        """Call ``__getattr__`` for attributes that nothing else gave; True where there are such."""
        waiting, self._getters = self._getters, []
        missing = [(getter, call) for cls, name, target, getter, call in waiting if not self.solver.values(target) and not self._has(cls, name)]
        for getter, call in missing:
            self.call(getter, call)
        return bool(missing)

    @staticmethod
    def _has(owner: Class, name: str) -> bool:
        """True where objects of the class have the attribute, whatever its value."""
        return any(name in known.slots or name in known.instance.slots for known in owner.order)

    def call(self, callee: Node, call: Call) -> None:
        """Call whatever ``callee`` holds."""
        self.later(partial(self.solver.watch, callee, self.calling(call, None)))

    def calling(self, call: Call, receiver: Value | None) -> Watcher:
        """Who watches what is called: each value is."""
        return partial(self._calling, call, receiver)

    def _invoke_on(self, call: Call, receiver: Value | None, value: Value) -> None:
        self.invoke(value, call, receiver)

    def send(self, value: Value, name: str, call: Call) -> None:
        """Call a method of one value. Said by the class below."""
        raise NotImplementedError

    def each(self, value: Value, target: Node, site: Site) -> None:
        """``target`` = each element of one value. Said by the class below."""
        raise NotImplementedError

    def run_first(self, node: Node, call: Call, receiver: Value | None) -> None:
        """Call what the node holds, a crowd apart. Said by the class below."""
        raise NotImplementedError

    def invoke(self, value: Value, call: Call, receiver: Value | None) -> None:
        """Call one value. Said by the class below."""
        raise NotImplementedError


def _behind(cls: Class, after: Class | None) -> list[Class]:
    """The class's resolution order, behind another class of it where that is given."""
    return cls.order[cls.order.index(after) + 1 :] if after is not None and after in cls.order else cls.order

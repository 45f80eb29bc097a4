"""Objects that are containers themselves, because their class inherits from a built-in one: ``class Lines(list)``.

Each class keeps what its own objects hold, beside their attributes; objects of a subclass hold what the bases' code puts in as well. The built-in
methods are the object's where no class of its order has another.
"""

from collections import OrderedDict, defaultdict, deque
from collections.abc import AsyncGenerator, Generator, Iterable, Sequence

from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import ANY, REST, Class, Container, External, Instance, Kin, Node, Site, Super, Value
from mge_assets.stages.dependency.python.decorators import Decorators

_BUILT_IN = {
    "list": "builtins.list collections.deque collections.UserList typing.List typing.Deque",
    "dict": (
        "builtins.dict collections.OrderedDict collections.defaultdict collections.UserDict collections.Counter collections.ChainMap typing.Dict "
        "typing.OrderedDict typing.DefaultDict typing.Counter typing.ChainMap weakref.WeakValueDictionary weakref.WeakKeyDictionary"
    ),
    "set": "builtins.set builtins.frozenset typing.Set typing.FrozenSet weakref.WeakSet",
    "tuple": "builtins.tuple typing.Tuple typing.NamedTuple",
}
KINDS = {name: kind for kind, names in _BUILT_IN.items() for name in names.split()}
"""Outside classes whose objects hold elements, and as what."""

_OPEN = {"collections.UserDict", "collections.UserList"}
"""Those of them that keep their elements in an attribute ``data``."""

WRITING = {"append", "add", "appendleft", "insert", "extend", "extendleft", "update", "__iadd__", "__ior__", "__setitem__"}
_READING = {
    "list": {"pop", "popleft", "copy", "sort", "__getitem__", "__iter__", "__init__"},
    "dict": {"get", "pop", "popitem", "setdefault", "__getitem__", "__iter__", "items", "values", "keys", "copy", "__init__"},
    "set": {"pop", "union", "intersection", "difference", "copy", "__iter__", "__init__"},
    "tuple": {"__getitem__", "__iter__", "_replace", "__init__"},
}
_METHODS = {kind: names | (WRITING if kind != "tuple" else set()) for kind, names in _READING.items()}
METHODS = frozenset[str]().union(*_METHODS.values())
"""What is known of the methods of any of them."""


_CONTAINER_METHODS = frozenset(name for kind in (list, tuple, set, dict, deque, defaultdict, OrderedDict, Generator, AsyncGenerator) for name in dir(kind)) | {
    "__enter__", "__exit__", "__aenter__", "__aexit__", "close", "closed", "read", "write",
}  # fmt: skip
"""All that built-in containers have: they have no other attributes."""
_ASKED = METHODS | {"data"}


class Contents(Decorators):
    """Elements of objects."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self._kinds_of: dict[Class, str] = {}
        self._held: dict[Class, Container] = {}
        self._gathered: dict[Class, Container] = {}

    def outside_kind(self, cls: Class) -> str:
        """The name of the outside container that the class inherits from, near or far; empty where there is none."""
        known = self._kinds_of.get(cls)
        if known is None:
            outside = (value for one in cls.order for base in one.bases for value in self.solver.values(base) if isinstance(value, External))
            known = self._kinds_of[cls] = next((value.name for value in outside if value.name in KINDS), "")
        return known

    def _linearise(self, classes: Iterable[Class]) -> None:
        super()._linearise(classes)
        self._kinds_of.clear()

    def content(self, cls: Class) -> Container:
        """What the class's own objects hold, as far as they are containers."""
        made = self._held.get(cls)
        if made is None:
            made = self._held[cls] = Container(KINDS[self.outside_kind(cls)])
        return made

    def promise_elements(self, cls: Class, promised: Node, *, last: bool) -> None:
        """``class C(List[T])``: objects of the class hold what the node does; of the arguments of a mapping only the last are elements."""

        def keep() -> None:
            if self.outside_kind(cls) and (last or self.content(cls).kind != "dict"):
                self.solver.flow(promised, self.solver.element(self.content(cls), REST))

        self.later(keep)

    def contents(self, value: Value, name: str) -> list[Container]:
        """The containers that a built-in method reads where it is called on the value; none where the value's class has another."""
        if isinstance(value, Container):
            return [value]
        cls = value.cls if isinstance(value, Instance) else None
        if not isinstance(cls, Class) or not self.outside_kind(cls) or any(name in known.slots for known in cls.order):
            return []
        assert isinstance(value, Instance)
        return self.readable(value, cls)

    def readable(self, value: Instance, cls: Class) -> list[Container]:
        """What the objects hold: put in by their own class, by the bases, and where only a base is known by any subclass."""
        found = [self.content(known) for known in cls.order if self.outside_kind(known)]
        return [*found, self._gather(cls)] if isinstance(value, Kin) else found

    def _gather(self, cls: Class) -> Container:
        made = self._gathered.get(cls)
        if made is None:
            made = self._gathered[cls] = Container(KINDS[self.outside_kind(cls)])
            self._gather_below(cls, made)
        return made

    def _gather_below(self, cls: Class, into: Container) -> None:
        for known in sorted(self._existing_below(cls), key=lambda one: one.symbol):
            self.solver.flow(self.solver.element(self.content(known), ANY), self.solver.element(into, REST))

    def _grow(self) -> None:
        super()._grow()
        for cls, into in list(self._gathered.items()):
            self._gather_below(cls, into)

    def get(self, value: Value, name: str, target: Node, site: Site) -> None:
        """As below; a built-in container has no attributes but its methods, and an object that is one has these."""
        if isinstance(value, Container) and name not in _CONTAINER_METHODS:
            return
        super().get(value, name, target, site)
        if name in _ASKED:
            match value:
                case Instance(cls=Class() as cls):
                    self._built_in(value, cls, cls.order, name, target)
                case Super(cls=cls, receiver=Instance(cls=Class() as own) as receiver) if cls in own.order:
                    self._built_in(receiver, own, own.order[own.order.index(cls) + 1 :], name, target)
                case _:
                    pass

    def _built_in(self, value: Instance, cls: Class, order: Sequence[Class], name: str, target: Node) -> None:
        outside = self.outside_kind(cls)
        if not outside or any(name in known.slots for known in order):
            return
        if name in _METHODS[KINDS[outside]]:
            self.solver.add(target, self._method(value, name))
        elif name == "data" and outside in _OPEN:
            for held in self.readable(value, cls):
                self.solver.add(target, held)

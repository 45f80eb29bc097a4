"""What Python's built-in functions and containers do with the values handed to them.

Only what passes values on or calls them back is modelled; everything else gives nothing.
"""

from collections import OrderedDict, defaultdict, deque
from collections.abc import AsyncGenerator, Callable, Generator

from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import MAX_CONSTANTS, Solver
from mge_assets.stages.dependency.fixpoint.values import (
    ANY,
    NOTHING,
    REST,
    Call,
    Class,
    Constant,
    Container,
    External,
    Instance,
    Method,
    Node,
    Partial,
    Site,
    Value,
    Wrapped,
)
from mge_assets.stages.dependency.python.decorators import Decorators

_SAME = {
    "typing.cast": 1, "copy.copy": 0, "copy.deepcopy": 0, "asyncio.run": 0, "asyncio.create_task": 0, "asyncio.ensure_future": 0, "asyncio.wait_for": 0,
    "builtins.iter": 0, "contextlib.closing": 0, "weakref.proxy": 0, "asyncio.shield": 0, "types.MappingProxyType": 0,
    "functools.update_wrapper": 0, "functools.cache": 0, "typing.no_type_check": 0, "typing.final": 0, "typing.overload": 0, "abc.abstractmethod": 0,
}  # fmt: skip
"""Functions that give back one argument, by its place."""

_COPIES = {
    "builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.sorted", "builtins.reversed", "collections.deque", "builtins.dict",
    "collections.OrderedDict", "itertools.chain", "itertools.cycle", "itertools.islice", "builtins.enumerate", "builtins.zip", "collections.defaultdict",
}  # fmt: skip
_CALLBACKS = {"map", "filter"}
_KEYED = {"sorted", "min", "max", "list.sort", "itertools.groupby"}
_DUNDERS = {
    "len": "__len__", "str": "__str__", "repr": "__repr__", "bool": "__bool__", "hash": "__hash__", "int": "__int__", "float": "__float__", "abs": "__abs__",
    "bytes": "__bytes__", "format": "__format__", "dir": "__dir__", "round": "__round__", "complex": "__complex__", "reversed": "__reversed__",
    "divmod": "__divmod__", "pow": "__pow__", "print": "__str__",
}  # fmt: skip


_PUTTING = {"append", "add", "appendleft", "insert"}
_JOINING = {"extend", "extendleft", "update", "union", "__ior__"}
_TAKING = {"get", "pop", "setdefault", "__getitem__", "popleft"}
_LISTING = {"items", "values", "keys", "__iter__", "__next__", "send"}

_CONTAINER_METHODS = frozenset(name for kind in (list, tuple, set, dict, deque, defaultdict, OrderedDict, Generator, AsyncGenerator) for name in dir(kind)) | {
    "__enter__", "__exit__", "__aenter__", "__aexit__", "close", "closed", "read", "write",
}  # fmt: skip


class PythonSemantics(Decorators):
    """Python's built-in functions and containers."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self._copies: dict[tuple[Call, str], Container] = {}

    def get(self, value: Value, name: str, target: Node, site: Site) -> None:
        """As below; a built-in container has no attributes but its methods."""
        if not isinstance(value, Container) or name in _CONTAINER_METHODS:
            super().get(value, name, target, site)

    def model(self, value: Method | External, call: Call, receiver: Value | None) -> None:
        """Call something built in."""
        if isinstance(value, Method):
            if isinstance(value.holder, Container):
                self._container_method(value.holder, value.name, call)
            return
        name = value.name.removeprefix("builtins.")
        first = call.arguments[0][0] if call.arguments else NOTHING
        if value.name in _SAME and len(call.arguments) > _SAME[value.name]:
            self.solver.assign(call.arguments[_SAME[value.name]][0], call.result)
        if value.name in _COPIES:
            self._copy(call, value.name)
        if name in _DUNDERS:
            for node, _ in call.arguments:
                self._send_all(node, _DUNDERS[name], call)
        if name in _KEYED and "key" in call.keywords:
            self.call_back(call.keywords["key"], [self._elements(call, first)], call, named=True)
        name = "object.__new__" if name.endswith(".__new__") else name
        model: Callable[[External, Call, Value | None], None] | None = getattr(self, f"_model_{name.replace('.', '_')}", None)
        if model is not None:
            model(value, call, receiver)

    def _send_all(self, node: Node, name: str, call: Call) -> None:
        def on(value: Value) -> None:
            if isinstance(value, Instance):
                self.send(value, name, Call(call.site, self.solver.node()))

        self.solver.watch(node, on)

    def _elements(self, call: Call, node: Node) -> Node:
        element = self.solver.node()
        self.solver.watch(node, lambda value: self.each(value, element, call.site))
        return element

    def call_back(self, callee: Node, arguments: list[Node], call: Call, *, named: bool = False) -> Node:
        """Call a function that was handed over; its result's node. Objects are called only where the argument is ``named`` as what is called."""
        result = self.solver.node()
        inner = Call(call.site, result, [(node, False) for node in arguments])
        left = External if named else (External, Instance)
        self.solver.watch(callee, lambda value: self.invoke(value, inner, None) if not isinstance(value, left) else None)
        return result

    def _product(self, call: Call, kind: str) -> Container:
        """The one container that this call makes."""
        made = self._copies.get((call, kind))
        if made is None:
            made = self._copies[call, kind] = Container(kind)
        self.solver.add(call.result, made)
        return made

    def _copy(self, call: Call, name: str) -> None:
        """A container made from others."""
        kind = "dict" if "ict" in name else "list"
        made = self._product(call, kind)
        pairs = name in {"builtins.enumerate", "builtins.zip"}
        for place, (node, _) in enumerate(call.arguments):
            if name == "collections.defaultdict" and place == 0:
                self.solver.flow(self.call_back(node, [], call), self.solver.element(made, REST))
                self.solver.watch(node, lambda value: self._fresh_element(value, made))
                continue
            if pairs:
                row = self._made_row(call, made)
                self.solver.flow(self._elements(call, node), self.solver.element(row, place + (name == "builtins.enumerate")))
                continue
            self.solver.watch(node, lambda value: self._copy_from(value, made, call, ordered=name in {"builtins.list", "builtins.tuple"}))
        for key, node in call.keywords.items():
            if kind == "dict":
                self.solver.flow(node, self.solver.element(made, key))

    def _fresh_element(self, factory: Value, made: Container) -> None:
        """``defaultdict(list)``: an element that nobody put in is a new list."""
        known = any(isinstance(value, Container) for value in self.solver.values(made.slots[REST]))
        if isinstance(factory, External) and factory.name in _COPIES and not known:
            self.solver.add(made.slots[REST], Container("dict" if "ict" in factory.name else "list"))

    def _made_row(self, call: Call, made: Container) -> Container:
        row = self._copies.get((call, "row"))
        if row is None:
            row = self._copies[call, "row"] = Container("tuple")
            self.solver.add(self.solver.element(made, REST), row)
        return row

    def _copy_from(self, value: Value, made: Container, call: Call, *, ordered: bool) -> None:
        if isinstance(value, Container) and (ordered or (made.kind == "dict" and value.kind == "dict")) and value.kind != "generator":
            made.length = value.length
            self.copy_elements(value, made)
        else:
            self.each(value, self.solver.element(made, REST), call.site)

    def _container_method(self, holder: Container, name: str, call: Call) -> None:
        arguments = [node for node, _ in call.arguments]
        if name in _PUTTING:
            self.solver.flow(arguments[-1] if arguments else NOTHING, self.solver.element(holder, REST))
        elif name in _JOINING:
            self._join(holder, arguments, call)
        elif name in _TAKING:
            self._take(holder, name, arguments, call)
        elif name in _LISTING:
            self._list(holder, name, call)
        elif name in {"copy", "__enter__", "__aiter__"}:
            self.solver.add(call.result, holder)
        elif name == "sort":
            self.call_back(call.keywords.get("key", NOTHING), [self.solver.element(holder, ANY)], call, named=True)

    def _join(self, holder: Container, arguments: list[Node], call: Call) -> None:
        """The elements of others are put in."""
        if holder.kind != "dict":
            rest = self.solver.element(holder, REST)
            for node in arguments:
                self.solver.watch(node, lambda value: self.each(value, rest, call.site))
            self.solver.add(call.result, holder)
            return
        for node in arguments:
            self.solver.watch(node, lambda value: self.copy_elements(value, holder) if isinstance(value, Container) else None)
        for key, node in call.keywords.items():
            self.solver.flow(node, self.solver.element(holder, key))

    def _list(self, holder: Container, name: str, call: Call) -> None:
        """Iterators over a container, and what they give next."""
        everything = self.solver.element(holder, ANY)
        if name == "items":
            self.solver.flow(everything, self.solver.element(self._row_of(holder, call), 1))
            return
        rest = self.solver.element(self._product(call, "list"), REST)
        if name == "keys":
            self.each(holder, rest, call.site)
            return
        self.solver.flow(everything, rest)
        for sent in call.arguments[:1] if name == "send" else ():
            self.solver.flow(sent[0], self.solver.slot(holder, "(sent)"))
        if name in {"__next__", "send"}:
            self.solver.flow(everything, call.result)

    def _row_of(self, holder: Container, call: Call) -> Container:
        made = self._product(call, "list")
        row = self._made_row(call, made)
        keys = self.solver.element(row, 0)
        known = [key for key in holder.slots if key not in (ANY, REST)]
        for key in known if len(known) <= MAX_CONSTANTS else ():
            self.solver.add(keys, self.solver.constant(key))
        return row

    def _take(self, holder: Container, name: str, arguments: list[Node], call: Call) -> None:
        if arguments and holder.kind == "dict":
            self.get_item(holder, arguments[0], call.result, call.site)
        else:
            self.solver.assign(self.solver.element(holder, ANY), call.result)
        for default in arguments[1:2]:
            if not any(isinstance(key, Constant) and key.value in holder.slots for key in self.solver.values(arguments[0])):
                self.solver.flow(default, call.result)
            if name == "setdefault":
                self.put_element(holder, arguments[0], default)

    # single functions, found by name

    def _model_map(self, value: External, call: Call, receiver: Value | None) -> None:
        """Any argument that can be called is called with the elements of the others, whatever their order."""
        del value, receiver
        made = self._product(call, "list")
        nodes = [node for node, _ in call.arguments]
        for place, node in enumerate(nodes):
            others = [self._elements(call, other) for number, other in enumerate(nodes) if number != place]
            self.solver.flow(self.call_back(node, others, call, named=place == 0), self.solver.element(made, REST))

    def _model_filter(self, value: External, call: Call, receiver: Value | None) -> None:
        del value, receiver
        nodes = [node for node, _ in call.arguments]
        if len(nodes) > 1:
            element = self._elements(call, nodes[1])
            self.call_back(nodes[0], [element], call)
            self.solver.flow(element, self.solver.element(self._product(call, "list"), REST))

    def _model_functools_reduce(self, value: External, call: Call, receiver: Value | None) -> None:
        del value, receiver
        nodes = [node for node, _ in call.arguments]
        if len(nodes) > 1:
            result = self.call_back(nodes[0], [call.result, self._elements(call, nodes[1])], call)
            self.solver.flow(result, call.result)

    def _model_next(self, value: External, call: Call, receiver: Value | None) -> None:
        del value, receiver
        for node, _ in call.arguments[:1]:
            self.solver.watch(node, lambda found: self.advance(found, call.result, call.site))
        for node, _ in call.arguments[1:2]:
            self.solver.flow(node, call.result)

    def _model_iter(self, value: External, call: Call, receiver: Value | None) -> None:
        del value, receiver
        for node, _ in call.arguments[:1]:
            self.solver.watch(node, lambda found: self.send(found, "__iter__", Call(call.site, call.result)) if isinstance(found, Instance) else None)

    def _model_sum(self, value: External, call: Call, receiver: Value | None) -> None:
        del value, receiver
        for node, _ in call.arguments[:1]:
            self._elements(call, node)

    _model_any = _model_all = _model_min = _model_max = _model_sum
    _model_list = _model_tuple = _model_set = _model_sorted = _model_sum

    def _model_functools_partial(self, value: External, call: Call, receiver: Value | None) -> None:
        del value, receiver
        if call.arguments and (call, "partial") not in self._copies:
            self._copies[call, "partial"] = Container("list")
            nodes = [node for node, _ in call.arguments]
            self.solver.add(call.result, Partial(nodes[0], tuple(nodes[1:]), call.keywords))

    def _model_functools_wraps(self, value: External, call: Call, receiver: Value | None) -> None:
        """``wraps(f)`` is a decorator that gives back what it is given."""
        del value, receiver
        self.solver.add(call.result, self.external("functools.wraps()"))

    def _model_getattr(self, value: External, call: Call, receiver: Value | None) -> None:
        del value, receiver
        if len(call.arguments) > 1:
            nodes = [node for node, _ in call.arguments]
            self.with_keys(nodes[1], lambda key: self.load(nodes[0], key, call.result, call.site) if isinstance(key, str) else None)
            for default in nodes[2:3]:
                self.solver.flow(default, call.result)

    def _model_setattr(self, value: External, call: Call, receiver: Value | None) -> None:
        del value, receiver
        if len(call.arguments) == 3:
            nodes = [node for node, _ in call.arguments]
            self.with_keys(nodes[1], lambda key: self.store(nodes[0], key, nodes[2], call.site) if isinstance(key, str) else None)

    def _model_object___new__(self, value: External, call: Call, receiver: Value | None) -> None:
        """``object.__new__(cls)``, that of any outside class, and what ``super().__new__(cls)`` of a class with outside bases comes to."""
        del value, receiver
        for node, _ in call.arguments[:1]:
            self.solver.watch(node, lambda found: self.solver.add(call.result, found.instance) if isinstance(found, Class) else None)

    def _model_type(self, value: External, call: Call, receiver: Value | None) -> None:
        del value, receiver
        if len(call.arguments) == 1:
            self.solver.watch(
                call.arguments[0][0],
                lambda found: self.class_of(found, call.result),
            )

    def _model_type___call__(self, value: External, call: Call, receiver: Value | None) -> None:
        """What ``super().__call__(…)`` of a metaclass comes to."""
        del value
        if isinstance(receiver, Class):
            self._instantiate(receiver, call)

    def _model_property(self, value: External, call: Call, receiver: Value | None) -> None:
        """``property``, ``staticmethod`` and ``classmethod`` called rather than written above a function."""
        del receiver
        if (call, "wrapped") in self._copies:
            return
        self._copies[call, "wrapped"] = Container("list")
        nodes = [node for node, _ in call.arguments]
        getter = call.keywords.get("fget", nodes[0] if nodes else NOTHING)
        setter = call.keywords.get("fset", nodes[1] if len(nodes) > 1 else NOTHING)
        self.solver.add(call.result, Wrapped(value.name.removeprefix("builtins."), getter, setter))

    _model_staticmethod = _model_classmethod = _model_property

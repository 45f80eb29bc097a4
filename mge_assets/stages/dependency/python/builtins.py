"""What Python's built-in functions and containers do with the values handed to them.

Only what passes values on or calls them back is modelled; everything else gives nothing.
"""

from collections.abc import Callable

from mge_assets.stages.dependency.fixpoint.values import (
    NOTHING,
    REST,
    Call,
    Class,
    Container,
    External,
    Instance,
    Method,
    Node,
    Partial,
    Value,
    Wrapped,
)
from mge_assets.stages.dependency.python.alike import Alike
from mge_assets.stages.dependency.python.containers import COPIES
from mge_assets.stages.dependency.python.contents import KINDS, METHODS

_SAME = {
    "typing.cast": 1, "copy.copy": 0, "copy.deepcopy": 0, "asyncio.run": 0, "asyncio.create_task": 0, "asyncio.ensure_future": 0, "asyncio.wait_for": 0,
    "builtins.iter": 0, "weakref.proxy": 0, "asyncio.shield": 0, "types.MappingProxyType": 0,
    "functools.update_wrapper": 0, "functools.cache": 0, "typing.no_type_check": 0, "typing.final": 0, "typing.overload": 0, "abc.abstractmethod": 0,
}  # fmt: skip
"""Functions that give back one argument, by its place."""

_CALLBACKS = {"map", "filter"}
_KEYED = {"sorted", "min", "max", "list.sort", "itertools.groupby"}
_DUNDERS = {
    "len": "__len__", "str": "__str__", "repr": "__repr__", "bool": "__bool__", "hash": "__hash__", "int": "__int__", "float": "__float__", "abs": "__abs__",
    "bytes": "__bytes__", "format": "__format__", "dir": "__dir__", "round": "__round__", "complex": "__complex__", "reversed": "__reversed__",
    "divmod": "__divmod__", "pow": "__pow__", "print": "__str__",
}  # fmt: skip
_WITH_PATHS = ("open", "os.", "io.open", "shutil.")
"""How outside functions begin that take paths."""
_GIVING = {"abs", "round", "reversed", "divmod", "pow"}
"""Those of them that give whatever the special method gives."""


class PythonSemantics(Alike):
    """Python's built-in functions and containers."""

    def model(self, value: Method | External, call: Call, receiver: Value | None) -> None:
        """Call something built in."""
        if isinstance(value, Method):
            self.method_of(value.holder, value.name, call)
            return
        name = value.name.removeprefix("builtins.")
        first = call.arguments[0][0] if call.arguments else NOTHING
        if value.name in _SAME and len(call.arguments) > _SAME[value.name]:
            self.solver.assign(call.arguments[_SAME[value.name]][0], call.result)
        if value.name in COPIES:
            self.copy(call, value.name)
        if name.startswith(_WITH_PATHS):
            for node, _ in call.arguments[:2]:
                self._send_all(node, "__fspath__", call, used=False)
        if name in _DUNDERS:
            for node, _ in call.arguments:
                self._send_all(node, _DUNDERS[name], call, used=name in _GIVING)
        head, _, last = value.name.rpartition(".")
        if head in KINDS and last in METHODS and call.arguments:
            self.unbound_method(last, call)
        if name in _KEYED and "key" in call.keywords:
            self.call_back(call.keywords["key"], [self.elements(call, first)], call, named=True)
        name = "object.__new__" if name.endswith(".__new__") else name
        model: Callable[[External, Call, Value | None], None] | None = getattr(self, f"_model_{name.replace('.', '_')}", None)
        if model is not None:
            model(value, call, receiver)

    def _send_all(self, node: Node, name: str, call: Call, *, used: bool) -> None:
        def on(value: Value) -> None:
            if isinstance(value, Instance):
                self.send(value, name, Call(call.site, call.result if used else self.solver.node()))

        self.solver.watch(node, on)

    # single functions, found by name

    def _model_map(self, value: External, call: Call, receiver: Value | None) -> None:
        """Any argument that can be called is called with the elements of the others, whatever their order."""
        del value, receiver
        made = self.product(call, "list")
        nodes = [node for node, _ in call.arguments]
        for place, node in enumerate(nodes):
            others = [self.elements(call, other) for number, other in enumerate(nodes) if number != place]
            self.solver.flow(self.call_back(node, others, call, named=place == 0), self.solver.element(made, REST))

    def _model_filter(self, value: External, call: Call, receiver: Value | None) -> None:
        del value, receiver
        nodes = [node for node, _ in call.arguments]
        if len(nodes) > 1:
            element = self.elements(call, nodes[1])
            self.call_back(nodes[0], [element], call)
            self.solver.flow(element, self.solver.element(self.product(call, "list"), REST))

    def _model_functools_reduce(self, value: External, call: Call, receiver: Value | None) -> None:
        del value, receiver
        nodes = [node for node, _ in call.arguments]
        if len(nodes) > 1:
            result = self.call_back(nodes[0], [call.result, self.elements(call, nodes[1])], call)
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
            self.elements(call, node)

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

    def _model_contextlib_closing(self, value: External, call: Call, receiver: Value | None) -> None:
        """Entering gives what was given, which is closed in the end, and neither entered nor left itself."""
        del value, receiver
        for node, _ in call.arguments[:1]:
            self.solver.flow(node, self.solver.element(self.product(call, "generator"), REST))
            self._send_all(node, "close", call, used=False)

    def _model_setattr(self, value: External, call: Call, receiver: Value | None) -> None:
        del value, receiver
        if len(call.arguments) == 3:
            nodes = [node for node, _ in call.arguments]
            self.with_keys(nodes[1], lambda key: self.store(nodes[0], key, nodes[2], call.site) if isinstance(key, str) else None)

    def _model_object___new__(self, value: External, call: Call, receiver: Value | None) -> None:
        """``object.__new__(cls)``, that of any outside class, and what ``super().__new__(cls)`` of a class with outside bases comes to."""
        del value, receiver
        for node, _ in call.arguments[:1]:
            self.solver.watch(node, lambda found: self.made_of(found, call) if isinstance(found, Class) else None)

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

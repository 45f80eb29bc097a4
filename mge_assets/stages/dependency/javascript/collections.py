"""What the methods of arrays, maps, sets and generators do, and what iteration gives."""

from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import (
    ANY,
    NOTHING,
    REST,
    Call,
    Container,
    Holder,
    Instance,
    Node,
    Site,
    Value,
    Wrapped,
)
from mge_assets.stages.dependency.javascript.invocation import JavaScriptInvocation
from mge_assets.stages.dependency.javascript.lookup import COLLECTIONS, ONE_ELEMENT, SAME_ELEMENTS, WITH_ELEMENT


class JavaScriptCollections(JavaScriptInvocation):
    """Built-in collections."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self._walked: set[tuple[Value, Node, Site]] = set()
        self._products: dict[tuple[Call, str], Container] = {}

    def each(self, value: Value, target: Node, site: Site) -> None:
        """``target`` = each element of one value."""
        match value:
            case Container(kind="map"):
                self.solver.add(target, self._row(value))
            case Container(kind="object") if "@@iterator" in value.slots:
                self._iterated(value, target, site)
            case Container():
                self.solver.flow(self.solver.element(value, ANY), target)
            case Instance():
                self._iterated(value, target, site)
                self.with_base(value, lambda base: self.each(base, target, site))
            case _:
                pass

    def _iterated(self, value: Value, target: Node, site: Site) -> None:
        """An object with ``[Symbol.iterator]`` or its asynchronous twin: what that makes gives the elements."""
        if (value, target, site) in self._walked:
            return
        self._walked.add((value, target, site))
        made = self.solver.node()
        for name in ("@@iterator", "@@asyncIterator"):
            self.call_method(self.solver.holding(value), name, Call(site, made), NOTHING)
        self.solver.watch(made, lambda iterator: self._stepped(iterator, target, site))

    def _stepped(self, iterator: Value, target: Node, site: Site) -> None:
        if isinstance(iterator, Container) and iterator.kind != "object":
            self.each(iterator, target, site)
            return
        if (iterator, -target, site) in self._walked:
            return
        self._walked.add((iterator, -target, site))
        result = self.solver.node()
        self.call_method(self.solver.holding(iterator), "next", Call(site, result), NOTHING)
        self.load(result, "value", target, site)

    def _row(self, value: Container) -> Container:
        """``[key, value]`` of a map, ``[element, element]`` of anything else."""
        key = (value, "(row)")
        if key not in self._own:
            row = Container("array", 2)
            first = self.solver.element(value, "(keys)") if value.kind == "map" else self.solver.element(value, REST)
            self.solver.flow(first, self.solver.element(row, 0))
            self.solver.flow(self.solver.element(value, REST), self.solver.element(row, 1))
            self._own[key] = row
        row_value = self._own[key]
        assert isinstance(row_value, Container)
        return row_value

    def product(self, call: Call, kind: str) -> Container:
        """The one container that this call makes."""
        if (call, kind) not in self._products:
            self._products[call, kind] = Container("array" if kind == "elsewhere" else kind)
        return self._products[call, kind]

    def method_of(self, holder: Holder, name: str, call: Call) -> None:
        """Call a built-in method of one value."""
        if not isinstance(holder, Container):
            return
        arguments = [node for node, _ in call.arguments]
        elements = self.solver.element(holder, ANY)
        rest = self.solver.element(holder, REST)
        self._accessor_method(holder, name, arguments, call)
        if name in {"push", "unshift", "add", "splice", "fill"}:
            for node in arguments[2:] if name == "splice" else arguments:
                self.solver.flow(node, rest)
        if name == "set" and len(arguments) > 1:
            self.solver.flow(arguments[0], self.solver.slot(holder, "(keys)"))
            self.solver.flow(arguments[1], rest)
        if name in WITH_ELEMENT:
            self._with_element(holder, name, arguments, call)
        if name in ONE_ELEMENT:
            self.solver.flow(rest if holder.kind == "map" else elements, call.result)
        if name in SAME_ELEMENTS:
            self._same_elements(holder, name, arguments, call)
        if name == "next" and holder.kind == "generator":
            self._next(holder, arguments, call)
        elif name == "next":
            self.solver.flow(elements, self.solver.element(self._result(call), "value"))

    def elsewhere(self, call: Call) -> Container:
        """The array that a call on an unknown receiver is taken to be one of."""
        return self.product(call, "elsewhere")

    def _result(self, call: Call) -> Container:
        made = self.product(call, "object")
        self.solver.add(call.result, made)
        return made

    def _next(self, holder: Container, arguments: list[Node], call: Call) -> None:
        made = self._result(call)
        self.solver.flow(self.solver.element(holder, ANY), self.solver.element(made, "value"))
        if "(return)" in holder.slots:
            self.solver.flow(holder.slots["(return)"], self.solver.element(made, "value"))
        for node in arguments[:1]:
            self.solver.flow(node, self.solver.slot(holder, "(sent)"))

    def _accessor_method(self, holder: Container, name: str, arguments: list[Node], call: Call) -> None:
        """``__defineGetter__`` and ``__defineSetter__``."""
        if name not in {"__defineGetter__", "__defineSetter__"} or len(arguments) < 2:
            return
        made = Wrapped("property", *((arguments[1], NOTHING) if name == "__defineGetter__" else (NOTHING, arguments[1])))
        self.with_keys(arguments[0], lambda key: self.solver.add(self.solver.slot(holder, key), made) if key is not None else None)
        del call

    def _with_element(self, holder: Container, name: str, arguments: list[Node], call: Call) -> None:
        element = self.solver.element(holder, REST) if holder.kind == "map" else self.solver.element(holder, ANY)
        second = self.solver.slot(holder, "(keys)") if holder.kind == "map" else (element if holder.kind == "set" else NOTHING)
        itself = self.solver.holding(holder)
        given = [call.result, element, NOTHING, itself] if name.startswith("reduce") else [element, element if name == "sort" else second, itself]
        this = arguments[1] if len(arguments) > 1 and not name.startswith("reduce") else NOTHING
        result = self.call_back(arguments[0] if arguments else NOTHING, given, call, this)
        if name in {"map", "flatMap"}:
            made = self.product(call, "array")
            self.solver.add(call.result, made)
            self.solver.flow(result, self.solver.element(made, REST))
            self.solver.watch(result, lambda value: self.each(value, self.solver.element(made, REST), call.site))
        if name.startswith("reduce"):
            self.solver.flow(result, call.result)
            for node in arguments[1:2]:
                self.solver.flow(node, call.result)

    def _same_elements(self, holder: Container, name: str, arguments: list[Node], call: Call) -> None:
        made = self.product(call, "array")
        self.solver.add(call.result, made)
        target = self.solver.element(made, REST)
        if name == "entries":
            self.solver.add(target, self._row(holder))
            return
        if name == "keys":
            self.solver.flow(self.solver.slot(holder, "(keys)"), target)
            return
        self.solver.flow(self.solver.element(holder, REST if holder.kind == "map" else ANY), target)
        if name in {"concat", "flat"}:
            for node in [*arguments, self.solver.element(holder, ANY)] if name == "flat" else arguments:
                self.solver.flow(node, target)
                self.solver.watch(node, lambda value: self.each(value, target, call.site))
            if name == "flat":
                self.solver.watch(target, lambda value: self.each(value, target, call.site))

    def _collection(self, name: str, call: Call) -> None:
        made = self.product(call, COLLECTIONS.get(name, "array"))
        self.solver.add(call.result, made)
        self._collect(made, call, of=name in {"Array", "Array.of"}, mapping=name == "Array.from")

    def _collect(self, made: Container, call: Call, *, of: bool = False, mapping: bool = False) -> None:
        """A collection's first elements: the arguments for an array, those of the first argument for the others."""
        rest = self.solver.element(made, REST)
        arguments = [node for node, _ in call.arguments]
        if of:
            for node in arguments:
                self.solver.flow(node, rest)
            return
        element = self.solver.node()
        for node in arguments[:1]:
            self.solver.watch(node, lambda value: self.each(value, element, call.site))
        if made.kind == "map":
            self.solver.watch(element, lambda row: self._pair(row, made))
        elif mapping and len(arguments) > 1:
            self.solver.flow(self.call_back(arguments[1], [element], call, arguments[2] if len(arguments) > 2 else NOTHING), rest)
        else:
            self.solver.flow(element, rest)

    def _pair(self, row: Value, made: Container) -> None:
        if isinstance(row, Container):
            self.solver.flow(self.solver.element(row, 0), self.solver.slot(made, "(keys)"))
            self.solver.flow(self.solver.element(row, 1), self.solver.element(made, REST))

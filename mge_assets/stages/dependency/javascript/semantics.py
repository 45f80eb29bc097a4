"""What loads, stores and calls mean for the values of JavaScript, and what its built-in objects do.

A class is the function that ``new`` calls; instances and objects find what they lack on their prototypes.
"""

from collections.abc import Callable

from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import (
    ANY,
    NOTHING,
    REST,
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
    Site,
    Value,
    Wrapped,
)
from mge_assets.stages.dependency.javascript.invocation import JavaScriptInvocation

_WITH_ELEMENT = {"forEach", "map", "filter", "find", "findIndex", "findLast", "some", "every", "flatMap", "sort", "reduce", "reduceRight"}
_SAME_ELEMENTS = {"slice", "splice", "filter", "concat", "reverse", "sort", "values", "flat", "fill", "toSorted", "toReversed", "entries", "keys", "copyWithin"}
_TIMERS = {"setTimeout": 2, "setInterval": 2, "setImmediate": 1, "queueMicrotask": 1, "requestAnimationFrame": 1, "process.nextTick": 1}
"""Outside functions that call the one handed to them later, and the place of the first argument that they pass on."""

_ONE_ELEMENT = {"pop", "shift", "at", "find", "findLast", "get", "next"}


class JavaScriptSemantics(JavaScriptInvocation):
    """Prototypes, ``this``, accessors and built-in objects."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self._walked: set[tuple[Value, Node, Site]] = set()
        self._products: dict[tuple[Call, str], Container] = {}
        self._objects: dict[str, Callable[[Call], None]] = {
            "Object.assign": self._object_assign,
            "Object.create": self._object_create,
            "Object.setPrototypeOf": self._object_set_prototype,
            "Object.defineProperty": self._object_define_property,
            "Object.defineProperties": self._object_define_properties,
            "Object.values": self._object_values,
            "Object.entries": self._object_entries,
            "Reflect.apply": self._reflect_apply,
            "Reflect.construct": self._reflect_construct,
        }

    # prototypes

    # modules

    # calls

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
            self._products[call, kind] = Container(kind)
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
        if name in _WITH_ELEMENT:
            self._with_element(holder, name, arguments, call)
        if name in _ONE_ELEMENT:
            self.solver.flow(rest if holder.kind == "map" else elements, call.result)
        if name in _SAME_ELEMENTS:
            self._same_elements(holder, name, arguments, call)
        if name == "next" and holder.kind == "generator":
            self._next(holder, arguments, call)
        elif name == "next":
            self.solver.flow(elements, self.solver.element(self._result(call), "value"))

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

    def model(self, value: Method | External, call: Call, receiver: Value | None) -> None:
        """Call one of the built-in functions that pass values on."""
        del receiver
        if not isinstance(value, External):
            return
        name = value.name
        if name in {"Map", "Set", "WeakMap", "WeakSet", "Array", "Array.from", "Array.of", "Promise.all"}:
            self._collection(name, call)
        elif name in {"Promise", "Promise.resolve"}:
            self._promise(name, call)
        elif name in _TIMERS:
            self._timer(name, call)
        elif name in self._objects:
            self._objects[name](call)

    def _collection(self, name: str, call: Call) -> None:
        kind = "map" if "Map" in name else "set" if "Set" in name else "array"
        made = self.product(call, kind)
        self.solver.add(call.result, made)
        rest = self.solver.element(made, REST)
        arguments = [node for node, _ in call.arguments]
        if name in {"Array", "Array.of"}:
            for node in arguments:
                self.solver.flow(node, rest)
            return
        element = self.solver.node()
        for node in arguments[:1]:
            self.solver.watch(node, lambda value: self.each(value, element, call.site))
        if kind == "map":
            self.solver.watch(element, lambda row: self._pair(row, made))
        elif name == "Array.from" and len(arguments) > 1:
            self.solver.flow(self.call_back(arguments[1], [element], call, arguments[2] if len(arguments) > 2 else NOTHING), rest)
        else:
            self.solver.flow(element, rest)

    def _pair(self, row: Value, made: Container) -> None:
        if isinstance(row, Container):
            self.solver.flow(self.solver.element(row, 0), self.solver.slot(made, "(keys)"))
            self.solver.flow(self.solver.element(row, 1), self.solver.element(made, REST))

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

    def copy_properties(self, source: Node, target: Node, site: Site) -> None:
        """Own properties of one object become those of the other; getters are read, setters are called."""

        def on(value: Value, into: Value) -> None:
            if not isinstance(value, Holder) or value is into:
                return
            for key in [key for key in value.slots if key != ANY]:
                moved = self.solver.node()
                self._from_slot(value.slots[key], value, moved, site)
                if isinstance(key, str) and key != REST:
                    self.put(into, key, moved, site)
                elif isinstance(into, Container):
                    self.solver.flow(moved, self.solver.element(into, key))

        self.later(lambda: self.solver.watch(source, lambda value: self.solver.watch(target, lambda into: on(value, into))))

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
            self._look(holder, known, holder, target, site, 0)
        elif isinstance(holder, Container):
            self.solver.assign(self.solver.element(holder, known), target)
        if isinstance(holder, Container):
            self.solver.flow(self.solver.element(holder, REST), target)

    def _put_item(self, key: Node, source: Node, site: Site, value: Value) -> None:
        if isinstance(value, Holder):
            self.with_keys(key, lambda known: self._put_known(value, known, source, site))

    def _put_known(self, holder: Holder, known: Key | None, source: Node, site: Site) -> None:
        if isinstance(known, str):
            self.put(holder, known, source, site)
        else:
            self.solver.assign(source, self.solver.element(holder, REST if known is None else known))

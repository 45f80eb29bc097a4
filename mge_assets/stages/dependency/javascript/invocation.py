"""Calls of JavaScript functions: ``this``, ``new``, ``bind`` and its kin, callbacks."""

from collections.abc import Iterable

from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import (
    ANY,
    NOTHING,
    REST,
    Bound,
    Call,
    Container,
    External,
    Function,
    Holder,
    Method,
    Node,
    Partial,
    Site,
    Value,
)
from mge_assets.stages.dependency.javascript.lookup import WITH_ELEMENT, JavaScriptLookup

_SETTLED = {"then", "catch", "finally"}
_CALLING_BACK = WITH_ELEMENT | {"replace", "replaceAll"}
"""Methods of arrays and strings that call what they are given: they are meant where nobody knows the receiver either."""


class JavaScriptInvocation(JavaScriptLookup):
    """Calls."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self._partials: dict[tuple[Call, Value], Partial] = {}
        self.generics: dict[Function, list[tuple[Node, Node]]] = {}
        self._expected: dict[Node, tuple[dict[Node, None], list[Function]]] = {}
        self._given: set[tuple[Function, Call]] = set()
        self._first: dict[Call, Call] = {}
        self.global_object = Container("object")

    def method_of(self, holder: Holder, name: str, call: Call) -> None:
        """Call a built-in method of one value. Said by the built-in objects."""
        raise NotImplementedError

    def call_method(self, holder: Node, name: str, call: Call, target: Node) -> None:
        """``holder.name(…)``: the receiver is ``this``."""

        def on(value: Value) -> None:
            found = self.solver.node()
            own.append(found)
            self.get(value, name, found, call.site)
            self.solver.flow(found, target)
            self.solver.watch(found, lambda inner: self.invoke(inner, call, value))

        own: list[Node] = []
        self.later(lambda: self.solver.watch(holder, on))
        if name in _SETTLED and call.arguments:
            self._unsure.append((holder, lambda: self._settled(holder, name, call, own)))
        elif name in _CALLING_BACK and call.arguments:
            self._unsure.append((holder, lambda: self._handed(name, call, own)))

    def _handed(self, name: str, call: Call, own: list[Node]) -> None:
        """A function handed to a method of an array or string that comes from elsewhere."""
        if any(not isinstance(value, External) for node in own for value in self.solver.values(node)):
            return
        if name in {"replace", "replaceAll"}:
            for node, _ in call.arguments[1:2]:
                self.call_back(node, [], call)
        else:
            self.method_of(self.elsewhere(call), name, call)

    def elsewhere(self, call: Call) -> Container:
        """The array that a call on an unknown receiver is taken to be one of. Said by the built-in objects."""
        raise NotImplementedError

    def _settled(self, holder: Node, name: str, call: Call, own: list[Node]) -> None:
        """``then`` and its kin of a promise, which is taken for the value that it will have; objects with such a method of their own are none."""
        if any(isinstance(value, (Function, Partial)) for node in own for value in self.solver.values(node)):
            return
        for place, (node, _) in enumerate(call.arguments[:2]):
            result = self.call_back(node, [holder] if name == "then" and place == 0 else [], call)
            if name != "finally":
                self.solver.flow(result, call.result)
        if name != "then":
            self.solver.flow(holder, call.result)

    def invoke(self, value: Value, call: Call, receiver: Value | None) -> None:
        """Call one value; what brings its own receiver is called once for all that it is called on."""
        made = (value, call, None if isinstance(value, (Bound, Partial, Method)) else receiver)
        if made in self._made:
            return
        self._made.add(made)
        match value:
            case Function():
                self._run(value, call, receiver)
            case Bound(function=External(name=name), receiver=own) if name.startswith("Function."):
                self._function_method(own, name.removeprefix("Function."), call)
            case Bound(function=function, receiver=own):
                self.invoke(function, call, own)
            case Partial(callee=callee, given=given, receiver=this):
                merged = self.derived(call, value, [*((node, False) for node in given), *call.arguments])
                if merged is not None:
                    self.solver.watch(callee, lambda inner: self._with_this(inner, merged, this))
            case Method(holder=Function() as function, name=name):
                self._function_method(function, name, call)
            case Method(holder=holder, name=name):
                self.method_of(holder, name, call)
            case External():
                self.model(value, call, receiver)
            case Container() if ("(new)" if call.new else "(call)") in value.slots:
                plain = self.derived(call, value, call.arguments)
                if plain is not None:
                    self.solver.watch(value.slots["(new)" if call.new else "(call)"], lambda inner: self.invoke(inner, plain, receiver))
            case _:
                pass

    def _run(self, function: Function, call: Call, receiver: Value | None) -> None:
        for place, (parameter, default) in enumerate(self.generics.get(function, ())):
            self.solver.flow(call.types[place] if place < len(call.types) else default, parameter)
        if "(super)" in function.slots and (call.new or receiver is not None):
            self._run_parent(function, call, self.instance(function) if call.new else receiver)
        if function.symbol:
            self.reached(call, function, receiver)
        if call.new:
            receiver = self.instance(function)
            self.solver.add(call.result, receiver)
        if receiver is None and call.plain and function.sloppy:
            receiver = self.global_object
        if receiver is not None and function.this:
            self.receive(function, receiver, call)
        if (function, call) not in self._given:
            self._given.add((function, call))
            self._give_and_take(function, call)

    def _give_and_take(self, function: Function, call: Call) -> None:
        """Arguments go into the function and its result comes back, whatever it is called on."""
        passed = self.bind_arguments(function, call, None)
        self._fill_arguments(function, call)
        self._infer(function, call)
        if function.generated is not None:
            self.solver.add(call.result, function.generated)
            self.solver.flow(self.solver.element(function.generated, REST), call.result)
            if function.declared:
                self.solver.flow(function.result, call.result)
            return
        self.solver.flow(function.result, call.result)
        self._pass_through(function, passed, call.result)

    def receive(self, function: Function, receiver: Value, call: Call) -> None:
        """``this`` may be the receiver."""
        del call
        self.solver.add(function.this, receiver)

    def _run_parent(self, function: Function, call: Call, this: Value | None) -> None:
        """A class without a constructor runs its parent's.

        What it is given stays the same on the way up, so that a class makes one call of each first one, however many ways lead to it.
        """
        first = self._first.get(call, call)
        parent = self.derived(first, function, first.arguments)
        if parent is None:
            return
        if parent not in self._first:
            self._first[parent] = first
            parent.site, parent.result = Site(function.symbol, call.site.file, call.site.byte), self.solver.node()
        self.solver.watch(function.slots["(super)"], lambda inner: self.invoke(inner, parent, this))

    def _pass_through(self, function: Function, passed: dict[str, Node], result: Node) -> None:
        """Parameters that are returned as they are; a missing one is its default, which may be another parameter."""
        by_name = {p.name: p for p in function.parameters}
        by_node = {p.node: p.name for p in function.parameters}
        for returned in function.returned:
            name, known = returned, set[str]()
            while name in by_name and name not in known:
                known.add(name)
                if name in passed:
                    self.solver.flow(passed[name], result)
                    break
                default = by_name[name].default
                if default not in by_node:
                    self.solver.flow(default, result)
                name = by_node.get(default, "")

    def _fill_arguments(self, function: Function, call: Call) -> None:
        if function.arguments is None:
            return
        for place, (node, star) in enumerate(call.arguments):
            if star:
                self.spread_into(node, function.arguments)
            else:
                self.solver.flow(node, self.solver.element(function.arguments, place))

    def _infer(self, function: Function, call: Call) -> None:
        """A function literal handed over takes its parameters' types from the declared parameter."""
        for parameter, (node, star) in zip(function.parameters, call.arguments, strict=False):
            if not star:
                self.infer(node, parameter.node)

    def infer(self, literal: Node, declared: Node) -> None:
        """Parameters of function literals in one node are what function types in the other say."""
        if declared not in self._expected:
            self._expected[declared] = ({}, [])
            self.solver.watch(declared, lambda kind: self._expect(declared, kind))
        literals, kinds = self._expected[declared]
        if literal not in literals:
            literals[literal] = None
            for kind in kinds:
                self._infer_from(kind, literal)

    def _expect(self, declared: Node, kind: Value) -> None:
        """Few parameters hold a function type, all hold whatever is handed over: types are looked for first, and once a parameter."""
        if isinstance(kind, Function) and kind.kind == "type":
            literals, kinds = self._expected[declared]
            kinds.append(kind)
            for literal in list(literals):
                self._infer_from(kind, literal)

    def _infer_from(self, kind: Function, literal: Node) -> None:
        def on(value: Value) -> None:
            if isinstance(value, Function) and value.kind != "type":
                for own, said in zip(value.parameters, kind.parameters, strict=False):
                    self.solver.flow(said.node, own.node)

        self.solver.watch(literal, on)

    def spread_into(self, node: Node, target: Container) -> None:
        """``...node`` in a list of arguments or elements."""
        self.solver.watch(
            node, lambda value: self.solver.flow(self.solver.element(value, ANY), self.solver.element(target, REST)) if isinstance(value, Container) else None
        )

    def _with_this(self, value: Value, call: Call, this: Node) -> None:
        self.invoke(value, call, None)
        self.solver.watch(this, lambda receiver: self.invoke(value, call, receiver))

    def _function_method(self, function: Value, name: str, call: Call) -> None:
        this = call.arguments[0][0] if call.arguments else NOTHING
        rest = call.arguments[1:]
        if name == "bind":
            key = (call, function)
            if key not in self._partials:
                self._partials[key] = Partial(self.solver.holding(function), tuple(node for node, _ in rest), {}, this)
            self.solver.add(call.result, self._partials[key])
            return
        inner = self.derived(call, (function, name), rest if name == "call" else [(node, True) for node, _ in rest[:1]])
        if inner is not None and name in {"call", "apply"}:
            self._with_this(function, inner, this)

    def call_back(self, callee: Node, arguments: Iterable[Node], call: Call, this: Node = NOTHING) -> Node:
        """Call a function that was handed over; its result's node."""
        inner = Call(call.site, self.solver.node(), [(node, False) for node in arguments])
        self.solver.watch(callee, lambda value: self._called_back(value, inner, this))
        return inner.result

    def _called_back(self, value: Value, inner: Call, this: Node) -> None:
        """Built-in code has no symbol of its own, so its caller's does not call; the function's code still sees the values."""
        if isinstance(value, (Function, Partial, Bound)):
            if this:
                self._with_this(value, inner, this)
            else:
                self.invoke(value, inner, None)

"""Calls: which function runs, and how arguments reach parameters."""

from collections.abc import Iterable, Mapping
from functools import partial

from mge_assets.model.graph import EdgeType
from mge_assets.stages.dependency.fixpoint.lookup import Lookup
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import (
    ANY,
    NOTHING,
    REST,
    TRUE,
    Bound,
    Call,
    Class,
    Container,
    External,
    Function,
    Guard,
    Holder,
    Instance,
    Key,
    Method,
    Node,
    Partial,
    Several,
    Site,
    Value,
    Wrapped,
)

MAX_DERIVED = 4
"""Partial functions of partial functions that are followed; a function bound again and again would go on for ever."""

MAX_NESTED = 8
"""Methods that sending one leads to, one inside the other. In click, requests and networkx none does; an object that is its own ``__get__`` would
go on for ever."""

MAX_KEYS = 64
"""Keys of containers that are copied one by one: ``**options`` handed on from function to function gather hundreds."""

MAX_UNNAMED = 10
"""Functions that making one object is said to run as ``__init__``, as ``__new__``, or reading one property as its getter: as many as one call is said to
reach. In click, requests, networkx, flask and jinja2 none has more than 4. Where code puts whatever it is given over whatever class it is given
(``setattr``), each class has a crowd of them, in which each leads to the crowd again: dagster with the standard library, 535,000 lines, took more
than 15 GB.
"""

_CALLED = {"__call__", "__init__", "__new__"}
"""Special methods that run where something is called."""


class Invocation(Lookup):
    """Calls of functions, classes and instances."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self._derived: dict[tuple[Call, object], Call] = {}
        self._made: set[tuple[Value, Call, Value | None]] = set()
        self._nested = 0
        self._making: set[tuple[Class, Site]] = set()
        self._inner: dict[tuple[Call, Class, str], Call] = {}
        self._outer: dict[Call, Call] = {}
        self._unseen: dict[Call, Call] = {}
        self.instantiated: set[Class] = set()
        self.made_at: dict[Class, set[Site]] = {}

    def derived(self, call: Call, key: object, arguments: list[tuple[Node, bool]]) -> Call | None:
        """The one call that follows from another with other arguments; ``None`` where calls follow from calls for ever."""
        if call.depth >= MAX_DERIVED:
            return None
        made = self._derived.get((call, key))
        if made is None:
            made = Call(call.site, call.result, arguments, call.keywords, call.double_star, types=call.types, depth=call.depth + 1, used=call.used)
            self._derived[call, key] = made
        return made

    def invoke(self, value: Value, call: Call, receiver: Value | None) -> None:
        """Call one value, once for each receiver."""
        if (value, call, receiver) in self._made:
            return
        self._made.add((value, call, receiver))
        match value:
            case Function():
                self._call_function(value, call, receiver)
            case Bound(function=function, receiver=own):
                self.invoke(function, call, own)
            case Class():
                if not self._called_by_metaclass(value, call):
                    self._instantiate(value, call)
            case Instance():
                self.send(value, "__call__", call)
            case Partial():
                merged = self.derived(call, value, [*((node, False) for node in value.given), *call.arguments])
                if merged is not None:
                    merged.keywords = value.keywords | call.keywords
                    self.solver.watch(value.callee, self.calling(merged, receiver))
            case Several(among=among):
                self._call_alike(value, among, call, receiver)
            case Wrapped(getter=getter):
                self.run_first(getter, call, receiver)
            case Method() | External():
                self.model(value, call, receiver)
            case _:
                pass

    def _call_alike(self, value: Several, among: Iterable[Node], call: Call, receiver: Value | None) -> None:
        inner = self.derived(call, value, call.arguments)
        if inner is not None:
            inner.alike, inner.owner = True, call.owner
            for node in among:
                self.solver.watch(node, self.calling(inner, receiver))

    def model(self, value: Method | External, call: Call, receiver: Value | None) -> None:
        """Call something built in. Said by the language."""
        raise NotImplementedError

    def send(self, value: Value, name: str, call: Call) -> None:
        """Call a method of one value."""
        if self._nested >= MAX_NESTED:
            return
        self._nested += 1
        if name not in _CALLED:
            call.special = name
        method = self.solver.node()
        self.get(value, name, method, call.site)
        self.solver.watch(method, self.calling(call, None))
        self._nested -= 1

    def _called_by_metaclass(self, cls: Class, call: Call) -> bool:
        """A metaclass with a ``__call__`` of its own runs that; what it hands on to ``type`` makes the instance."""
        found = False
        for known in cls.order:
            for value in self.solver.values(known.metaclass):
                if isinstance(value, Class) and any("__call__" in own.slots for own in value.order):
                    method = self.solver.node()
                    self.from_order(value, "__call__", method, call.site)
                    self.solver.watch(method, self.calling(call, cls))
                    found = True
        if found:
            self.solver.add(call.result, cls.instance)
            self.instantiated.add(cls)
        return found

    def _instantiate(self, cls: Class, call: Call) -> None:
        """Make an instance, unless that is what making it at this very place came from: a class may be its own ``__init__`` or ``__new__``."""
        if (cls, call.site) in self._making:
            return
        self._making.add((cls, call.site))
        self._make(cls, call)
        self._making.discard((cls, call.site))

    def _make(self, cls: Class, call: Call) -> None:
        self.instantiated.add(cls)
        self.made_at.setdefault(cls, set()).add(call.site)
        if "__new__" not in {name for known in cls.order for name in known.slots}:
            self.solver.add(call.result, cls.instance)
        quiet, fresh = self._inner_call(call, cls, "__init__"), self._inner_call(call, cls, "__new__")
        initialiser, made = self.solver.node(), self.solver.node()
        self.get(cls.instance, "__init__", initialiser, call.site)
        self.run_first(initialiser, quiet, None, but=Class)
        self.from_order(cls, "__new__", made, call.site)
        self.run_first(made, fresh, cls, but=Class)
        if "__init__" not in {name for known in cls.order for name in known.slots}:
            self._fill_fields(cls, call)

    def run_first(self, node: Node, call: Call, receiver: Value | None, *, but: type[Value] | None = None) -> None:
        """Call what the node holds, values of one kind apart, as far as the bound on what runs unnamed."""
        left = MAX_UNNAMED

        def on(value: Value) -> None:
            nonlocal left
            if left and (but is None or not isinstance(value, but)):
                left -= 1
                self.invoke(value, call, receiver)

        self.solver.watch(node, on)

    def _inner_call(self, call: Call, cls: Class, name: str) -> Call:
        """The call of the class's ``__init__`` (whose result nobody looks at) or ``__new__`` with a call's arguments, or of its ``__post_init__``.

        The same one however it is come by: where the classes that initialisers are crowded with lead to one another, new ones would call again what
        was called before for every order in which they do.
        """
        outer = self._outer.get(call, call)
        if name == "__init__":
            outer = self._unseen.setdefault(outer, Call(call.site, NOTHING, call.arguments, call.keywords, call.double_star))
            self._unseen[outer] = outer
        made = self._inner.get((outer, cls, name))
        if made is None:
            if name == "__post_init__":
                made = Call(call.site, NOTHING)
            else:
                made = Call(call.site, outer.result or self.solver.node(), call.arguments, call.keywords, call.double_star)
            self._inner[outer, cls, name], self._outer[made] = made, outer
        return made

    def _fill_fields(self, cls: Class, call: Call) -> None:
        """Arguments of a class without ``__init__`` (a data class, a named tuple) become attributes: by name, or by the order of its fields."""
        fields = list(dict.fromkeys(name for known in reversed(cls.order) for name in known.fields))
        for name, (node, star) in zip(fields, call.arguments, strict=False):
            if star:
                break
            self.put(cls.instance, name, node, call.site)
        for name, node in call.keywords.items():
            self.put(cls.instance, name, node, call.site)
        self.send(cls.instance, "__post_init__", self._inner_call(call, cls, "__post_init__"))

    def _call_function(self, function: Function, call: Call, receiver: Value | None) -> None:
        self.reached(call, function, receiver)
        function = self.copied(function, call, receiver)
        passed = self.bind_arguments(function, call, receiver)
        if function.generated is not None:
            self.solver.add(call.result, function.generated)
            return
        self.solver.flow(function.result, call.result)
        self._guarded_results(function, call, passed)
        for parameter in function.parameters:
            if parameter.name in function.returned:
                given = passed.get(parameter.name)
                self.solver.flow(parameter.default if given is None else given, call.result)

    def _guarded_results(self, function: Function, call: Call, passed: Mapping[str, Node]) -> None:
        """Results of the branches that this call can take: it does or does not give the parameter that they ask for."""
        unknown = bool(call.double_star) or any(star for _, star in call.arguments)
        by_name = {parameter.name: parameter for parameter in function.parameters}
        given = {name: passed.get(name, parameter.default) for name, parameter in by_name.items()}
        for guards, node, name in function.guarded:
            if unknown or all(_may_hold(guard, given) for guard in guards):
                self.solver.flow(given.get(name, node), call.result)

    def reached(self, call: Call, function: Function, receiver: Value | None) -> None:
        """The call runs this function; what it returns is data that flows to the caller."""
        del receiver
        self.recorder.edge(call.site, function.symbol, EdgeType.FUNCTION_CALL)
        if call.used and (function.gives or function.generated is not None):
            self.recorder.edge(call.site, function.symbol, EdgeType.DATA_FLOW)

    def copied(self, function: Function, call: Call, receiver: Value | None) -> Function:
        """The function that this call runs: a copy of its own, where the language makes any."""
        del call, receiver
        return function

    def bind_arguments(self, function: Function, call: Call, receiver: Value | None) -> dict[str, Node]:
        """Flow arguments into parameters; returns what each named parameter was given."""
        positional = [p for p in function.parameters if not p.star and not p.keyword_only]
        rest = next((p.node for p in function.parameters if p.star == 1), NOTHING)
        passed: dict[str, Node] = {}
        index = 0
        arguments = list(call.arguments)
        if receiver is not None:
            arguments.insert(0, (self.solver.holding(receiver), False))
        for node, star in arguments:
            if star:
                self._spread(node, [p.node for p in positional[index:]], rest, call.site)
                passed.update((p.name, p.node) for p in positional[index:])
                continue
            if index < len(positional):
                self.give(node, positional[index].node)
                passed[positional[index].name] = node
            else:
                self._into(rest, index - len(positional), node)
            index += 1
        self._bind_keywords(function, call, passed)
        return passed

    def give(self, argument: Node, parameter: Node) -> None:
        """The parameter may hold the argument."""
        self.solver.flow(argument, parameter)

    def _bind_keywords(self, function: Function, call: Call, passed: dict[str, Node]) -> None:
        by_name = {p.name: p for p in function.parameters if not p.star and not p.positional_only}
        rest = next((p.node for p in function.parameters if p.star == 2), NOTHING)
        for name, node in call.keywords.items():
            if name in by_name:
                self.give(node, by_name[name].node)
                passed[name] = node
            else:
                self._into(rest, name, node)
        for mapping in call.double_star:
            self.solver.watch(mapping, partial(self._spread_mapping, {n: p.node for n, p in by_name.items()}, rest))
            passed.update((n, p.node) for n, p in by_name.items() if n not in passed)

    def _into(self, rest: Node, key: Key, node: Node) -> None:
        """Put an argument into the container that a starred parameter holds."""
        for value in self.solver.values(rest):
            if isinstance(value, Container):
                self.solver.flow(node, self.solver.element(value, key))
                break

    def _spread(self, node: Node, targets: list[Node], rest: Node, site: Site) -> None:
        """``*node`` fills these parameters, and the starred one beyond them."""

        def on(value: Value) -> None:
            held = self.contents(value, "__iter__")
            for one in held:
                for place, target in enumerate(targets):
                    self.solver.flow(self.solver.element(one, place), target)
                    self.solver.flow(self.solver.element(one, REST), target)
                self._into(rest, REST, self.solver.element(one, ANY))
            if isinstance(value, Instance) and not held:
                element = self.solver.node()
                self.each(value, element, site)
                self._into(rest, REST, element)
                for target in targets:
                    self.solver.flow(element, target)

        self.solver.watch(node, on)

    def _spread_mapping(self, targets: Mapping[str, Node], rest: Node, value: Value) -> None:
        for given in self.contents(value, "keys"):
            for name, target in targets.items():
                self.solver.when_slot(given, name, partial(self._flow_slot, given, name, target))
                self.solver.when_slot(given, REST, partial(self._flow_slot, given, REST, target))
            for held in self.solver.values(rest):
                if isinstance(held, Container):
                    self.copy_elements(given, held)

    def _flow_slot(self, holder: Holder, key: Key, target: Node) -> None:
        self.solver.flow(holder.slots[key], target)

    def copy_elements(self, source: Container, target: Container) -> None:
        """Every element of one container is in the other, under its key where that is known now and keys are few."""
        if len(source.slots) + len(target.slots) > MAX_KEYS:
            self.solver.flow(self.solver.element(source, ANY), self.solver.element(target, REST))
            return
        for key in list(source.slots):
            if key not in (ANY, REST):
                self.solver.flow(source.slots[key], self.solver.element(target, key))
        self.solver.flow(self.solver.element(source, REST), self.solver.element(target, REST))


def _may_hold(guard: Guard, given: Mapping[str, Node]) -> bool:
    """Whether code behind the guard may run for what the parameters are given."""
    conditions, holds = guard
    answers = {_answer(given.get(name), literal, same) for name, literal, same in conditions}
    return (False if False in answers else None if None in answers else True) in {None, holds}


def _answer(given: Node | None, literal: Node, same: bool) -> bool | None:
    """Whether what is given is (not) this literal; ``None`` where that is not known."""
    if given is None or (literal != NOTHING and not NOTHING < given <= TRUE):
        return None
    return (given == literal) == same

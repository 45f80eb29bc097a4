"""What Python's built-in containers do with the values handed to them, and the objects that are such containers."""

from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import MAX_CONSTANTS, Solver
from mge_assets.stages.dependency.fixpoint.values import ANY, NOTHING, REST, Call, Class, Constant, Container, External, Instance, Node, Site, Value
from mge_assets.stages.dependency.python.contents import KINDS, WRITING, Contents

COPIES = {
    "builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset", "builtins.sorted", "builtins.reversed", "collections.deque", "builtins.dict",
    "collections.OrderedDict", "itertools.chain", "itertools.cycle", "itertools.islice", "builtins.enumerate", "builtins.zip", "collections.defaultdict",
}  # fmt: skip
"""Outside functions and classes that make a container of others."""

_PUTTING = {"append", "add", "appendleft", "insert"}
_JOINING = {"extend", "extendleft", "update", "union", "__ior__", "__iadd__"}
_TAKING = {"get", "pop", "setdefault", "__getitem__", "popleft"}
_SAME_ELEMENTS = {"copy", "intersection", "difference", "symmetric_difference", "__enter__", "__aiter__"}
_LISTING = {"items", "values", "keys", "__iter__", "__next__", "send"}


class Containers(Contents):
    """Methods of containers."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self._copies: dict[tuple[Call, str], Container] = {}

    def elements(self, call: Call, node: Node) -> Node:
        """A node for each element of what a node holds."""
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

    def product(self, call: Call, kind: str) -> Container:
        """The one container that this call makes."""
        made = self._copies.get((call, kind))
        if made is None:
            made = self._copies[call, kind] = Container(kind)
        self.solver.add(call.result, made)
        return made

    def copy(self, call: Call, name: str) -> None:
        """A container made from others."""
        kind = "dict" if "ict" in name else "list"
        made = self.product(call, kind)
        pairs = name in {"builtins.enumerate", "builtins.zip"}
        for place, (node, _) in enumerate(call.arguments):
            if name == "collections.defaultdict" and place == 0:
                self._made_by(node, made)
                continue
            if pairs:
                row = self._made_row(call, made)
                self.solver.flow(self.elements(call, node), self.solver.element(row, place + (name == "builtins.enumerate")))
                continue
            self.solver.watch(node, lambda value: self._copy_from(value, made, call, ordered=name in {"builtins.list", "builtins.tuple"}))
        for key, node in call.keywords.items():
            if kind == "dict":
                self.solver.flow(node, self.solver.element(made, key))

    def _load_item_of(self, key: Node, target: Node, site: Site, value: Value) -> None:
        """As below; what nobody put in is made where it is read."""
        super()._load_item_of(key, target, site, value)
        if isinstance(value, Container):
            self._missing(value, Call(site, target))

    def _missing(self, holder: Container, call: Call) -> None:
        if holder.factory:
            self.solver.flow(self.call_back(holder.factory, [], call), self.solver.element(holder, REST))

    def _fresh_element(self, factory: Value, made: Container) -> None:
        """``defaultdict(list)``: an element that nobody put in is a new list."""
        known = any(isinstance(value, Container) for value in self.solver.values(made.slots[REST]))
        if isinstance(factory, External) and factory.name in COPIES and not known:
            self.solver.add(made.slots[REST], Container("dict" if "ict" in factory.name else "list"))

    def _made_row(self, call: Call, made: Container) -> Container:
        row = self._copies.get((call, "row"))
        if row is None:
            row = self._copies[call, "row"] = Container("tuple")
            self.solver.add(self.solver.element(made, REST), row)
        return row

    def _copy_from(self, value: Value, made: Container, call: Call, *, ordered: bool) -> None:
        held = self.contents(value, "keys" if made.kind == "dict" else "__iter__")
        whole = [one for one in held if (ordered or (made.kind == "dict" and one.kind == "dict")) and one.kind != "generator"]
        for one in whole:
            made.length = one.length
            self.copy_elements(one, made)
        if made.kind == "dict" and not whole:
            self._copy_pairs(value, made, call)
        elif not whole:
            self.each(value, self.solver.element(made, REST), call.site)

    def _copy_pairs(self, value: Value, made: Container, call: Call) -> None:
        """``dict(pairs)``: the second of each pair is an element."""
        pair, rest = self.solver.node(), self.solver.element(made, REST)

        def on(one: Value) -> None:
            if isinstance(one, Container):
                for key in (1, REST):
                    self.solver.flow(self.solver.element(one, key), rest)

        self.each(value, pair, call.site)
        self.solver.watch(pair, on)

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
        elif name == "__setitem__":
            if len(arguments) == 2:
                self.put_element(holder, arguments[0], arguments[1])
        elif name in _SAME_ELEMENTS:
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
            self.solver.watch(node, lambda value: self._update_from(value, holder))
        for key, node in call.keywords.items():
            self.solver.flow(node, self.solver.element(holder, key))

    def _update_from(self, value: Value, holder: Container) -> None:
        for one in self.contents(value, "keys"):
            self.copy_elements(one, holder)

    def _list(self, holder: Container, name: str, call: Call) -> None:
        """Iterators over a container, and what they give next."""
        everything = self.solver.element(holder, ANY)
        if name == "items":
            self.solver.flow(everything, self.solver.element(self._row_of(holder, call), 1))
            return
        rest = self.solver.element(self.product(call, "list"), REST)
        if name == "keys" or (name == "__iter__" and holder.kind == "dict"):
            self.each(holder, rest, call.site)
            return
        self.solver.flow(everything, rest)
        for sent in call.arguments[:1] if name == "send" else ():
            self.solver.flow(sent[0], self.solver.slot(holder, "(sent)"))
        if name in {"__next__", "send"}:
            self.solver.flow(everything, call.result)

    def _row_of(self, holder: Container, call: Call) -> Container:
        made = self.product(call, "list")
        row = self._made_row(call, made)
        keys = self.solver.element(row, 0)
        known = [key for key in holder.slots if key not in (ANY, REST)]
        for key in known if len(known) <= MAX_CONSTANTS else ():
            self.solver.add(keys, self.solver.constant(key))
        return row

    def _take(self, holder: Container, name: str, arguments: list[Node], call: Call) -> None:
        if arguments and (holder.kind == "dict" or name == "__getitem__"):
            self.get_item(holder, arguments[0], call.result, call.site)
            if name == "__getitem__":
                self._missing(holder, call)
        else:
            self.solver.assign(self.solver.element(holder, ANY), call.result)
        for default in arguments[1:2]:
            if not any(isinstance(key, Constant) and key.value in holder.slots for key in self.solver.values(arguments[0])):
                self.solver.flow(default, call.result)
            if name == "setdefault":
                self.put_element(holder, arguments[0], default)

    # objects that are containers

    def unbound_method(self, name: str, call: Call) -> None:
        """``list.append(self, x)``."""
        inner = self.derived(call, name, call.arguments[1:])
        if inner is not None:
            self.solver.watch(call.arguments[0][0], lambda found: self.method_of(found, name, inner) if isinstance(found, (Container, Instance)) else None)

    def method_of(self, holder: Value, name: str, call: Call) -> None:
        """Call a built-in container's method."""
        if isinstance(holder, Container):
            self._container_method(holder, name, call)
        elif isinstance(holder, Instance) and isinstance(holder.cls, Class) and self.outside_kind(holder.cls):
            self._object_method(holder, holder.cls, name, call)

    def _object_method(self, value: Instance, cls: Class, name: str, call: Call) -> None:
        """As above, of an object that is one: what is put in is its class's own, what is read may be the bases' too."""
        if name in WRITING:
            inner = Call(call.site, self.solver.node(), call.arguments, call.keywords, call.double_star)
            self._container_method(self.content(cls), name, inner)
            if name in {"__iadd__", "__ior__"}:
                self.solver.add(call.result, value)
        elif name == "__init__":
            self._fill(cls, call.arguments, call)
        elif name == "_replace":
            self.solver.add(call.result, value)
            for field, node in call.keywords.items():
                self.put(value, field, node, call.site)
        else:
            for held in self.readable(value, cls):
                self._container_method(held, name, call)
        if name == "__getitem__" and any("__missing__" in known.slots for known in cls.order):
            self.send(value, "__missing__", Call(call.site, call.result, call.arguments))

    def _fill_fields(self, cls: Class, call: Call) -> None:
        """As below; and what a container is made of are its elements."""
        super()._fill_fields(cls, call)
        outside = self.outside_kind(cls)
        if outside and not (KINDS[outside] == "tuple" and any("__new__" in known.slots for known in cls.order)):
            self._fill(cls, call.arguments, call)

    def _fill(self, cls: Class, arguments: list[tuple[Node, bool]], call: Call) -> None:
        """An object of the class is made of these arguments."""
        own, nodes = self.content(cls), [node for node, _ in arguments]
        fields = [name for known in reversed(cls.order) for name in known.fields]
        if own.kind == "tuple" and fields:
            own.length = len(fields)
            given = {**dict(zip(fields, nodes, strict=False)), **call.keywords}
            for place, name in enumerate(dict.fromkeys(fields)):
                self.solver.flow(given.get(name, NOTHING), self.solver.element(own, place))
        elif own.kind == "tuple":
            for node in nodes[:1]:
                self.solver.watch(node, lambda value: self._copy_from(value, own, call, ordered=True))
        else:
            if self.outside_kind(cls) == "collections.defaultdict":
                for node in nodes[:1]:
                    self._made_by(node, own)
                nodes = nodes[1:]
            self._join(own, nodes, Call(call.site, self.solver.node(), [], call.keywords))

    def _made_by(self, factory: Node, made: Container) -> None:
        """``defaultdict(factory)``: elements that nobody puts in."""
        made.factory = factory
        self.solver.element(made, REST)
        self.solver.watch(factory, lambda value: self._fresh_element(value, made))

    def made_of(self, cls: Class, call: Call) -> None:
        """An outside ``__new__`` was called with the class, and with what a tuple is made of."""
        self.solver.add(call.result, cls.instance)
        if KINDS.get(self.outside_kind(cls)) == "tuple":
            self._fill(cls, call.arguments[1:], call)

"""Subscripts, iteration and the protocols behind them."""

from collections.abc import Callable, Collection
from functools import partial

from mge_assets.stages.dependency.fixpoint.invocation import Invocation
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
    Key,
    Module,
    Node,
    Site,
    Value,
)


class Elements(Invocation):
    """Subscripts, iteration and protocols."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self._unsure: list[tuple[Node, Callable[[], None]]] = []

    def load_item(self, holder: Node, key: Node, target: Node, site: Site) -> None:
        """``target`` = ``holder[key]``."""
        self.later(partial(self.solver.watch, holder, partial(self._load_item_of, key, target, site)))

    def _load_item_of(self, key: Node, target: Node, site: Site, value: Value) -> None:
        self.get_item(value, key, target, site)

    def get_item(self, value: Value, key: Node, target: Node, site: Site) -> None:
        """``target`` = the element of one value."""
        match value:
            case Container():
                self.with_keys(key, lambda known: self._read(value, known, target))
            case Instance():
                self.send(value, "__getitem__", Call(site, target, [(key, False)]))
            case Class() | External():
                self.solver.add(target, value)
            case Module():
                self.with_keys(key, lambda known: self.solver.assign(self.member(value, known), target) if isinstance(known, str) else None)
            case _:
                pass

    def _read(self, holder: Container, key: Key | None, target: Node) -> None:
        if key is None:
            self.solver.assign(self.solver.element(holder, ANY), target)
            return
        if isinstance(key, int) and key < 0 and holder.length is not None:
            key += holder.length
        self.solver.assign(self.solver.element(holder, key), target)
        self.solver.flow(self.solver.element(holder, REST), target)

    def store_item(self, holder: Node, key: Node, source: Node, site: Site) -> None:
        """``holder[key]`` = ``source``."""
        self.later(partial(self.solver.watch, holder, partial(self._put_item, key, source, site)))

    def _put_item(self, key: Node, source: Node, site: Site, value: Value) -> None:
        if isinstance(value, Container):
            self.with_keys(key, lambda known: self.solver.assign(source, self.solver.element(value, REST if known is None else known)))
        elif isinstance(value, Instance):
            self.send(value, "__setitem__", Call(site, self.solver.node(), [(key, False), (source, False)]))

    def put_element(self, holder: Container, key: Node, source: Node) -> None:
        """``source`` is the element under whatever the key may be."""
        self.with_keys(key, lambda known: self.solver.flow(source, self.solver.element(holder, REST if known is None else known)))

    def with_keys(self, key: Node, action: Callable[[Key | None], None]) -> None:
        """Do it for each key that is known, or with ``None`` where they are not told apart by the end."""
        done: set[Key] = set()

        def on(value: Value) -> None:
            known = self.key_of(value)
            if known is not None and known not in done:
                done.add(known)
                action(known)

        if key == NOTHING:
            action(None)
            return
        self.solver.watch(key, on)
        self._unsure.append((key, lambda: None if self.told_apart(done) else action(None)))

    def unless_answered(self, holder: Node, name: str, action: Callable[[], None]) -> None:
        """Do it once where something without the special method is held, or nothing is known by the end."""
        answered = done = False

        def on(value: Value | None) -> None:
            nonlocal answered, done
            has = isinstance(value, Instance) and isinstance(value.cls, Class) and any(name in known.slots for known in value.cls.order)
            answered = answered or has
            if not done and not (has if value is not None else answered):
                done = True
                action()

        if holder == NOTHING:
            action()
            return
        self.later(partial(self.solver.watch, holder, on))
        self._unsure.append((holder, partial(on, None)))

    def key_of(self, value: Value) -> Key | None:
        """The key that a value is, if it is one."""
        return value.value if isinstance(value, Constant) else None

    def told_apart(self, keys: Collection[Key]) -> bool:
        """True where these are all the keys that are meant."""
        return bool(keys)

    def settle(self) -> bool:
        """Read by any key where the key stayed unknown; True where that was new work."""
        new = super().settle()
        unsure, self._unsure = self._unsure, []
        for _, action in unsure:
            action()
        return bool(unsure) or new

    def iterate(self, holder: Node, target: Node, site: Site) -> None:
        """``target`` = each element of ``holder``."""
        self.later(partial(self.solver.watch, holder, partial(self._each_of, target, site)))

    def _each_of(self, target: Node, site: Site, value: Value) -> None:
        self.each(value, target, site)

    def each(self, value: Value, target: Node, site: Site) -> None:
        """``target`` = each element of one value."""
        match value:
            case Container(kind="dict"):
                keys = [key for key in value.slots if key not in (ANY, REST)]
                for key in keys if len(keys) <= MAX_CONSTANTS else ():
                    self.solver.add(target, self.solver.constant(key))
            case Container():
                self.solver.flow(self.solver.element(value, ANY), target)
            case Instance():
                iterator = self.solver.node()
                self.send(value, "__iter__", Call(site, iterator))
                self.solver.watch(iterator, partial(self._advanced, target, site))
                self.send(value, "__aiter__", Call(site, iterator))
                if isinstance(value.cls, Class) and _is_sequence(value.cls):
                    self.send(value, "__getitem__", Call(site, target))
            case _:
                pass

    def _advanced(self, target: Node, site: Site, made: Value) -> None:
        self.advance(made, target, site)

    def advance(self, value: Value, target: Node, site: Site) -> None:
        """``target`` = what an iterator gives next."""
        if isinstance(value, Instance):
            self.send(value, "__next__", Call(site, target))
            self.send(value, "__anext__", Call(site, target))
        else:
            self.each(value, target, site)


def _is_sequence(cls: Class) -> bool:
    """True where objects are iterated over by their numbers: no iterator, and no keys either."""
    if not any("__getitem__" in known.slots for known in cls.order):
        return False
    return not any(name in known.slots for known in cls.order for name in ("__iter__", "__next__", "keys"))

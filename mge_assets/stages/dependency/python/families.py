"""Which classes an object may have whose class is only known by a base: annotations, ``except`` clauses, ``self``.

A subclass counts where the files make an instance of it, or where outsiders may: every class of a library, but no class
of a script, which is run from its top and whose unused classes stay unused.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from mge_assets.stages.dependency.fixpoint.elements import Elements
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import Call, Class, External, Function, Instance, Kin, Near, Node, Site, Value

MAX_DEFINERS = 5
"""Definitions of one name below a base that a lookup may mean; beyond that it could be anything, and little of it runs."""

_NONE: set[Class] = set()


@dataclass(eq=False, slots=True)
class _Lookup:
    """An attribute asked of a base's instance: the subclasses' own definitions answer too.

    ``method`` is the base's own one that asks, ``told`` what was known when it was answered last, ``asked`` says that the base was asked too.
    """

    cls: Class
    name: str
    target: Node
    site: Site
    near: bool
    method: str
    told: int = 0
    asked: bool = False


class Families(Elements):
    """Classes and their subclasses, and who receives which method."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self.methods: list[tuple[Function, Class, bool]] = []
        self.abstract: set[str] = set()
        self.driving: dict[Site, None] = {}
        self.importing: dict[str, set[str]] = {}
        self.calls: dict[Call, dict[Function, dict[Value | None, None]]] = {}
        self.invoked: set[Function] = set()
        self._kin: dict[tuple[Class, bool], Kin] = {}
        self._lookups: dict[tuple[Class, str, Node, Site, bool], _Lookup] = {}
        self._supers_of_kin: dict[tuple[Class, Kin, str, Node, Site], None] = {}
        self._classes_of: dict[tuple[Kin, Node], Class] = {}
        self._followed: set[tuple[Class, int, Class, str, Node]] = set()
        self._extended: dict[str, set[Class]] = {}
        self._below: dict[Class, set[Class]] = {}
        self._joining: dict[Class, set[Class]] = {}
        self._definers: dict[str, list[Class]] = {}
        self._defined: Counter[str] = Counter()
        self._orders_told = 0
        self._existing: dict[tuple[Class, str], list[Class]] = {}
        self._instances = 0
        self._closed: set[str] | None = None
        self._run: tuple[int, set[str]] = (0, set())

    def kin(self, cls: Class, *, near: bool = False) -> Instance:
        """An instance of the class or of a subclass (only of those nearby); the class's own where it has no subclass."""
        if not self.below(cls):
            return cls.instance
        return self._kin.setdefault((cls, near), Near(cls) if near else Kin(cls))

    def below(self, cls: Class) -> set[Class]:
        """The classes that inherit from this one, near or far."""
        if not self._below:
            self.on_new_order(self.classes)
        return self._below.get(cls, _NONE)

    def on_new_order(self, classes: Iterable[Class]) -> None:
        """They have more bases, and these more subclasses; at first all classes are learnt."""
        self._existing.clear()
        self._orders_told += 1
        for cls in classes if self._below else self.classes:
            for base in cls.order[1:]:
                self._below.setdefault(base, set()).add(cls)
                self._joining.pop(base, None)

    def _bases_beside(self, cls: Class) -> set[Class]:
        """What the subclasses inherit from besides: classes that are neither above this one nor below it."""
        found = self._joining.get(cls)
        if found is None:
            below = self.below(cls)
            found = self._joining[cls] = {base for one in below for base in one.order} - {*cls.order, *below}
        return found

    def reached(self, call: Call, function: Function, receiver: Value | None) -> None:
        """Kept until all targets of the call are known."""
        self.calls.setdefault(call, {}).setdefault(function, {})[receiver] = None
        self.invoked.add(function)

    # attributes

    def get(self, value: Value, name: str, target: Node, site: Site) -> None:
        """``target`` = the attribute of one value; of any subclass's too, where only a base is known."""
        if isinstance(value, Class) and name in value.slots and self._is_enum(value):
            self.solver.add(target, value.instance)
        if not isinstance(value, Kin) or not isinstance(value.cls, Class) or self._is_open(value.cls):
            super().get(value, name, target, site)
        if isinstance(value, Kin) and isinstance(value.cls, Class):
            if name == "__class__":
                self.class_of(value, target)
            self._look_up(value.cls, name, target, site, isinstance(value, Near))

    def class_of(self, value: Value, target: Node) -> None:
        """As below; of a base whose own objects nobody makes it is a subclass, once it is known who makes what.

        Not of other bases: of networkx's functions that make another graph of the class of one that they are given, 191 more edges ran, and 274 did not.
        """
        if isinstance(value, Kin) and isinstance(value.cls, Class):
            self._classes_of[value, target] = value.cls
        else:
            super().class_of(value, target)

    def _class_below(self, value: Kin, cls: Class, target: Node) -> None:
        below = self._existing_below(cls)
        if cls in self.instantiated or not below or len(below) > MAX_DEFINERS:
            super().class_of(value, target)
            return
        for known in below:
            self.solver.add(target, known)

    def _is_enum(self, cls: Class) -> bool:
        """True where names of the class's body stand for instances of it."""
        return any(
            isinstance(value, External) and value.name.startswith("enum.") for known in cls.order for base in known.bases for value in self.solver.values(base)
        )

    def _look_up(self, cls: Class, name: str, target: Node, site: Site, near: bool) -> None:
        """Look below the class, now and whenever more is known there."""
        key = (cls, name, target, site, near)
        if key not in self._lookups:
            owner, _, method = site.symbol.rpartition(".")
            lookup = self._lookups[key] = _Lookup(cls, name, target, site, near, method if owner == cls.symbol else "")
            lookup.told = self._told(lookup)
            self._look_below(lookup)

    def _look_below(self, lookup: _Lookup) -> None:
        definers = [cls for cls in self._existing_below(lookup.cls, lookup.name) if self._inherits_caller(cls, lookup)]
        if lookup.near:
            definers = [cls for cls in definers if self._is_beside(cls, lookup.cls)]
        if not self._is_open(lookup.cls) and (lookup.cls in self.instantiated or not self._existing_below(lookup.cls)):
            self._ask_base(lookup)
        mixed = self._mixed_in(lookup) if not lookup.near else {}
        if len(definers) + len(mixed) > MAX_DEFINERS:
            return
        for mixin, cls in mixed.items():
            self._link(mixin.slots[lookup.name], self.kin(cls), mixin, lookup.target, lookup.site)
        for cls in definers:
            if lookup.name in cls.slots:
                self._link(cls.slots[lookup.name], self.kin(cls, near=lookup.near), cls, lookup.target, lookup.site)
            elif lookup.name in cls.instance.slots:
                self.solver.flow(cls.instance.slots[lookup.name], lookup.target)

    def _mixed_in(self, lookup: _Lookup) -> dict[Class, Class]:
        """Classes that are not the base's subclasses, but which one of these takes the attribute from all the same, and that one."""
        cls, name = lookup.cls, lookup.name
        found: dict[Class, Class] = {}
        beside = self._bases_beside(cls)
        for mixin in self._definers.get(name, ()) if beside else ():
            if mixin not in beside or name not in mixin.slots:
                continue
            both = self._below.get(mixin, _NONE) & self._below[cls]
            for one in sorted(both, key=lambda known: known.symbol):
                nearest = next((known for known in one.order if name in known.slots), None)
                if nearest is mixin and self._may_exist(one) and self._inherits_caller(one, lookup):
                    found.setdefault(mixin, one)
        return found

    def _existing_below(self, cls: Class, name: str = "") -> list[Class]:
        """The subclasses that may exist, and have the attribute themselves where one is named; found once for as long as no more classes come to exist."""
        if self._instances != self._known_instances():
            self._instances = self._known_instances()
            self._existing.clear()
        known = self._existing.get((cls, name))
        if known is None:
            below = self._below[cls]
            if name:
                known = [one for one in self._definers.get(name, ()) if one in below and self._may_be_held(one)]
            else:
                known = [one for one in below if self._may_exist(one)]
            self._existing[cls, name] = known
        return known

    def _known_instances(self) -> int:
        """How many classes are known to have instances, as far as that says which may exist: without scripts all may."""
        return len(self.instantiated) if self._closed else 0

    def _ask_base(self, lookup: _Lookup) -> None:
        """The base's own attribute, once: it is waited for ever after (asked in every round, SQLAlchemy's 230,000 lines took 8 GB more)."""
        if not lookup.asked:
            lookup.asked = True
            super().get(lookup.cls.instance, lookup.name, lookup.target, lookup.site)

    def _inherits_caller(self, cls: Class, lookup: _Lookup) -> bool:
        """False where the lookup stands in a method that the class has another of, which does not go on to this one: it never runs on its objects."""
        method = lookup.method
        if not method or lookup.cls not in cls.order:
            return True
        extended = self._extended.get(method, _NONE)
        return all(method not in known.slots or known in extended for known in cls.order[: cls.order.index(lookup.cls)])

    def _from_super(self, cls: Class, receiver: Value, name: str, target: Node, site: Site) -> None:
        super()._from_super(cls, receiver, name, target, site)
        self._extended.setdefault(name, set()).add(cls)
        if isinstance(receiver, Kin):
            self._supers_of_kin[cls, receiver, name, target, site] = None

    # growth

    def seed(self) -> bool:
        """Give each method that nobody called with its own class that class's instance; True where that was new."""
        new = False
        for function, cls, of_class in self.methods:
            receiver: Value = cls if of_class else cls.instance
            node = function.parameters[0].node
            if not self.solver.values(node) or cls in self.instantiated:
                new = self._put(node, receiver) or new
            if not of_class and self._open_below(cls):
                new = self._put(node, self.kin(cls)) or new
        self._grow()
        return new

    def _grow(self) -> None:
        """Look again for what base lookups may mean, now that more classes have instances and more attributes are stored."""
        self._definers = {}
        self._defined.clear()
        for cls in self.classes:
            for name in {**cls.slots, **cls.instance.slots}:
                self._definers.setdefault(str(name), []).append(cls)
            self._defined.update(map(str, cls.slots))
            self._defined.update(map(str, cls.instance.slots))
        self._existing.clear()
        for lookup in list(self._lookups.values()):
            told = self._told(lookup)
            if told != lookup.told:
                lookup.told = told
                self._look_below(lookup)
        for (value, target), cls in list(self._classes_of.items()):
            self._class_below(value, cls, target)
        for cls, receiver, name, target, site in list(self._supers_of_kin):
            self._super_below(cls, receiver, name, target, site)

    def _told(self, lookup: _Lookup) -> int:
        """How much is known of all that the answer to a lookup follows from: where that is what it was, so is the answer.

        Attributes of the name, calls of ``super`` in the method around, orders, instances: of each there is ever more. Answered anew in every
        round, lookups were 17 % of SQLAlchemy's time.
        """
        extended = len(self._extended.get(lookup.method, _NONE)) if lookup.method else 0
        return self._defined[lookup.name] + extended + self._orders_told + self._known_instances()

    def _super_below(self, cls: Class, receiver: Kin, name: str, target: Node, site: Site) -> None:
        """``super()`` of an inherited method goes on along the order of the subclass."""
        assert isinstance(receiver.cls, Class)
        for own in sorted(self._below[receiver.cls], key=lambda known: known.symbol):
            known = (own, len(own.order), cls, name, target)
            if known not in self._followed and len(own.bases) > 1 and cls in own.order and self._may_exist(own):
                self._followed.add(known)
                self.from_order(own, name, target, site, instance=own.instance, after=cls)

    def _put(self, node: Node, value: Value) -> bool:
        if self.solver.holds(node, value):
            return False
        self.solver.add(node, value)
        return self.solver.holds(node, value)

    # who may exist

    def _is_beside(self, cls: Class, base: Class) -> bool:
        """True for a public class in the base's folder."""
        own, other = self.recorder.symbols[cls.symbol].file, self.recorder.symbols[base.symbol].file
        return own.rpartition("/")[0] == other.rpartition("/")[0] and not cls.symbol.rpartition(".")[2].startswith("_")

    def _open_below(self, cls: Class) -> bool:
        return any(self._is_open(known) for known in self.below(cls))

    def _may_exist(self, cls: Class) -> bool:
        return cls in self.instantiated or self._is_open(cls)

    def _may_be_held(self, cls: Class) -> bool:
        """True where there may be an object that has what the class defines: its own or a subclass's."""
        return self._may_exist(cls) or any(self._may_exist(one) for one in self._below.get(cls, ()))

    def _is_open(self, cls: Class) -> bool:
        """True where others than the files may make instances."""
        symbol = self.recorder.symbols.get(cls.symbol)
        return symbol is not None and symbol.file not in self._closed_files()

    def unused(self, call: Call) -> bool:
        """True in a script's copy of a function that is never run, while another copy is."""
        if call.owner is None or call.owner in self.invoked or call.site.file not in self._closed_files():
            return False
        if self._run[0] != len(self.invoked):
            self._run = (len(self.invoked), {function.symbol for function in self.invoked})
        return call.owner.symbol in self._run[1]

    def places(self, receiver: Value | None) -> int:
        """At how many places the files make objects of the receiver's class."""
        return len(self.made_at.get(receiver.cls, ())) if isinstance(receiver, Instance) and isinstance(receiver.cls, Class) else 0

    def is_script(self, site: Site) -> bool:
        """True where all calls that lead here are in the files."""
        return site.file in self._closed_files()

    def _is_packaged(self, file: str) -> bool:
        """True for a module of a package, which others import."""
        folder, _, name = file.rpartition("/")
        package = self.recorder.symbols.get(folder.replace("/", "."))
        return name != "__main__.py" and package is not None and package.file == f"{folder}/__init__.py"

    def _closed_files(self) -> set[str]:
        """Scripts that call the files' code at their top, and the modules that they import. A package's module is no script, whatever it calls."""
        if self._closed is None:
            calls = {(call.site.file, call.site.byte) for call in self.calls}
            driven = {site.file for site in self.driving if (site.file, site.byte) in calls and not self._is_packaged(site.file)}
            self._closed = driven.union(*(self.importing.get(file, set()) for file in driven))
        return self._closed

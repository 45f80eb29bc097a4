"""Parameters whose class nobody says, known by what is done with them.

Where a function's parameter got no value at all and the function takes attributes from it, a class of the files that
has them all is what callers hand over. One shared name could be chance; two and more are a shape.
"""

import argparse
import datetime as dt
import decimal
import io
import logging
import pathlib
import random
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence, Set

from mge_assets.stages.dependency.fixpoint.kinds import Kinds
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import ANY, Class, Constant, Container, External, Kin, Node, Value
from mge_assets.stages.dependency.python.initials import Initials

MIN_NAMES = 2
"""Attributes, beyond those that Python's own types have, that make a shape."""
MAX_WANTED = 48
"""Classes that a value is asked to be one of; a crowd of more says nothing of it."""
_ORDINARY = frozenset(name for kind in (str, bytes, list, dict, set, tuple, int, float, BaseException, type) for name in dir(kind)) | {
    "read", "write", "close", "flush", "readline", "name", "__dict__", "__name__", "__class__", "__doc__", "__module__",
}  # fmt: skip

_STANDARD = [
    frozenset(dir(kind))
    for kind in (
        *(argparse.ArgumentParser, dt.datetime, decimal.Decimal, deque, io.BytesIO, io.TextIOWrapper, logging.Logger, pathlib.Path, random.Random),
        *(re.Match, re.Pattern, threading.Thread),
    )
]
"""What the types of the standard library have that are handed around most: a shape of one of them says nothing of the files' classes that look like it."""


class Ducks(Initials):
    """Shapes of parameters."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self.strangers: list[tuple[Node, Node]] = []
        self._kinds = Kinds(solver, self.below)
        self._narrowings: list[tuple[Node, Node, Node]] = []

    def narrow(self, source: Node, classes: Node, target: Node, *, positive: bool) -> None:
        """``target`` = what ``source`` holds and is an instance of the classes, or is none of any.

        Classes arrive one by one, mostly several at a time: each value is looked at again where a class is new, not for each that is told of. On
        dagster, 207,000 lines, that was 8,200,000 questions, 29 % of the time.
        """
        looked: tuple[int, list[Value], int] = (0, [], 0)

        def again(new: Value) -> None:
            nonlocal looked
            del new
            held = self.solver.values(source)
            now = (len(held), self._wanted(classes), self._kinds.learnt)
            if now != looked:
                looked = now
                for value in held:
                    self._pass(value, now[1], target, positive=positive)

        self.later(lambda: self.solver.watch(source, lambda value: self._pass(value, self._wanted(classes), target, positive=positive)))
        self.later(lambda: self.solver.watch(classes, again))
        if positive:
            self._narrowings.append((source, classes, target))

    def _pass(self, value: Value, wanted: Sequence[Value], target: Node, *, positive: bool) -> None:
        """Let the value through to the target if it is, or is not, one of what is wanted; a crowd of classes says nothing of it."""
        if self.solver.holds(target, value) and not isinstance(value, Kin):
            return
        if len(wanted) > MAX_WANTED:
            passes = True
        elif positive:
            passes = not self._kinds.never(value, wanted) and not self._narrow_kin(value, wanted, target)
        else:
            passes = not self._kinds.surely(value, wanted)
        if passes:
            self.solver.add(target, value)

    def _narrow_kin(self, value: Value, wanted: Sequence[Value], target: Node) -> bool:
        """An instance of a base is one of the asked subclasses, if only such were asked for."""
        below = [cls for cls in wanted if isinstance(value, Kin) and isinstance(cls, Class) and value.cls in cls.order and value.cls is not cls]
        if not below or len(below) < len(wanted):
            return False
        for cls in below:
            self.solver.add(target, self.kin(cls))
        return True

    def _wanted(self, classes: Node) -> list[Value]:
        """The classes of a tuple of classes."""
        found: list[Value] = []
        for value in self.solver.values(classes):
            if isinstance(value, Container):
                nodes = [node for key, node in value.slots.items() if key != ANY]
                found += [inner for node in nodes for inner in self.solver.values(node)]
                found += [value for node in nodes if not self.solver.values(node)]
            else:
                found.append(value)
            if len(found) > MAX_WANTED:
                break
        return found

    def on_new_order(self, classes: Iterable[Class]) -> None:
        """As above; and what is asked of values has other answers."""
        super().on_new_order(classes)
        self._kinds.learn()

    def _new_base(self, cls: Class, value: Value) -> None:
        self._kinds.learn()
        super()._new_base(cls, value)

    def guess_shapes(self, attributes: Mapping[Node, Iterable[str]]) -> bool:
        """Give parameters without a value the class that their use describes; True where there is one.

        ``attributes`` are the names taken from each node.
        """
        homes = _Homes(self.classes, self.below)
        new = self._take_asked()
        for parameter, whole in self.strangers:
            names = {*attributes.get(parameter, ()), *attributes.get(whole, ())}
            if len(names - _ORDINARY) < MIN_NAMES or not self._is_unknown(parameter):
                continue
            cls = self._described(names, homes) if not any(names <= standard for standard in _STANDARD) else None
            if cls is not None:
                new = self._put(parameter, self.kin(cls)) or new
        return new

    def _take_asked(self) -> bool:
        """What nobody knows is an instance of the class that it was asked for."""
        new = False
        for source, classes, target in self._narrowings:
            if self._is_unknown(source):
                for cls in self._wanted(classes):
                    if isinstance(cls, Class):
                        new = self._put(target, self.kin(cls)) or new
        return new

    def _is_unknown(self, node: Node) -> bool:
        return all(isinstance(value, (Constant, External)) for value in self.solver.values(node))

    @staticmethod
    def _described(names: Iterable[str], homes: "_Homes") -> Class | None:
        """The one class that has all the names and from which all others that have them inherit."""
        found = set[Class].intersection(*map(homes.of, names))
        roots = [cls for cls in found if not any(base in found for base in cls.order[1:])]
        return roots[0] if len(roots) == 1 else None


class _Homes:
    """Classes by each attribute that they have, own or inherited; the inherited are gathered for the names that are asked for."""

    def __init__(self, classes: Iterable[Class], below: Callable[[Class], Set[Class]]) -> None:
        self._below = below
        self._own: dict[str, list[Class]] = {}
        for cls in classes:
            for name in {**cls.slots, **cls.instance.slots}:
                self._own.setdefault(str(name), []).append(cls)
        self._found: dict[str, set[Class]] = {}

    def of(self, name: str) -> set[Class]:
        """The classes that have the attribute."""
        found = self._found.get(name)
        if found is None:
            own = self._own.get(name, [])
            found = self._found[name] = set(own).union(*map(self._below, own))
        return found

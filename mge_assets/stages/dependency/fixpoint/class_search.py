"""A name looked for along a class's resolution order: once for all who ask.

Everybody who reads ``x.name`` of a class waits for each class of its order to get that name. Kept apart for each reader these were 8,500,000 waits
on SQLAlchemy's 230,000 lines, 3 of its 4 GB. What is called when it arrives is the search itself: a bound method for each
wait was 1,400,000 objects.
"""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import Holder, Node

Asker = TypeVar("Asker")


class Search(Generic[Asker]):
    """Which of the places have a name, in order of arrival, and who is told of each.

    ``first``: places behind the first that has it are not looked at, those before it are waited for.
    """

    __slots__ = ("_askers", "_first", "_found", "_name", "_places", "_solver", "_tell", "_waited")

    def __init__(self, solver: Solver, name: str, places: Callable[[], Iterable[Holder]], tell: Callable[[Node, Asker], None], *, first: bool) -> None:
        self._solver, self._name, self._places, self._tell, self._first = solver, name, places, tell, first
        self._askers: dict[Asker, None] = {}
        self._found: dict[Node, None] = {}
        self._waited: dict[Holder, None] = {}

    def ask(self, asker: Asker) -> bool:
        """Tell this one too, now and later; true where a place has the name already."""
        if asker not in self._askers:
            self._askers[asker] = None
            for slot in self._nearest():
                self._tell(slot, asker)
        return bool(self._found)

    def _nearest(self) -> list[Node]:
        """What one who asks now is told: of several places that were the first in turn, the one that is it now."""
        if self._first and len(self._found) > 1:
            return next(([place.slots[self._name]] for place in self._places() if self._name in place.slots), [])
        return list(self._found)

    def look(self) -> None:
        """Look along the places, first or again because they are others now."""
        for place in self._places():
            if self._name in place.slots:
                self._find(place.slots[self._name])
                if self._first:
                    return
            elif place not in self._waited:
                self._waited[place] = None
                self._solver.when_slot(place, self._name, self)

    def __call__(self) -> None:
        """A place that was waited for has the name now."""
        for place in [place for place in self._waited if self._name in place.slots]:
            del self._waited[place]
            self._find(place.slots[self._name])

    def _find(self, slot: Node) -> None:
        if slot not in self._found:
            self._found[slot] = None
            for asker in list(self._askers):
                self._tell(slot, asker)

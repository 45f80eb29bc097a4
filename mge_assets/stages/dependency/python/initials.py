"""Attributes that ``__init__`` gives: a subclass with an ``__init__`` of its own has them from there, or because that goes on to the base's.

Otherwise objects of the subclass would have what a base's ``__init__`` stores that never runs on them: callbacks and parts of another kind.
"""

from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import Class, Holder, Instance, Node, Site
from mge_assets.stages.dependency.python.families import Families


class Initials(Families):
    """Who has the attributes of whose ``__init__``."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self._besides: dict[Class, Instance] = {}

    def holders(self, cls: Class) -> list[Holder]:
        """The objects of the classes along the order; of those whose ``__init__`` is another than the class's, what is stored elsewhere."""
        first = _initialiser(cls)
        return [known.instance if _initialiser(known) in {None, first} else self._beside(known) for known in cls.order]

    def slots_for(self, cls: Class, name: str, site: Site) -> list[Node]:
        """Where an attribute of the class's objects is stored: once more for subclasses whose ``__init__`` is another, unless that is where it is stored."""
        found = super().slots_for(cls, name, site)
        if not any(site.symbol == f"{known.symbol}.__init__" for known in cls.order) and any("__init__" in known.slots for known in self.below(cls)):
            found.append(self.solver.slot(self._beside(cls), name))
        return found

    def _beside(self, cls: Class) -> Instance:
        made = self._besides.get(cls)
        if made is None:
            made = self._besides[cls] = Instance(cls)
        return made


def _initialiser(cls: Class) -> Class | None:
    return next((known for known in cls.order if "__init__" in known.slots), None)

"""Parameters whose class nobody says, known by what is done with them.

Where a function's parameter got no value at all and the function takes attributes from it, a class of the files that
has them all is what callers hand over. One shared name could be chance; two and more are a shape.
"""

from collections.abc import Iterable, Mapping

from mge_assets.stages.dependency.python_families import Families
from mge_assets.stages.dependency.recording import Recorder
from mge_assets.stages.dependency.solver import Solver
from mge_assets.stages.dependency.values import Class, Constant, External, Node

MIN_NAMES = 2
"""Attributes, beyond those that Python's own types have, that make a shape."""
_ORDINARY = frozenset(name for kind in (str, bytes, list, dict, set, tuple, int, float, BaseException, type) for name in dir(kind)) | {
    "read", "write", "close", "flush", "readline", "name", "__dict__", "__name__", "__class__", "__doc__", "__module__",
}  # fmt: skip


class Ducks(Families):
    """Shapes of parameters."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self.strangers: list[tuple[Node, Node]] = []

    def guess_shapes(self, attributes: Mapping[Node, Iterable[str]]) -> bool:
        """Give parameters without a value the class that their use describes; True where there is one.

        ``attributes`` are the names taken from each node.
        """
        homes = self._homes()
        new = False
        for parameter, whole in self.strangers:
            names = {*attributes.get(parameter, ()), *attributes.get(whole, ())}
            if len(names - _ORDINARY) < MIN_NAMES or not self._is_unknown(parameter):
                continue
            cls = self._described(names, homes)
            if cls is not None:
                new = self._put(parameter, self.kin(cls)) or new
        return new

    def _is_unknown(self, node: Node) -> bool:
        return all(isinstance(value, (Constant, External)) for value in self.solver.values(node))

    def _homes(self) -> dict[str, set[Class]]:
        """Classes by each attribute that they have, own or inherited."""
        homes: dict[str, set[Class]] = {}
        for cls in self.classes:
            for known in cls.order:
                for name in (*known.slots, *known.instance.slots):
                    homes.setdefault(str(name), set()).add(cls)
        return homes

    @staticmethod
    def _described(names: Iterable[str], homes: Mapping[str, set[Class]]) -> Class | None:
        """The one class that has all the names and from which all others that have them inherit."""
        found = set[Class].intersection(*(homes.get(name, set()) for name in names))
        roots = [cls for cls in found if not any(base in found for base in cls.order[1:])]
        return roots[0] if len(roots) == 1 else None

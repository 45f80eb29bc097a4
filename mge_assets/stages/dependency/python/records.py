"""Named tuples that are made by a call: classes whose fields are told in words."""

from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import NOTHING, Call, Class, Constant, Container, External, Node
from mge_assets.stages.dependency.python.containers import Containers

_MAKERS = {"collections.namedtuple", "typing.NamedTuple"}


class Records(Containers):
    """Named tuples."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self._tuples: dict[Call, Class] = {}

    def make_early(self, callee: Node, call: Call) -> None:
        """A call that may make a class, which has to be known before base classes are settled and anything else is called."""
        self.solver.watch(callee, lambda value: self._make_record(call) if isinstance(value, External) and value.name in _MAKERS else None)

    def _make_record(self, call: Call) -> None:
        """A class whose fields are told in words, or in a list of words or of words with types."""
        if len(call.arguments) < 2 or call in self._tuples:
            return
        made = self._tuples[call] = Class(f"{call.site.symbol}.<{call.site.byte}>")
        made.bases.append(self.solver.holding(self.external("builtins.tuple")))
        made.fields = self._words(call.arguments[1][0])
        self.solver.add(call.result, made)

    def _words(self, node: Node) -> list[str]:
        """The words in a string, a list of strings or a list of pairs that begin with one."""
        found: list[str] = []
        for value in self.solver.values(node):
            if isinstance(value, Constant):
                found += str(value.value).replace(",", " ").split()
            elif isinstance(value, Container):
                for place in range(value.length or 0):
                    found += self._first_word(value.slots.get(place, NOTHING))
        return found

    def _first_word(self, node: Node) -> list[str]:
        """The string that a node holds, or that a pair in it begins with."""
        for value in self.solver.values(node):
            told = self.solver.values(value.slots.get(0, NOTHING)) if isinstance(value, Container) else (value,)
            words = [str(word.value) for word in told if isinstance(word, Constant)]
            if words:
                return words[:1]
        return []

"""What all Python files of one analysis share."""

from collections.abc import Iterable

from mge_assets.stages.dependency.lowering import Names
from mge_assets.stages.dependency.python_builtins import PythonSemantics
from mge_assets.stages.dependency.python_modules import ModuleFinder
from mge_assets.stages.dependency.recording import Recorder
from mge_assets.stages.dependency.solver import Solver
from mge_assets.stages.dependency.values import Module


class PythonShared:
    """The fixpoint, the names behind nodes, and the modules by dotted id."""

    def __init__(self, files: Iterable[str], recorder: Recorder) -> None:
        self.recorder = recorder
        self.solver, self.names = Solver(), Names()
        self.semantics = PythonSemantics(self.solver, recorder)
        self.finder = ModuleFinder(files)
        self.modules: dict[str, Module] = {}

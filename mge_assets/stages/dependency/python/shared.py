"""What all Python files of one analysis share."""

from mge_assets.stages.dependency.fixpoint.lowering import Names
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import Module
from mge_assets.stages.dependency.python.builtins import PythonSemantics
from mge_assets.stages.dependency.python.modules import ModuleFinder


class _Modules(dict[str, Module]):
    """Modules by id; one that is in no file of the part is an empty folder."""

    def __init__(self, solver: Solver) -> None:
        super().__init__()
        self._solver = solver

    def __missing__(self, name: str) -> Module:
        module = self[name] = Module(name, "", self._solver.node())
        self._solver.add(module.itself, module)
        return module


class PythonShared:
    """The fixpoint, the names behind nodes, and the modules by dotted id. ``finder`` knows all files, those of other parts too."""

    def __init__(self, finder: ModuleFinder, recorder: Recorder) -> None:
        self.recorder = recorder
        self.solver, self.names = Solver(named=recorder.references), Names()
        self.semantics = PythonSemantics(self.solver, recorder)
        self.finder = finder
        self.modules: dict[str, Module] = _Modules(self.solver)

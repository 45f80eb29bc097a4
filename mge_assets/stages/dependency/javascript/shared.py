"""What all JavaScript and TypeScript files of one analysis share."""

from collections.abc import Mapping

from mge_assets.stages.dependency.fixpoint.lowering import Names
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import Module, Node
from mge_assets.stages.dependency.javascript.declared import DeclaredSemantics
from mge_assets.stages.dependency.javascript.modules import ModuleFinder
from mge_assets.stages.dependency.javascript.semantics import JavaScriptSemantics


class Shared:
    """Modules by file, what they export as types, names that all files see, modules that are only declared, and imports to be settled.

    ``pending`` are imports as (module, exported name, node of the value, node of the type).
    """

    def __init__(self, files: Mapping[str, bytes], sources: Mapping[str, bytes], recorder: Recorder) -> None:
        self.sources, self.recorder = sources, recorder
        self.solver, self.names = Solver(named=recorder.references), Names()
        self.semantics = (DeclaredSemantics if recorder.references else JavaScriptSemantics)(self.solver, recorder)
        self.finder = ModuleFinder(files, sources)
        self.modules: dict[str, Module] = {}
        self.ambient: dict[str, Module] = {}
        self.exporting: set[Module] = set()
        self.type_exports: dict[Module, dict[str, Node]] = {}
        self.generics: dict[Node, list[tuple[Node, Node]]] = {}
        self.globals: dict[str, list[Node]] = {}
        self.global_types: dict[str, Node] = {}
        self.pending: list[tuple[Module, str, Node, Node]] = []

    def is_module(self, module: Module) -> bool:
        """True where the file exports as an ES module."""
        return module in self.exporting

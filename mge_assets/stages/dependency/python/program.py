"""Python files that belong together: imports, names, the fixpoint and the edges that follow."""

from collections.abc import Iterable, Mapping

from tree_sitter import Node as Tree

from mge_assets.model.graph import Symbol, SymbolKind
from mge_assets.stages.dependency.fixpoint.dispatch import Dispatch, judge_calls
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.uses import name_edges
from mge_assets.stages.dependency.fixpoint.values import Module, Node
from mge_assets.stages.dependency.python.imports import PythonFile
from mge_assets.stages.dependency.python.modules import module_id
from mge_assets.stages.dependency.python.parts import Part, PythonParts
from mge_assets.stages.dependency.python.shared import PythonShared

MAX_ROUNDS = 12
"""Rounds of settling what stayed unknown; on networkx the fifth finds nothing new."""


class PythonProgram(PythonShared):
    """Analysis of the files of one part."""

    def __init__(self, parts: PythonParts, part: Part, recorder: Recorder) -> None:
        super().__init__(parts.finder, recorder)
        self._sources = {file: parts.sources[file] for file in part.files}
        self._roots = {file: parts.root(file) for file in part.files}
        self.files: list[PythonFile] = []

    def run(self) -> None:
        """From bytes to edges."""
        self._make_modules()
        self.semantics.projects = {name.lower() for name in [self.finder.own_name, *self.modules] if name and "." not in name}
        for file, root in self._roots.items():
            self.files.append(self._file(file, root))
        self._stars()
        for one in self.files:
            one.lower()
        for one in self.files:
            one.lower_bodies()
        self.semantics.start()
        self._fixpoint()
        semantics = self.semantics
        dispatch = Dispatch(semantics.calls, semantics.abstract, semantics.once, semantics.unused, semantics.places, semantics.is_script)
        judge_calls(self.recorder, dispatch)
        name_edges(self.solver, self.recorder, self.names, self.semantics, self._sources)

    def _fixpoint(self) -> None:
        self.solver.run()
        for _ in range(MAX_ROUNDS):
            seeded = self.semantics.seed()
            self.solver.run()
            settled = self.semantics.settle()
            self.solver.run()
            if not seeded and not settled and not self._shapes():
                break

    def _shapes(self) -> bool:
        """Shapes of parameters, once nothing else is to be had; True where one was found."""
        attributes: dict[Node, dict[str, None]] = {}
        for _, holder, name, _ in self.names.attributes:
            attributes.setdefault(holder, {})[name] = None
        found = self.semantics.guess_shapes(attributes)
        self.solver.run()
        return found

    def _make_modules(self) -> None:
        ids = {module_id(file) for file in self._sources}
        folders = {".".join(parts[:length]) for name in ids for parts in [name.split(".")] for length in range(1, len(parts))}
        for name in sorted(ids | folders | {"__init__"}):
            file = self.finder.file_of(name)
            file = file if file in self._sources else ""
            module = Module(name, file, self.solver.node())
            self.solver.add(module.itself, module)
            self.modules[name] = module
        for name, module in self.modules.items():
            parent, _, last = name.rpartition(".")
            if name != "__init__":
                self.modules[parent or "__init__"].submodules[last] = module

    def _file(self, file: str, root: Tree) -> PythonFile:
        module = self.modules[module_id(file)]
        source = self._sources[file]
        last = root.end_point.row + (1 if root.end_point.column else 0)
        self.recorder.symbol(Symbol(module.name, SymbolKind.MODULE, file, 1, 0, max(last, 1), 0))
        self.names.symbols[module.itself] = module.name
        self.recorder.define(module.itself, file, _first_line(source))
        made = PythonFile(file, source, root, module, self)
        made.prepare()
        return made

    def _stars(self) -> None:
        """Names that star imports bring, to a fixpoint over files; once they are known, submodules that no other name hides."""
        by_module = {one.module: one for one in self.files}
        stars = [(one, source, written) for one in self.files for source, written in one.star_sources()]
        self._spread(stars, by_module)
        for source in {source: None for _, source, _ in stars if source in by_module}:
            by_module[source].open_parts()
        self._spread(stars, by_module)

    @staticmethod
    def _spread(stars: Iterable[tuple[PythonFile, Module, int]], by_module: Mapping[Module, PythonFile]) -> None:
        changed = True
        while changed:
            changed = False
            for one, source, written in stars:
                names = by_module[source].star_names() if source in by_module else []
                for name in names:
                    changed = one.add_star(source, name, written) or changed


def _first_line(source: bytes) -> int:
    """Line of the first content behind a header comment (shebang, licence): that comment is not what the module defines."""
    lines = source.decode("utf-8", "replace").splitlines()
    number = 0
    while number < len(lines) and lines[number].startswith("#"):
        number += 1
    while number < len(lines) and not lines[number].strip():
        number += 1
    return number + 1 if number < len(lines) else 1

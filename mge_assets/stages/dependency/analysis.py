"""Analysis of a set of files: which symbols there are, which need which, and what each name refers to."""

import gc
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from mge_assets.model.graph import CodeGraph, Location, Reference, Symbol
from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.javascript.modules import module_id
from mge_assets.stages.dependency.javascript.program import JavaScriptProgram
from mge_assets.stages.dependency.kept import Kept, mark_of
from mge_assets.stages.dependency.python.parts import Part, PythonParts
from mge_assets.stages.dependency.python.program import PythonProgram
from mge_resources.syntax import Language, detect_language

_NESTING = 5000
"""The interpreter's limit for calls in calls: each of the 180 levels that are followed at once takes up to some 20; a stack of 8 MB holds thrice as many."""
_SCRIPTS = {Language.JAVASCRIPT, Language.TYPESCRIPT, Language.TSX}


def analyse(files: Mapping[str, bytes], *, references: bool = False, kept: Kept | None = None) -> CodeGraph:
    """Symbols and edges of Python, TypeScript and JavaScript files, by project-relative path.

    Files of other kinds are ignored, except ``package.json`` and ``tsconfig.json``, which say where imports lead. A file
    with syntax errors gives what can be had. With ``references`` every use of a name comes with its defining lines; without, what is ``kept`` of the
    files' parts is not looked for again.
    """
    return DependencyAnalyzer(files, references=references, kept=kept).run()


class DependencyAnalyzer:
    """Runs the analysis of each part of each language and puts the results in order."""

    def __init__(self, files: Mapping[str, bytes], *, references: bool = False, kept: Kept | None = None) -> None:
        self._files = files
        self._with_references = references
        self._kept = None if references else kept
        sys.setrecursionlimit(max(_NESTING, sys.getrecursionlimit()))

    def run(self) -> CodeGraph:
        """The graph of all files.

        Nothing that is made on the way is freed before the end, so the collector of cycles only walks it again and
        again: 15 s with it and 6 s without on 117,000 lines.
        """
        with uncollected():
            parts = PythonParts(python_files(self._files))
            found = [self.part(parts, part) for part in parts.parts]
            return joined([*found, self.scripts(symbols_of(found))])

    def part(self, parts: PythonParts, part: Part) -> CodeGraph:
        """What is found in one part of the Python files."""

        def look() -> CodeGraph:
            recorder = Recorder(references=self._with_references)
            program = PythonProgram(parts, part, recorder)
            program.run()
            return _emptied(program, _graph(recorder, program.solver))

        return self._once({file: parts.sources[file] for file in part.files}, (part.own_name, part.targets), look)

    def scripts(self, taken: Mapping[str, Symbol]) -> CodeGraph:
        """What is found in the JavaScript and TypeScript files; ``taken`` are Python's symbols, which keep their names.

        References are looked for apart: declared types settle what a name's properties are, while edges follow the values.
        """
        sources = script_files(self._files)
        if not sources:
            return CodeGraph((), ())

        def run(*, references: bool) -> CodeGraph:
            recorder = Recorder(references=references)
            recorder.symbols.update(taken)
            program = JavaScriptProgram(self._files, sources, recorder)
            program.run()
            return _emptied(program, _graph(recorder, program.solver))

        def look() -> CodeGraph:
            found = run(references=False)
            return replace(
                found,
                symbols=tuple(symbol for symbol in found.symbols if symbol.file in sources),
                references=run(references=True).references if self._with_references else (),
            )

        return self._once(sources | manifests(self._files), sorted(names_near(taken, sources)), look)

    def _once(self, sources: Mapping[str, bytes], told: Iterable[object], look: Callable[[], CodeGraph]) -> CodeGraph:
        """What is kept, or else what is found now."""
        mark = mark_of(sources, told) if self._kept is not None else ""
        if self._kept is None or not mark:
            return look()
        found = self._kept.graph(mark)
        if found is None:
            found = look()
            self._kept.keep_graph(mark, found)
        return found


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for cycles of garbage meanwhile."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _emptied(program: PythonProgram | JavaScriptProgram, found: CodeGraph) -> CodeGraph:
    """What was found, with the program's tables let go of: they hold one another, which takes the collector longer to find out than freeing them."""
    for cls in program.semantics.classes:
        cls.on_order.clear()
        cls.waiting.clear()
        cls.instance.waiting.clear()
    for holder in (program.solver, program.semantics):
        for table in vars(holder).values():
            if isinstance(table, dict | list | set | deque):
                table.clear()
    return found


def python_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Those in Python."""
    return {file: source for file, source in files.items() if detect_language(file) is Language.PYTHON}


def script_files(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Those in JavaScript and TypeScript."""
    return {file: source for file, source in files.items() if detect_language(file) in _SCRIPTS}


def manifests(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Those that say how scripts find their modules."""
    return {file: source for file, source in files.items() if file.endswith(".json")}


def names_near(symbols: Iterable[str], scripts: Iterable[str]) -> set[str]:
    """Names of Python's that a script's may collide with."""
    tops = {module_id(file).partition(".")[0] for file in scripts}
    return {symbol for symbol in symbols if symbol.partition(".")[0] in tops}


def symbols_of(graphs: Iterable[CodeGraph]) -> dict[str, Symbol]:
    """Symbols by id; of one id the first stands."""
    symbols: dict[str, Symbol] = {}
    for graph in graphs:
        for symbol in graph.symbols:
            symbols.setdefault(symbol.id, symbol)
    return symbols


def joined(graphs: Iterable[CodeGraph]) -> CodeGraph:
    """What was found in several parts together, in order."""
    graphs = list(graphs)
    return CodeGraph(
        symbols=tuple(sorted(symbols_of(graphs).values(), key=lambda symbol: (symbol.file, symbol.byte, symbol.id))),
        edges=tuple(sorted((e for g in graphs for e in g.edges), key=lambda e: (e.file, e.byte, e.source, e.target, e.type, e.confidence))),
        references=tuple(sorted((r for g in graphs for r in g.references), key=lambda r: (r.file, r.line, r.column, r.name, r.targets))),
        flows=tuple(sorted((f for g in graphs for f in g.flows), key=lambda flow: (flow.file, flow.byte, flow.source, flow.written))),
        imports=tuple(sorted((i for g in graphs for i in g.imports), key=lambda use: (use.file, use.byte, use.written))),
        cut_short=any(graph.cut_short for graph in graphs),
    )


def _graph(recorder: Recorder, solver: Solver) -> CodeGraph:
    """What was recorded, in no order."""
    known = recorder.symbols
    edges = tuple(edge for edge in recorder.edges if edge.source in known and edge.target in known)
    return CodeGraph(tuple(known.values()), edges, tuple(_references(recorder, solver)), tuple(recorder.imports), tuple(recorder.flows), solver.cut_short)


def _references(recorder: Recorder, solver: Solver) -> list[Reference]:
    """Uses as references."""
    definitions = recorder.definitions
    merged: dict[tuple[str, int, int, str], set[Location]] = {}
    for use in recorder.uses:
        targets = {place for node in solver.aliases(use.node) for place in definitions.get(node, ())} if use.node else set()
        merged.setdefault((use.file, use.line, use.column, use.name), set()).update(targets)
    return [Reference(file, line, column + 1, name, tuple(sorted(found))) for (file, line, column, name), found in merged.items()]

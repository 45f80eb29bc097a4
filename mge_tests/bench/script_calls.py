"""Executed calls of real JavaScript packages: how many of them the graph has, by how the callee is written.

    python -m mge_tests.bench.script_calls [--folder FOLDER] [--misses N] [tree …] [FOLDER_OF_PACKAGES -- COMMAND …]

A tree is a folder of packages and commands that make them run: those of ``script_trees`` by name, or a folder and a command from the command
line, in which ``{root}`` is the folder's instrumented copy. Each package is analysed alone. What is called behind code of other packages is
no edge that anybody has to find, and none that nobody may. An extra edge is one from a function that ran to one that it never ran.
"""

import random
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tree_sitter import Node as Tree

from mge_assets.model.graph import CodeGraph, SymbolKind
from mge_assets.stages.dependency import analyse
from mge_tests.bench.call_scores import Edge, Score
from mge_tests.bench.dependency_calls import calls, resolved
from mge_tests.bench.script_forms import FORMS, form_of, owner_of
from mge_tests.bench.script_trees import TREES, ScriptTree, Traced, package_of, traced

_CALLABLE = {SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.LAMBDA}


@dataclass(frozen=True, slots=True)
class Row:
    """A call that ran: caller and callee by our ids, its form, and where it is written."""

    source: str
    target: str
    form: str
    place: str


class Package:
    """One package's files, graph and executed calls."""

    def __init__(self, name: str, trace: Traced) -> None:
        self.name = name
        own = {file: script for file, script in trace.scripts.items() if package_of(file) == name}
        self._top = name if name else ""
        self.files = {self._below(file): script.source for file, script in own.items()}
        self.files |= {self._below(file): text for file, text in trace.manifests.items() if package_of(file) == name}
        begin = time.process_time()
        self.code: CodeGraph = analyse(self.files)
        self.seconds = time.process_time() - begin
        self._symbols = {(s.file, s.byte): s.id for s in self.code.symbols if s.kind is not SymbolKind.MODULE}
        self._modules = {s.file: s.id for s in self.code.symbols if s.kind is SymbolKind.MODULE}
        self.rows: list[Row] = []
        self.every: set[Edge] = set()
        for number, file, byte, way in trace.rows:
            callee = trace.functions[number]
            if file in own and callee.file in own:
                self._note(callee.file, callee.byte, callee.kind, file, own[file].root, byte, way)
        self.ran = {self._symbols.get((self._below(one.file), one.byte), "") for one in trace.functions.values() if one.number in trace.ran and one.file in own}
        self.ran |= {row.source for row in self.rows}

    def _below(self, file: str) -> str:
        return file.removeprefix(f"{self._top}/") if self._top else file

    def _note(self, target_file: str, target: int, kind: str, file: str, root: Tree, byte: int, way: str) -> None:
        owner = owner_of(root, byte)
        source = self._modules[self._below(file)] if owner is None else self._id(file, owner)
        callee = self._id(target_file, target)
        self.every.add((source, callee))
        if way != "outside":
            tree = root.descendant_for_byte_range(byte, byte)
            line = tree.start_point.row + 1 if tree is not None else 0
            self.rows.append(Row(source, callee, "callback" if way == "native" else form_of(root, byte, kind), f"{file}:{line}"))

    def _id(self, file: str, byte: int) -> str:
        return self._symbols.get((self._below(file), byte), f"?{file}:{byte}")

    def through_classes(self, edges: set[Edge]) -> set[Edge]:
        """The edges, and those through classes without a constructor, which V8 leaves out."""
        found, empty = set(edges), {s.id for s in self.code.symbols if s.kind is SymbolKind.CLASS} - self.ran
        behind: dict[str, set[str]] = {}
        for source, target in edges:
            behind.setdefault(source, set()).add(target)
        for source, target in edges:
            todo, seen = [target] if target in empty else [], {target}
            for known in todo:
                for further in behind.get(known, set()) - seen:
                    seen.add(further)
                    found.add((source, further))
                    todo += [further] if further in empty else []
        return found

    def extras(self, edges: Iterable[Edge]) -> set[Edge]:
        """Edges from what ran to functions that it never ran."""
        functions = {s.id for s in self.code.symbols if s.kind in _CALLABLE}
        return {(s, t) for s, t in edges if s in self.ran and t in functions} - self.every


def measure(name: str, trace: Traced, scores: Mapping[str, Score], misses: list[str]) -> None:
    """Print one package and add it to the sums."""
    package = Package(name, trace)
    if not package.rows:
        return
    sure, every = package.through_classes(resolved(package.code)), package.through_classes(calls(package.code))
    ran = {(row.source, row.target, row.form) for row in package.rows}
    own = Score(FORMS)
    extra = package.extras(resolved(package.code))
    for score in (own, scores["ours"]):
        score.count(ran, sure, len(extra), package.seconds)
    scores["with guesses"].count(ran, every, len(package.extras(every)), package.seconds)
    print(own.line(name or trace.name), flush=True)
    misses += sorted({f"{row.form}: {row.source} -> {row.target} at {row.place}" for row in package.rows if (row.source, row.target) not in sure})


def main() -> None:
    """Measure the named trees, or all."""
    words = sys.argv[1:]
    folder = Path(words[words.index("--folder") + 1]) if "--folder" in words else Path.home() / ".cache" / "mge" / "scripts"
    shown = int(words[words.index("--misses") + 1]) if "--misses" in words else 0
    if "--" in words:
        place = words.index("--")
        chosen = [ScriptTree(Path(words[place - 1]).name, str(Path(words[place - 1]).resolve()), (tuple(words[place + 1 :]),))]
    else:
        chosen = [tree for tree in TREES if tree.name in words] or list(TREES)
    scores = {"ours": Score(FORMS), "with guesses": Score(FORMS)}
    misses: list[str] = []
    for tree in chosen:
        trace = traced(tree, folder)
        if isinstance(trace, str):
            print(trace)
            continue
        print(tree.name)
        for name in sorted({package_of(file) for file in trace.scripts}):
            measure(name, trace, scores, misses)
    for name, score in scores.items():
        print(score.line(f"pooled, {name}"))
    for line in random.Random(0).sample(misses, min(shown, len(misses))):
        print(line)


if __name__ == "__main__":
    main()

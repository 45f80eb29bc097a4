"""Executed calls of real packages under their own tests: how many of them the graph has, by how the callee is written.

    python -m mge_tests.bench.dependency_calls [--stdlib] [--folder FOLDER] [--as-run] [package …]

Fetches sdists by pip into the folder (the user's cache) and traces their tests once: networkx takes a quarter of an hour.
With ``--stdlib`` groups of the standard library's modules under CPython's own tests instead, which needs no network.
Beside ours: jedi and pyan3. Wrappers that only hand on their arguments are taken out, unless ``--as-run`` is given: what a
caller runs behind them is its callee then. An extra edge is one from a function that ran to one that it never ran. Only what is
resolved counts as found; a line below ours says what it would be with the guesses. A peer that fails at a package, or takes over ten minutes, has no
figures of it: where that is jedi, ours on the others stand ``beside`` its own.
"""

import ast
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from mge_assets.model.graph import CodeGraph, Confidence, EdgeType, SymbolKind
from mge_assets.stages.dependency import analyse
from mge_tests.bench.call_corpora import PACKAGES, Package, Row, Workshop
from mge_tests.bench.call_scores import Edge, Score
from mge_tests.bench.call_stdlib import GROUPS, StandardLibrary

FORMS = ("name", "module attribute", "self", "override in a subclass", "other receiver", "property", "dunder", "callback")
BOUNDS = {
    "name": 98.0, "module attribute": 98.0, "self": 98.0, "override in a subclass": 60.0, "other receiver": 75.0, "property": 80.0, "dunder": 30.0,
    "callback": 25.0, "all": 80.0,
}  # fmt: skip

BESIDE = "beside"
"""Ours on the packages that jedi ends in time: its figures are of no others."""


class Truth:
    """Executed calls of one package, lambdas by our ids."""

    def __init__(self, rows: Iterable[Row], code: CodeGraph, compiling: set[str], *, as_run: bool) -> None:
        self._lambdas = {f"{symbol.file}:{symbol.line}": symbol.id for symbol in code.symbols if symbol.kind is SymbolKind.LAMBDA}
        self._functions = {symbol.id for symbol in code.symbols if symbol.kind in {SymbolKind.FUNCTION, SymbolKind.METHOD, SymbolKind.LAMBDA}}
        known = [(self.id(source), self.id(target), form, way) for source, target, form, way in rows]
        handing = {source for source, _, form, way in known if way == "handed on" and form == "callback"}
        self._wrappers = set() if as_run else handing | compiling
        ways = {"direct", "handed on"} if as_run else {"direct", "handed on", "through"}
        self.every = {(source, target) for source, target, _, _ in known}
        self.rows = sorted({
            (source, target, form)
            for source, target, form, way in known
            if way in ways and not {source, target} & self._wrappers and (way != "through" or form != "callback")
        })  # fmt: skip
        self.ran = {source for source, _, _ in self.rows}

    def id(self, name: str) -> str:
        """The tracer's name in our words."""
        return self._lambdas.get(name, name)

    def extras(self, edges: Iterable[Edge]) -> set[Edge]:
        """Edges from what ran to functions that it never ran."""
        inside = {(s, t) for s, t in edges if s in self.ran and t in self._functions and not {s, t} & self._wrappers}
        return inside - self.every


def compiling_wrappers(files: Mapping[str, bytes]) -> set[str]:
    """Functions that make another function when they are called and hand their arguments on to that: the tracer sees nothing behind them."""
    found: set[str] = set()
    for file, source in files.items():
        stack: list[tuple[ast.AST, str]] = [(ast.parse(source), file.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))]
        while stack:
            tree, name = stack.pop()
            for child in ast.iter_child_nodes(tree):
                inner = f"{name}.{child.name}" if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else name
                if isinstance(child, ast.Call) and isinstance(child.func, ast.Call) and {type(one) for one in child.args} == {ast.Starred}:
                    found.add(name)
                stack.append((child, inner))
    return found


def resolved(code: CodeGraph) -> set[Edge]:
    """Our calls, guesses apart."""
    return {(e.source, e.target) for e in code.edges if e.type is EdgeType.FUNCTION_CALL and e.confidence is Confidence.RESOLVED}


def calls(code: CodeGraph) -> set[Edge]:
    """Our calls, guesses among them."""
    return {(e.source, e.target) for e in code.edges if e.type is EdgeType.FUNCTION_CALL}


def measure(workshop: Workshop, package: Package, scores: dict[str, Score], *, as_run: bool) -> None:
    """Print one package and add it to the sums."""
    rows = workshop.executed(package)
    begin = time.process_time()
    files = workshop.sources(package)
    code = analyse(files)
    seconds = time.process_time() - begin
    answers: dict[str, tuple[set[Edge], float]] = {"ours": (resolved(code), seconds), "all": (calls(code), seconds)}
    truth = Truth(rows, code, compiling_wrappers(files), as_run=as_run)
    for tool in ("jedi", "pyan"):
        told = workshop.peer(package, tool, sorted({row[0] for row in rows}))
        if told is not None:
            edges, spent = told["edges"], told["seconds"]
            assert isinstance(edges, list)
            assert isinstance(spent, float)
            answers[tool] = ({(truth.id(source), truth.id(target)) for source, target in edges}, spent)
    if "jedi" in answers:
        scores.setdefault(BESIDE, Score(FORMS)).count(truth.rows, answers["ours"][0], len(truth.extras(answers["ours"][0])), seconds)
    print(f"{package.name} {package.version}: {len({row[:2] for row in truth.rows})} calls")
    for tool, (found, spent) in answers.items():
        own = Score(FORMS)
        for score in (own, scores.setdefault(tool, Score(FORMS))):
            score.count(truth.rows, found, len(truth.extras(found)), spent)
        print(own.line(tool), flush=True)


def main() -> None:
    """Measure the named packages, or all."""
    words = sys.argv[1:]
    folder = Path(words[words.index("--folder") + 1]) if "--folder" in words else Path.home() / ".cache" / "mge" / "calls"
    known: tuple[Package, ...] = GROUPS if "--stdlib" in words else PACKAGES
    chosen = [package for package in known if package.name in words] or list(known)
    workshop = StandardLibrary(folder) if "--stdlib" in words else Workshop(folder)
    scores: dict[str, Score] = {}
    for package in chosen:
        measure(workshop, package, scores, as_run="--as-run" in words)
    print("pooled")
    for tool, score in scores.items():
        print(score.line(tool))
    ours = scores["ours"]
    print("against the bounds: " + " ".join(f"{form} {ours.share(form) / bound:.2f}" for form, bound in BOUNDS.items() if ours.asked[form]))
    if "jedi" in scores:
        print(f"extra for each found, against jedi's: {scores[BESIDE].excess() / max(scores['jedi'].excess(), 1e-9):.2f}")


if __name__ == "__main__":
    main()

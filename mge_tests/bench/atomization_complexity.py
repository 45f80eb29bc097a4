"""Our complexity beside radon's, function by function; what radon counts by rules of its own is aligned first."""

import ast
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mge_assets.stages.atomization.parsing import MultiLanguageParser
from mge_tests.bench.corpora import SourceFile

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(slots=True)
class Agreement:
    """How far two counts are apart: functions by difference, and the first that differ."""

    oracle: str
    apart: Counter[int] = field(default_factory=Counter)
    unlike: list[str] = field(default_factory=list)

    def note(self, where: str, ours: int, theirs: int) -> None:
        """Count one function."""
        self.apart[abs(ours - theirs)] += 1
        if ours != theirs:
            self.unlike.append(f"{where} ours {ours}, {self.oracle} {theirs}")

    def __str__(self) -> str:
        total = sum(self.apart.values())
        if not total:
            return f"complexity: {self.oracle} is not installed, or saw no function"
        equal, near = 100 * self.apart[0] / total, 100 * (self.apart[0] + self.apart[1]) / total
        return f"complexity equal to {self.oracle}'s: {equal:.2f} % of {total} functions (bound 97), within 1: {near:.2f} % (99); {'; '.join(self.unlike[:3])}"


def agreement_with_radon(files: list[SourceFile]) -> Agreement:
    """Over every function of the files that Python itself can parse."""
    agreement = Agreement("radon")
    try:
        import radon.visitors as radon  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 - an oracle, not always there
    except ImportError:
        return agreement
    for file in files:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(file.source)
        except (SyntaxError, ValueError):
            continue
        _compare(file, tree, radon, agreement)
    return agreement


def _compare(file: SourceFile, tree: ast.Module, radon: Any, agreement: Agreement) -> None:
    visitor = radon.ComplexityVisitor(to_method=False, no_assert=True)
    visitor.visit(tree)
    parsed = MultiLanguageParser().parse(file.source, file.path, file.language)
    ours = {node.start_point.row + 1: parsed.decisions.of_function(node.start_byte, node.end_byte) for node in parsed.marks.get("function", ())}
    otherwise = {node.lineno: _otherwise(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    for function in _functions(visitor):
        if function.lineno in ours:
            agreement.note(f"{file.path}:{function.lineno}", ours[function.lineno], function.complexity + otherwise[function.lineno])


def _functions(visitor: Any) -> Iterator[Any]:
    stack = [block for block in visitor.blocks if not hasattr(block, "methods")]
    while stack:
        function = stack.pop()
        yield function
        stack.extend(function.closures)


def _otherwise(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """What to add to radon's count: it counts the else of loops and of try, and looks into no assert."""
    found = 0
    stack: list[ast.AST] = list(function.body)
    while stack:
        node = stack.pop()
        if isinstance(node, _DEFINITIONS):
            continue
        if isinstance(node, ast.For | ast.While | ast.AsyncFor | ast.Try) and node.orelse:
            found -= 1
        if isinstance(node, ast.Assert):
            found += sum(_decisions(inner) for inner in ast.walk(node))
        stack.extend(ast.iter_child_nodes(node))
    return found


def _decisions(node: ast.AST) -> int:
    if isinstance(node, ast.BoolOp):
        return len(node.values) - 1
    if isinstance(node, ast.comprehension):
        return 1 + len(node.ifs)
    return int(isinstance(node, ast.IfExp))

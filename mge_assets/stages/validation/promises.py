"""What the plan's drafts promise of names and parameters, and what tests ask beyond that or against one another."""

import ast
import doctest
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mge_assets.stages.validation.project import Project
from mge_resources.syntax import parse_python

_NO_LITERAL = object()


class Drafts:
    """The drafts of a plan: the contract that code and tests both have to keep."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files

    @cached_property
    def _trees(self) -> dict[str, ast.Module]:
        return {file: tree for file, content in self.files.items() if file.endswith(".py") and (tree := _parsed(content)) is not None}

    @cached_property
    def _words(self) -> frozenset[str]:
        text = b"\n".join(self.files.values()).decode(errors="replace")
        return frozenset(re.findall(r"\w+", text))

    def speak_of(self, name: str) -> bool:
        """Whether the name stands anywhere in the drafts, documentation included."""
        return name in self._words

    def module(self, dotted: str) -> str:
        """The draft's file of this module; empty where the plan has none."""
        return Project(self.files).file_of(dotted)

    def parameters(self, name: str) -> list[str]:
        """How each function or class of this name is to be called, as text that can be compared."""
        return [text for tree in self._trees.values() for text in parameters_of(tree, name)]

    @cached_property
    def examples(self) -> Mapping[str, str]:
        """The drafts' documented examples: call ▸ literal value, both normalised."""
        found: dict[str, str] = {}
        for tree in self._trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module | ast.AsyncFunctionDef):
                    found |= dict(_examples(ast.get_docstring(node, clean=True) or ""))
        return found


def _examples(text: str) -> Iterator[tuple[str, str]]:
    try:
        parsed = doctest.DocTestParser().get_examples(text)
    except ValueError:
        return
    for one in parsed:
        call, value = expression(one.source), expression(one.want)
        if call is not None and isinstance(call, ast.Call) and value is not None and _literal(value) is not _NO_LITERAL:
            yield ast.unparse(call), repr(_literal(value))


def _parsed(content: bytes | str) -> ast.Module | None:
    try:
        return parse_python(content)
    except (SyntaxError, ValueError):
        return None


def expression(text: str) -> ast.expr | None:
    """The one expression that a text is; ``None`` where it is none."""
    tree = _parsed(text.strip())
    statement = tree.body[0] if tree and len(tree.body) == 1 else None
    return statement.value if isinstance(statement, ast.Expr) else None


def parameters_of(tree: ast.Module, name: str) -> list[str]:
    """How each function or class of this name in the tree is called."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
            found.append(ast.unparse(node.args))
        elif isinstance(node, ast.ClassDef) and node.name == name:
            found += [ast.unparse(part.args) for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]
    return found


@dataclass(frozen=True, slots=True)
class Demand:
    """What one test asks for in one place: this call gives this literal value, after ``before`` (other statements of the test)."""

    test: str
    line: int
    call: str
    value: str
    before: str


class TestText:
    """A file of tests, read and not run."""

    __test__ = False

    def __init__(self, text: str, project: Iterable[str]) -> None:
        self.tree = _parsed(text)
        self._top = {name.replace("\\", "/").partition("/")[0].removesuffix(".py") for name in project}

    @cached_property
    def project_names(self) -> frozenset[str]:
        """Names that the tests import from the project."""
        found: set[str] = set()
        for node in ast.walk(self.tree) if self.tree else ():
            if isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").partition(".")[0] in self._top):
                found |= {alias.asname or alias.name for alias in node.names}
            elif isinstance(node, ast.Import):
                found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names if alias.name.partition(".")[0] in self._top}
        return frozenset(found)

    def function(self, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The test function of this name as pytest says it (``Class::test[case]``)."""
        wanted = name.partition("[")[0].split("::")[-1]
        nodes = (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)) if self.tree else ()
        return next((node for node in nodes if node.name == wanted), None)

    def touches_project(self, name: str) -> bool:
        """Whether the test may have to do with the project: by a name from it, a fixture, or anything that the file itself defines."""
        function = self.function(name)
        if function is None or self.tree is None or "*" in self.project_names:
            return True
        own = {node.name for node in self.tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)} - {function.name}
        own |= {target.id for node in self.tree.body if isinstance(node, ast.Assign) for target in node.targets if isinstance(target, ast.Name)}
        used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)} | {arg.arg for arg in function.args.args}
        return bool(used & (self.project_names | own | {"self"}))

    @cached_property
    def demands(self) -> tuple[Demand, ...]:
        """What the tests ask of calls with literal arguments, where everything before is literal too."""
        functions = [node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef)] if self.tree else []
        return tuple(demand for node in functions if node.name.startswith("test") for demand in self._demands(node))

    def _demands(self, function: ast.FunctionDef) -> Iterator[Demand]:
        before: list[str] = []
        for node in function.body:
            asked = _asked(node)
            if asked is not None and isinstance(asked[0], ast.Call) and self._plain(asked[0]):
                yield Demand(function.name, node.lineno, ast.unparse(asked[0]), asked[1], "\n".join(before))
            if asked is None or any(isinstance(part, ast.Call) for part in ast.walk(node)):
                before.append(ast.unparse(node))

    def _plain(self, call: ast.expr) -> bool:
        """Whether it is a function of the project called with literals, or a method of what such a call gives."""
        if isinstance(call, ast.Attribute):
            return self._plain(call.value)
        if isinstance(call, ast.Name):
            return call.id in self.project_names
        if not isinstance(call, ast.Call):
            return False
        return self._plain(call.func) and all(_literal(part) is not _NO_LITERAL for part in (*call.args, *(keyword.value for keyword in call.keywords)))

    def contradicted(self, test: str, line: int | None, examples: Mapping[str, str]) -> str:
        """What stands against what the test asks for there, in words; empty where nothing does."""
        wanted = test.partition("[")[0].split("::")[-1]
        for mine in self.demands:
            if mine.test != wanted or (line is not None and mine.line != line):
                continue
            if examples.get(mine.call, mine.value) != mine.value:
                return f"the draft's documentation gives {examples[mine.call]} for {mine.call}, the test asks for {mine.value}"
            for other in self.demands:
                first = not mine.before and not other.before
                if other is not mine and other.call == mine.call and other.value != mine.value and (first or other.before == mine.before):
                    return f"{other.test} (line {other.line}) asks for {other.value} of {mine.call}, and this one for {mine.value}: no code gives both"
        return ""


def _asked(node: ast.stmt) -> tuple[ast.expr, str] | None:
    """(expression, literal value) of ``assert expression == literal`` and its relations."""
    sides: Sequence[ast.expr] = ()
    if isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare) and len(node.test.ops) == 1:
        if isinstance(node.test.ops[0], ast.Eq | ast.Is):
            sides = (node.test.left, node.test.comparators[0])
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
        sides = node.value.args[:2] if node.value.func.attr in {"assertEqual", "assertEquals", "assertIs"} else ()
    for left, right in ((sides[0], sides[1]), (sides[1], sides[0])) if len(sides) == 2 else ():
        if _literal(left) is _NO_LITERAL and _literal(right) is not _NO_LITERAL:
            return left, repr(_literal(right))
    return None


def _literal(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _NO_LITERAL

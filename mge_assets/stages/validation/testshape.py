"""What tests need of the process that they run in, read from their text alone: the code under test has no say in it."""

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mge_resources.syntax import parse_python

_PLAIN = {
    "__future__", "abc", "asyncio", "collections", "contextlib", "copy", "csv", "dataclasses", "datetime", "decimal", "enum", "fractions", "functools", "io",
    "itertools", "json", "math", "operator", "os", "pathlib", "pytest", "re", "statistics", "string", "textwrap", "typing", "unittest", "uuid", "hypothesis",
}  # fmt: skip
_UNSERVED = {
    "threading", "multiprocessing", "concurrent", "ctypes", "gc", "weakref", "pickle", "signal", "tracemalloc", "importlib", "ast", "sqlite3", "select",
}  # fmt: skip
_PATCHES = {"monkeypatch", "mocker", "caplog", "recwarn", "patch", "mock"}
_WARNINGS = {"warns", "deprecated_call", "catch_warnings", "assertWarns", "assertWarnsRegex"}
"""What listens for warnings, which stay in the process that they are given in."""


@dataclass(frozen=True, slots=True)
class TestShape:
    """``served``: the tests can be tried apart from the code. ``plain``: a failure there is the code's, for nothing in them needs its process."""

    __test__ = False

    served: bool
    plain: bool
    reason: str = ""


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _of_project(node: ast.Import | ast.ImportFrom, own: set[str]) -> bool:
    if isinstance(node, ast.ImportFrom) and node.level:
        return True
    module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
    return (module or "").partition(".")[0] in own


def _derives(tree: ast.Module, own: set[str]) -> bool:
    """Whether a class of the tests derives from a name that is imported from the project."""
    imports = [node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)) and _of_project(node, own)]
    names = {(alias.asname or alias.name).partition(".")[0] for node in imports for alias in node.names}
    bases = (base for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases)
    return any(isinstance(part, ast.Name) and part.id in names for base in bases for part in ast.walk(base))


def shape_of(tests: str, project: Iterable[str]) -> TestShape:
    """What these tests need; ``project`` are the top names of the project's modules. Text that does not parse is plain: it fails anyway."""
    try:
        tree = parse_python(tests)
    except (SyntaxError, ValueError):
        return TestShape(served=True, plain=True)
    own, imported = set(project), set(_imported(tree))
    others = {name.partition(".")[0] for name in imported} - own - {""}
    foreign = sorted(name for name in others if name in _UNSERVED or (name not in sys.stdlib_module_names and name not in {"pytest", "hypothesis"}))
    if foreign:
        return TestShape(served=False, plain=False, reason=f"the tests work with {foreign[0]}")
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    words = names | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    words |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr in _WARNINGS}
    patches = bool((_PATCHES | _WARNINGS) & words) or any(name.startswith("unittest.mock") for name in imported)
    typed = "isinstance" in words and bool({"dict", "list", "set"} & names)  # an own kind of container is no container here
    return TestShape(served=True, plain=others <= _PLAIN and not patches and not typed and not _derives(tree, own))

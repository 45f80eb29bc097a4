"""What code has no business doing while it is tested: looking at its tests, changing who judges them, agreeing with everything.

A screen, not a boundary: it is asked only where the tests could not be kept apart from the code, and there a hit outweighs a pass.
"""

import ast
from collections.abc import Iterator, Mapping

from mge_assets.model.errors import Place
from mge_assets.stages.validation.nearness import near
from mge_resources.syntax import parse_python

_MODULES = {
    "inspect": "looks at the running program", "gc": "walks the interpreter's memory", "ctypes": "reaches into the interpreter", "linecache": "reads source",
    "traceback": "looks at the calls around it", "atexit": "acts after its tests", "_pytest": "touches pytest", "pytest": "touches pytest",
    "builtins": "changes what names mean", "importlib": "imports by name", "runpy": "runs other files", "pdb": "traces its caller", "bdb": "traces its caller",
    "faulthandler": "looks at the calls around it", "unittest": "touches its tests", "code": "runs text", "codeop": "runs text", "pickle": "runs what it loads",
    "pkgutil": "imports by name", "zipimport": "imports by name", "imp": "imports by name",
    "marshal": "reads code objects", "dis": "reads code objects", "_thread": "acts after its call",
}  # fmt: skip
_ATTRIBUTES = {
    "_getframe", "_current_frames", "settrace", "setprofile", "meta_path", "path_hooks", "exc_info", "monitoring", "addaudithook", "f_back", "f_locals",
    "f_globals", "tb_frame", "gi_frame", "cr_frame", "ag_frame", "__globals__", "__subclasses__", "__closure__", "__code__", "__builtins__", "__traceback__",
    "_exit", "abort", "dup2", "excepthook", "unraisablehook", "breakpointhook", "__kwdefaults__", "__defaults__", "mem",
}  # fmt: skip
_CALLS = {"exec", "eval", "compile", "__import__", "globals", "breakpoint"}
_COMPARISONS = {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__", "__bool__", "__sub__", "__rsub__", "__abs__"}
_DATA = {"int", "float", "str", "list", "dict", "tuple", "set", "bytes", "frozenset", "complex", "Decimal"}
_WORDS = ("/proc/", "PYTEST_", "conftest", "grade.py", "pytest.ini")


def _class(node: ast.ClassDef) -> str:
    data = {base.id for base in node.bases if isinstance(base, ast.Name)} & _DATA
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name in _COMPARISONS:
            returned = [part.value for part in ast.walk(method) if isinstance(part, ast.Return)]
            if all(isinstance(value, ast.Constant) and value.value in (True, 0) for value in returned):
                return "has an object that agrees with whatever it is compared with"
            if data:
                return f"changes how {min(data)} is compared"
        if isinstance(method, ast.Assign) and any(isinstance(target, ast.Name) and target.id in _COMPARISONS for target in method.targets):
            return "has an object whose comparisons are made up"
    return ""


def _imported(node: ast.Import | ast.ImportFrom) -> str:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""] if not node.level else []
    return next((_MODULES[top] for name in names if (top := name.partition(".")[0]) in _MODULES), "")


def _node(node: ast.AST) -> str:
    """What speaks against the code here; empty where nothing does."""
    found = ""
    match node:
        case ast.Import() | ast.ImportFrom():
            found = _imported(node)
        case ast.Attribute(value=ast.Name(id="sys"), attr="modules"):
            found = "uses sys.modules"
        case ast.Attribute(attr=name) if name in _ATTRIBUTES:
            found = f"uses {name}"
        case ast.Name(id=name) if name in ("__builtins__", "__loader__", "__spec__"):
            found = f"uses {name}"
        case ast.Call(func=ast.Name(id=name)) if name in _CALLS:
            found = f"calls {name}"
        case ast.Constant(value=str(text)) if any(word in text for word in _WORDS):
            found = "names what belongs to its tests"
        case ast.ClassDef():
            found = _class(node)
    return found


def suspicions(project: Mapping[str, bytes], test_file: str, tests: str) -> Iterator[tuple[Place, str]]:
    """(place, what the code does there) for everything in the Python files that the tests may load that speaks against a pass, each place once."""
    for name in sorted(near(project, tests)):
        if not name.endswith(".py") or name == test_file:
            continue
        try:
            tree = parse_python(project[name])
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if what := _node(node):
                yield Place(name, getattr(node, "lineno", 1)), what

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
_HARMLESS = {
    "inspect": {
        "signature", "Signature", "Parameter", "BoundArguments", "isclass", "isfunction", "ismethod", "isroutine", "isbuiltin", "isabstract", "ismodule",
        "iscoroutinefunction", "isgeneratorfunction", "isasyncgenfunction", "isawaitable", "iscoroutine", "isgenerator", "isasyncgen", "isdatadescriptor",
        "ismethoddescriptor", "cleandoc", "getdoc", "getmro", "unwrap", "get_annotations", "getfullargspec",
    },
    "importlib.metadata": {"version", "metadata", "requires", "PackageNotFoundError"},
    "importlib.resources": {"files", "as_file"},
    "importlib": {"metadata", "resources"},
    "traceback": {"format_exc", "print_exc", "format_exception", "format_exception_only", "print_exception", "TracebackException"},
    "pickle": {"dump", "dumps", "PickleError", "PicklingError", "HIGHEST_PROTOCOL", "DEFAULT_PROTOCOL"},
    "gc": {"collect", "enable", "disable", "isenabled", "freeze"},
}  # fmt: skip
"""Of modules that may be used to cheat, what can't."""
_CODE_FACTS = {"co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_varnames", "co_name", "co_qualname", "co_flags", "co_firstlineno", "co_nlocals"}
_ATTRIBUTES = {
    "_getframe", "_current_frames", "settrace", "setprofile", "meta_path", "path_hooks", "exc_info", "monitoring", "addaudithook", "f_back", "f_locals",
    "f_globals", "tb_frame", "gi_frame", "cr_frame", "ag_frame", "__globals__", "__subclasses__", "__closure__", "__code__", "__builtins__", "__traceback__",
    "_exit", "abort", "dup2", "excepthook", "unraisablehook", "breakpointhook", "__kwdefaults__", "__defaults__", "mem",
}  # fmt: skip
_CALLS = {"exec", "eval", "compile", "__import__", "globals", "breakpoint"}
_COMPARISONS = {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__", "__bool__", "__sub__", "__rsub__", "__abs__"}
_DATA = {"int", "float", "str", "list", "dict", "tuple", "set", "bytes", "frozenset", "complex", "Decimal"}
_WORDS = ("/proc/", "PYTEST_", "conftest", "grade.py", "pytest.ini")


_AGREEING = dict.fromkeys(_COMPARISONS, True) | {"__ne__": False, "__sub__": 0, "__rsub__": 0, "__abs__": 0}
"""What an object answers that agrees with everything, by method."""


def _class(node: ast.ClassDef) -> str:
    data = {base.id for base in node.bases if isinstance(base, ast.Name)} & _DATA
    for method in node.body:
        if isinstance(method, ast.FunctionDef) and method.name in _COMPARISONS:
            returned = [part.value for part in ast.walk(method) if isinstance(part, ast.Return)]
            if returned and all(isinstance(value, ast.Constant) and value.value == _AGREEING[method.name] for value in returned):
                return "has an object that agrees with whatever it is compared with"
            if data:
                return f"changes how {min(data)} is compared"
        if isinstance(method, ast.Assign) and any(isinstance(target, ast.Name) and target.id in _COMPARISONS for target in method.targets):
            return "has an object whose comparisons are made up"
    return ""


def _imported(node: ast.Import | ast.ImportFrom, used: Mapping[str, set[str]]) -> str:
    """What speaks against an import: what is taken from the module, or under the module's own name what is ``used`` of it."""
    taken: dict[str, set[str]] = {}
    if isinstance(node, ast.Import):
        for alias in node.names:
            names = [alias.name.rpartition(".")[0], alias.name] if "." in alias.name else [alias.name]
            taken |= {name: {"*"} if alias.asname else used.get(name, {"*"}) for name in names}
    elif not node.level and node.module and node.module.partition(".")[0] in _MODULES:
        taken = {node.module: {alias.name for alias in node.names}}
    else:  # another file's import, by its name
        taken = {alias.name: {"*"} for alias in node.names if alias.name in _HARMLESS}
        taken |= {name: used[name] for name in _HARMLESS if name in used and any(alias.name == "*" for alias in node.names)}
    return next((_MODULES[top] for name, names in taken.items() if (top := name.partition(".")[0]) in _MODULES and names - _HARMLESS.get(name, set())), "")


def _used(tree: ast.Module) -> dict[str, set[str]]:
    """Dotted name ▸ the attributes that are read of it; ``*`` where it goes anywhere as a whole."""
    used: dict[str, set[str]] = {}
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (name := _dotted(node.value)):
            used.setdefault(name, set()).add(node.attr)
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in inner and (name := _dotted(node)):
            used.setdefault(name, set()).add("*")
    return used


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{outer}.{node.attr}" if (outer := _dotted(node.value)) else ""
    return node.id if isinstance(node, ast.Name) else ""


def _excused(tree: ast.Module) -> set[int]:
    """Nodes that look like cheating and can't be: what a function's code says of its parameters, a module's own place among the modules, an import of one
    that is named there.
    """
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Attribute(attr="__code__") as code, attr=attr) if attr in _CODE_FACTS and isinstance(node.ctx, ast.Load):
                found.add(id(code))
            case ast.Subscript(value=ast.Attribute(attr="modules") as modules, slice=ast.Name(id="__name__"), ctx=ast.Load()):
                found.add(id(modules))
            case ast.Call(func=ast.Name(id="__import__"), args=[ast.Constant(value=str(name))]) if name.partition(".")[0] not in _MODULES:
                found.add(id(node))
    return found


def _node(node: ast.AST, used: Mapping[str, set[str]]) -> str:
    """What speaks against the code here; empty where nothing does."""
    found = ""
    match node:
        case ast.Import() | ast.ImportFrom():
            found = _imported(node, used)
        case ast.Attribute(value=ast.Name(id="sys"), attr="modules"):
            found = "uses sys.modules"
        case ast.Attribute(value=value, attr=name) if name in _HARMLESS and not (isinstance(value, ast.Name) and value.id in _HARMLESS):
            found = _MODULES[name]  # another file's import
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
        used, excused = _used(tree), _excused(tree)
        for node in ast.walk(tree):
            if id(node) not in excused and (what := _node(node, used)):
                yield Place(name, getattr(node, "lineno", 1)), what

"""A pytest plugin that notes which functions of one package call which while its tests run, and how each callee is written.

Runs in the bench's own environment, so it needs the standard library alone. ``MGE_TRACE_ROOT`` is the folder that holds
the package's files, ``MGE_TRACE_OUT`` the JSON file to write: rows of caller, callee (dotted ids), form and way.

The way is ``direct``; or ``handed on`` where the caller is a wrapper that calls a function that it does not name (one that it was given) with its own
``*args, **kwargs`` (``super().__init__(*args, **kwargs)`` names what it calls, so its caller is the function around it); or
``through`` for what a caller runs behind such wrappers and behind code that was compiled from a string; or ``behind`` for what it runs
behind the standard library (``functools.cached_property``, ``contextlib``), which nobody has to find and nobody may call an edge that never ran.
"""

import ast
import dis
import inspect
import json
import os
import sys
import sysconfig
import threading
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

_INSIDE = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}
_RESUMED = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_STARS = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
_MAX_WRAPPERS = 12
_STANDARD = (sysconfig.get_paths()["stdlib"], "<frozen")
_INSTALLED = ("site-packages", "dist-packages")
_MISSING = object()


class Sources:
    """Syntax trees of the package's files, by the position of an instruction."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._nodes: dict[str, dict[tuple[int, int, int, int], list[ast.AST]]] = {}
        self._ids: dict[CodeType, str] = {}

    def id_of(self, code: CodeType) -> str:
        """Dotted id of a function's code; empty for module and class bodies and for code from elsewhere."""
        known = self._ids.get(code)
        if known is None:
            known = self._ids[code] = self._make_id(code)
        return known

    def _make_id(self, code: CodeType) -> str:
        if code.co_filename.startswith("<"):
            return ""
        try:
            file = Path(code.co_filename).resolve().relative_to(self._root)
        except ValueError:
            return ""
        parts = [part for part in code.co_qualname.split(".") if part not in {"<locals>", *_INSIDE}]
        if "tests" in file.parts or not parts or code.co_name == "<module>" or not code.co_flags & inspect.CO_NEWLOCALS:
            return ""
        if parts[-1] == "<lambda>":
            return f"{file.as_posix()}:{code.co_firstlineno}"
        module = ".".join(file.with_suffix("").parts).removesuffix(".__init__")
        return ".".join([module, *parts])

    def node_at(self, frame: FrameType) -> ast.AST | None:
        """The innermost expression or statement that the frame is running."""
        found = self._by_position(frame.f_code.co_filename).get(_position(frame), [])
        return found[-1] if found else None

    def _by_position(self, file: str) -> dict[tuple[int, int, int, int], list[ast.AST]]:
        nodes = self._nodes.get(file)
        if nodes is None:
            nodes = self._nodes[file] = {}
            for node in ast.walk(ast.parse(Path(file).read_bytes() if Path(file).is_file() else b"")):
                if isinstance(node, ast.expr | ast.stmt | ast.keyword):
                    nodes.setdefault((node.lineno, node.end_lineno or 0, node.col_offset, node.end_col_offset or 0), []).append(node)
        return nodes


def _position(frame: FrameType) -> tuple[int, int, int, int]:
    positions = list(frame.f_code.co_positions())
    line, end, column, end_column = positions[frame.f_lasti // 2]
    return line or 0, end or 0, column or 0, end_column or 0


class Tracer:
    """Edges between functions of the package, one for each pair and form."""

    def __init__(self, root: Path) -> None:
        self.sources = Sources(root)
        self._seen: set[tuple[CodeType, int, CodeType]] = set()
        self._wrapped: set[tuple[CodeType, int, CodeType]] = set()
        self._seen_through: set[tuple[CodeType, int, CodeType]] = set()
        self._standard: set[CodeType] = set()
        self._seen_behind: set[tuple[CodeType, CodeType]] = set()
        self._handing: dict[tuple[CodeType, int, CodeType], bool] = {}
        self._first: dict[CodeType, int] = {}
        self.edges: dict[tuple[str, str, str, str], None] = {}

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        """What ``sys.setprofile`` calls."""
        if event != "call" or frame.f_back is None:
            return
        key = (frame.f_back.f_code, frame.f_back.f_lasti, frame.f_code)
        if key in self._seen:
            if key in self._wrapped:
                self._note_through(frame.f_back, frame, self.sources.id_of(frame.f_code))
            elif frame.f_back.f_code in self._standard:
                self._note_behind(frame.f_back, frame)
            return
        if frame.f_code.co_flags & _RESUMED and frame.f_lasti > self._first_resume(frame.f_code):
            return
        self._seen.add(key)
        if frame.f_code.co_name in _INSIDE:
            return
        target = self.sources.id_of(frame.f_code)
        if target and self._note(frame.f_back, frame, target):
            self._wrapped.add(key)
            self._note_through(frame.f_back, frame, target)
        elif target and _is_standard(frame.f_back):
            self._standard.add(frame.f_back.f_code)
            self._note_behind(frame.f_back, frame)

    def _note(self, caller: FrameType, callee: FrameType, target: str) -> bool:
        """The edge as it is run; True where the caller is a wrapper."""
        source, node = self.sources.id_of(caller.f_code), self.sources.node_at(caller)
        if not source:
            return _is_made(caller)
        form = _form(node, caller, callee)
        wrapped = form == "callback" and _hands_on(node, caller)
        self.edges[source, target, form, "handed on" if wrapped else "direct"] = None
        return wrapped

    def _note_through(self, caller: FrameType, callee: FrameType, target: str) -> None:
        """The edge from whoever called the wrappers."""
        inner = caller
        for _ in range(_MAX_WRAPPERS):
            outer = inner.f_back
            if outer is None:
                return
            source, called, inner = self.sources.id_of(outer.f_code), inner, outer
            if _is_made(outer) or (source and self._is_wrapper(outer, called)):
                continue
            key = (outer.f_code, outer.f_lasti, callee.f_code)
            if source and key not in self._seen_through:
                self._seen_through.add(key)
                self.edges[source, target, _form(self.sources.node_at(outer), outer, callee), "through"] = None
            return

    def _note_behind(self, caller: FrameType, callee: FrameType) -> None:
        """The edge from whoever made the standard library call this."""
        outer: FrameType | None = caller
        while outer is not None and (_is_standard(outer) or _is_made(outer)):
            outer = outer.f_back
        if outer is None or (outer.f_code, callee.f_code) in self._seen_behind:
            return
        self._seen_behind.add((outer.f_code, callee.f_code))
        source, target = self.sources.id_of(outer.f_code), self.sources.id_of(callee.f_code)
        if source and target:
            self.edges[source, target, "callback", "behind"] = None

    def _is_wrapper(self, frame: FrameType, called: FrameType) -> bool:
        """True where the frame hands on its arguments to a function that it does not name: one that it was given, or keeps."""
        key = (frame.f_code, frame.f_lasti, called.f_code)
        if key not in self._handing:
            node = self.sources.node_at(frame)
            self._handing[key] = _hands_on(node, frame) and _form(node, frame, called) == "callback"
        return self._handing[key]

    def _first_resume(self, code: CodeType) -> int:
        if code not in self._first:
            self._first[code] = next((i.offset for i in dis.get_instructions(code) if i.opname == "RESUME"), 0)
        return self._first[code]


def _is_standard(frame: FrameType) -> bool:
    """True for code of the standard library."""
    file = frame.f_code.co_filename
    return file.startswith(_STANDARD) and not any(part in file for part in _INSTALLED)


def _is_made(frame: FrameType) -> bool:
    """True for code that was compiled from a string: nobody wrote it in a file."""
    return frame.f_code.co_filename.startswith("<") and not frame.f_code.co_filename.startswith("<frozen")


def _hands_on(node: ast.AST | None, frame: FrameType) -> bool:
    """True where the frame calls with its own starred parameters, as wrappers do."""
    code = frame.f_code
    if code.co_flags & _STARS != _STARS or not isinstance(node, ast.Call):
        return False
    place = code.co_argcount + code.co_kwonlyargcount
    stars = {argument.value.id for argument in node.args if isinstance(argument, ast.Starred) and isinstance(argument.value, ast.Name)}
    doubles = {keyword.value.id for keyword in node.keywords if keyword.arg is None and isinstance(keyword.value, ast.Name)}
    return code.co_varnames[place] in stars and code.co_varnames[place + 1] in doubles


def _form(node: ast.AST | None, caller: FrameType, callee: FrameType) -> str:
    """How the callee is written in the caller."""
    name = callee.f_code.co_name
    if isinstance(node, ast.Attribute):
        return "dunder" if name.startswith("__") else "property"
    if isinstance(node, ast.Await):
        node = node.value
    call = _call_of(node, name, caller, callee)
    if call is None:
        return "dunder" if name.startswith("__") or not isinstance(node, ast.Call) else "callback"
    if isinstance(call.func, ast.Name):
        return _name_form(call.func.id, caller)
    assert isinstance(call.func, ast.Attribute)
    return _attribute_form(call.func, caller, callee)


def _call_of(node: ast.AST | None, name: str, caller: FrameType, callee: FrameType) -> ast.Call | None:
    """The call that names the callee: this one, or for a generator that another call runs, the one among its arguments."""
    if not isinstance(node, ast.Call):
        return None
    candidates = [node]
    if callee.f_code.co_flags & _RESUMED:
        candidates += [inner for inner in ast.walk(node) if isinstance(inner, ast.Call) and inner is not node]
    for call in candidates:
        written = call.func.id if isinstance(call.func, ast.Name) else call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if not written:
            continue
        found = _value(call.func, caller)
        if written == name or _is_callee(found, callee) or (found is _MISSING and name in {"__init__", "__new__"}):
            return call
    return None


def _is_callee(value: Any, callee: FrameType) -> bool:
    """Calling the value runs the callee directly."""
    code = callee.f_code
    if isinstance(value, type):
        return code.co_name in {"__init__", "__new__"} or getattr(inspect.getattr_static(type(value), "__call__", None), "__code__", None) is code
    if getattr(value, "__code__", None) is code or getattr(getattr(value, "__func__", None), "__code__", None) is code:
        return True
    return value is not _MISSING and code.co_name == "__call__"


def _value(tree: ast.expr, frame: FrameType) -> Any:
    """What a name, or an attribute of one, is in the frame; nothing is computed."""
    if isinstance(tree, ast.Name):
        for names in (frame.f_locals, frame.f_globals):
            if tree.id in names:
                return names[tree.id]
        return vars(sys.modules["builtins"]).get(tree.id, _MISSING)
    if isinstance(tree, ast.Attribute):
        holder = _value(tree.value, frame)
        if holder is _MISSING:
            return _MISSING
        if isinstance(holder, ModuleType):
            return vars(holder).get(tree.attr, _MISSING)
        return inspect.getattr_static(holder, tree.attr, _MISSING)
    return _MISSING


def _name_form(name: str, caller: FrameType) -> str:
    """A name is called: of a definition or an import, or of a variable that holds a function."""
    value = _value(ast.Name(name), caller)
    if name in caller.f_code.co_varnames[: caller.f_code.co_argcount + caller.f_code.co_kwonlyargcount]:
        return "callback"
    if name in caller.f_globals and name not in caller.f_locals:
        return "name"
    return "name" if getattr(value, "__name__", "") == name else "callback"


def _attribute_form(tree: ast.Attribute, caller: FrameType, callee: FrameType) -> str:
    """An attribute is called: of a module, of the method's own object, or of something else."""
    value = _value(tree, caller)
    if callee.f_code.co_name not in {tree.attr, "__init__", "__new__"} and not isinstance(value, type):
        return "callback"
    if callee.f_code.co_name != tree.attr and getattr(value, "__code__", None) is callee.f_code:
        return "callback"
    if isinstance(_value(tree.value, caller), ModuleType):
        return "module attribute"
    if isinstance(tree.value, ast.Call) and isinstance(tree.value.func, ast.Name) and tree.value.func.id == "super":
        return "self"
    if isinstance(tree.value, ast.Name) and caller.f_code.co_varnames[:1] == (tree.value.id,):
        held = caller.f_locals.get(tree.value.id)
        owner = caller.f_code.co_qualname.rpartition(".")[0]
        mro = (held if isinstance(held, type) else type(held)).__mro__
        own = next((i for i, cls in enumerate(mro) if cls.__qualname__ == owner), None)
        home = next((i for i, cls in enumerate(mro) if _defines(cls, callee)), None)
        if own is None:
            return "other receiver"
        return "override in a subclass" if home is not None and home < own else "self"
    return "other receiver"


def _defines(cls: type, callee: FrameType) -> bool:
    return callee.f_code.co_qualname.rpartition(".")[0] == cls.__qualname__ and callee.f_globals.get("__name__") == cls.__module__


_TRACER: Tracer | None = None


def pytest_configure() -> None:
    """Begin before the package is imported by its tests."""
    global _TRACER  # noqa: PLW0603 - pytest calls functions of the module, and this one has to leave something for the other
    _TRACER = Tracer(Path(os.environ["MGE_TRACE_ROOT"]).resolve())
    threading.setprofile(_TRACER)
    sys.setprofile(_TRACER)


def pytest_unconfigure() -> None:
    """Write what was seen."""
    sys.setprofile(None)
    threading.setprofile(None)
    if _TRACER is not None:
        Path(os.environ["MGE_TRACE_OUT"]).write_text(json.dumps(sorted(_TRACER.edges)))

"""Whether a body is there in name only, or is meant to be empty: abstract methods, refusals, hooks and no-ops are bodies."""

import ast
import re
from collections.abc import Iterator, Sequence

_MARKED = frozenset({"abstractmethod", "abstractproperty", "overload", "abstractclassmethod", "abstractstaticmethod", "final_stub"})
_ABSTRACT_NAME = re.compile(r"^_*(Abstract|Base|Abc|ABC|I[A-Z])|(Base|Mixin|Interface|Protocol|ABC)$")
_UNFINISHED = re.compile(r"^\W*$|todo|fixme|tbd|not (yet )?(implemented|written|done)|implement (me|this)|write (me|this)|stub|placeholder", re.IGNORECASE)
_FOR_OTHERS = re.compile(
    r"subclass|overrid|derived class|must be implemented by|hook|no-?op|does nothing|nothing to do|intentionally|not supported", re.IGNORECASE
)
_NOTHING = re.compile(r"^_*(no_?op|nop|ignore|ignored|pass_?|do_nothing|dummy|null)_*$", re.IGNORECASE)
_DUNDER = re.compile(r"^__\w+__$")


def _last(node: ast.expr) -> str:
    match node:
        case ast.Call(func=func):
            return _last(func)
        case ast.Subscript(value=value):
            return _last(value)
        case ast.Attribute(attr=attr):
            return attr
        case ast.Name(id=name):
            return name
    return ""


def _docstring(body: Sequence[ast.stmt]) -> str:
    first = body[0]
    return str(first.value.value) if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str) else ""


def emptiness(body: Sequence[ast.stmt]) -> str:
    """``raise``, ``ellipsis`` or ``pass`` for a body that does nothing else beside a docstring; empty for a body that does something."""
    rest, found = (body[1:] if _docstring(body) else body), "pass"
    for statement in rest:
        match statement:
            case ast.Pass():
                continue
            case ast.Expr(value=ast.Constant(value=value)):
                found = "ellipsis" if value is ... else found
            case ast.Raise(exc=ast.expr() as raised) if _last(raised) == "NotImplementedError":
                found = "raise"
            case _:
                return ""
    return found


def _message(body: Sequence[ast.stmt]) -> str | None:
    """What ``raise NotImplementedError(…)`` says; ``None`` where it says nothing, ``?`` where it is put together."""
    for statement in body:
        if isinstance(statement, ast.Raise) and isinstance(statement.exc, ast.Call) and statement.exc.args:
            first = statement.exc.args[0]
            return str(first.value) if isinstance(first, ast.Constant) else "?"
    return None


def _returns_nothing(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return function.returns is None or (isinstance(function.returns, ast.Constant) and function.returns.value in (None, "None"))


def is_abstract(owner: ast.ClassDef) -> bool:
    """A class that is not meant to be used itself: by its bases, its name, or a method that is marked abstract."""
    named = {_last(base) for base in owner.bases} | {_last(keyword.value) for keyword in owner.keywords if keyword.arg == "metaclass"}
    marked = any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _MARKED & {_last(one) for one in node.decorator_list} for node in owner.body)
    return bool(named & {"Protocol", "ABC", "ABCMeta"}) or marked


def _methods(owner: ast.ClassDef) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in owner.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def is_stub(function: ast.FunctionDef | ast.AsyncFunctionDef, owner: ast.ClassDef | None) -> bool:
    """Whether the function, in its class if it has one, still waits for its body, as far as its own file can tell."""
    kind = emptiness(function.body)
    if not kind or _MARKED & {_last(one) for one in function.decorator_list} or (owner is not None and is_abstract(owner)):
        return False
    told = _docstring(function.body)
    if kind == "raise":
        message = _message(function.body)
        refuses = message is not None and not _UNFINISHED.search(message)
        return not (refuses or (owner is not None and (_ABSTRACT_NAME.search(owner.name) or _FOR_OTHERS.search(told))))
    if kind == "ellipsis":
        return True
    if _NOTHING.match(function.name):
        return False
    return not (owner is not None and _returns_nothing(function) and _meant(function, owner, told))


def _meant(function: ast.FunctionDef | ast.AsyncFunctionDef, owner: ast.ClassDef, told: str) -> bool:
    """Whether a method that does nothing does so on purpose: its class is written, and it overrides, is a special method, or says so."""
    written = any(not emptiness(method.body) for method in _methods(owner))
    return bool(_FOR_OTHERS.search(told)) or (written and (bool(owner.bases) or bool(_DUNDER.match(function.name)) or bool(_ABSTRACT_NAME.search(owner.name))))


def may_be_meant(function: ast.FunctionDef | ast.AsyncFunctionDef, owner: ast.ClassDef | None) -> bool:
    """Whether an empty body is one that a writer may well give again: ``pass`` in a special method that returns nothing, whose class is still to be written."""
    return owner is not None and emptiness(function.body) == "pass" and _returns_nothing(function) and bool(_DUNDER.match(function.name))

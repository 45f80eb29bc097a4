"""Small faults seeded into Python code, one at a time: what a test that is worth something notices. Pure; chosen in turn, so that a few cover many places."""

import ast
import copy
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest

from mge_resources.syntax import parse_python

_COMPARED: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.LtE: ast.Gt, ast.Gt: ast.LtE, ast.GtE: ast.Lt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_OPERATED: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd, ast.LShift: ast.RShift, ast.RShift: ast.LShift,
}  # fmt: skip
_Change = Callable[[ast.AST], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: the file, the 1-based line of the definition that it is in and its own line, what was done, and the file's new text."""

    file: str
    function: int
    line: int
    what: str
    text: str


def mutants(file: str, content: bytes, functions: Collection[int], most: int) -> tuple[Mutant, ...]:
    """At most ``most`` faults in the functions that begin on these lines (a decorator's counts), shared evenly between them; none where it does not parse."""
    try:
        tree = parse_python(content)
    except (SyntaxError, ValueError):
        return ()
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    wanted = [node for node in nodes if _first_line(node) in functions]
    in_turn = (place for places in zip_longest(*(_places(node) for node in wanted)) for place in places if place is not None)
    return tuple(_mutant(file, tree, place) for place, _ in zip(in_turn, range(most), strict=False))


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


@dataclass(frozen=True, slots=True)
class _Place:
    function: int
    node: ast.AST
    what: str
    change: _Change


def _places(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[_Place]:
    """Where faults can be seeded in the function: the plainest that nothing can overlook first, then each operator and constant."""
    first = _first_line(function)
    whole = [_Place(first, function, "the body gives nothing", _emptied)] if any(_is_return(node) for node in _own(function)) else []
    yield from whole
    for node in _own(function):
        for what, change in _changes(node):
            yield _Place(first, node, what, change)


def _own(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterable[ast.AST]:
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    return (node for statement in body for node in ast.walk(statement))


def _is_return(node: ast.AST) -> bool:
    return isinstance(node, ast.Return) and node.value is not None


def _changes(node: ast.AST) -> Iterator[tuple[str, _Change]]:
    match node:
        case ast.Compare(ops=[op, *_]) if type(op) in _COMPARED:
            yield f"{type(op).__name__} becomes {_COMPARED[type(op)].__name__}", _compared
        case ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _OPERATED:
            yield f"{type(op).__name__} becomes {_OPERATED[type(op)].__name__}", _operated
        case ast.BoolOp(op=op):
            yield "and becomes or" if isinstance(op, ast.And) else "or becomes and", _joined
        case ast.UnaryOp(op=ast.Not()):
            yield "not is left out", _affirmed
        case ast.If() | ast.While():
            yield "the condition is turned round", _turned
        case ast.Constant(value=bool() | int() | float()):
            yield f"{node.value!r} becomes another constant", _another
        case ast.Constant(value=str() as text) if text:
            yield "the text becomes another", _another
        case ast.Return(value=value) if value is not None:
            yield "nothing is returned", _nothing
        case ast.Expr(value=ast.Call()) | ast.Raise() | ast.AugAssign() | ast.Delete():
            yield "the statement is left out", _left_out


def _compared(node: ast.AST) -> None:
    assert isinstance(node, ast.Compare)
    node.ops[0] = _COMPARED[type(node.ops[0])]()


def _operated(node: ast.AST) -> None:
    assert isinstance(node, ast.BinOp | ast.AugAssign)
    node.op = _OPERATED[type(node.op)]()


def _joined(node: ast.AST) -> None:
    assert isinstance(node, ast.BoolOp)
    node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()


def _affirmed(node: ast.AST) -> None:
    assert isinstance(node, ast.UnaryOp)
    operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
    node.op, node.operand = ast.Not(), ast.UnaryOp(ast.Not(), operand)


def _turned(node: ast.AST) -> None:
    assert isinstance(node, ast.If | ast.While)
    node.test = ast.UnaryOp(ast.Not(), node.test)


def _another(node: ast.AST) -> None:
    assert isinstance(node, ast.Constant)
    value = node.value
    if isinstance(value, bool):
        node.value = not value
    else:
        node.value = f"{value}~" if isinstance(value, str) else value + 1  # type: ignore[operator]  # numbers and texts alone come here


def _nothing(node: ast.AST) -> None:
    assert isinstance(node, ast.Return)
    node.value = ast.Constant(None)


def _left_out(node: ast.AST) -> None:
    """The statement in its parent's place cannot be taken out from here, so it becomes one that does nothing."""
    node.__class__ = ast.Pass


def _emptied(node: ast.AST) -> None:
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    node.body = [ast.Return(ast.Constant(None))]


def _mutant(file: str, tree: ast.Module, place: _Place) -> Mutant:
    """The fault, seeded into a copy of the tree."""
    index = next(number for number, node in enumerate(ast.walk(tree)) if node is place.node)
    changed = copy.deepcopy(tree)
    node = next(node for number, node in enumerate(ast.walk(changed)) if number == index)
    line = getattr(node, "lineno", place.function)
    place.change(node)
    return Mutant(file, place.function, line, place.what, ast.unparse(ast.fix_missing_locations(changed)))

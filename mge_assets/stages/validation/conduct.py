"""What a Python function does beside computing: how it gives back, what it raises, which of its arguments and of its module's names it changes.

Held against what its contract says (annotations and docstring) and against how others use it. Where either leaves a doubt, nothing is said.
"""

import ast
import builtins
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mge_assets.stages.validation.promises import expression

Function = ast.FunctionDef | ast.AsyncFunctionDef
_MUTATORS = {
    "append",
    "extend",
    "insert",
    "remove",
    "pop",
    "popitem",
    "clear",
    "sort",
    "reverse",
    "add",
    "discard",
    "update",
    "setdefault",
    "popleft",
    "appendleft",
}
_WHOLE = {"list", "dict", "set", "tuple", "str", "int", "float", "bool", "bytes", "frozenset"}
_STREAMS = {"Iterator", "Generator", "AsyncIterator", "AsyncGenerator"}
_RAISES = re.compile(r"\braises?\b[:\s]+((?:.|\n)*)", re.IGNORECASE)
_ERROR = re.compile(r"\b([A-Z]\w*(?:Error|Exception|Iteration|Interrupt|Exit|Warning))\b")
_CHANGING = re.compile(
    r"\b(in.?place|modif|mutat|chang|updat|add|append|remov|delet|pop|insert|extend|sort|revers|clear|drain|consum|fill|push|put|set|stor|record|"
    r"regist|mark|move|swap|shuffl|merg|appl|writ|drop|discard|accumulat|collect)",
    re.IGNORECASE,
)
_REMEMBERING = re.compile(r"cache|memo|lazy|once|singleton|warn|log|count|next|uniq|init|global|load|lookup|known|seen|default|state", re.IGNORECASE)
"""Words of a function, or of the name that it writes to, that speak of state kept between calls."""


@dataclass(frozen=True, slots=True)
class Conduct:
    """``arity`` is the length of the tuples that every return gives, ``kinds`` what the returns' literals are, ``raises`` what it raises and does not catch,
    ``changes`` its arguments that it changes, ``writes`` the names of its module that it binds or whose value it changes.
    """

    generates: bool
    kinds: frozenset[str]
    arity: int | None
    raises: frozenset[str]
    changes: frozenset[str]
    writes: frozenset[str]


def conduct_of(node: Function) -> Conduct:
    """Read from the text alone; nested functions and classes are not its own doing."""
    own = list(_own(node))
    returns = [each.value for each in own if isinstance(each, ast.Return)]
    given = [value for value in returns if value is not None and not (isinstance(value, ast.Constant) and value.value is None)]
    lengths = {len(value.elts) if isinstance(value, ast.Tuple) and not any(isinstance(e, ast.Starred) for e in value.elts) else None for value in returns}
    return Conduct(
        generates=any(isinstance(each, ast.Yield | ast.YieldFrom) for each in own),
        kinds=frozenset(_kind(value) for value in given) if given else frozenset(),
        arity=next(iter(lengths)) if len(lengths) == 1 else None,
        raises=frozenset(_raised(node)),
        changes=frozenset(_changed(own, _parameters(node) - _bound(own))),
        writes=frozenset(_written(node, own)),
    )


def unfitting(now: Function, contract: Function) -> Iterator[str]:
    """Where the function does not do as its contract says: what it gives back, whether it generates, what it raises, what it writes to."""
    did, said = conduct_of(now), ast.get_docstring(contract) or ""
    word = _word(contract.returns)
    if did.generates and word in _WHOLE:
        yield f"is a generator, and its contract says that it returns {word}"
    if word in _STREAMS and not did.generates and did.kinds and did.kinds <= {"list", "dict", "set", "tuple", "str"}:
        yield f"returns a {min(did.kinds)}, and its contract says {word}: next() of it fails"
    if word == "None" and did.kinds - {"?"} and not did.generates:  # `return other(…)` hands on what may well be None: 40 of 16,090 published functions
        yield "returns a value, and its contract says None"
    width = _width(contract.returns)
    if width is not None and did.arity is not None and did.arity != width:
        yield f"returns {did.arity} values, and its contract says {width}"
    promised = _promised(said)
    if promised and did.raises - {"NotImplementedError"} and not any(is_caught(each, one) for each in did.raises for one in promised):
        yield f"raises {', '.join(sorted(did.raises))}, and its contract says {', '.join(sorted(promised))}"
    for name in sorted(unsaid_writes(now, contract)):
        yield f"writes to {name} of its module, and its contract speaks of a value alone"


def unsaid_writes(now: Function, contract: Function) -> frozenset[str]:
    """Names of its module that it writes to although its contract promises a value and speaks neither of changing anything nor of remembering.

    What it asks for before it writes it is remembered from call to call. 7 of 39,650 annotated published functions are told.
    """
    said, word = ast.get_docstring(contract) or "", _word(contract.returns)
    spoken = f"{said} {contract.name.replace('_', ' ')}"
    if not word or word == "None" or _CHANGING.search(spoken) or _REMEMBERING.search(spoken):
        return frozenset()
    asked = [each.test for each in ast.walk(now) if isinstance(each, ast.If | ast.IfExp)]
    named = {each.id for part in (contract, *asked) for each in ast.walk(part) if isinstance(each, ast.Name)}
    return frozenset(name for name in conduct_of(now).writes - named if not _REMEMBERING.search(name))


def harmful_changes(now: Function, contract: Function) -> frozenset[str]:
    """Arguments that it changes although its contract says nothing of changing anything, and promises a value instead."""
    said, word = ast.get_docstring(contract) or "", _word(contract.returns)
    if not word or word == "None" or _CHANGING.search(f"{said} {contract.name.replace('_', ' ')}"):
        return frozenset()
    return conduct_of(now).changes


def _own(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef | ast.Lambda):
            continue
        yield child
        yield from _own(child)


_LITERALS: Mapping[type[ast.expr], str] = {
    ast.List: "list",
    ast.ListComp: "list",
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.Set: "set",
    ast.SetComp: "set",
    ast.Tuple: "tuple",
    ast.JoinedStr: "str",
}
_CALLED = {"list": "list", "sorted": "list", "dict": "dict", "set": "set", "tuple": "tuple", "str": "str"}


def _kind(value: ast.expr) -> str:
    """What a returned expression surely is; ``?`` where that is not written there."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return "str"
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return _CALLED.get(value.func.id, "?")
    return _LITERALS.get(type(value), "?")


def _raised(node: Function) -> Iterator[str]:
    """Raised outright in its own body, outside any try that might catch it."""
    pending: list[ast.AST] = list(node.body)
    while pending:
        each = pending.pop()
        if isinstance(each, Function | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(each, ast.Try | ast.TryStar):
            pending += [*each.orelse, *each.finalbody, *(inner for handler in each.handlers for inner in handler.body)]
            continue
        if isinstance(each, ast.Raise) and each.exc is not None:
            made = each.exc.func if isinstance(each.exc, ast.Call) else each.exc
            if isinstance(made, ast.Name) and made.id[:1].isupper():
                yield made.id
        pending += ast.iter_child_nodes(each)


def _parameters(node: Function) -> set[str]:
    return {each.arg for each in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)} - {"self", "cls"}


def _bound(own: list[ast.AST]) -> set[str]:
    """Names that its own statements bind, in whatever way."""
    names = {each.id for each in own if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store | ast.Del)}
    names |= {(each.asname or each.name).partition(".")[0] for each in own if isinstance(each, ast.alias)}
    return names | {each.name for each in own if isinstance(each, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and each.name}


def _written(node: Function, own: list[ast.AST]) -> Iterator[str]:
    """Names declared global that it binds; capitals of the module whose value it changes: another name may be an outer function's."""
    declared = {name for each in own if isinstance(each, ast.Global) for name in each.names}
    bound = _bound(own)
    yield from declared & bound
    outer = [node.args.vararg, node.args.kwarg, *node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    inner = {each.name for each in ast.walk(node) if isinstance(each, Function | ast.ClassDef) and each is not node}
    local = (bound - declared) | {each.arg for each in outer if each} | inner
    names = {each.id for each in own if isinstance(each, ast.Name)} - local
    yield from (name for name in _changed(own, names) if name.isupper())


def _changed(own: list[ast.AST], names: set[str]) -> Iterator[str]:
    """Those of these names whose value is changed under the name itself."""
    for each in own:
        target: ast.expr | None = None
        if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute) and each.func.attr in _MUTATORS:
            target = each.func.value
        elif isinstance(each, ast.Subscript) and isinstance(each.ctx, ast.Store | ast.Del):
            target = each.value
        if isinstance(target, ast.Name) and target.id in names:
            yield target.id


def _word(annotation: ast.expr | None) -> str:
    """The plain name of an annotation, ``None`` spelled out, empty where it is more than that."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        annotation = expression(annotation.value)
    if isinstance(annotation, ast.Constant) and annotation.value is None:
        return "None"
    base = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return base.id if isinstance(base, ast.Name) else base.attr if isinstance(base, ast.Attribute) else ""


def _width(annotation: ast.expr | None) -> int | None:
    """The length that an annotated tuple has, where it has one."""
    if not isinstance(annotation, ast.Subscript) or _word(annotation) not in {"tuple", "Tuple"} or not isinstance(annotation.slice, ast.Tuple):
        return None
    parts = annotation.slice.elts
    open_ended = any(isinstance(each, ast.Starred) or (isinstance(each, ast.Constant) and each.value is ...) for each in parts)
    return None if open_ended else len(parts)


def _promised(said: str) -> frozenset[str]:
    found = _RAISES.search(said)
    return frozenset(_ERROR.findall(found[1])) if found else frozenset()


def is_caught(raised: str, promised: str) -> bool:
    """Whether whoever catches the promised one catches the raised one; a class of the project's may be anything."""
    one, other = getattr(builtins, raised, None), getattr(builtins, promised, None)
    if not isinstance(one, type) or not isinstance(other, type):
        return raised == promised or not isinstance(one, type)
    return issubclass(one, other)

"""Whether one piece of Python uses another as that one is: arguments, awaiting, what is done with its result, what it raises and changes.

Read from the two texts alone; where a decorator, a rebinding or an unpacked argument leaves a doubt, nothing is said.
"""

import ast
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from mge_assets.stages.validation.conduct import conduct_of, harmful_changes, is_caught
from mge_resources.syntax.python_ast import parse_python

Function = ast.FunctionDef | ast.AsyncFunctionDef
Members = Callable[[str], frozenset[str] | None]
"""The members of a class by its plain name; ``None`` where they are not all known."""
_PLAIN = frozenset({"staticmethod", "classmethod"})
_NEVER_AWAITED = frozenset({"int", "str", "float", "bool", "bytes", "list", "dict", "set", "tuple", "frozenset", "None"})
_SELVES = frozenset({"self", "cls"})


@dataclass(frozen=True, slots=True)
class Callee:
    """What can be called: its plain name, the class that it belongs to (empty for none), and its definition. A constructor goes by its class's name.

    ``contract`` is the definition that others were told of, its draft.
    """

    name: str
    owner: str
    node: Function
    contract: Function | None = None

    @property
    def bound(self) -> bool:
        """Whether its first parameter is not among a call's arguments."""
        return bool(self.owner) and not any(getattr(each, "id", "") == "staticmethod" for each in self.node.decorator_list)


def parsed(code: bytes) -> ast.Module | None:
    """The piece at the margin as a tree; ``None`` where it is no whole statement."""
    try:
        return parse_python(textwrap.dedent(code.decode(errors="replace")))
    except (SyntaxError, ValueError, RecursionError):
        return None


def callee_of(code: bytes, name: str, owner: str) -> Callee | None:
    """The function of this name, where the code defines it once and no decorator makes something else of it."""
    tree = parsed(code)
    found = [node for node in tree.body if isinstance(node, Function) and node.name == name] if tree else []
    if len(found) != 1 or any(getattr(each, "id", "") not in _PLAIN for each in found[0].decorator_list):
        return None
    return Callee(owner if name == "__init__" else name, owner, found[0])


def misuses(code: bytes, callees: Mapping[str, Callee], owner: str, members: Members) -> Iterator[tuple[str, str]]:
    """Each use in the code that does not fit: the key of the callee, and what is wrong. ``owner`` is the class that the code stands in."""
    tree = parsed(code) if callees else None
    if tree is None:
        return
    uses = _Uses(tree, owner)
    named = [callee.name for callee in callees.values()]
    for key, callee in callees.items():
        if named.count(callee.name) > 1:  # two of one name: which is meant is not told by the name
            continue
        for call in uses.calls(callee):
            faults = (_arguments(call, callee), _awaiting(uses, call, callee), _result(uses, call, callee, members))
            for fault in (*faults, _taken_apart(uses, call, callee), _caught(uses, call, callee), _changed(uses, call, callee)):
                if fault:
                    yield key, fault


class _Uses:
    """A piece's calls, with what stands around them."""

    def __init__(self, tree: ast.Module, owner: str) -> None:
        nodes = list(ast.walk(tree))
        self.tree, self.owner = tree, owner
        self.parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)}
        self._bound = [node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
        arguments = [node for node in nodes if isinstance(node, ast.arg)]
        self._bound += [node.arg for node in arguments]
        self._types = {node.arg: node.annotation.id for node in arguments if isinstance(node.annotation, ast.Name)}

    def calls(self, callee: Callee) -> Iterator[ast.Call]:
        """The calls that are surely of this one."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and self._is_of(node.func, callee):
                yield node

    def _is_of(self, function: ast.expr, callee: Callee) -> bool:
        if isinstance(function, ast.Name):
            constructs = callee.node.name == "__init__"
            return function.id == callee.name and (constructs or not callee.owner) and function.id not in self._bound
        if not isinstance(function, ast.Attribute) or function.attr != callee.name or not callee.owner or callee.node.name == "__init__":
            return False
        return self._class_of(function.value) == callee.owner

    def _class_of(self, receiver: ast.expr) -> str:
        if isinstance(receiver, ast.Call) and isinstance(receiver.func, ast.Name):
            return receiver.func.id
        if not isinstance(receiver, ast.Name):
            return ""
        if receiver.id in _SELVES:
            return self.owner
        made = self._made_by(receiver.id)
        if made is not None and isinstance(made.func, ast.Name):
            return made.func.id
        return self._types.get(receiver.id, "") if self._bound.count(receiver.id) == 1 else ""

    def _made_by(self, name: str) -> ast.Call | None:
        """The call whose result the name holds, where it is bound once and to that."""
        if self._bound.count(name) != 1:
            return None
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and getattr(node.targets[0], "id", "") == name:
                value = node.value.value if isinstance(node.value, ast.Await) else node.value
                return value if isinstance(value, ast.Call) else None
        return None

    def is_read_after(self, name: str, call: ast.Call) -> bool:
        """Whether the name, bound once, is read further down."""
        reads = (node for node in ast.walk(self.tree) if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load))
        return self._bound.count(name) == 1 and any(node.lineno > (call.end_lineno or call.lineno) for node in reads)

    def looked_up(self, call: ast.Call) -> Iterator[ast.Attribute]:
        """What is looked up in the call's result, right there or in the one name that holds it."""
        value: ast.AST = call
        if isinstance(self.parents.get(value), ast.Await):
            value = self.parents[value]
        around = self.parents.get(value)
        if isinstance(around, ast.Attribute):
            yield around
        if isinstance(around, ast.Assign) and len(around.targets) == 1 and isinstance(around.targets[0], ast.Name):
            name = around.targets[0].id
            if self._made_by(name) is call:
                held = (node for node in ast.walk(self.tree) if isinstance(node, ast.Attribute))
                yield from (node for node in held if isinstance(node.value, ast.Name) and node.value.id == name)


def _arguments(call: ast.Call, callee: Callee) -> str:
    """Why the call can't be bound to the parameters; empty where it can, or nobody can tell."""
    if any(isinstance(each, ast.Starred) for each in call.args) or any(keyword.arg is None for keyword in call.keywords):
        return ""
    wanted = callee.node.args
    skipped = int(callee.bound)
    if callee.bound and isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == callee.owner and not _is_class_method(callee):
        skipped = 0  # through the class: the instance is among the arguments
    positional = [*wanted.posonlyargs, *wanted.args][skipped:]
    names = {each.arg for each in positional[max(0, len(wanted.posonlyargs) - skipped) :]} | {each.arg for each in wanted.kwonlyargs}
    given = [str(keyword.arg) for keyword in call.keywords]
    if len(call.args) > len(positional) and wanted.vararg is None:
        return f"takes {len(positional)} positional arguments and is given {len(call.args)}"
    strange = [name for name in given if name not in names]
    if strange and wanted.kwarg is None:
        return f"has no parameter {strange[0]}"
    taken = [each.arg for each in positional[: len(call.args)]]
    if double := [name for name in given if name in taken]:
        return f"is given {double[0]} twice"
    required = [each.arg for each in positional[: len(positional) - len(wanted.defaults)] if len(wanted.defaults) < len(positional)]
    required += [each.arg for each, default in zip(wanted.kwonlyargs, wanted.kw_defaults, strict=True) if default is None]
    missing = [name for name in required if name not in taken and name not in given]
    return f"is not given {missing[0]}" if missing else ""


def _is_class_method(callee: Callee) -> bool:
    return any(getattr(each, "id", "") == "classmethod" for each in callee.node.decorator_list)


def _awaiting(uses: _Uses, call: ast.Call, callee: Callee) -> str:
    """A coroutine that nobody awaits, or an await of what is none."""
    around = uses.parents.get(call)
    generates = any(isinstance(node, ast.Yield | ast.YieldFrom) for node in ast.walk(callee.node))
    if isinstance(callee.node, ast.AsyncFunctionDef) and not generates:
        lost = isinstance(around, ast.Expr | ast.BinOp | ast.Compare | ast.Subscript) or (isinstance(around, ast.Attribute) and around.value is call)
        return "is async and is not awaited" if lost else ""
    if isinstance(around, ast.Await) and isinstance(callee.node, ast.FunctionDef):
        returned = callee.node.returns
        base = returned.value if isinstance(returned, ast.Subscript) else returned
        word = "None" if isinstance(base, ast.Constant) and base.value is None else getattr(base, "id", "")
        return f"is awaited and is not async: it returns {word}" if word in _NEVER_AWAITED else ""
    return ""


def _result(uses: _Uses, call: ast.Call, callee: Callee, members: Members) -> str:
    """Something looked up in the result that its class has not got."""
    returned = callee.node.returns
    word = callee.owner if callee.node.name == "__init__" else getattr(returned, "id", "") or str(getattr(returned, "value", "") or "")
    known = members(word) if word.isidentifier() else None
    if known is None or isinstance(uses.parents.get(call), ast.Await) != isinstance(callee.node, ast.AsyncFunctionDef):
        return ""
    strange = [each.attr for each in uses.looked_up(call) if each.attr not in known and not each.attr.startswith("__")]
    return f"returns {word}, which has no {strange[0]}" if strange else ""


def _taken_apart(uses: _Uses, call: ast.Call, callee: Callee) -> str:
    """A result that is indexed, counted, stepped through or unpacked as what it is not."""
    did, around = conduct_of(callee.node), uses.parents.get(call)
    if isinstance(callee.node, ast.AsyncFunctionDef):
        return ""
    asked = around.func.id if isinstance(around, ast.Call) and isinstance(around.func, ast.Name) and call in around.args else ""
    if did.generates and (asked == "len" or (isinstance(around, ast.Subscript) and around.value is call)):
        return f"is a generator, and {'its length is asked for' if asked else 'is indexed'}"
    if asked == "next" and not did.generates and did.kinds and did.kinds <= {"list", "dict", "set", "tuple", "str"}:
        return f"returns a {min(did.kinds)}, and next() of it fails"
    if isinstance(around, ast.Assign) and len(around.targets) == 1 and isinstance(around.targets[0], ast.Tuple | ast.List) and did.arity is not None:
        taken = around.targets[0].elts
        if not did.generates and len(taken) != did.arity and not any(isinstance(each, ast.Starred) for each in taken):
            return f"returns {did.arity} values, and {len(taken)} are taken"
    return ""


def _caught(uses: _Uses, call: ast.Call, callee: Callee) -> str:
    """An error that whoever calls means to catch, where this call is all that can raise it and raises another."""
    statement: ast.AST | None = call
    while statement is not None and not isinstance(statement, ast.stmt):
        statement = uses.parents.get(statement)
    around = uses.parents.get(statement) if statement is not None else None
    if not isinstance(around, ast.Try) or around.body != [statement]:
        return ""
    risky = [node for node in ast.walk(around.body[0]) if isinstance(node, ast.Call | ast.Subscript | ast.Await | ast.BinOp)]
    handled = [name for handler in around.handlers for name in _names(handler.type)]
    raised = conduct_of(callee.node).raises
    if risky != [call] or not raised or not handled or any(is_caught(one, name) for one in raised for name in handled):
        return ""
    return f"raises {', '.join(sorted(raised))}, and {', '.join(handled)} is caught"


def _names(caught: ast.expr | None) -> list[str]:
    """The plain names that a handler catches; ``BaseException`` where it catches all or nobody can tell."""
    parts = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return [each.id if isinstance(each, ast.Name) else "BaseException" for each in parts]


def _changed(uses: _Uses, call: ast.Call, callee: Callee) -> str:
    """An argument that it changes unsaid, and that is used afterwards."""
    changes = harmful_changes(callee.node, callee.contract) if callee.contract is not None else frozenset()
    if not changes or any(isinstance(each, ast.Starred) for each in call.args):
        return ""
    wanted = callee.node.args
    names = [each.arg for each in (*wanted.posonlyargs, *wanted.args)][int(callee.bound) :]
    given = [*zip(names, call.args, strict=False), *((keyword.arg, keyword.value) for keyword in call.keywords)]
    for name, value in given:
        if name in changes and isinstance(value, ast.Name) and uses.is_read_after(value.id, call):
            return f"changes its argument {name}, which is used afterwards: it needs a copy"
    return ""


def members_of(source: bytes, name: str) -> frozenset[str] | None:
    """The members of a class of a file; ``None`` where bases, decorators, look-ups of its own or unwritten bodies leave a doubt."""
    tree = parsed(source)
    found = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name] if tree else []
    if len(found) != 1 or found[0].bases or found[0].keywords or any("dataclass" not in ast.unparse(each) for each in found[0].decorator_list):
        return None
    known: set[str] = set()
    for node in found[0].body:
        if isinstance(node, Function | ast.ClassDef):
            known.add(node.name)
            if isinstance(node, Function) and (node.name in {"__getattr__", "__getattribute__"} or _is_unwritten(node)):
                return None
        known |= {each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
        known |= {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store)}
    if any(isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"setattr", "vars"} for node in ast.walk(found[0])):
        return None
    return frozenset(known) if "__dict__" not in ast.unparse(found[0]) else None


def _is_unwritten(node: Function) -> bool:
    rest = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return all(isinstance(each, ast.Pass | ast.Raise) or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant)) for each in rest)

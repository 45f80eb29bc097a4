"""What a type checker's remarks weigh. An error is what goes wrong when the code runs; a quarrel about annotations is a warning.

mypy follows code that nobody annotated only so far, and a variable that is used for two types misleads it: there it is not believed alone.
Over click, flask and requests, taken literally, it would fail 33 atoms of code that works.
"""

import ast
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mge_assets.model.findings import Severity
from mge_assets.stages.validation.rules import table
from mge_assets.stages.validation.spots import Lines, Spot
from mge_resources.checkers import Remark
from mge_resources.syntax import Language

_PAIR = re.compile(
    r'incompatible type "(?P<a>[^"]+)"; expected "(?P<b>[^"]+)"'
    r'|got "(?P<c>[^"]+)", expected "(?P<d>[^"]+)"'
    r'|has type "(?P<e>[^"]+)", \w+ has type "(?P<f>[^"]+)"'
)
_ATTRIBUTE = re.compile(r'^(?P<owner>.+?) has no attribute "(?P<name>\w+)"')
_OPERANDS = re.compile(r'Unsupported (?:left )?operand types? for \S+ \("(?P<left>[^"]+)" and "(?P<right>[^"]+)"\)')
_OUTER = re.compile(r"[\w.]+")
_SCALARS = frozenset({"str", "int", "float", "bytes", "bool", "complex", "list", "dict", "set", "tuple", "None"})
_NUMBERS = frozenset({"int", "float", "bool", "complex"})
_NO_CERTAINTY = frozenset({"object", "Never", "Any", "Self"})
_SYNTAX_CODES = range(1000, 2000)


@dataclass(frozen=True, slots=True)
class _Scope:
    """A function: its lines, whether it is annotated, whether it may return nothing, the names of what it is."""

    first: int
    last: int
    annotated: bool
    returns_none: bool


def _scopes(tree: ast.Module) -> list[_Scope]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            annotated = node.returns is not None or any(one.annotation for one in every)
            text = ast.unparse(node.returns) if node.returns else "None"
            found.append(_Scope(node.lineno, node.end_lineno or node.lineno, annotated, bool(re.search(r"None|Optional|Any|NoReturn|Never|object", text))))
    return sorted(found, key=lambda scope: scope.first)


class _PythonJudge:
    """Weighs mypy's remarks on one file. ``named`` tells how often the project names an attribute."""

    def __init__(self, tree: ast.Module, remarks: Sequence[Remark], named: Callable[[str], int]) -> None:
        self._scopes = _scopes(tree)
        self._starts = [scope.first for scope in self._scopes]
        self._typed_values = {node.lineno for node in ast.walk(tree) if isinstance(node, ast.AnnAssign) and node.value}
        self._confused = {self._scope(remark.line) for remark in remarks if remark.rule == "assignment" and remark.line not in self._typed_values}
        self._named, self._rules = named, table("types")["mypy"]

    def severity(self, remark: Remark) -> Severity | None:
        """``None`` where the remark says nothing that counts."""
        rule, scope = remark.rule, self._scope(remark.line)
        if rule in self._rules["drop"] or "<typing special form>" in remark.message or _may_end(remark, scope):
            return None
        return Severity.ERROR if self._certain(remark, scope) else Severity.WARNING

    def _certain(self, remark: Remark, scope: _Scope | None) -> bool:
        rule = remark.rule
        if rule == "call-arg":  # of a value that is called, mypy knows the first assignment only, and names no function
            return '"' in remark.message
        if rule in self._rules["certain"]:
            return True
        if rule == "attr-defined":
            return self._nowhere(remark)
        if scope in self._confused:
            return False
        if rule == "operator" and (operands := _OPERANDS.search(remark.message)):
            return _never_fit(operands["left"], operands["right"])
        return rule in self._rules["annotated"] and (scope is None or scope.annotated) and self._plain(remark)

    def _nowhere(self, remark: Remark) -> bool:
        """Nothing else in the project, which might set it from elsewhere, names the attribute, and no operator stands for it."""
        match = _ATTRIBUTE.match(remark.message)
        return (
            match is not None
            and not match["name"].startswith("__")
            and not match["owner"].startswith(('"type[', '"def ', '"object', '"Callable'))
            and self._named(match["name"]) < 2
        )

    def _plain(self, remark: Remark) -> bool:
        if remark.rule == "return":
            return True
        if remark.rule == "assignment" and remark.line not in self._typed_values:
            return False
        match = _PAIR.search(remark.message)
        return bool(match) and _disjoint(*[part for part in match.groups() if part]) if match else False

    def _scope(self, line: int) -> _Scope | None:
        for at in range(bisect_right(self._starts, line) - 1, -1, -1):
            if self._scopes[at].last >= line:
                return self._scopes[at]
        return None


def _may_end(remark: Remark, scope: _Scope | None) -> bool:
    """A function that may return nothing runs to its end, or says ``return``, without harm."""
    return remark.rule in {"return", "return-value"} and scope is not None and scope.returns_none and "got" not in remark.message


def _outer(text: str) -> set[str]:
    """The names of the types that a type is one of, without their parameters."""
    return {match.group().rpartition(".")[2] for part in text.split(" | ") if (match := _OUTER.match(part.strip()))}


def _disjoint(found: str, wanted: str) -> bool:
    """Whether no value of the one type can pass for the other, by what the types are called: unions and parameters leave it open."""
    have, want = _outer(found), _outer(wanted)
    if not have or not want or " | " in found or (have | want) & _NO_CERTAINTY or have & want:
        return False
    if "None" in have:
        return True
    return not (wanted.startswith("def ") or found.startswith("def ")) or bool(have & _SCALARS)


def _never_fit(left: str, right: str) -> bool:
    have, want = _outer(left), _outer(right)
    plain = "None" not in have | want and len(have) == 1 and len(want) == 1 and have <= _SCALARS and want <= _SCALARS
    return plain and have != want and not (have <= _NUMBERS and want <= _NUMBERS)


def python_type_spots(tree: ast.Module, lines: Lines, remarks: Sequence[Remark], named: Callable[[str], int]) -> Iterator[Spot]:
    """A spot for each of mypy's remarks on a file that counts."""
    judge, fix = _PythonJudge(tree, remarks, named), table("types")["mypy"]["fix"]
    for remark in remarks:
        severity = judge.severity(remark)
        if severity is not None:
            yield Spot(f"mypy.{remark.rule}", severity, remark.message, fix, lines.byte(remark.line, remark.column), remark.line)


def _category(rule: str) -> str:
    rules = table("types")["typescript"]
    if rule in rules["drop"]:
        return ""
    named = next((kind for kind in ("names", "integration") if rule in rules[kind]), "")
    return named or ("syntax" if int(rule[2:]) in _SYNTAX_CODES else "types")


def typescript_spots(language: Language, lines: Lines, remarks: Sequence[Remark], *, held_to_strict: bool, category: str) -> Iterator[Spot]:
    """A spot for each of the compiler's remarks of a category: ``syntax``, ``names``, ``types`` or ``integration``."""
    rules = table("types")["typescript"]
    for remark in remarks:
        if _category(remark.rule) != category:
            continue
        if language is Language.JAVASCRIPT and category != "syntax" and remark.rule not in rules["javascript"]:
            continue  # plain JavaScript never asked to be typed
        severity = Severity.ERROR if remark.grade == "high" or held_to_strict else Severity.WARNING
        yield Spot(f"typescript.{remark.rule}", severity, remark.message, rules["fix"], lines.byte(remark.line, remark.column), remark.line)

"""What ``isinstance`` says of abstract values: yes, no, or that it depends."""

from collections.abc import Callable, Iterable, Set

from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import (
    NOTHING,
    Bound,
    Class,
    Constant,
    Container,
    External,
    Function,
    Instance,
    Kin,
    Method,
    Module,
    Partial,
    Value,
)

_CONCRETE = {
    name: kind
    for kind in (str, bytes, bytearray, int, float, complex, bool, list, tuple, dict, set, frozenset, type, range, memoryview, slice)
    for name in (f"builtins.{kind.__name__}",)
}
"""Built-in types that nothing is by chance: what is one was made one, or inherits it by name."""
_NEUTRAL = {"builtins.object", "typing.Generic", "typing.Protocol", "abc.ABC"}
"""Outside bases that make no object an instance of a built-in type."""
_SEQUENCES = {"builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset"}


class Kinds:
    """Answers, told with what the solver knows of base classes and with all classes ``below`` one."""

    def __init__(self, solver: Solver, below: Callable[[Class], Set[Class]]) -> None:
        self._solver = solver
        self._below = below

    def is_one(self, value: Value, wanted: Iterable[Value]) -> bool | None:
        """Whether the value is an instance of one of these classes; ``None`` where that is not known."""
        answers = {self._is(value, one) for one in wanted}
        if not answers:
            return None
        return True if True in answers else None if None in answers else False

    def _is(self, value: Value, wanted: Value) -> bool | None:
        answer: bool | None = None
        match value:
            case _ if isinstance(wanted, External) and wanted.name == "builtins.object":
                answer = True
            case Instance(cls=Class() as cls):
                answer = self._of_class(cls, wanted, kin=isinstance(value, Kin))
            case Class(metaclass=metaclass) if isinstance(wanted, Class):
                answer = None if metaclass != NOTHING else False
            case Container(kind=kind):
                answer = self._of_container(kind, wanted)
            case Class() | Constant() | Function() | Bound() | Partial() | Method() | Module():
                answer = self._of_other(value, wanted)
            case _:
                pass
        return answer

    @staticmethod
    def _of_other(value: Value, wanted: Value) -> bool | None:
        """Classes, constants, functions and modules."""
        if isinstance(wanted, Class):
            return False
        kind = _CONCRETE.get(wanted.name) if isinstance(wanted, External) else None
        if kind is None:
            return None
        return kind is type if isinstance(value, Class) else isinstance(value, Constant) and isinstance(value.value, kind)

    def _of_class(self, cls: Class, wanted: Value, *, kin: bool) -> bool | None:
        if isinstance(wanted, Class):
            if wanted in cls.order:
                return True
            if wanted.metaclass != NOTHING:
                return None
            return None if kin and self._may_meet(self._below(cls), wanted) else False
        if not isinstance(wanted, External) or wanted.name not in _CONCRETE:
            return None
        family = [cls, *self._below(cls)] if kin else [cls]
        outside = {
            base.name for one in family for known in one.order for node in known.bases for base in self._solver.values(node) if isinstance(base, External)
        }
        named = [_CONCRETE[name] for name in outside if name in _CONCRETE]
        if any(issubclass(kind, _CONCRETE[wanted.name]) for kind in named):
            return None if kin else True
        return False if outside <= _NEUTRAL | set(_CONCRETE) else None

    def _may_meet(self, below: Set[Class], wanted: Class) -> bool:
        """True where a class inherits from both."""
        return wanted in below or not below.isdisjoint(self._below(wanted))

    @staticmethod
    def _of_container(kind: str, wanted: Value) -> bool | None:
        if isinstance(wanted, Class):
            return False
        if not isinstance(wanted, External) or wanted.name not in _CONCRETE:
            return None
        if kind == "dict" or wanted.name == "builtins.dict":
            return kind == "dict" and wanted.name == "builtins.dict"
        return None if wanted.name in _SEQUENCES and kind != "generator" else False

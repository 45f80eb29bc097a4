"""What ``isinstance`` says of abstract values: yes, no, or that it depends."""

from collections.abc import Callable, Collection, Iterable, Set

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
        self._outside: dict[tuple[Class, bool], set[str]] = {}
        self.learnt = 0

    def learn(self) -> None:
        """Base classes are others now, and so may be the answers; counted in ``learnt``."""
        self._outside.clear()
        self.learnt += 1

    def surely(self, value: Value, wanted: Iterable[Value]) -> bool:
        """True where the value is an instance of one of these classes whatever happens."""
        return any(self._is(value, one) is True for one in wanted)

    def never(self, value: Value, wanted: Collection[Value]) -> bool:
        """True where classes are named and the value is an instance of none of them."""
        return bool(wanted) and all(self._is(value, one) is False for one in wanted)

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
        outside = self._outside_bases(cls, kin=kin)
        named = [_CONCRETE[name] for name in outside if name in _CONCRETE]
        if any(issubclass(kind, _CONCRETE[wanted.name]) for kind in named):
            return None if kin else True
        return False if outside <= _NEUTRAL | set(_CONCRETE) else None

    def _outside_bases(self, cls: Class, *, kin: bool) -> set[str]:
        """Names of the outside classes that the class, or with ``kin`` one of its family, inherits from.

        Kept until base classes are others: gathered anew for each question they were 6 % of SQLAlchemy's time, where families have a thousand classes.
        """
        found = self._outside.get((cls, kin))
        if found is None:
            family = {known: None for one in (cls, *(self._below(cls) if kin else ())) for known in one.order}
            bases = (base for known in family for node in known.bases for base in self._solver.values(node))
            found = self._outside[cls, kin] = {base.name for base in bases if isinstance(base, External)}
        return found

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

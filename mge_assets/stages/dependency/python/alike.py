"""Attributes by a name that is put together: of ``getattr(self, "visit_" + kind)`` those that begin so."""

from collections.abc import Callable, Iterable
from functools import partial

from mge_assets.stages.dependency.fixpoint.recording import Recorder
from mge_assets.stages.dependency.fixpoint.solver import Solver
from mge_assets.stages.dependency.fixpoint.values import Affix, Call, Class, Instance, Key, Kin, Module, Node, Several, Site, Value, View
from mge_assets.stages.dependency.python.records import Records

MIN_KNOWN = 3
"""Letters of a name that have to be known."""
MAX_KNOWN = 40
"""Letters that are followed: a loop may put a word together for ever."""
MAX_TOLD_APART = 6
"""Attributes found by one beginning that flow one by one; more are kept together, as one value."""


class Alike(Records):
    """Names put together."""

    def __init__(self, solver: Solver, recorder: Recorder) -> None:
        super().__init__(solver, recorder)
        self._affixes: dict[tuple[str, str], Affix] = {}
        self._found: set[tuple[Affix, Node, Value]] = set()

    def put_together(self, begin: str, inner: Node, end: str, target: Node) -> None:
        """``target`` = the word of a known beginning and end; where what stands between is known too it is a constant."""
        self._add_affix(begin, end, target)
        self.solver.watch(inner, partial(self._put_between, begin, end, target))

    def _put_between(self, begin: str, end: str, target: Node, value: Value) -> None:
        word = getattr(value, "value", None)
        if isinstance(word, str) and len(begin) + len(word) + len(end) <= MAX_KNOWN:
            self.solver.add(target, self.solver.constant(f"{begin}{word}{end}"))
        elif isinstance(value, Affix):
            self._add_affix(begin + value.begin, value.end + end, target)

    def _add_affix(self, begin: str, end: str, target: Node) -> None:
        if MIN_KNOWN <= len(begin) + len(end) <= MAX_KNOWN:
            self.solver.add(target, self._affixes.setdefault((begin, end), Affix(begin, end)))

    def _model_getattr(self, value: Value, call: Call, receiver: Value | None) -> None:
        del value, receiver
        if len(call.arguments) > 1:
            nodes = [node for node, _ in call.arguments]
            self.with_keys(nodes[1], partial(self._load_named, nodes[0], nodes[1], call))
            for default in nodes[2:3]:
                self.solver.flow(default, call.result)

    def _load_named(self, holder: Node, name: Node, call: Call, key: Key | None) -> None:
        if isinstance(key, str):
            self.load(holder, key, call.result, call.site)
        elif key is None:
            for affix in [value for value in self.solver.values(name) if isinstance(value, Affix)]:
                self.solver.watch(holder, partial(self._load_alike, affix, call.result, call.site))

    def _load_alike(self, affix: Affix, target: Node, site: Site, value: Value) -> None:
        known = (affix, target, value)
        if known in self._found:
            return
        self._found.add(known)
        names = sorted({str(name) for name in _names(value, self.below) if _fits(str(name), affix)})
        nodes = [self.solver.node() for _ in names]
        for name, node in zip(names, nodes, strict=True):
            self.get(value, name, node, site)
        if len(nodes) > MAX_TOLD_APART:
            self.solver.add(target, Several(tuple(nodes)))
        else:
            for node in nodes:
                self.solver.assign(node, target)


def _fits(name: str, affix: Affix) -> bool:
    return len(name) > len(affix.begin) + len(affix.end) and name.startswith(affix.begin) and name.endswith(affix.end)


def _names(value: Value, below: Callable[[Class], set[Class]]) -> Iterable[Key]:
    """Names of a value's attributes."""
    match value:
        case Instance(cls=Class() as cls):
            related = [*cls.order, *(below(cls) if isinstance(value, Kin) else ())]
            return [name for known in related for name in (*known.slots, *known.instance.slots)]
        case Class():
            return [name for known in value.order for name in known.slots]
        case Module():
            return list(value.slots)
        case View(base=base):
            return [*value.slots, *_names(base, below)]
        case _:
            return ()

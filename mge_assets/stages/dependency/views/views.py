"""What a page shows of a graph: all atoms, or groups of them, with places and the links between them.

Above ``MOST_ATOMS`` a graph is shown collapsed unless asked otherwise; one group, or what is around one atom, can be opened by itself.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol

from mge_assets.model.graph import Tie
from mge_assets.model.waves import WavePlan
from mge_assets.stages.dependency.views.layout import ROW, few_columns, ordered_columns, positions

MOST_ATOMS = 200
"""Atoms shown one by one without being asked for."""
MOST_DRAWN = 6_000
"""Atoms that a browser can draw and still move."""


_GROUP_ROW, _MIXED_ROW = 90, 40


class Show(StrEnum):
    """What is a node."""

    ATOMS = "atoms"
    TASK = "task"
    WAVE = "wave"


@dataclass(frozen=True, slots=True)
class AtomFacts:
    """What is known of an atom beside the graph."""

    id: str
    kind: str
    task: str
    file: str
    status: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class ViewNode:
    """An atom, or a group of ``atoms`` of them (``kind`` is then ``task`` or ``wave``); ``wave`` is the column. Places are in pixels."""

    id: str
    name: str
    kind: str
    wave: int
    x: int
    y: int
    atoms: int = 1
    status: str = ""
    task: str = ""
    file: str = ""
    atom_id: str = ""
    confidence: float | None = None
    critical: bool = False
    done: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class ViewLink:
    """``source`` needs ``target``, for ``count`` pairs of atoms; ``type`` is that of most of them."""

    source: str
    target: str
    type: str
    count: int
    guessed: bool
    cut: bool


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """A column's heading: the waves ``wave`` to ``last``, and how many atoms they have."""

    wave: int
    last: int
    x: int
    atoms: int


@dataclass(frozen=True, slots=True)
class GraphView:
    """A picture of a graph; ``opened`` is the group or atom that it is about, empty for the whole."""

    show: Show
    opened: str
    atoms: int
    waves: int
    columns: tuple[ViewColumn, ...]
    nodes: tuple[ViewNode, ...]
    links: tuple[ViewLink, ...]
    critical: tuple[str, ...]


@dataclass(slots=True)
class _Merged:
    types: dict[str, int] = field(default_factory=dict)
    resolved: bool = False
    cut: bool = False


class Ties(Protocol):
    """What views ask of a graph's edges: a large plan has too many for each to be looked at here."""

    def near(self, atoms: Collection[str]) -> Collection[str]:
        """These atoms, what they need, and what needs them."""

    def between(self, parts: Mapping[str, str]) -> Iterable[Tie]:
        """How the parts that atoms are of depend on one another, edges of each type together. Atoms without a part are left out."""


class GraphViewer:
    """Makes views of one graph, whose atoms are those that ``facts`` tells of, in plan order."""

    def __init__(self, ties: Ties, waves: WavePlan, facts: Mapping[str, AtomFacts]) -> None:
        self._ties, self._waves, self._facts = ties, waves, facts
        self._wave = {name: wave.number for wave in waves.waves for name in wave.atoms}
        self._critical = set(waves.critical_path)
        self._whole: dict[Show, GraphView] = {}

    def whole(self, show: Show | None = None) -> GraphView:
        """All of it; collapsed by task above 200 atoms unless said otherwise, and always where there are too many to be drawn."""
        show = show or (Show.ATOMS if len(self._facts) <= MOST_ATOMS else Show.TASK)
        if show is Show.ATOMS and len(self._facts) > MOST_DRAWN:
            show = Show.TASK
        if show not in self._whole:
            self._whole[show] = self._view(show, "", self._node_of(show), self._facts)
        return self._whole[show]

    def group(self, show: Show, key: str, task: str = "") -> GraphView:
        """One task or wave, and the groups that it depends on, or that depend on it. A wave of more atoms than can be read is shown by task, as is
        the whole; ``task`` opens a task's part of it.
        """
        node_of = self._node_of(show)
        wanted = f"{show.value}:{key}"
        own = {name for name in self._facts if node_of(name) == wanted and task in {"", self._facts[name].task}}
        inside = self._node_of(Show.TASK if show is Show.WAVE and not task and len(own) > MOST_ATOMS else Show.ATOMS)
        shown = self._ties.near(own)
        names = [name for name in self._facts if name in shown]
        return self._view(show, f"{wanted} task:{task}" if task else wanted, lambda name: inside(name) if name in own else node_of(name), names)

    def has(self, atom: str) -> bool:
        """True where the graph has the atom."""
        return atom in self._facts

    def around(self, atom: str) -> GraphView:
        """One atom, the atoms that it needs, and those that need it."""
        near = self._ties.near([atom])
        return self._view(Show.ATOMS, f"atom:{atom}", self._node_of(Show.ATOMS), [name for name in self._facts if name in near])

    def _node_of(self, show: Show) -> Callable[[str], str]:
        match show:
            case Show.ATOMS:
                return lambda name: f"atom:{name}"
            case Show.TASK:
                return lambda name: f"task:{self._facts[name].task}"
            case Show.WAVE:
                return lambda name: f"wave:{self._wave[name]}"

    def _view(self, show: Show, opened: str, node_of: Callable[[str], str], names: Iterable[str]) -> GraphView:
        members: dict[str, list[str]] = {}
        for name in names:
            members.setdefault(node_of(name), []).append(name)
        home = {name: node for node, inside in members.items() for name in inside}
        links = self._links(home)
        wave = {node: self._column(inside) for node, inside in members.items()}
        used = sorted(set(wave.values()))
        grouped = any(not node.startswith("atom:") for node in members)
        shared = few_columns(used, len(members)) if grouped and not (show is Show.WAVE and opened) else range(len(used))
        column = dict(zip(used, shared, strict=True))
        columns = _columns(wave, column)
        if show is not Show.WAVE or opened:
            columns = ordered_columns(columns, [(link.source, link.target) for link in links])
        spot, lefts = positions(columns, (_MIXED_ROW if opened else _GROUP_ROW) if grouped else ROW)
        heads = tuple(self._heading([number for number in used if column[number] == place], left) for place, left in enumerate(lefts))
        nodes = tuple(self._node(node, inside, wave[node], spot[node]) for node, inside in members.items())
        critical = tuple(dict.fromkeys(home[name] for name in self._waves.critical_path if name in home))
        return GraphView(show, opened, len(self._facts), len(self._waves.waves), heads, nodes, links, critical)

    def _heading(self, numbers: list[int], left: int) -> ViewColumn:
        first, last = numbers[0], numbers[-1]
        return ViewColumn(first, last, left, sum(len(wave.atoms) for wave in self._waves.waves[first : last + 1]))

    def _column(self, inside: list[str]) -> int:
        """The wave that a group stands in: that of the atom in its middle."""
        waves = sorted(self._wave[name] for name in inside)
        return waves[len(waves) // 2]

    def _links(self, home: Mapping[str, str]) -> tuple[ViewLink, ...]:
        merged: dict[tuple[str, str], _Merged] = {}
        for tie in self._ties.between(home):
            one = merged.setdefault((tie.source, tie.target), _Merged())
            one.types[tie.type.value] = tie.count
            one.resolved |= tie.resolved
            one.cut |= tie.cut
        return tuple(
            ViewLink(source, target, min(one.types, key=lambda kind: (-one.types[kind], kind)), sum(one.types.values()), not one.resolved, one.cut)
            for (source, target), one in sorted(merged.items())
        )

    def _node(self, node: str, inside: list[str], wave: int, at: tuple[int, int]) -> ViewNode:
        kind, _, name = node.partition(":")
        critical = not self._critical.isdisjoint(inside)
        if kind != "atom":
            ends = Counter(self._facts[atom].status for atom in inside)
            label = f"wave {name}" if kind == "wave" else name
            file = self._facts[inside[0]].file if kind == "task" else ""
            return ViewNode(node, label, kind, wave, *at, len(inside), "", file=file, critical=critical, done=ends["completed"], failed=ends["failed"])
        fact = self._facts[name]
        told = ViewNode(node, name, fact.kind, wave, *at, status=fact.status, task=fact.task, file=fact.file, atom_id=fact.id, critical=critical)
        return replace(told, confidence=fact.confidence)


def _columns(wave: Mapping[str, int], column: Mapping[int, int]) -> list[list[str]]:
    """Nodes by column, each in the order of its waves."""
    found: list[list[str]] = [[] for _ in range(max(column.values(), default=-1) + 1)]
    for node in sorted(wave, key=lambda node: wave[node]):
        found[column[wave[node]]].append(node)
    return found

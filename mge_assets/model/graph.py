"""Symbols, the uses that resolve to them, and the typed graph of atoms that follows."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class SymbolKind(StrEnum):
    """What a name stands for."""

    MODULE = "module"
    FUNCTION = "function"
    METHOD = "method"
    LAMBDA = "lambda"
    CLASS = "class"
    VARIABLE = "variable"
    TYPE = "type"


class EdgeType(StrEnum):
    """Why one piece of code needs another (specification §4)."""

    IMPORT = "IMPORT"
    FUNCTION_CALL = "FUNCTION_CALL"
    VARIABLE = "VARIABLE"
    TYPE = "TYPE"
    DATA_FLOW = "DATA_FLOW"
    TEMPORAL = "TEMPORAL"


class Confidence(StrEnum):
    """``RESOLVED`` follows from scopes and imports; ``GUESSED`` is a match by name alone. Never mixed."""

    RESOLVED = "resolved"
    GUESSED = "guessed"


@dataclass(frozen=True, slots=True)
class Symbol:
    """A definition. ``id`` is dotted module path and qualified name; ``line`` from 1, ``column`` from 0; ``byte`` is its name's offset."""

    id: str
    kind: SymbolKind
    file: str
    line: int
    column: int
    end_line: int
    byte: int


@dataclass(frozen=True, slots=True)
class CodeEdge:
    """One symbol needs another; both are symbol ids. ``byte`` is where, in the source symbol's file, the need is written."""

    source: str
    target: str
    type: EdgeType
    confidence: Confidence
    file: str
    byte: int


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A file and a 1-based line."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Reference:
    """One use of a name (line and column from 1) and the lines that define it; an empty tuple did not resolve."""

    file: str
    line: int
    column: int
    name: str
    targets: tuple[Location, ...]


@dataclass(frozen=True, slots=True)
class ImportUse:
    """An imported name is used at ``byte``; the import statement that brought it in stands at ``written`` in the same file."""

    file: str
    byte: int
    written: int


@dataclass(frozen=True, slots=True)
class DataFlow:
    """A value read at ``byte`` of ``file`` was written at ``written`` of ``source``."""

    file: str
    byte: int
    source: str
    written: int


@dataclass(frozen=True, slots=True)
class CodeGraph:
    """What analysis found in a set of files; ``cut_short`` where it ended at its bound of steps, so that edges may be missing."""

    symbols: tuple[Symbol, ...]
    edges: tuple[CodeEdge, ...]
    references: tuple[Reference, ...] = ()
    imports: tuple[ImportUse, ...] = ()
    flows: tuple[DataFlow, ...] = ()
    cut_short: bool = False


@dataclass(frozen=True, slots=True, order=True)
class AtomEdge:
    """Atom ``source`` needs atom ``target`` (both by name). ``weight`` counts the places, ``places`` shows up to five as ``file:line``.

    ``inherits`` says that the target is, or makes, a base class of the source.
    """

    source: str
    target: str
    type: EdgeType
    confidence: Confidence = Confidence.RESOLVED
    weight: float = 1.0
    places: tuple[str, ...] = ()
    inherits: bool = False


@dataclass(frozen=True, slots=True)
class AtomGraph:
    """The typed graph of a plan's atoms: every atom's name in plan order, and the edges, sorted."""

    atoms: tuple[str, ...]
    edges: tuple[AtomEdge, ...]
    statistics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Tie:
    """Edges of one type from one part of a graph to another, both by name: how many, whether any is resolved, whether any was cut."""

    source: str
    target: str
    type: EdgeType
    count: int
    resolved: bool
    cut: bool


@dataclass(frozen=True, slots=True)
class Region:
    """A module (a file) or a package (a folder) seen from outside: pairs of its atoms that depend on one another, and on others, both ways."""

    name: str
    atoms: int
    inside: int
    needs: int
    needed_by: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """Atoms that depend on one another far more than on others. ``cohesion`` is the share of their dependencies that stays inside, 0.0-1.0."""

    atoms: tuple[str, ...]
    modules: tuple[str, ...]
    cohesion: float


@dataclass(frozen=True, slots=True)
class Hub:
    """An atom that many need, or that needs many."""

    atom: str
    fan_in: int
    fan_out: int


@dataclass(frozen=True, slots=True)
class Boundaries:
    """How a graph falls into parts: by file, by folder, by what depends on what; and the atoms that stand out or alone."""

    modules: tuple[Region, ...] = ()
    packages: tuple[Region, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    isolated: tuple[str, ...] = ()
    hubs: tuple[Hub, ...] = ()
    modularity: float = 0.0

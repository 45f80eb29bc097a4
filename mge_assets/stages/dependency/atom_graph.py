"""The graph of atoms: what code analysis found, mapped from bytes to the atoms that hold them."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.model.graph import AtomEdge, AtomGraph, CodeEdge, CodeGraph, Confidence, DataFlow, EdgeType, Symbol
from mge_assets.stages.dependency.views.statistics import statistics
from mge_assets.stages.dependency.waves.headers import base_span

_PART = re.compile(r"#(\d+)$")
_PLACES = 5
_UNORDERED = {AtomKind.TRIVIA, AtomKind.IMPORT, AtomKind.DOCSTRING}
_IN_ORDER = {AtomKind.FUNCTION, AtomKind.METHOD, AtomKind.ENTRY_POINT}
_HEADED = {AtomKind.CLASS_HEADER, AtomKind.INTERFACE, AtomKind.ENUM, AtomKind.TYPE}
_Key = tuple[str, str, EdgeType, Confidence]


class _AtomMap:
    """Finds the atom that holds a byte of a file."""

    def __init__(self, atoms: Sequence[Atom]) -> None:
        self._by_file: dict[str, list[Atom]] = defaultdict(list)
        for atom in atoms:
            self._by_file[atom.file].append(atom)
        for held in self._by_file.values():
            held.sort(key=lambda atom: atom.span.start_byte)
        self._starts = {file: [atom.span.start_byte for atom in held] for file, held in self._by_file.items()}

    def at(self, file: str, byte: int) -> Atom | None:
        """The atom of the file whose span holds the byte, or ``None``."""
        if file not in self._starts:
            return None
        number = bisect_right(self._starts[file], byte) - 1
        atom = self._by_file[file][number] if number >= 0 else None
        return atom if atom and byte < atom.span.end_byte else None


def _place(atom: Atom, byte: int) -> str:
    line = atom.span.start_line + atom.text[: byte - atom.span.start_byte].count(b"\n")
    return f"{atom.file}:{line}"


class GraphBuilder:
    """Collects the typed edges between atoms, one for each pair, type and confidence."""

    def __init__(self, atoms: Sequence[Atom]) -> None:
        self._atoms = atoms
        self._map = _AtomMap(atoms)
        self._places: dict[_Key, set[int]] = defaultdict(set)
        self._shown: dict[_Key, dict[str, None]] = defaultdict(dict)
        self._bases = {atom.name: span for atom in atoms if (span := base_span(atom))}
        self._inherits: set[_Key] = set()

    def add_code(self, code: CodeGraph) -> None:
        """Map every edge between symbols to the atoms that hold the use and the definition."""
        symbols = {symbol.id: symbol for symbol in code.symbols}
        for edge in code.edges:
            target = symbols.get(edge.target)
            user = self._map.at(edge.file, edge.byte)
            if target is None or user is None or target.kind == "module":
                continue
            self._add_use(user, edge, target)

    def _add_use(self, user: Atom, edge: CodeEdge, target: Symbol) -> None:
        """The use's atom needs the definition's."""
        definition = self._map.at(target.file, target.byte)
        if definition is not None:
            self._add(user, definition, edge.type, edge.confidence, edge.byte)

    def add_imports(self, uses: Iterable[tuple[str, int, int]]) -> None:
        """Uses of imported names, as (file, byte of the use, byte of the import in the same file)."""
        for file, use, written in uses:
            user, source = self._map.at(file, use), self._map.at(file, written)
            if user is not None and source is not None and source.kind is AtomKind.IMPORT:
                self._add(user, source, EdgeType.IMPORT, Confidence.RESOLVED, use)

    def add_flows(self, flows: Iterable[DataFlow]) -> None:
        """Values that are read in one atom and written in another."""
        for flow in flows:
            user, source = self._map.at(flow.file, flow.byte), self._map.at(flow.source, flow.written)
            if user is not None and source is not None:
                self._add(user, source, EdgeType.DATA_FLOW, Confidence.RESOLVED, flow.byte)

    def add_parts(self) -> None:
        """Order inside one definition: a function's parts stand in order, a class's parts need its header.

        Module-level code is no definition: chaining its parts too closed cycles on click (5 edges to cut in place of 3).
        """
        parts: dict[tuple[str, str], list[tuple[int, Atom]]] = defaultdict(list)
        for atom in self._atoms:
            match = _PART.search(atom.name)
            whole = atom.name[: match.start()] if match else atom.name
            parts[atom.file, whole].append((int(match[1]) if match else 1, atom))
        for held in parts.values():
            held.sort(key=lambda part: part[0])
            chain = [atom for _, atom in held if atom.kind not in _UNORDERED]
            if not chain or held[0][1].kind not in _IN_ORDER | _HEADED:
                continue
            for before, after in pairwise(chain):
                first = before if held[0][1].kind in _IN_ORDER else chain[0]
                self._add(after, first, EdgeType.TEMPORAL, Confidence.RESOLVED, after.span.start_byte)

    def _add(self, user: Atom, needed: Atom, kind: EdgeType, confidence: Confidence, byte: int) -> None:
        if user.name == needed.name:
            return
        key = (user.name, needed.name, kind, confidence)
        places = self._places[key]
        if byte in places:
            return
        places.add(byte)
        shown = self._shown[key]
        if len(shown) < _PLACES:
            shown[_place(user, byte)] = None
        if byte in self._bases.get(user.name, ()):
            self._inherits.add(key)

    def build(self) -> AtomGraph:
        """The graph, its edges sorted, with statistics."""
        edges = tuple(AtomEdge(*key, float(len(places)), tuple(self._shown[key]), key in self._inherits) for key, places in sorted(self._places.items()))
        names = tuple(atom.name for atom in self._atoms)
        return AtomGraph(atoms=names, edges=edges, statistics=statistics(names, edges))


def build_graph(atoms: Sequence[Atom], code: CodeGraph) -> AtomGraph:
    """The typed, weighted graph of the atoms.

    Edges inside one atom are dropped; an atom that uses an imported name needs the import of its file; the parts of one
    definition stand in order. ``guessed`` edges are kept and marked, and never order the waves. Where analysis was cut short, the statistics say so.
    """
    builder = GraphBuilder(atoms)
    builder.add_code(code)
    builder.add_imports((use.file, use.byte, use.written) for use in code.imports)
    builder.add_flows(code.flows)
    builder.add_parts()
    graph = builder.build()
    return replace(graph, statistics={**graph.statistics, "cut_short": 1.0}) if code.cut_short else graph

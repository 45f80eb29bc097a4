"""What bodies that are not written yet will need: an object's state is known once its constructor is, so constructors come first."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.model.graph import AtomEdge, AtomGraph, Confidence, EdgeType

PROMISED = 0.5
"""Weight of such an edge, below that of any use that is written: it orders, and nobody is blocked by it."""
_CONSTRUCTORS = {"__init__", "constructor", "__new__", "__post_init__"}
_CALLABLE = {AtomKind.FUNCTION, AtomKind.METHOD}


def with_promises(graph: AtomGraph, atoms: Sequence[Atom]) -> AtomGraph:
    """The graph with an edge from every unwritten body to the unwritten constructors in its file and in the files that its file uses.

    Without them the order is told by signatures alone, and a method would be written before anybody knows which members its object has.
    Constructors themselves get none, so that these edges close no circle among themselves.
    """
    home = {atom.name: atom.file for atom in atoms}
    reach: dict[str, set[str]] = defaultdict(set)
    for edge in graph.edges:
        if edge.confidence is Confidence.RESOLVED and edge.source in home and edge.target in home:
            reach[home[edge.source]].add(home[edge.target])
    bodies = _bodies(atoms)
    constructors: dict[str, list[str]] = defaultdict(list)
    for atom in bodies:
        if _short(atom) in _CONSTRUCTORS:
            constructors[atom.file].append(atom.name)
    known = {(edge.source, edge.target) for edge in graph.edges}
    promised = [
        AtomEdge(atom.name, name, EdgeType.TYPE, weight=PROMISED)
        for atom in bodies
        if _short(atom) not in _CONSTRUCTORS
        for file in sorted({atom.file} | reach[atom.file])
        for name in constructors[file]
        if (atom.name, name) not in known
    ]
    return replace(graph, edges=tuple(sorted((*graph.edges, *promised)))) if promised else graph


def _bodies(atoms: Sequence[Atom]) -> list[Atom]:
    """The atoms that hold an unwritten body: a stub, or the last part of one that is too long for one atom."""
    last: dict[str, Atom] = {}
    for atom in atoms:
        if atom.stub and (atom.kind in _CALLABLE or "#" in atom.name):
            last[f"{atom.file}\0{atom.name.partition('#')[0]}"] = atom
    return list(last.values())


def _short(atom: Atom) -> str:
    return atom.name.partition("#")[0].rpartition(".")[2]

"""Which edges order the waves: by code all that are resolved, by contract those whose target's contract does not say enough.

By contract an atom waits for

- the import statements that bring in the names it uses: they have no contract beside their text;
- types and base classes: what a signature names must be known in full;
- the parts before it of its own definition, if they are still to be written: a part has no contract, and a complete draft is known from the start.

A call, a variable, a flow of data, and the name that an import statement brings in need a signature, which is frozen. Ordering import statements by
what they import as well makes 18 waves of requests' 663 atoms in place of 9, and 13 in place of 7 of networkx's 19,277.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mge_assets.model.atoms import Atom, AtomKind
from mge_assets.model.errors import NotFoundError
from mge_assets.model.graph import AtomEdge, AtomGraph, Confidence, EdgeType
from mge_assets.model.waves import Order


@dataclass(frozen=True, slots=True)
class Contracts:
    """What is known of atoms before any is generated: which are import ``statements``, and which are still to be ``written``."""

    statements: frozenset[str] = frozenset()
    written: frozenset[str] = frozenset()


def contracts_of(atoms: Sequence[Atom], anew: frozenset[str] = frozenset()) -> Contracts:
    """From the atoms and their drafts; ``anew`` are those to be written even where their draft is complete."""
    statements = frozenset(atom.name for atom in atoms if atom.kind is AtomKind.IMPORT)
    return Contracts(statements, anew | {atom.name for atom in atoms if atom.stub or not atom.text})


def orders(edge: AtomEdge, order: Order, contracts: Contracts) -> bool:
    """Whether the edge's source waits for its target's code."""
    if edge.confidence is not Confidence.RESOLVED:
        return False
    if order is Order.CODE or edge.inherits or edge.type is EdgeType.TYPE:
        return True
    if edge.type is EdgeType.IMPORT:
        return edge.target in contracts.statements
    return edge.type is EdgeType.TEMPORAL and edge.target in contracts.written


def ordering_edges(graph: AtomGraph, order: Order, contracts: Contracts) -> list[AtomEdge]:
    """The edges that order the graph's waves; one from an atom to itself has no say.

    Raises NotFoundError at an edge that names no atom of the graph: left out, its other end would be generated too early.
    """
    known = set(graph.atoms)
    for source, target in ((edge.source, edge.target) for edge in graph.edges if edge.source not in known or edge.target not in known):
        missing = target if source in known else source
        raise NotFoundError(f"the edge {source} -> {target} names {missing}, which is no atom of the graph", fix="add the atom or leave the edge out")
    resolved = Confidence.RESOLVED
    if order is Order.CODE:
        return [edge for edge in graph.edges if edge.confidence is resolved and edge.source != edge.target]
    return [edge for edge in graph.edges if edge.source != edge.target and orders(edge, order, contracts)]

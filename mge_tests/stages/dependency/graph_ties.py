"""A graph's edges as views ask for them, from a graph that is in memory."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping

from mge_assets.model.graph import AtomEdge, AtomGraph, Confidence, EdgeType, Tie


class GraphTies:
    """Looks at every edge for every question; ``cut`` are those that were taken out."""

    def __init__(self, graph: AtomGraph, cut: Collection[AtomEdge] = ()) -> None:
        self._graph = graph
        self._cut = {(edge.source, edge.target, edge.type) for edge in cut}

    def near(self, atoms: Collection[str]) -> set[str]:
        """These atoms, what they need, and what needs them."""
        own = set(atoms)
        touching = [(edge.source, edge.target) for edge in self._graph.edges if own.intersection((edge.source, edge.target))]
        return own | {end for ends in touching for end in ends}

    def between(self, parts: Mapping[str, str]) -> Iterator[Tie]:
        """How the parts that atoms are of depend on one another."""
        found: dict[tuple[str, str, EdgeType], list[AtomEdge]] = defaultdict(list)
        for edge in self._graph.edges:
            source, target = parts.get(edge.source), parts.get(edge.target)
            if source is not None and target is not None and source != target:
                found[source, target, edge.type].append(edge)
        for (source, target, kind), edges in found.items():
            resolved = any(edge.confidence is Confidence.RESOLVED for edge in edges)
            yield Tie(source, target, kind, len(edges), resolved, any((e.source, e.target, e.type) in self._cut for e in edges))

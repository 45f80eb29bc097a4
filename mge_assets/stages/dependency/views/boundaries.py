"""Boundaries: where a graph falls into parts. Modules and packages are read off the files; clusters are found in the dependencies (Louvain's method)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from posixpath import dirname

from mge_assets.model.graph import AtomGraph, Boundaries, Cluster, Confidence, Hub, Region

MOST_HUBS = 20
_HEAVY = 5.0
"""Places that count of one edge: a constant read fifty times binds two atoms no tighter than five calls."""
_SEED = 0
"""Louvain visits nodes in a random order; with atoms sorted by name and one seed the clusters are the same every time."""


def boundaries(graph: AtomGraph, files: Mapping[str, str]) -> Boundaries:
    """Parts of the resolved graph; ``files`` gives each atom's file."""
    pairs = sorted({(e.source, e.target) for e in graph.edges if e.confidence is Confidence.RESOLVED and e.source != e.target})
    packages = {name: dirname(file) or "." for name, file in files.items()}
    touched = {name for pair in pairs for name in pair}
    clusters, modularity = _clusters(graph, pairs, files)
    return Boundaries(
        modules=_regions(graph.atoms, pairs, files),
        packages=_regions(graph.atoms, pairs, packages),
        clusters=clusters,
        isolated=tuple(name for name in graph.atoms if name not in touched),
        hubs=_hubs(pairs),
        modularity=modularity,
    )


def _regions(atoms: Sequence[str], pairs: Sequence[tuple[str, str]], home: Mapping[str, str]) -> tuple[Region, ...]:
    """Regions in plan order."""
    sizes = Counter(home[name] for name in atoms)
    inside, needs, needed = Counter[str](), Counter[str](), Counter[str]()
    for source, target in pairs:
        if home[source] == home[target]:
            inside[home[source]] += 1
        else:
            needs[home[source]] += 1
            needed[home[target]] += 1
    return tuple(Region(name, count, inside[name], needs[name], needed[name]) for name, count in sizes.items())


def _hubs(pairs: Sequence[tuple[str, str]]) -> tuple[Hub, ...]:
    fan_in, fan_out = Counter(target for _, target in pairs), Counter(source for source, _ in pairs)
    most = sorted(fan_in.keys() | fan_out.keys(), key=lambda name: (-fan_in[name] - fan_out[name], name))[:MOST_HUBS]
    return tuple(Hub(name, fan_in[name], fan_out[name]) for name in most)


def _clusters(graph: AtomGraph, pairs: Sequence[tuple[str, str]], files: Mapping[str, str]) -> tuple[tuple[Cluster, ...], float]:
    """Clusters of at least two atoms, the largest first, and how much more they keep inside than chance would (modularity)."""
    import networkx as nx  # noqa: PLC0415 -- half of analysis's start

    undirected: nx.Graph[str] = nx.Graph()
    undirected.add_nodes_from(sorted({name for pair in pairs for name in pair}))
    undirected.add_edges_from(pairs, weight=0.0)
    for edge in sorted(graph.edges):
        if edge.confidence is Confidence.RESOLVED and edge.source != edge.target:
            undirected.edges[edge.source, edge.target]["weight"] += min(edge.weight, _HEAVY)
    found = nx.community.louvain_communities(undirected, seed=_SEED) if pairs else []
    home = {name: number for number, members in enumerate(found) for name in members}
    kept, met = Counter[int](), Counter[int]()
    for source, target in pairs:
        met.update({home[source], home[target]})
        if home[source] == home[target]:
            kept[home[source]] += 1
    place = {name: number for number, name in enumerate(graph.atoms)}
    clusters = [
        Cluster(
            atoms=tuple(sorted(members, key=place.__getitem__)),
            modules=tuple(sorted({files[name] for name in members})),
            cohesion=kept[number] / met[number],
        )
        for number, members in enumerate(found)
        if len(members) > 1
    ]
    modularity = nx.community.modularity(undirected, found) if found else 0.0
    return tuple(sorted(clusters, key=lambda cluster: (-len(cluster.atoms), cluster.atoms))), modularity

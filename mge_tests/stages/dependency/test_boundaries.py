"""Where a graph falls into parts."""

from itertools import combinations

from mge_assets.model.graph import AtomEdge, AtomGraph, Confidence, EdgeType, Hub, Region
from mge_assets.stages.dependency import boundaries
from mge_assets.stages.dependency.views.statistics import statistics


def call(source: str, target: str, **more) -> AtomEdge:
    return AtomEdge(source, target, EdgeType.FUNCTION_CALL, **more)


def two_crowds() -> tuple[AtomGraph, dict[str, str]]:
    """Two groups of five, each all over its two files, with one call between them; and one atom alone."""
    one, other = [f"one.f{n}" for n in range(5)], [f"other.f{n}" for n in range(5)]
    edges = [call(a, b) for group in (one, other) for b, a in combinations(group, 2)]
    names = (*one, *other, "alone")
    files = {name: f"pkg/{name.split('.')[0]}/{'a' if number % 2 else 'b'}.py" for number, name in enumerate(names)}
    return AtomGraph(names, tuple(sorted([*edges, call("one.f0", "other.f4"), call("alone", "one.f0", confidence=Confidence.GUESSED)])), {}), files


def test_clusters_follow_dependencies_and_not_files():
    graph, files = two_crowds()
    found = boundaries(graph, files)
    assert {cluster.atoms for cluster in found.clusters} == {tuple(f"{name}.f{n}" for n in range(5)) for name in ("one", "other")}
    assert [cluster.cohesion for cluster in found.clusters] == [10 / 11, 10 / 11]
    assert found.modularity > 0.4


def test_the_order_of_input_changes_no_cluster():
    graph, files = two_crowds()
    other = AtomGraph(graph.atoms[::-1], graph.edges[::-1], {})
    clusters = [{frozenset(cluster.atoms) for cluster in boundaries(each, files).clusters} for each in (graph, other)]
    assert clusters[0] == clusters[1]


def test_modules_and_packages_count_what_crosses_their_border():
    graph, files = two_crowds()
    found = boundaries(graph, files)
    packages = {region.name: region for region in found.packages}
    assert packages["pkg/one"] == Region("pkg/one", 5, 10, 1, 0)
    assert packages["pkg/other"] == Region("pkg/other", 5, 10, 0, 1)
    assert sum(region.needs for region in found.modules) == sum(region.needed_by for region in found.modules)
    assert sum(region.atoms for region in found.modules) == len(graph.atoms)


def test_a_guess_joins_nothing_and_the_busiest_come_first():
    graph, files = two_crowds()
    found = boundaries(graph, files)
    assert found.isolated == ("alone",)
    assert found.hubs[0] == Hub("one.f0", 4, 1)


def test_a_graph_without_edges_has_no_clusters():
    found = boundaries(AtomGraph(("a", "b"), (), {}), {"a": "a.py", "b": "b.py"})
    assert (found.clusters, found.isolated, found.modularity, found.packages) == ((), ("a", "b"), 0.0, (Region(".", 2, 0, 0, 0),))


def test_the_statistics_tell_fans_components_and_cycles():
    edges = (call("a", "b"), call("b", "a"), call("c", "a"), AtomEdge("c", "a", EdgeType.TYPE))
    told = statistics(("a", "b", "c", "d"), edges)
    assert (told["pairs"], told["edges"], told["density"]) == (3.0, 4.0, 3 / 12)
    assert (told["fan_in_max"], told["fan_out_max"], told["fan_in_mean"], told["fan_out_mean"]) == (2.0, 1.0, 1.5, 1.0)
    assert (told["components"], told["largest_component"], told["isolated"]) == (2.0, 3.0, 1.0)
    assert (told["cycles"], told["cyclic"], told["largest_cycle"], told["depth"]) == (1.0, 2.0, 2.0, 2.0)

"""Waves: what holds for every graph, and the cut on small ones against brute force."""

from collections.abc import Iterable
from itertools import pairwise, permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mge_assets.model.errors import NotFoundError
from mge_assets.model.graph import AtomEdge, AtomGraph, Confidence, EdgeType
from mge_assets.model.waves import Order, WavePlan
from mge_assets.stages.dependency import Contracts, dependency_svg, orders, plan_waves, wave_figures
from mge_assets.stages.dependency.waves.contraction import contracted
from mge_assets.stages.dependency.waves.cycles import Arc, Cut, cut_cycles
from mge_assets.stages.dependency.waves.exact_cycles import cut_small
from mge_assets.stages.dependency.waves.large_cycles import cut_large
from mge_assets.stages.dependency.waves.levels import components
from mge_assets.stages.dependency.waves.waves import cut_cost

NAMES = [f"pkg.m.f{number}" for number in range(9)]


def edges(names: list[str]) -> st.SearchStrategy[AtomEdge]:
    return st.builds(
        AtomEdge,
        source=st.sampled_from(names),
        target=st.sampled_from(names),
        type=st.sampled_from(list(EdgeType)),
        confidence=st.sampled_from([Confidence.RESOLVED, Confidence.RESOLVED, Confidence.GUESSED]),
        weight=st.integers(1, 20).map(float),
    )


def graphs() -> st.SearchStrategy[AtomGraph]:
    def build(found: list[AtomEdge]) -> AtomGraph:
        unique = {(e.source, e.target, e.type, e.confidence): e for e in found}
        return AtomGraph(tuple(NAMES), tuple(sorted(unique.values())), {})

    return st.lists(edges(NAMES), max_size=30).map(build)


def cut_of(group: Iterable[int], cost: dict[Arc, int], *, heuristic: bool = False) -> Cut:
    """The cut of one component; where it is small, by the heuristic if wanted."""
    ends = [node for node, _ in cost], [other for _, other in cost], list(cost.values())
    cuts = [Cut(*cut_large([list(group)], *ends))] if heuristic else cut_cycles([list(group)], *ends)
    return Cut(frozenset().union(*(cut.arcs for cut in cuts)), sum(cut.cost for cut in cuts), sum(cut.bound for cut in cuts))


def ordering(graph: AtomGraph) -> list[AtomEdge]:
    known = set(graph.atoms)
    return [e for e in graph.edges if e.confidence is Confidence.RESOLVED and e.source != e.target and {e.source, e.target} <= known]


@given(graphs())
def test_every_atom_is_in_exactly_one_wave(graph: AtomGraph):
    placed = [name for wave in plan_waves(graph).waves for name in wave.atoms]
    assert sorted(placed) == sorted(graph.atoms)


@given(graphs())
def test_every_uncut_resolved_edge_points_to_an_earlier_wave(graph: AtomGraph):
    plan = plan_waves(graph)
    number = {name: wave.number for wave in plan.waves for name in wave.atoms}
    assert all(number[e.target] < number[e.source] for e in ordering(graph) if e not in plan.cut)


@given(graphs(), st.randoms())
def test_the_order_of_input_changes_nothing(graph: AtomGraph, random):
    atoms, found = list(graph.atoms), list(graph.edges)
    random.shuffle(atoms)
    random.shuffle(found)
    one, other = plan_waves(graph), plan_waves(AtomGraph(tuple(atoms), tuple(found), {}))
    assert [set(wave.atoms) for wave in one.waves] == [set(wave.atoms) for wave in other.waves]
    assert (one.cut, one.critical_path) == (other.cut, other.critical_path)


@given(graphs())
def test_there_are_as_many_waves_as_the_critical_path_is_long(graph: AtomGraph):
    plan = plan_waves(graph)
    assert len(plan.waves) == len(plan.critical_path)
    pairs = {(e.source, e.target) for e in ordering(graph)}
    assert all((after, before) in pairs for before, after in zip(plan.critical_path, plan.critical_path[1:], strict=False))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda arc: arc[0] != arc[1]), st.integers(1, 9), max_size=16))
def test_the_cut_of_a_small_component_costs_no_more_than_brute_force(cost):
    needs = [[other for node, other in cost if node == number] for number in range(6)]
    for group in components(needs):
        inside = {arc: value for arc, value in cost.items() if set(arc) <= set(group)}
        best = min(sum(v for (node, other), v in inside.items() if order.index(other) > order.index(node)) for order in permutations(group))
        if inside:
            cut = cut_of(group, inside)
            assert (sum(inside[arc] for arc in cut.arcs), cut.cost, cut.bound) == (best, best, best)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda arc: arc[0] != arc[1]), st.integers(1, 9), min_size=1, max_size=14))
def test_what_is_contracted_costs_no_more_to_cut(cost):
    group, ends = range(6), ([node for node, _ in cost], [other for _, other in cost], list(cost.values()))
    best = min(sum(v for (node, other), v in cost.items() if order.index(other) > order.index(node)) for order in permutations(group))
    rest = contracted([group], *ends)
    found = list(cut_small(rest.groups, rest.tails, rest.heads, rest.costs))
    arcs = rest.loops.union(*(rest.spelled(arcs) for arcs, _ in found))
    assert rest.lost + sum(each for _, each in found) == sum(cost[arc] for arc in arcs) == best
    assert all(len(each) == 1 for each in components([[o for n, o in sorted(cost.keys() - arcs) if n == number] for number in group]))


def test_a_ring_of_any_length_is_cut_where_it_is_cheapest_and_so_are_rings_that_meet():
    chance = Random(9)
    ring = {(number, (number + 1) % 3000): chance.randrange(10, 400) for number in range(3000)} | {(1234, 1235): 3}
    assert cut_of(range(3000), ring) == Cut(frozenset({(1234, 1235)}), 3, 3)
    other = {(arc[0] + 3000 if arc[0] else 0, arc[1] + 3000 if arc[1] else 0): value + 1 for arc, value in ring.items()}
    both = cut_of([*range(3000), *range(3001, 6000)], ring | other)
    assert both == Cut(frozenset({(1234, 1235), (4234, 4235)}), 7, 7)


def test_small_components_of_many_sizes_are_each_cut_as_they_are_alone():
    chance = Random(4)
    arcs: dict[Arc, int] = {}
    groups: list[list[int]] = []
    for size in (2, 3, 5, 5, 5, 8, 12, 12):
        begin = len(groups) * 20
        groups.append([begin + number for number in range(size)])
        arcs |= {(begin + number, begin + (number + 1) % size): chance.randrange(1, 9) for number in range(size)}
        arcs |= {(begin + one, begin + other): chance.randrange(1, 9) for one in range(size) for other in range(size) if one != other and chance.random() < 0.5}
    cuts = cut_cycles(groups, [node for node, _ in arcs], [other for _, other in arcs], list(arcs.values()))
    alone = [cut_of(group, {arc: value for arc, value in arcs.items() if arc[0] in group}) for group in groups]
    assert frozenset().union(*(cut.arcs for cut in cuts)) == frozenset().union(*(cut.arcs for cut in alone))
    assert sum(cut.cost for cut in cuts) == sum(cut.bound for cut in alone)


@settings(max_examples=20, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 29), st.integers(0, 29)).filter(lambda arc: arc[0] != arc[1]), max_size=120))
def test_the_heuristic_leaves_no_cycle_and_cuts_nothing_in_vain(arcs):
    cut = cut_of(range(30), dict.fromkeys(arcs, 1)).arcs if arcs else frozenset()

    def cyclic(left: set[tuple[int, int]]) -> bool:
        return any(len(group) > 1 for group in components([[o for n, o in sorted(left) if n == number] for number in range(30)]))

    assert not cyclic(arcs - cut)
    assert all(cyclic((arcs - cut) | {arc}) for arc in cut)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda arc: arc[0] != arc[1]), st.integers(1, 9), max_size=18))
def test_the_cut_of_the_heuristic_is_between_its_bound_and_half_and_no_other_is_below_the_bound(cost):
    needs = [[other for node, other in cost if node == number] for number in range(6)]
    for group in components(needs):
        inside = {arc: value for arc, value in cost.items() if set(arc) <= set(group)}
        best = min(sum(v for (node, other), v in inside.items() if order.index(other) > order.index(node)) for order in permutations(group))
        if inside:
            cut = cut_of(group, inside, heuristic=True)
            assert cut.bound <= best <= cut.cost == sum(inside[arc] for arc in cut.arcs) <= sum(inside.values()) / 2


@settings(max_examples=30, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 19), st.integers(0, 19)).filter(lambda arc: arc[0] != arc[1]), min_size=20, max_size=60))
def test_a_large_cut_comes_with_what_it_costs_and_what_any_cut_must_cost(arcs):
    cost = {arc: 1 + (arc[0] * 7 + arc[1]) % 5 for arc in arcs}
    cut = cut_of(range(20), cost)
    assert cut.cost == sum(cost[arc] for arc in cut.arcs)
    assert 0 <= cut.bound <= cut.cost <= sum(cost.values()) / 2
    assert (cut.bound > 0) == bool(cut.arcs)


@given(graphs(), st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_by_contract_every_atom_is_placed_and_only_what_has_no_contract_is_waited_for(graph: AtomGraph, statements, written):
    known = Contracts(frozenset(statements), frozenset(written))
    plan = plan_waves(graph, Order.CONTRACT, known)
    number = {name: wave.number for wave in plan.waves for name in wave.atoms}
    assert sorted(number) == sorted(graph.atoms)
    for edge in ordering(graph):
        waits = edge.type is EdgeType.TYPE or (edge.type is EdgeType.IMPORT and edge.target in statements)
        waits = waits or (edge.type is EdgeType.TEMPORAL and edge.target in written)
        assert orders(edge, Order.CONTRACT, known) == waits
        assert not waits or edge in plan.cut or number[edge.target] < number[edge.source]


def test_a_base_class_is_dearer_to_cut_than_a_type_and_orders_by_contract_whatever_its_edge():
    base, use = AtomEdge("a", "b", EdgeType.TYPE, inherits=True), AtomEdge("b", "a", EdgeType.TYPE)
    assert plan_waves(AtomGraph(("a", "b"), (base, use), {})).cut == (use,)
    made = AtomEdge("a", "b", EdgeType.FUNCTION_CALL, inherits=True)
    plan = plan_waves(AtomGraph(("a", "b"), (made,), {}), Order.CONTRACT)
    assert [wave.atoms for wave in plan.waves] == [("b",), ("a",)]


def test_the_figures_say_what_is_possible_and_what_the_limit_leaves():
    names = tuple(f"a{number}" for number in range(7))
    graph = AtomGraph(names, tuple(AtomEdge("a6", name, EdgeType.TYPE) for name in names[:6]), {})
    told = wave_figures(graph, plan_waves(graph), 4)
    assert (told.waves, told.sizes, told.widest, told.possible, told.rounds, round(told.allowed, 2)) == (2, (6, 1), 6, 3.5, 3, 2.33)
    assert told.path_types == ("TYPE",)


@settings(max_examples=25, deadline=None)
@given(st.sets(st.tuples(st.integers(0, 24), st.integers(0, 24)).filter(lambda arc: arc[0] != arc[1]), min_size=5, max_size=120), st.randoms())
def test_large_components_are_cut_alike_whatever_the_order_of_their_arcs(arcs, random):
    told = [(node, other, 1 + (node * 5 + other) % 7) for node, other in arcs] + [(node + 25, other + 25, 1 + (node + other * 3) % 7) for node, other in arcs]
    cuts = []
    for _ in range(2):
        random.shuffle(told)
        tails, heads, costs = (list(column) for column in zip(*told, strict=True))
        cuts.append(cut_large([list(range(25)), list(range(25, 50))], tails, heads, costs))
    assert cuts[0] == cuts[1]
    for begin in (0, 25):
        left = {(node, other) for node, other, _ in told if node // 25 * 25 == begin} - cuts[0][0]
        assert all(len(group) == 1 for group in components([[other for node, other in left if node == number] for number in range(50)]))


def test_few_turned_edges_in_a_large_component_cost_few_cuts():
    chance = Random(3)
    arcs = {(node, chance.randrange(max(0, node - 40), node)) for node in range(1, 2000) for _ in range(4)}
    turned = {(chance.randrange(500), chance.randrange(1500, 2000)) for _ in range(5)}
    cut = cut_of(range(2000), dict.fromkeys(arcs | turned, 1))
    assert len(cut.arcs) <= 2 * len(turned)


def test_the_bound_of_a_large_tangle_is_a_tenth_of_its_cost_and_more():
    chance = Random(6)
    arcs = {(node, (node + 1) % 3000): 10 for node in range(3000)}
    arcs |= {(chance.randrange(3000), chance.randrange(3000)): 10 << chance.randrange(6) for _ in range(12_000)}
    cut = cut_of(range(3000), {arc: cost for arc, cost in arcs.items() if arc[0] != arc[1]})
    assert 10 * cut.bound >= cut.cost


def test_a_star_whose_atoms_all_need_each_other_is_cut_at_its_bound():
    arcs = {(0, node): 1 + node % 3 for node in range(1, 3000)} | {(node, 0): 1 + node % 2 for node in range(1, 3000)}
    cut = cut_of(range(3000), arcs)
    assert cut.cost == cut.bound


def test_a_type_is_cut_before_a_call_and_a_call_before_an_import():
    costs = [cut_cost(AtomEdge("a", "b", kind, weight=99.0)) for kind in (EdgeType.TYPE, EdgeType.FUNCTION_CALL, EdgeType.VARIABLE)]
    later = [cut_cost(AtomEdge("a", "b", kind)) for kind in (EdgeType.DATA_FLOW, EdgeType.IMPORT, EdgeType.TEMPORAL)]
    assert costs + later == sorted(costs + later)
    graph = AtomGraph(("a", "b"), (AtomEdge("a", "b", EdgeType.TYPE), AtomEdge("b", "a", EdgeType.IMPORT)), {})
    assert plan_waves(graph).cut == (AtomEdge("a", "b", EdgeType.TYPE),)


def test_an_empty_graph_has_no_waves():
    plan = plan_waves(AtomGraph((), (), {}))
    assert (plan.waves, plan.cut, plan.critical_path, plan.max_parallel) == ((), (), (), 0)


def numbered(count: int, arcs: Iterable[tuple[int, int]], kind: EdgeType = EdgeType.FUNCTION_CALL) -> AtomGraph:
    names = tuple(f"a{number:06}" for number in range(count))
    return AtomGraph(names, tuple(AtomEdge(names[node], names[other], kind) for node, other in arcs), {})


def keeps_its_promises(graph: AtomGraph, plan: WavePlan) -> bool:
    """Every atom in one wave, every uncut edge to an earlier one, as many waves as the critical path is long, and no cut below its bound."""
    number = {name: wave.number for wave in plan.waves for name in wave.atoms}
    cut = set(plan.cut)
    placed = sum(len(wave.atoms) for wave in plan.waves) == len(number) == len(graph.atoms)
    earlier = all(number[edge.target] < number[edge.source] for edge in graph.edges if edge.source != edge.target and edge not in cut)
    return placed and earlier and len(plan.waves) == len(plan.critical_path) and 0 <= plan.cut_bound <= plan.cut_cost


def test_a_chain_of_a_hundred_thousand_atoms_needs_no_recursion():
    graph = numbered(100_000, ((node + 1, node) for node in range(99_999)))
    plan = plan_waves(graph)
    assert len(plan.waves) == 100_000
    assert keeps_its_promises(graph, plan)


def test_one_cycle_of_twenty_thousand_atoms_loses_one_edge():
    graph = numbered(20_000, ((node, (node + 1) % 20_000) for node in range(20_000)))
    plan = plan_waves(graph)
    assert (len(plan.cut), len(plan.waves), plan.cut_cost) == (1, 20_000, plan.cut_bound)
    assert keeps_its_promises(graph, plan)


def test_where_every_atom_needs_every_other_half_of_the_edges_are_cut_and_that_is_told_to_be_the_least():
    graph = numbered(120, ((node, other) for node in range(120) for other in range(120) if node != other))
    plan = plan_waves(graph)
    assert len(plan.cut) * 2 == len(graph.edges)
    assert plan.cut_cost == plan.cut_bound
    assert keeps_its_promises(graph, plan)


def test_a_dense_component_above_what_is_proven_keeps_its_promises():
    chance = Random(5)
    graph = numbered(2_000, sorted({(chance.randrange(2_000), chance.randrange(2_000)) for _ in range(120_000)}))
    plan = plan_waves(graph)
    assert keeps_its_promises(graph, plan)
    assert plan.cut_bound > 0
    assert 2 * plan.cut_cost <= sum(cut_cost(edge) for edge in graph.edges)


def test_an_edge_to_itself_orders_nothing_and_one_that_is_told_twice_orders_once():
    alone, twice = AtomEdge("a", "a", EdgeType.FUNCTION_CALL), AtomEdge("a", "b", EdgeType.FUNCTION_CALL)
    plan = plan_waves(AtomGraph(("a", "b", "b"), (alone, twice, twice), {}))
    assert ([wave.atoms for wave in plan.waves], plan.cut) == ([("b",), ("a",)], ())


@pytest.mark.parametrize("edge", [AtomEdge("a", "b.gone", EdgeType.TYPE), AtomEdge("b.gone", "a", EdgeType.TYPE)])
def test_an_edge_that_names_no_atom_is_told_in_one_line(edge: AtomEdge):
    with pytest.raises(NotFoundError, match=r"^the edge .* names b\.gone, which is no atom of the graph; add the atom or leave the edge out$"):
        plan_waves(AtomGraph(("a",), (edge,), {}))


def test_the_picture_is_small_and_names_every_atom_of_a_small_graph():
    graph = AtomGraph(("pkg.a", "pkg.b<c>"), (AtomEdge("pkg.a", "pkg.b<c>", EdgeType.TYPE),), {})
    svg = dependency_svg(graph, plan_waves(graph), {"pkg.a": "failed"})
    assert svg.startswith("<svg")
    assert "<title>pkg.a (failed)</title>" in svg
    assert "pkg.b&lt;c&gt;" in svg


def test_the_picture_of_many_atoms_stays_under_100_kb():
    names = tuple(f"a{number:05}" for number in range(5000))
    graph = AtomGraph(names, tuple(AtomEdge(b, a, EdgeType.IMPORT) for a, b in pairwise(names)), {})
    assert len(dependency_svg(graph, plan_waves(graph), {}).encode()) < 100_000
    dense = AtomGraph(names[:150], tuple(AtomEdge(names[i], names[j], EdgeType.TYPE) for i in range(150) for j in range(0, i, 3)), {})
    assert len(dependency_svg(dense, plan_waves(dense), None).encode()) < 100_000

"""What a page shows of a large plan."""

from mge_assets.model.graph import AtomEdge, AtomGraph, EdgeType
from mge_assets.model.waves import Order
from mge_assets.stages.dependency import AtomFacts, Contracts, GraphViewer, Show, plan_waves
from mge_assets.stages.dependency.views.views import MOST_ATOMS
from mge_tests.stages.dependency.graph_ties import GraphTies


def viewer(atoms: int) -> GraphViewer:
    """Atoms without dependencies in seven tasks, and one more that needs them all."""
    names = [f"a{number}" for number in range(atoms)]
    graph = AtomGraph((*names, "last"), tuple(AtomEdge("last", name, EdgeType.FUNCTION_CALL) for name in names), {})
    facts = {name: AtomFacts(name, "function", f"t{number % 7}", "f.py", "pending") for number, name in enumerate(graph.atoms)}
    return GraphViewer(GraphTies(graph), plan_waves(graph, Order.CODE, Contracts()), facts)


def test_a_wave_that_can_be_read_shows_its_atoms():
    view = viewer(MOST_ATOMS).group(Show.WAVE, "0")
    assert {node.kind for node in view.nodes} == {"function", "wave"}
    assert len(view.nodes) == MOST_ATOMS + 1


def test_a_wave_of_too_many_atoms_is_shown_by_task_and_loses_none():
    view = viewer(MOST_ATOMS + 1).group(Show.WAVE, "0")
    assert {node.id for node in view.nodes} == {*(f"task:t{number}" for number in range(7)), "wave:1"}
    assert sum(node.atoms for node in view.nodes if node.kind == "task") == MOST_ATOMS + 1
    assert {(link.source, link.target) for link in view.links} == {("wave:1", f"task:t{number}") for number in range(7)}
    assert [(column.wave, column.last) for column in view.columns] == [(0, 0), (1, 1)]


def test_a_tasks_part_of_a_wave_is_opened_by_itself():
    view = viewer(MOST_ATOMS + 1).group(Show.WAVE, "0", "t3")
    own = [node for node in view.nodes if node.kind == "function"]
    assert own
    assert {node.task for node in own} == {"t3"}
    assert view.opened == "wave:0 task:t3"

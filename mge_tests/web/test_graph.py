"""The graph page and its part of the API: what is shown, what is exported, and the page in a real browser."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import networkx as nx
import pytest
from sqlalchemy import Engine, delete, event
from starlette.testclient import TestClient

from mge_assets.examples import example
from mge_assets.model.graph import AtomGraph, EdgeType
from mge_assets.model.ids import masterplan_id
from mge_assets.services.graphs import GraphService
from mge_assets.services.workspace import Workspace
from mge_assets.stages.dependency import AtomFacts, GraphViewer, Show, dependency_svg
from mge_assets.store.opening import open_engine
from mge_assets.store.tables import DependencyGraphRow
from mge_tests.services.walk import plan_all
from mge_tests.stages.dependency.graph_ties import GraphTies
from mge_tests.web.stored_plan import NAMES, StoredShop, store_shop
from mge_tests.web.test_browser import address, browser, page  # noqa: F401 -- fixtures

if TYPE_CHECKING:
    from playwright.sync_api import Page

API = "/api/v2/dependency"


@pytest.fixture(scope="module")
def inventory(workspace: Workspace) -> str:
    return plan_all(workspace, example("inventory"))


def test_the_view_collapses_above_two_hundred_atoms_and_opens_what_is_asked_for(client: TestClient, inventory: str) -> None:
    whole = client.get(f"{API}/graph/{inventory}/view").json()
    assert whole["show"] == "task"
    assert {node["kind"] for node in whole["nodes"]} == {"task"}
    assert sum(node["atoms"] for node in whole["nodes"]) == whole["atoms"] > 200
    atoms = client.get(f"{API}/graph/{inventory}/view?show=atoms").json()
    assert len(atoms["nodes"]) == whole["atoms"]
    waves = client.get(f"{API}/graph/{inventory}/view?show=wave").json()
    assert [node["atoms"] for node in sorted(waves["nodes"], key=lambda node: node["wave"])] == client.get(f"{API}/graph/{inventory}/orders").json()["orders"][
        "code"
    ]["sizes"]
    task = whole["nodes"][0]["name"]
    opened = client.get(f"{API}/graph/{inventory}/view", params={"task": task}).json()
    assert sum(node["kind"] not in {"task", "wave"} for node in opened["nodes"]) == whole["nodes"][0]["atoms"]
    assert task not in {node["name"] for node in opened["nodes"] if node["kind"] == "task"}


def test_places_are_apart_and_waves_stand_in_columns(client: TestClient, inventory: str) -> None:
    for query in ("show=atoms", "show=task", "show=wave", "wave=0"):
        view = client.get(f"{API}/graph/{inventory}/view?{query}").json()
        assert len({(node["x"], node["y"]) for node in view["nodes"]}) == len(view["nodes"])
    view = client.get(f"{API}/graph/{inventory}/view?show=atoms").json()
    edge = [column["x"] for column in view["columns"]]
    assert edge == sorted(edge)
    for node in view["nodes"]:
        own = view["columns"][node["wave"]]
        assert own["wave"] == node["wave"]
        assert own["x"] <= node["x"]
        assert node["wave"] + 1 == len(edge) or node["x"] < edge[node["wave"] + 1]


def test_what_is_around_an_atom_is_what_the_atom_s_own_address_tells(client: TestClient, inventory: str) -> None:
    view = client.get(f"{API}/graph/{inventory}/view?show=atoms").json()
    busy = max(view["nodes"], key=lambda node: sum(node["id"] in (link["source"], link["target"]) for link in view["links"]))
    told = client.get(f"{API}/atom/{busy['atom_id']}").json()
    around = client.get(f"{API}/graph/{inventory}/view", params={"atom": busy["name"]}).json()
    near = {edge["target"] for edge in told["dependencies"]} | {edge["source"] for edge in told["dependents"]} | {busy["name"]}
    assert {node["name"] for node in around["nodes"]} == near
    assert told["wave"] == busy["wave"]


@contextmanager
def rows_read() -> Iterator[list[int]]:
    """How many rows each statement gave that is run meanwhile."""
    found: list[int] = []

    def note(*told: Any) -> None:
        found.append(told[1].rowcount)

    event.listen(Engine, "after_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "after_cursor_execute", note)


def test_one_atom_s_edges_are_those_of_the_whole_graph_and_nothing_else_is_read(client: TestClient, workspace: Workspace, inventory: str) -> None:
    whole = client.get(f"{API}/graph/{inventory}").json()
    for brief in workspace.stores.atoms.brief(inventory)[::7]:
        with rows_read() as read:
            told = client.get(f"{API}/atom/{brief.atom_id}").json()
        assert told["dependencies"] == [edge for edge in whole["edges"] if edge["source"] == brief.name]
        assert told["dependents"] == [edge for edge in whole["edges"] if edge["target"] == brief.name]
        assert told["wave"] == next(atom["wave"] for atom in whole["atoms"] if atom["name"] == brief.name)
        assert sum(read) < len(told["dependencies"]) + len(told["dependents"]) + 10
    assert client.get(f"{API}/atom/{uuid4()}").status_code == 404


def test_an_atom_has_no_wave_before_they_are_planned_and_no_edges_before_the_graph_is_built(client: TestClient, workspace: Workspace, tmp_path: Path) -> None:
    shop = store_shop(workspace, tmp_path)
    workspace.stores.graphs.save(shop.name, AtomGraph(NAMES, (), {}), {name: shop.atom(place) for place, name in enumerate(NAMES)}, "other")
    bare = client.get(f"{API}/atom/{shop.atom(1)}").json()
    assert (bare["wave"], bare["dependencies"], bare["dependents"]) == (None, [], [])
    assert client.get(f"{API}/graph/{shop.name}/view").status_code == 409
    engine = open_engine(workspace.settings)
    with engine.begin() as connection:
        connection.execute(delete(DependencyGraphRow).where(DependencyGraphRow.masterplan_id == masterplan_id(shop.name)))
    engine.dispose()
    for asked in (f"atom/{shop.atom(1)}", f"graph/{shop.name}/view", f"graph/{shop.name}/visualize"):
        refused = client.get(f"{API}/{asked}")
        assert refused.status_code == 409
        assert "has no dependency graph yet" in refused.text


def test_views_from_the_database_s_counts_are_those_from_every_edge(workspace: Workspace, inventory: str) -> None:
    graph, waves = workspace.dependencies.graph(inventory), workspace.dependencies.waves(inventory)
    atoms = workspace.stores.atoms.brief(inventory)
    facts = {a.name: AtomFacts(str(a.atom_id), a.kind.value, a.task, a.file, a.status.value, a.confidence) for a in atoms}
    assert tuple(facts) == graph.atoms
    by_hand = GraphViewer(GraphTies(graph, waves.cut), waves, facts)
    for show in Show:
        assert workspace.graphs.whole(inventory, show) == by_hand.whole(show)
    for task in {fact.task for fact in facts.values()}:
        assert workspace.graphs.group(inventory, Show.TASK, task) == by_hand.group(Show.TASK, task)
    for wave in waves.waves:
        assert workspace.graphs.group(inventory, Show.WAVE, str(wave.number)) == by_hand.group(Show.WAVE, str(wave.number))
    for atom in graph.atoms[::9]:
        assert workspace.graphs.around(inventory, atom) == by_hand.around(atom)


def test_the_first_look_at_a_collapsed_graph_reads_no_edge_by_itself(workspace: Workspace, inventory: str) -> None:
    fresh = GraphService(workspace.stores, workspace.dependencies)
    with rows_read() as read:
        view = fresh.whole(inventory)
    edges = len(workspace.dependencies.graph(inventory).edges)
    assert view.show is Show.TASK
    assert edges > 2 * view.atoms
    assert sum(read) < 3 * view.atoms + len(EdgeType) * len(view.links) + 20
    assert max(read) < edges / 2


def test_graphml_is_read_by_networkx_and_says_what_the_json_says(client: TestClient, inventory: str) -> None:
    document = client.get(f"{API}/graph/{inventory}/export").json()
    reply = client.get(f"{API}/graph/{inventory}/export?format=graphml")
    read = nx.read_graphml(BytesIO(reply.content), force_multigraph=True)
    assert {name: data["wave"] for name, data in read.nodes(data=True)} == {atom["name"]: atom["wave"] for atom in document["atoms"]}
    edges = sorted((e["source"], e["target"], e["type"], e["confidence"], e["weight"], e["inherits"]) for e in document["edges"])
    assert sorted((s, t, d["type"], d["confidence"], d["weight"], d["inherits"]) for s, t, d in read.edges(data=True)) == edges
    assert document["orders"]["contract"]["waves"] < document["orders"]["code"]["waves"]
    assert {name for wave in document["waves"] for name in wave} == set(read.nodes)
    assert "attachment" in reply.headers["content-disposition"]


def test_the_picture_is_svg_that_can_run_nothing(client: TestClient, shop: StoredShop) -> None:
    reply = client.get(f"{API}/graph/{shop.name}/visualize")
    assert reply.headers["content-type"].startswith("image/svg+xml")
    assert "script-src" not in reply.headers["content-security-policy"]
    assert reply.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script>" not in reply.text


def test_the_picture_of_a_plan_too_large_for_edges_reads_none(workspace: Workspace, inventory: str) -> None:
    facts = {brief.name: brief.status.value for brief in workspace.stores.atoms.brief(inventory)}
    drawn = dependency_svg(workspace.dependencies.graph(inventory), workspace.dependencies.waves(inventory), facts)
    with rows_read() as read:
        assert workspace.graphs.svg(inventory) == drawn
    assert sum(read) < 3 * len(facts)


@pytest.mark.parametrize("query", ["task=none", "wave=99", "atom=none"])
def test_what_the_plan_has_not_is_not_found(client: TestClient, inventory: str, query: str) -> None:
    assert client.get(f"{API}/graph/{inventory}/view?{query}").status_code == 404
    assert client.get(f"/plans/{inventory}/graph?{query}").status_code == 404


def test_search_finds_by_all_words_in_any_case(client: TestClient, inventory: str) -> None:
    found = client.get(f"{API}/graph/{inventory}/search?q=STOCK reserve").json()["atoms"]
    assert all("stock" in (atom["name"] + atom["file"]).lower() and "reserve" in (atom["name"] + atom["file"]).lower() for atom in found)
    assert client.get(f"{API}/graph/{inventory}/search?q=nowhere-to-be-found").json()["atoms"] == []


def test_boundaries_cover_every_atom(client: TestClient, inventory: str) -> None:
    parts = client.get(f"{API}/graph/{inventory}/boundaries").json()
    atoms = client.get(f"{API}/graph/{inventory}").json()
    assert sum(region["atoms"] for region in parts["modules"]) == sum(region["atoms"] for region in parts["packages"]) == len(atoms["atoms"])
    clustered = [name for cluster in parts["clusters"] for name in cluster["atoms"]]
    assert len(clustered) == len(set(clustered)) == len(atoms["atoms"]) - len(parts["isolated"])


def test_the_page_is_walked_by_keys_and_tells_it_aloud(page: "Page", inventory: str) -> None:  # noqa: F811
    page.goto("/")
    page.locator("tr", has_text=inventory).get_by_role("link", name="Graph").click()
    page.wait_for_selector("#graph[data-ready]")
    page.focus("#graph")
    page.keyboard.press("ArrowRight")
    said = page.locator("#said").inner_text()
    assert "task, wave" in said
    page.keyboard.press("ArrowRight")
    assert page.locator("#said").inner_text() != said
    assert page.evaluate("document.getElementById('graph').cy.edges('.chosen').length") >= 1
    name = page.locator("#chosen-title").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_selector("#graph[data-ready]")
    assert page.get_by_role("heading", name=f"task {name}").is_visible()


def test_an_atom_is_found_by_search_and_chosen_from_the_list(page: "Page", inventory: str) -> None:  # noqa: F811
    page.goto(f"/plans/{inventory}/graph?show=atoms")
    page.wait_for_selector("#graph[data-ready]")
    wanted = page.locator("#list option").nth(40).inner_text()
    page.keyboard.press("/")
    page.keyboard.type(wanted)
    page.locator("#found button", has_text=wanted).first.click()
    assert page.locator("#chosen-title").inner_text() == page.evaluate("document.getElementById('graph').cy.nodes('.chosen').id()").removeprefix("atom:")
    page.select_option("#list", index=3)
    assert page.locator("#chosen-title").inner_text() == page.locator("#list option").nth(3).inner_text()
    page.check("#critical")
    assert page.evaluate("document.getElementById('graph').cy.edges('.way').length") > 0


def test_the_links_of_a_choice_go_with_it(page: "Page", inventory: str) -> None:  # noqa: F811
    page.goto(f"/plans/{inventory}/graph?show=atoms")
    page.wait_for_selector("#graph[data-ready]")
    for number in (5, 25, 45):
        page.select_option("#list", index=number)
        edges = "document.getElementById('graph').cy.edges()"
        chosen = "atom:" + page.locator("#chosen-title").inner_text()
        assert all(chosen in ends for ends in page.evaluate(f"{edges}.map((edge) => [edge.source().id(), edge.target().id()])"))
    page.focus("#graph")
    page.keyboard.press("Escape")
    assert page.evaluate(f"{edges}.length") == 0


def test_hostile_names_are_text_on_the_graph_page(page: "Page", shop: StoredShop) -> None:  # noqa: F811
    page.goto(f"/plans/{shop.name}/graph")
    page.wait_for_selector("#graph[data-ready]")
    page.select_option("#list", value=f"atom:{NAMES[3]}")
    assert page.locator("#chosen-title").inner_text() == NAMES[3]
    assert "owned" not in page.title()
    assert json.loads(page.evaluate("JSON.stringify([...document.scripts].map((one) => one.src !== ''))")) == [True] * page.locator("script").count()


def test_the_vendored_library_comes_with_its_licence() -> None:
    static = Path(__file__).parents[2] / "mge_assets/web/static"
    assert "Cytoscape Consortium" in (static / "cytoscape-LICENSE.md").read_text()
    assert (static / "cytoscape.min.js").stat().st_size < 500_000

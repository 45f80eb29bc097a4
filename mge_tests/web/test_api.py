"""The REST API over a real database."""

from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from mge_assets.services.workspace import Workspace
from mge_tests.web.stored_plan import CODES, DRAFTS, HOSTILE, NAMES, StoredShop

API = "/api/v2"
PATHS = {
    "/masterplans", "/masterplans/{name}", "/atoms/{atom_id}", "/atoms/by-masterplan/{name}", "/dependency/graph/{name}", "/dependency/waves/{name}",
    "/validation/results/{atom_id}", "/execution/progress/{name}", "/execution/health", "/review/queue", "/review/{review_id}", "/review/approve",
    "/review/reject", "/review/edit", "/review/regenerate",
    "/execution/start", "/execution/{execution_id}/pause", "/execution/{execution_id}/cancel", "/execution/{execution_id}/resume",
    "/execution/retry/{atom_id}", "/execution/waves/{wave_id}/execute", "/execution/status/{name}", "/execution/{execution_id}",
    "/execution/{execution_id}/progress", "/execution/{execution_id}/metrics", "/execution/{execution_id}/waves/{wave_id}",
    "/execution/{execution_id}/atoms/{atom_id}",
} | {
    "/dependency/graph/{name}/view", "/dependency/graph/{name}/search", "/dependency/graph/{name}/visualize", "/dependency/graph/{name}/export",
    "/dependency/graph/{name}/orders", "/dependency/graph/{name}/boundaries", "/dependency/atom/{atom_id}",
    "/validation/task/{masterplan}/{name}", "/validation/milestone/{masterplan}/{name}", "/validation/masterplan/{masterplan}",
    "/validation/hierarchical/{masterplan}", "/validation/override", "/validation/atom/{atom_id}", "/validation/batch/atoms",
    "/validation/integration/{masterplan}",
}  # fmt: skip
PICTURES = {"/dependency/graph/{name}/visualize"}

UNKNOWN = "6f1c2a34-0000-4000-8000-000000000000"


def test_openapi_describes_every_path_and_its_errors(client: TestClient) -> None:
    document = client.get(f"{API}/openapi.json").json()
    assert set(document["paths"]) == {API + path for path in PATHS}
    for path, methods in document["paths"].items():
        for described in methods.values():
            assert described["description"], path
            assert path in {API + picture for picture in PICTURES} or described["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith(
                "Shape"
            ), path
            assert described["responses"]["404"]["content"]["application/json"]["schema"]["$ref"].endswith("ErrorShape"), path


def test_masterplans_are_listed_with_their_counts(client: TestClient, shop: StoredShop) -> None:
    listed = {plan["name"]: plan for plan in client.get(f"{API}/masterplans").json()["masterplans"]}
    progress = listed[shop.name]["progress"]
    assert progress["atoms"] == {"total": 4, "completed": 3, "failed": 1, "blocked": 0, "in_review": 3, "reused": 0}
    assert (progress["status"], progress["waves"], progress["precision_percent"], progress["cost_usd"]) == ("failed", 2, 75.0, 0.25)
    assert client.get(f"{API}/execution/progress/{shop.name}").json() == progress | {"seconds": pytest.approx(progress["seconds"], abs=1)}


def test_a_masterplan_tells_its_parts(client: TestClient, shop: StoredShop) -> None:
    plan = client.get(f"{API}/masterplans/{shop.name}").json()
    assert plan["phases"][0]["milestones"][0]["tasks"][0]["file"] == "shop/cart.py"
    assert (plan["version"], plan["tasks"]) == (1, 1)


def test_atoms_come_in_plan_order_and_in_pages(client: TestClient, shop: StoredShop) -> None:
    whole = client.get(f"{API}/atoms/by-masterplan/{shop.name}").json()
    assert [atom["name"] for atom in whole["atoms"]] == list(NAMES)
    page = client.get(f"{API}/atoms/by-masterplan/{shop.name}?offset=1&limit=2").json()
    assert (page["total"], page["atoms"]) == (4, whole["atoms"][1:3])


def test_an_atom_tells_draft_code_and_context(client: TestClient, shop: StoredShop) -> None:
    atom = client.get(f"{API}/atoms/{shop.atom(1)}").json()
    assert (atom["draft"], atom["code"]) == (DRAFTS[1].decode(), CODES[1].decode())
    assert (atom["masterplan"], atom["status"], atom["attempts"], atom["imports"]) == (shop.name, "completed", 2, ["from decimal import Decimal"])


def test_graph_and_waves_agree(client: TestClient, shop: StoredShop) -> None:
    graph = client.get(f"{API}/dependency/graph/{shop.name}").json()
    waves = client.get(f"{API}/dependency/waves/{shop.name}").json()
    assert {node["name"]: node["wave"] for node in graph["atoms"]} == {name: wave["number"] for wave in waves["waves"] for name in wave["atoms"]}
    assert {(edge["source"], edge["target"], edge["type"], edge["cut"]) for edge in graph["edges"]} == {(NAMES[n], NAMES[0], "IMPORT", False) for n in (1, 2)}
    assert [(wave["status"], wave["seconds"]) for wave in waves["waves"]] == [("completed", 2.0), ("partial", 2.0)]


def test_validation_results_tell_checks_and_findings(client: TestClient, shop: StoredShop) -> None:
    result = client.get(f"{API}/validation/results/{shop.atom(2)}").json()["results"][0]
    checks = {check["name"]: check for check in result["checks"]}
    assert (result["level"], result["passed"], checks["unit_test"]["status"]) == (1, False, "not_run")
    assert checks["semantics"]["findings"][0]["line"] == 13


def test_health_asks_the_database(client: TestClient, shop: StoredShop) -> None:
    health = client.get(f"{API}/execution/health").json()
    assert health["status"] == "ok"
    assert health["masterplans"] >= 1
    assert health["database_seconds"] > 0


def test_the_queue_is_sorted_and_filtered(client: TestClient, shop: StoredShop) -> None:
    def names(query: str) -> list[str]:
        return [review["atom"] for review in client.get(f"{API}/review/queue?plan={shop.name}{query}").json()["reviews"]]

    assert names("") == [NAMES[2], NAMES[1], NAMES[3]]
    assert names("&sort=name") == sorted(NAMES[1:])
    assert names("&limit=1") == [NAMES[2]]
    assert names("&q=TOTAL") == [NAMES[1]]
    assert names("&status=approved") == []
    assert names("&assigned_to=nobody") == []


def test_a_review_tells_why_and_how(client: TestClient, shop: StoredShop) -> None:
    review = client.get(f"{API}/review/{shop.review(2)}").json()
    assert (review["atom"], review["band"], review["start_line"], review["stale"]) == (NAMES[2], "critical", 11, False)
    assert [(attempt["number"], attempt["success"], attempt["error_class"]) for attempt in review["attempts"]] == [(n, False, "logic") for n in (1, 2, 3, 4)]
    assert review["code"] == CODES[2].decode()
    assert any(HOSTILE in reason for reason in review["reasons"])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/masterplans/none", 404), ("/atoms/by-masterplan/none", 404), ("/dependency/graph/none", 404), ("/dependency/waves/none", 404),
        ("/execution/progress/none", 404), (f"/atoms/{UNKNOWN}", 404), (f"/validation/results/{UNKNOWN}", 404), (f"/review/{UNKNOWN}", 404),
        ("/atoms/7", 422), ("/review/queue?sort=age", 422), ("/review/queue?limit=0", 422), ("/nowhere", 404), ("/review/approve", 422),
    ],
)  # fmt: skip
def test_errors_say_what_is_wrong_and_how_to_mend_it(client: TestClient, path: str, status: int) -> None:
    answer = client.get(API + path)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "fix"}
    assert all(answer.json().values())


def test_a_plan_without_graph_answers_409(client: TestClient, workspace: Workspace, shop: StoredShop, tmp_path_factory: pytest.TempPathFactory) -> None:
    name = f"bare-{uuid4().hex[:8]}"
    path = tmp_path_factory.mktemp("plans") / "plan.yaml"
    path.write_text((workspace.plans.stored(shop.name).text).decode().replace(shop.name, name))
    workspace.plans.register(path)
    assert client.get(f"{API}/dependency/graph/{name}").status_code == 409
    assert "waves" in client.get(f"{API}/dependency/waves/{name}").json()["error"]

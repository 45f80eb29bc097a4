"""Executions over the API: asked for, paused, resumed, cancelled, looked at."""

from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from mge_tests.web.stored_plan import StoredShop

API = "/api/v2/execution"


def test_an_execution_is_asked_for_paused_resumed_and_cancelled(client: TestClient, shop: StoredShop) -> None:
    asked = client.post(f"{API}/start", json={"masterplan": shop.name, "schedule": "dependency", "budget_usd": 3}).json()
    assert (asked["masterplan"], asked["status"]) == (shop.name, "pending")
    one = f"{API}/{asked['execution_id']}"
    again = client.post(f"{API}/start", json={"masterplan": shop.name})
    assert again.status_code == 409
    assert "asked to be executed already" in again.json()["error"]
    assert client.post(f"{one}/pause").json()["status"] == "paused"
    assert client.post(f"{one}/resume", json={"budget_usd": 4}).json()["status"] == "pending"
    assert client.get(one).json()["schedule"] == "dependency"
    assert client.get(f"{one}/metrics").json()["plan_budget_usd"] == 4
    assert client.post(f"{one}/cancel").json()["status"] == "failed"
    assert client.post(f"{one}/resume").status_code == 409
    assert client.get(one).json()["reason"] == "cancelled by reviewer"


def test_one_wave_and_one_atom_can_be_asked_for(client: TestClient, shop: StoredShop) -> None:
    waves = client.get(f"/api/v2/dependency/waves/{shop.name}").json()["waves"]
    asked = client.post(f"{API}/waves/{waves[1]['wave_id']}/execute").json()
    assert asked["status"] == "pending"
    client.post(f"{API}/{asked['execution_id']}/cancel")
    again = client.post(f"{API}/start", json={"masterplan": shop.name, "schedule": "dependency"}).json()
    client.post(f"{API}/{again['execution_id']}/cancel")
    retried = client.post(f"{API}/retry/{shop.atom(2)}").json()
    assert retried["masterplan"] == shop.name
    assert client.get(f"{API}/{retried['execution_id']}").json()["schedule"] == "dependency"
    passed = client.post(f"{API}/retry/{shop.atom(1)}")
    assert passed.status_code == 409
    assert "is completed" in passed.json()["error"]


def test_what_an_execution_did_can_be_read(client: TestClient, shop: StoredShop) -> None:
    one = f"{API}/{shop.execution}"
    assert client.get(f"{API}/status/{shop.name}").json()["execution_id"] == str(shop.execution)
    assert client.get(f"{one}/progress").json()["masterplan"] == shop.name
    metrics = client.get(f"{one}/metrics").json()
    assert (metrics["calls"], metrics["cost_usd"], metrics["tokens_input"]) == (1, 0.25, 100)
    assert metrics["plan_committed_usd"] == 0.25
    wave = client.get(f"/api/v2/dependency/waves/{shop.name}").json()["waves"][0]
    stand = client.get(f"{one}/waves/{wave['wave_id']}").json()
    assert (stand["number"], stand["atoms"], stand["ended"]) == (0, 2, 2)
    assert client.get(f"{one}/atoms/{shop.atom(2)}").json()["status"] == "failed"


@pytest.mark.parametrize("path", ["{id}", "{id}/progress", "{id}/metrics", "{id}/waves/{id}", "{id}/atoms/{id}", "status/nothing"])
def test_what_is_unknown_is_said_to_be(client: TestClient, path: str) -> None:
    answer = client.get(f"{API}/{path.format(id=uuid4())}")
    assert answer.status_code == 404
    assert answer.json()["fix"]

"""What is kept out, and what browsers are told."""

import pytest
from starlette.testclient import TestClient

from mge_assets.services.workspace import Workspace
from mge_assets.web.app import create_app
from mge_tests.web.stored_plan import StoredShop
from mge_tests.web.test_decisions import digest, given


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:3010", "192.168.0.7:3010", "", "localhost:1:2"])
def test_other_names_for_this_machine_are_refused(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 400
    assert "localhost" in answer.json()["fix"]


@pytest.mark.parametrize("host", ["localhost", "localhost:3010", "127.0.0.1:3010", "[::1]:3010", "LOCALHOST:80"])
def test_loopback_names_pass(client: TestClient, host: str) -> None:
    assert client.get("/static/page.css", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:3000"},
        {"origin": "http://localhost:3010"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_sites_page_decides_nothing(client: TestClient, workspace: Workspace, shop: StoredShop, headers: dict[str, str]) -> None:
    by_form = {"decision": "approved", "code_digest": given(shop, 1)["code_digest"]}
    assert client.post(f"/review/{shop.review(1)}", data=by_form, headers=headers).status_code == 403
    assert client.post("/api/v2/review/approve", json=given(shop, 1), headers=headers).status_code == 403
    assert workspace.review.get(shop.review(1)).status.value == "pending"


def test_our_own_page_and_programs_may_decide(client: TestClient, shop: StoredShop) -> None:
    own = {"origin": "http://127.0.0.1:3010", "sec-fetch-site": "same-origin"}
    assert client.post("/api/v2/review/approve", json=given(shop, 1), headers=own).status_code == 200
    assert client.post("/api/v2/review/approve", json=given(shop, 2)).status_code == 200


def test_bodies_have_a_told_and_limited_length(client: TestClient, shop: StoredShop) -> None:
    large = given(shop, 1) | {"feedback": "x" * 1_000_001, "code_digest": digest(b"")}
    assert client.post("/api/v2/review/reject", json=large).status_code == 413
    assert client.post("/api/v2/review/reject", content=iter([b"{}"])).status_code == 411


@pytest.mark.parametrize("path", ["/", "/review", "/nowhere", "/metrics", "/static/keys.js", "/api/v2/masterplans", "/api/v2/nowhere"])
def test_every_answer_carries_the_headers_and_no_cookie(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["referrer-policy"], headers["cache-control"]) == ("nosniff", "same-origin", "no-store")
    assert "set-cookie" not in headers


def test_a_fault_of_ours_is_told_without_its_insides(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> tuple[str, ...]:
        message = "password=hunter2"
        raise RuntimeError(message)

    monkeypatch.setattr(workspace.plans, "names", broken)
    quiet = TestClient(create_app(workspace), base_url="http://localhost", raise_server_exceptions=False)
    for path in ("/", "/api/v2/execution/health"):
        answer = quiet.get(path)
        assert answer.status_code == 500
        assert "hunter2" not in answer.text
        assert "mge doctor" in answer.text
        assert answer.headers["content-security-policy"]

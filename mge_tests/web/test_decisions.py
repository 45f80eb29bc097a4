"""Decisions, through the API and through the page's forms."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from starlette.testclient import TestClient

from mge_assets.model.attempts import AtomStatus
from mge_assets.model.decisions import ReviewStatus
from mge_assets.model.findings import ValidationResult
from mge_assets.services.workspace import Workspace
from mge_tests.web.stored_plan import CODES, NAMES, StoredShop, queue_reviews


def digest(code: bytes) -> str:
    return hashlib.sha256(code).hexdigest()


def given(shop: StoredShop, place: int, **more: str) -> dict[str, str]:
    return {"review_id": str(shop.review(place)), "code_digest": digest(CODES[place]), **more}


def form(client: TestClient, shop: StoredShop, place: int, decision: str, **more: str):
    values = {"decision": decision, "code_digest": digest(CODES[place]), **more}
    return client.post(f"/review/{shop.review(place)}?plan={shop.name}", data=values)


def judged(workspace: Workspace, atom: UUID) -> ValidationResult:
    """What level 1 says of the atom now."""
    found = workspace.review.results_of(atom)
    assert found is not None
    return found


def test_an_approved_atom_is_completed_and_the_next_one_is_named(client: TestClient, workspace: Workspace, shop: StoredShop) -> None:
    answer = client.post("/api/v2/review/approve", json=given(shop, 2)).json()
    assert (answer["review"]["status"], answer["review"]["assigned_to"]) == ("approved", "reviewer")
    assert answer["next"] != str(shop.review(2))
    assert workspace.atoms.get(shop.atom(2)).status is AtomStatus.COMPLETED
    assert workspace.atoms.get(shop.atom(2)).human_reviewed


@pytest.mark.parametrize("decision", ["reject", "regenerate"])
def test_without_feedback_nothing_is_sent_back(client: TestClient, workspace: Workspace, shop: StoredShop, decision: str) -> None:
    answer = client.post(f"/api/v2/review/{decision}", json=given(shop, 1, feedback="  "))
    assert (answer.status_code, answer.json()["error"]) == (400, "Feedback is missing")
    assert workspace.review.get(shop.review(1)).status is ReviewStatus.PENDING
    assert client.post(f"/api/v2/review/{decision}", json=given(shop, 1, feedback="Sum it.")).status_code == 200
    assert workspace.atoms.get(shop.atom(1)).status is AtomStatus.PENDING
    assert workspace.review.get(shop.review(1)).feedback == "Sum it."


def test_an_edit_takes_the_place_of_the_code(client: TestClient, workspace: Workspace, shop: StoredShop) -> None:
    code = CODES[2].replace(b"precent", b"percent")
    assert client.post("/api/v2/review/edit", json=given(shop, 2)).status_code == 400
    assert client.post("/api/v2/review/edit", json=given(shop, 2, code=code.decode())).status_code == 200
    stored = workspace.atoms.get(shop.atom(2))
    assert (stored.code, stored.status) == (code, AtomStatus.COMPLETED)


def test_a_decision_on_other_code_than_the_stored_one_is_refused(client: TestClient, workspace: Workspace, shop: StoredShop) -> None:
    answer = client.post("/api/v2/review/approve", json=given(shop, 1) | {"code_digest": digest(b"old")})
    assert answer.status_code == 409
    assert "changed" in answer.json()["error"]
    assert workspace.review.get(shop.review(1)).status is ReviewStatus.PENDING


def test_code_made_anew_behind_the_queue_can_not_be_approved_unseen(client: TestClient, workspace: Workspace, shop: StoredShop) -> None:
    queue_reviews(workspace, shop.name, (CODES[0], b"older code", CODES[2], CODES[3]))
    for seen in (b"older code", CODES[1]):
        assert client.post("/api/v2/review/approve", json=given(shop, 1) | {"code_digest": digest(seen)}).status_code == 409
    page = client.get(f"/review/{shop.review(1)}").text
    assert "made anew after this review was queued" in page
    assert "Approve" not in page


def test_the_second_decision_is_refused_and_names_the_first(client: TestClient, shop: StoredShop) -> None:
    assert client.post("/api/v2/review/approve", json=given(shop, 1)).status_code == 200
    second = client.post("/api/v2/review/reject", json=given(shop, 1, feedback="no"))
    assert (second.status_code, second.json()["error"]) == (409, f"{NAMES[1]} was already approved by reviewer")


def test_of_many_persons_at_once_exactly_one_decides(client: TestClient, shop: StoredShop) -> None:
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: client.post("/api/v2/review/approve", json=given(shop, 2)).status_code, range(8)))
    assert sorted(codes) == [200] + [409] * 7


def test_an_unknown_review_and_a_bad_digest_are_told_apart(client: TestClient, shop: StoredShop) -> None:
    assert client.post("/api/v2/review/approve", json=given(shop, 1) | {"review_id": str(uuid4())}).status_code == 404
    assert client.post("/api/v2/review/approve", json=given(shop, 1) | {"code_digest": "abc"}).status_code == 422


def test_the_form_goes_on_to_the_next_open_review_until_none_is_left(client: TestClient, shop: StoredShop) -> None:
    first = form(client, shop, 2, "approved")
    assert (first.status_code, first.headers["location"]) == (303, f"/review/{shop.review(1)}?plan={shop.name}&after={shop.review(2)}")
    page = client.get(first.headers["location"]).text
    assert f"<b>{NAMES[2]}</b> was approved." in page
    assert "2 of 3 left" in page
    assert form(client, shop, 1, "rejected", feedback="Wrong.").headers["location"].startswith(f"/review/{shop.review(3)}?")
    last = form(client, shop, 3, "regenerated", feedback="Once more.")
    assert last.headers["location"] == f"/review?plan={shop.name}&after={shop.review(3)}"
    assert "All done." in client.get(last.headers["location"]).text


def test_the_form_keeps_what_was_typed_when_it_is_refused(client: TestClient, shop: StoredShop) -> None:
    refused = form(client, shop, 1, "rejected", feedback=" ")
    assert refused.status_code == 400
    assert "Feedback is missing" in refused.text
    stale = client.post(f"/review/{shop.review(1)}", data={"decision": "rejected", "code_digest": digest(b"old"), "feedback": "I typed this"})
    assert stale.status_code == 409
    assert "I typed this</textarea>" in stale.text
    assert f'value="{digest(CODES[1])}"' in stale.text


def test_an_edit_by_form_keeps_the_line_ends_of_the_code(client: TestClient, workspace: Workspace, shop: StoredShop) -> None:
    typed = CODES[1].decode().replace("sum(prices, Decimal(0))", "sum(prices)").replace("\n", "\r\n")
    assert form(client, shop, 1, "edited", code=typed).status_code == 303
    assert workspace.atoms.get(shop.atom(1)).code == CODES[1].replace(b"sum(prices, Decimal(0))", b"sum(prices)")


def test_approving_by_form_ignores_the_editor(client: TestClient, workspace: Workspace, shop: StoredShop) -> None:
    assert form(client, shop, 1, "approved", code="something else").status_code == 303
    assert workspace.atoms.get(shop.atom(1)).code == CODES[1]
    assert form(client, shop, 2, "in_review").status_code == 400


def test_a_finding_is_overridden_on_the_page_with_a_reason(client: TestClient, workspace: Workspace, shop: StoredShop) -> None:
    (finding,) = [one for one in judged(workspace, shop.atom(2)).findings if one.rule == "python.undefined"]
    given = {"rule": finding.rule, "message": finding.message}
    address = f"/review/{shop.review(2)}/override?plan={shop.name}"
    refused = client.post(address, data={**given, "reason": " "})
    assert (refused.status_code, "reason is missing" in refused.text) == (400, True)
    assert client.post(address, data={**given, "reason": "bound at run time"}).status_code == 303
    now = judged(workspace, shop.atom(2))
    assert now.passed
    page = client.get(f"/review/{shop.review(2)}?plan={shop.name}").text
    assert "overridden by reviewer: bound at run time" in page
    assert client.post(address, data={"rule": "no.such", "reason": "why"}).status_code == 404


def test_code_that_a_person_writes_is_judged_like_any_other(client: TestClient, workspace: Workspace, shop: StoredShop) -> None:
    wrong = CODES[2].replace(b"precent", b"percant")
    client.post("/api/v2/review/edit", json=given(shop, 2, code=wrong.decode()))
    result = judged(workspace, shop.atom(2))
    assert not result.passed
    assert "percant" in str(result.findings)
    client.post("/api/v2/review/approve", json=given(shop, 1))
    approved = judged(workspace, shop.atom(1))
    assert approved.passed
    assert "syntax" in {check.name for check in approved.checks}


def test_one_atom_and_many_are_judged_over_the_api(client: TestClient, shop: StoredShop) -> None:
    (one,) = client.post(f"/api/v2/validation/atom/{shop.atom(2)}").json()["results"]
    assert (one["level"], one["subject"], one["passed"]) == (1, NAMES[2], False)
    many = client.post("/api/v2/validation/batch/atoms", json={"atoms": [str(shop.atom(2)), str(shop.atom(1))]}).json()["results"]
    assert [result["subject"] for result in many] == [NAMES[1], NAMES[2]]
    assert client.get(f"/api/v2/validation/results/{shop.atom(1)}").json()["results"][0]["passed"]
    assert client.post(f"/api/v2/validation/atom/{uuid4()}").status_code == 404
    assert client.post("/api/v2/validation/batch/atoms", json={"atoms": []}).status_code == 422

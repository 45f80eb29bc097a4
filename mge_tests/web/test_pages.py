"""The pages as a browser without scripts gets them."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mge_assets.services.workspace import Workspace
from mge_tests.web.stored_plan import HOSTILE, NAMES, StoredShop


def pages(shop: StoredShop) -> list[str]:
    return ["/", "/review", f"/plans/{shop.name}/waves", f"/review?q={HOSTILE}&plan={shop.name}", *(f"/review/{shop.review(n)}" for n in (1, 2, 3))]


def test_markup_in_names_findings_code_and_questions_is_shown_as_text(client: TestClient, shop: StoredShop) -> None:
    for address in pages(shop):
        text = client.get(address).text
        assert "<script>" not in text, address
        assert "&lt;script&gt;" in text or address.endswith("waves"), address


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(client: TestClient, shop: StoredShop) -> None:
    for address in [*pages(shop), "/nowhere"]:
        text = client.get(address).text
        assert not re.search(r"<style|\sstyle=|\son\w+=|hx-on|javascript:", text), address
        assert set(re.findall(r'(?:src|href|action)="([a-z]+:)', text)) <= {"data:"}, address


def test_plans_show_counts_and_links(client: TestClient, shop: StoredShop) -> None:
    text = client.get("/").text
    assert shop.name in text
    assert f'href="/review?plan={shop.name}"' in text
    assert f'href="/plans/{shop.name}/waves"' in text
    assert "75.0 %" in text


def test_the_queue_puts_the_least_sure_first_and_keeps_the_filter_in_its_links(client: TestClient, shop: StoredShop) -> None:
    text = client.get(f"/review?plan={shop.name}").text
    places = [text.index(f"/review/{shop.review(n)}?plan={shop.name}") for n in (2, 1, 3)]
    assert places == sorted(places)
    assert "3 of 3 left" in text
    assert "Nothing fits this filter" in client.get(f"/review?plan={shop.name}&q=zzz").text
    assert "Nothing was queued" in client.get("/review?plan=unheard-of").text


def test_a_review_shows_findings_at_their_lines(client: TestClient, shop: StoredShop) -> None:
    text = client.get(f"/review/{shop.review(2)}").text
    row = re.search(r'<tr class="found error"><td class="number">(\d+)</td>.*?</tr>\s*<tr class="says error">.*?</tr>', text, re.DOTALL)
    assert row
    assert row[1] == "13"
    assert "use percent" in row[0]
    assert "shop/cart.py:400" in text


def test_a_review_shows_score_parts_diff_and_attempts(client: TestClient, shop: StoredShop) -> None:
    text = client.get(f"/review/{shop.review(2)}").text
    assert [re.sub("<.*?>", "", part) for part in re.findall(r'<th scope="row">(\w+) <small>', text)] == ["validation", "attempts", "complexity", "integration"]
    assert "<ins> * (100 - precent) / 100</ins>" in text
    assert text.count("<b>Attempt ") == 4
    assert "The code is the draft, unchanged." in client.get(f"/review/{shop.review(3)}").text


def test_neighbours_go_round_and_left_is_counted(client: TestClient, shop: StoredShop) -> None:
    text = client.get(f"/review/{shop.review(2)}?plan={shop.name}").text
    assert f'href="/review/{shop.review(1)}?plan={shop.name}" data-key="j"' in text
    assert f'href="/review/{shop.review(3)}?plan={shop.name}" data-key="k"' in text


def test_the_report_is_served_in_an_origin_of_its_own(client: TestClient, workspace: Workspace, shop: StoredShop) -> None:
    assert client.get(f"/plans/{shop.name}/report").status_code == 404
    report = workspace.settings.artefacts / shop.name / "report.html"
    report.parent.mkdir(parents=True)
    report.write_text("<!DOCTYPE html><title>report</title>")
    workspace.stores.executions.set_values(shop.execution, report=str(report))
    answer = client.get(f"/plans/{shop.name}/report")
    assert (answer.status_code, answer.text) == (200, "<!DOCTYPE html><title>report</title>")
    assert answer.headers["content-security-policy"].startswith("sandbox allow-scripts;")
    assert "allow-same-origin" not in answer.headers["content-security-policy"]


def test_a_report_outside_the_artefacts_is_not_served(client: TestClient, workspace: Workspace, shop: StoredShop, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    workspace.stores.executions.set_values(shop.execution, report=str(secret))
    assert client.get(f"/plans/{shop.name}/report").status_code == 404


@pytest.mark.parametrize("address", ["/nowhere", "/plans/none/waves", "/plans/none/report", "/review/00000000-0000-0000-0000-000000000000"])
def test_unknown_addresses_get_a_page_that_leads_back(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert 'href="/review"' in answer.text
    assert "Traceback" not in answer.text


def test_search_looks_into_names_files_and_reasons(client: TestClient, shop: StoredShop) -> None:
    for wanted in ("cart.total", "CART.PY", "0.62"):
        assert NAMES[1] in client.get(f"/review?plan={shop.name}&q={wanted}").text

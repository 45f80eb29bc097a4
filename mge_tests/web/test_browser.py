"""The review page in a real browser, driven as a person drives it: by keys."""

import shutil
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import uvicorn

from mge_assets.services.workspace import Workspace
from mge_assets.web.app import create_app
from mge_tests.web.stored_plan import CODES, HOSTILE, NAMES, StoredShop
from mge_tests.web.test_server import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed, so no browser is driven")
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine, so no browser is driven")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(workspace: Workspace) -> Iterator[str]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(workspace), host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def page(browser: "Browser", address: str) -> Iterator["Page"]:
    """A page that must not have complained of anything when the test ends: a policy broken, a script failed."""
    opened = browser.new_page(base_url=address)
    opened.set_default_timeout(20_000)
    complaints: list[str] = []
    opened.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") and "status of 4" not in message.text else None
    )
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    opened.close()
    assert complaints == []


def test_three_reviews_are_decided_by_keys_alone(page: "Page", workspace: Workspace, shop: StoredShop) -> None:
    page.goto(f"/review?plan={shop.name}")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=NAMES[2]).wait_for()
    page.keyboard.press("a")
    page.get_by_text("was approved").wait_for()
    assert page.get_by_text("2 of 3 left").is_visible()
    assert str(shop.review(1)) in page.url
    page.keyboard.press("r")
    page.keyboard.type("Empty carts: a, e, j and g are only letters here.")
    page.keyboard.press("Control+Enter")
    page.get_by_text("was rejected").wait_for()
    page.keyboard.press("g")
    page.keyboard.type("Once more")
    page.keyboard.press("Control+Enter")
    page.get_by_text("All done.").wait_for()
    assert workspace.review.get(shop.review(3)).feedback == "Once more"
    statuses = [workspace.review.get(shop.review(place)).status.value for place in (2, 1, 3)]
    assert statuses == ["approved", "rejected", "regenerated"]
    assert workspace.review.get(shop.review(1)).feedback == "Empty carts: a, e, j and g are only letters here."


def test_an_edit_by_keys_changes_the_code(page: "Page", workspace: Workspace, shop: StoredShop) -> None:
    page.goto(f"/review/{shop.review(2)}?plan={shop.name}")
    page.keyboard.press("e")
    page.keyboard.type("# checked\n")
    page.keyboard.press("Control+Enter")
    page.get_by_text("was edited").wait_for()
    assert workspace.atoms.get(shop.atom(2)).code == b"# checked\n" + CODES[2]


def test_j_k_and_u_walk_and_a_question_mark_tells_the_keys(page: "Page", shop: StoredShop) -> None:
    page.goto(f"/review/{shop.review(2)}?plan={shop.name}")
    page.keyboard.press("j")
    page.get_by_role("heading", name=NAMES[1]).wait_for()
    page.keyboard.press("k")
    page.get_by_role("heading", name=NAMES[2]).wait_for()
    page.keyboard.press("?")
    assert page.get_by_role("dialog").is_visible()
    page.keyboard.press("a")
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    page.get_by_role("heading", name="Review queue").wait_for()
    assert page.get_by_text("3 of 3 left").is_visible()


def test_a_refused_decision_says_why_on_the_same_page(page: "Page", workspace: Workspace, shop: StoredShop) -> None:
    page.goto(f"/review/{shop.review(1)}?plan={shop.name}")
    page.get_by_role("button", name="Reject").click()
    page.get_by_role("alert").get_by_text("Feedback is missing").wait_for()
    assert workspace.review.get(shop.review(1)).status.value == "pending"


def test_the_search_narrows_the_queue_while_typing(page: "Page", shop: StoredShop) -> None:
    page.goto(f"/review?plan={shop.name}")
    assert page.locator("a[data-row]").count() == 3
    page.keyboard.press("/")
    page.keyboard.type("total")
    page.get_by_text("1 of 1 left").wait_for()
    assert page.url.endswith("q=total")
    assert page.locator("a[data-row]").all_inner_texts() == [NAMES[1]]


def test_hostile_markup_runs_nothing(page: "Page", shop: StoredShop) -> None:
    for path in ("/", "/review", f"/review/{shop.review(2)}", f"/review/{shop.review(3)}", f"/plans/{shop.name}/waves", f"/review?q={HOSTILE}"):
        page.goto(path)
        assert "owned" not in page.title() or page.title() == f"{NAMES[3]} · MGE"
        assert page.locator("main script").count() == 0


def test_without_scripts_the_forms_still_decide(browser: "Browser", address: str, workspace: Workspace, shop: StoredShop) -> None:
    page = browser.new_page(base_url=address, java_script_enabled=False)
    page.goto(f"/review?plan={shop.name}")
    page.get_by_role("link", name=NAMES[2]).click()
    page.get_by_label("Feedback").fill("Wrong name")
    page.get_by_role("button", name="Reject").click()
    page.get_by_text("was rejected").wait_for()
    page.get_by_role("button", name="Approve").click()
    page.get_by_text("was approved").wait_for()
    page.close()
    assert [workspace.review.get(shop.review(place)).status.value for place in (2, 1)] == ["rejected", "approved"]

"""Makes the pictures of the README: a real installation, a real browser. Run it as `sh .ci/env python docs/screenshots.py`; it needs chromium."""

import html
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1280, "height": 800}
MGE = [sys.executable, "-m", "mge_assets.cli"]


def main() -> None:
    """Take every picture."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome") or sys.exit("error: no chromium was found; install one")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        environment = {**os.environ, "MGE_HOME": f"{folder}/.mge", "COLUMNS": "110", "MGE_USER": "reviewer"}
        small = command(environment, folder, "run", "--out", "text-tables")
        real = command(environment, folder, "run", str(ROOT / "mge_assets/examples/inventory/plan.yaml"), "--out", "inventory")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        terminal(browser, "terminal.png", [("mge run", small), ("mge run mge_assets/examples/inventory/plan.yaml", real)])
        picture(browser, report(folder), "report.png")
        with served(environment, folder) as (dagster, review):
            picture(browser, f"{dagster}/assets", "assets.png", settle=6)
            picture(browser, f"{dagster}/assets/waves?view=overview", "waves.png", settle=6)
            picture(browser, run_page(browser, dagster), "run.png", settle=8)
            picture(browser, f"{review}/review?plan=inventory-service", "review-queue.png")
            picture(browser, first_review(browser, review), "review.png")
        browser.close()


def command(environment: dict[str, str], folder: str, *arguments: str) -> str:
    """What a command prints, both streams."""
    done = subprocess.run([*MGE, *arguments], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return at_home(done.stdout, folder)


def at_home(text: str, folder: str) -> str:
    """A text with this machine's folders shown as a home folder."""
    return text.replace(folder, "~").replace(sys.prefix, "~/mge/.venv").replace(str(ROOT), "~/mge").replace(str(Path.home()), "~")


def report(folder: str) -> str:
    """The address of the larger plan's report."""
    path = Path(folder) / ".mge/artefacts/inventory-service/report.html"
    path.write_text(at_home(path.read_text("utf-8"), folder), "utf-8")
    return path.as_uri()


def terminal(browser: Browser, name: str, commands: list[tuple[str, str]]) -> None:
    """Commands and what they print, as a terminal shows them."""
    lines = "\n\n".join(f"<b>$ {html.escape(line)}</b>\n{html.escape(output)}" for line, output in commands)
    style = "background:#0f172a;color:#e2e8f0;font:14px/1.45 'DejaVu Sans Mono',monospace;padding:20px;margin:0;white-space:pre-wrap"
    page = browser.new_page(viewport={"width": 1280, "height": 100})
    page.set_content(f'<body style="margin:0"><pre style="{style}">{lines}</pre>')
    page.locator("pre").screenshot(path=IMAGES / name)
    page.close()


def picture(browser: Browser, address: str, name: str, settle: float = 1.0) -> None:
    """A page as it stands when it has settled."""
    page = opened(browser, address)
    page.wait_for_timeout(settle * 1000)
    page.screenshot(path=IMAGES / name)
    page.close()


def opened(browser: Browser, address: str) -> Page:
    """A page at an address."""
    page = browser.new_page(viewport=SIZE)
    page.goto(address)
    return page


def run_page(browser: Browser, dagster: str) -> str:
    """The address of the first execution's run page."""
    page = opened(browser, f"{dagster}/runs")
    page.locator("a[href$='/execution_job']").first.wait_for(timeout=60_000)
    links = [str(link.get_attribute("href")) for link in page.locator("a").all()]
    page.close()
    last = max(place for place, link in enumerate(links) if link.endswith("/execution_job"))
    return dagster + next(link for link in reversed(links[:last]) if link.startswith("/runs/"))


def first_review(browser: Browser, review: str) -> str:
    """The address of the most urgent review."""
    page = opened(browser, f"{review}/review?plan=inventory-service")
    address = str(page.locator("a[href^='/review/']").first.get_attribute("href"))
    page.close()
    return review + address


@contextmanager
def served(environment: dict[str, str], folder: str) -> Iterator[tuple[str, str]]:
    """`mge dev`, with the addresses of Dagster and of the review page."""
    with subprocess.Popen([*MGE, "dev"], cwd=folder, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stderr is not None
        addresses: list[str] = []
        while len(addresses) < 2:
            addresses += re.findall(r"http://\S+", process.stderr.readline())
        for address in addresses:
            reachable(address)
        try:
            yield addresses[0], addresses[1]
        finally:
            os.killpg(process.pid, signal.SIGINT)


def reachable(address: str, seconds: float = 120.0) -> None:
    """Wait until an address answers."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    sys.exit(f"error: {address} did not answer within {seconds:.0f} s")


if __name__ == "__main__":
    IMAGES.mkdir(parents=True, exist_ok=True)
    main()

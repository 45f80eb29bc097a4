"""How long the graph page takes until it can be used, in a real browser, and what the server takes of that.

    sh .ci/env python -m mge_tests.bench.graph_page [click requests networkx] [--shots FOLDER] [--home FOLDER]

Each package is imported into a plan and planned up to its waves; the page is opened as a newcomer opens it (a fresh browser, nothing in the server's
memory), then again, then by wave, with a task and with an atom open. Prints wall seconds until the page is usable (drawn, searchable, its list
filled) beside the bound of 2 s, the server's share, and the bytes that were sent. With ``--shots`` each is kept as a picture, light and dark, with
a search and a selection; ``--home`` keeps the installation, so that the next run need not plan again.
"""

import argparse
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from mge_assets.services.workspace import Workspace, open_workspace
from mge_assets.web.app import create_app
from mge_resources.settings import Settings
from mge_tests.bench.imported import mge, sources
from mge_tests.services.walk import plan_all
from mge_tests.web.test_server import free_port

BOUND_SECONDS = 2.0
READY = "#graph[data-ready]"


@dataclass(frozen=True, slots=True)
class Opened:
    """A page opened: wall seconds until usable, those until the server answered with the page and its data, and their bytes."""

    seconds: float
    sent: float
    size: int
    nodes: int


def main() -> None:
    """Import, plan, serve, open, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("packages", nargs="*", default=["click", "requests", "networkx"])
    parser.add_argument("--shots", type=Path)
    parser.add_argument("--home", type=Path)
    asked = parser.parse_args()
    chromium = shutil.which("chromium") or sys.exit("error: no chromium was found; install one")
    with tempfile.TemporaryDirectory() as name:
        folder = asked.home or Path(name)
        measure_all(folder, asked.packages, chromium, asked.shots)


def measure_all(folder: Path, packages: list[str], chromium: str, shots: Path | None) -> None:
    """Every package's pages, in one installation."""
    with open_workspace(Settings(home=folder / ".mge", sandbox="off", user="bench")) as workspace:
        plans = [plan_all(workspace, imported(package, folder)) for package in packages]
        with served(workspace) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for plan in plans:
                measure(workspace, browser, address, plan)
                if shots:
                    picture(browser, f"{address}/plans/{quote(plan)}/graph", shots, plan)
            browser.close()


def imported(package: str, folder: Path) -> Path:
    """The package as a plan file."""
    mge(folder, {"MGE_HOME": f"{folder}/.mge"}, "import", str(sources(package)), "-o", f"{package}.yaml")
    return folder / f"{package}.yaml"


@contextmanager
def served(workspace: Workspace) -> Iterator[str]:
    """The review pages' address."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(workspace), host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def measure(workspace: Workspace, browser: Browser, address: str, plan: str) -> None:
    """Print what each way into the plan's graph takes."""
    base = f"{address}/plans/{quote(plan)}/graph"
    atoms = workspace.dependencies.graph(plan).atoms
    waves = workspace.dependencies.waves(plan).waves
    widest = max(waves, key=lambda wave: len(wave.atoms))
    ways = {"first": "", "again": "", "by wave": "?show=wave", "a wave": f"?wave={widest.number}", "an atom": f"?atom={quote(atoms[len(atoms) // 2])}"}
    ways |= {"all atoms": "?show=atoms"}
    for label, query in ways.items():
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        told = opened(page, base + query)
        page.close()
        ratio = told.seconds / BOUND_SECONDS
        print(
            f"{plan}, {len(atoms):,} atoms, {label}: {told.seconds:.2f} s until usable (bound {BOUND_SECONDS:.0f} s, ratio {ratio:.2f}), "
            f"sent after {told.sent:.2f} s, {told.size / 1024:,.0f} KB, {told.nodes:,} nodes drawn",
            flush=True,
        )


def opened(page: Page, address: str) -> Opened:
    """Open it and wait until it can be used."""
    begin = time.perf_counter()
    reply = page.goto(address, wait_until="commit")
    sent = time.perf_counter() - begin
    page.wait_for_selector(READY, timeout=60_000)
    seconds = time.perf_counter() - begin
    assert reply is not None
    size = len(reply.body())
    nodes = int(page.evaluate("document.getElementById('graph').cy.nodes().not('.heading').length"))
    return Opened(seconds, sent, size, nodes)


def picture(browser: Browser, base: str, folder: Path, plan: str) -> None:
    """Pictures of the plan's graph, by task and by wave, light and dark, at rest and with a search and a selection."""
    folder.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        for show in ("task", "wave"):
            page = browser.new_page(viewport={"width": 1400, "height": 1000}, color_scheme=scheme)
            opened(page, f"{base}?show={show}")
            page.screenshot(path=folder / f"{plan}_{show}_{scheme}.png")
            page.focus("#graph")
            for key in ("ArrowRight", "ArrowRight"):
                page.keyboard.press(key)
            page.fill("#find", "init")
            page.wait_for_selector("#found:not([hidden])")
            page.screenshot(path=folder / f"{plan}_{show}_chosen_{scheme}.png")
            page.close()


if __name__ == "__main__":
    main()

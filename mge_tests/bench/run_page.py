"""Does Dagster's run page open for a run of 800 steps and more? Runs imported click, opens its execution in a real browser, prints how long that took.

sh .ci/env python -m mge_tests.bench.run_page
"""

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

from playwright.sync_api import Browser, sync_playwright

from mge_tests.bench.imported import report, run_import

PACKAGE = "click"


def main() -> None:
    """Run, serve, open, print."""
    chromium = shutil.which("chromium") or sys.exit("error: no chromium was found; install one")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder, environment = Path(name), {"MGE_HOME": f"{name}/.mge"}
        result = run_import(PACKAGE, folder, **environment)
        print(report(PACKAGE, result))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        with served({**os.environ, **environment}, folder) as address:
            opened(browser, address, int(result.summary["atoms"]["total"]))
        browser.close()


def opened(browser: Browser, address: str, atoms: int) -> None:
    """Open the page of the newest execution, and wait until it shows its steps and their number."""
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.goto(f"{address}/runs")
    page.locator("a[href$='/execution_job']").first.wait_for(timeout=60_000)
    links = [str(link.get_attribute("href")) for link in page.locator("a").all()]
    first = next(place for place, link in enumerate(links) if link.endswith("/execution_job"))
    run = next(link for link in reversed(links[:first]) if link.startswith("/runs/"))
    begin = time.perf_counter()
    page.goto(address + run)
    page.get_by_text(re.compile(r"gen")).first.wait_for(timeout=120_000)
    shown = time.perf_counter() - begin
    steps = page.get_by_text(re.compile(r"Succeeded \([1-9][\d,]*\)"))
    steps.first.wait_for(timeout=120_000)
    print(f"run page: {steps.first.inner_text()} of {atoms} atoms, first step on screen after {shown:.1f} s, counted after {time.perf_counter() - begin:.1f} s")


@contextmanager
def served(environment: dict[str, str], folder: Path) -> Iterator[str]:
    """`mge dev`, with Dagster's address."""
    command = [sys.executable, "-m", "mge_assets.cli", "dev"]
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stderr is not None
        found = re.search(r"http://\S+", process.stderr.readline())
        assert found is not None
        try:
            _reach(found.group())
            yield found.group()
        finally:
            os.killpg(process.pid, signal.SIGINT)


def _reach(address: str, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.5)
        else:
            return


if __name__ == "__main__":
    main()

"""What is left when a run's process is killed in the middle: everything that was done, and a run that goes on from there."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mge_assets.examples import example
from mge_resources.database import EmbeddedPostgres

PLAN = example("inventory")
NAME = "inventory-service"


@pytest.fixture
def installation(tmp_path: Path):
    """A fresh installation with an embedded database of its own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    yield {**kept, "MGE_HOME": str(tmp_path / "mge"), "MGE_MUTATION_SECONDS": "0"}
    EmbeddedPostgres(tmp_path / "mge/postgres/data").stop()


def mge(installation: dict[str, str], *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mge_assets.cli", *map(str, arguments)]
    return subprocess.Popen(command, env=installation, cwd=Path(installation["MGE_HOME"]).parent, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, errors = process.communicate(timeout=200)
    assert process.returncode in (0, 1), errors
    assert "Traceback" not in errors, errors
    summary: dict[str, Any] = json.loads(out)
    return summary


def state(installation: dict[str, str]) -> dict[str, Any]:
    """Where every atom stands, by id; its confidence too, which covers its code, its checks and its attempts."""
    found = finished(mge(installation, "status", NAME, "--json"))
    return {atom["id"]: (atom["name"], atom["status"], atom["attempts"], atom["confidence"]) for atom in found["atom_states"]}


def wait_until_some_atoms_are_done(installation: dict[str, str], process: subprocess.Popen[str], wanted: int) -> None:
    """Wait for structured log lines, which a run writes as its atoms end; ends early if the run does."""
    log = Path(installation["MGE_HOME"]) / "logs/mge.jsonl"
    while process.poll() is None:
        if log.exists() and log.read_text().count('"atom ended"') >= wanted:
            return
        time.sleep(0.005)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The state that a run reaches when nobody disturbs it."""
    home = tmp_path_factory.mktemp("undisturbed") / "mge"
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    installation = {**kept, "MGE_HOME": str(home), "MGE_MUTATION_SECONDS": "0"}
    finished(mge(installation, "run", PLAN, "--out", "made", "--json"))
    found = state(installation)
    EmbeddedPostgres(home / "postgres/data").stop()
    return found


@pytest.mark.parametrize("done", [1, 60, 150])
def test_a_run_killed_in_the_middle_is_taken_up_again_and_ends_the_same(installation: dict[str, str], undisturbed: dict[str, Any], done: int):
    victim = mge(installation, "run", PLAN, "--out", "made", "--json")
    wait_until_some_atoms_are_done(installation, victim, done)
    victim.kill()
    victim.communicate()
    summary = finished(mge(installation, "run", PLAN, "--out", "made", "--json"))
    assert summary["atoms"]["total"] == len(undisturbed)
    assert state(installation) == undisturbed
    assert (Path(installation["MGE_HOME"]).parent / "made/inventory/stock.py").is_file()

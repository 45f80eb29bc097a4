"""A run that is killed between two steps of its bookkeeping goes on as if nothing had happened; the long form goes through every point."""

import json
import signal
import subprocess
import sys
from collections import Counter
from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import text

from mge_resources.database import create_engine
from mge_tests.recovery.environment import run_environment
from mge_tests.recovery.killed_at import POINTS
from mge_tests.services.layered import Layered

PLAN = Layered("points", (3, 2))


@pytest.mark.parametrize("point", ["atoms stored", "call booked", "answer not yet settled", "landing written, not yet committed"])
def test_after_a_kill_at_this_point_the_end_is_the_same_and_nothing_is_paid_twice(point: str, database: str, tmp_path: Path):
    with PLAN.emulator(latency=0.1) as server:
        environment = run_environment(tmp_path, database, server.url)
        arguments = ["run", str(PLAN.write(tmp_path)), "--out", str(tmp_path / "out"), "--json"]
        victim = subprocess.run(
            [sys.executable, "-m", "mge_tests.recovery.killed_at", point, "2", *arguments], env=environment, capture_output=True, check=False
        )
        assert victim.returncode == -signal.SIGKILL
        whole = [sys.executable, "-m", "mge_assets.cli", *arguments]
        done = subprocess.run(whole, env=environment, capture_output=True, text=True, check=True)
        assert json.loads(done.stdout)["status"] == "completed"
        assert {(tmp_path / "out" / file).read_text() for file in PLAN.files} == set(PLAN.files.values())
        engine = create_engine(database)
        with engine.connect() as connection:
            states = Counter(connection.scalars(text("SELECT state::text FROM llm_calls")))
        engine.dispose()
        paid_again = sum(count - 1 for count in Counter(bill.atom for bill in server.ledger.bills).values())
        assert states["reserved"] == 0
        assert paid_again <= states["unknown"]


@pytest.mark.parametrize("point", POINTS)
def test_every_point_is_a_function_that_there_is(point: str):
    module, path, when = POINTS[point]
    holder = import_module(module)
    for name in path.split("."):
        holder = getattr(holder, name)
    assert callable(holder)
    assert when in {"before", "after"}

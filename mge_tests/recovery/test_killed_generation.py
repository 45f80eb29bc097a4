"""A run of generated atoms that is killed with -9 in the middle: it is taken up again, ends the same, and nobody is paid twice."""

import json
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from sqlalchemy import text

from mge_resources.database import create_engine
from mge_tests.recovery.environment import run_environment
from mge_tests.services.layered import Layered

PLAN = Layered("killed", (5, 5))


def test_a_killed_run_goes_on_and_pays_for_no_answer_that_the_journal_knows(database: str, tmp_path: Path):
    with PLAN.emulator(latency=0.3) as server:
        environment = run_environment(tmp_path, database, server.url)
        command = [sys.executable, "-m", "mge_assets.cli", "run", str(PLAN.write(tmp_path)), "--out", str(tmp_path / "out"), "--json"]
        victim = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while len(server.ledger.bills) < 4:
            assert victim.poll() is None
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        summary = json.loads(done.stdout)
        assert summary["status"] == "completed"
        assert {(tmp_path / "out" / file).read_text() for file in PLAN.files} == set(PLAN.files.values())
        engine = create_engine(database)
        with engine.connect() as connection:
            states = Counter(connection.scalars(text("SELECT state::text FROM llm_calls")))
            booked = float(connection.scalar(text("SELECT sum(cost_usd) FROM llm_calls")) or 0)
            runs = connection.scalar(text("SELECT count(*) FROM executions"))
        engine.dispose()
        paid_again = sum(count - 1 for count in Counter(bill.atom for bill in server.ledger.bills).values())
        assert states["reserved"] == 0
        assert paid_again <= states["unknown"] <= 2  # no more than were in flight, and each of those is in the journal
        assert server.ledger.usd <= booked + 1e-4
        assert runs == 1

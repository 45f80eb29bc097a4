"""A database without room pauses the execution in one line, and with room again it goes on without paying twice."""

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import text

from mge_assets.cli.output import EXIT_ENVIRONMENT, narrate_error
from mge_assets.model.errors import HaltedError
from mge_assets.model.executions import ExecutionStatus
from mge_assets.services.workspace import Workspace, open_workspace
from mge_tests.services.layered import Layered, generating
from mge_tests.services.walk import walk

PLAN = Layered("full", (4, 2))
WORDS = 'could not extend file "base/1/2": No space left on device'


def fill(workspace: Workspace) -> None:
    """From now on the server answers as it does where its disk is full, to whoever lands an atom."""
    with workspace.stores.journal._engine.begin() as connection:
        connection.execute(
            text(f"""
            CREATE FUNCTION mge.no_room() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = '{WORDS}'; END $$;
            CREATE TRIGGER full_disk BEFORE INSERT ON mge.atom_retry_history EXECUTE FUNCTION mge.no_room();
        """)
        )


def free(workspace: Workspace) -> None:
    with workspace.stores.journal._engine.begin() as connection:
        connection.execute(text("DROP FUNCTION mge.no_room() CASCADE"))


def test_a_full_disk_pauses_and_says_where_and_how_to_go_on(settings, tmp_path: Path):
    with PLAN.emulator() as server, open_workspace(generating(settings, server)) as workspace:
        path = PLAN.write(tmp_path)
        workspace.plans.register(path)
        fill(workspace)
        with pytest.raises(HaltedError, match=r"the database's disk is full: could not extend.*free some space there, then go on with `mge resume full`"):
            walk(workspace, path, tmp_path / "out")
        workspace.execution.release_all()
        assert workspace.execution.progress("full").status is ExecutionStatus.PAUSED
        free(workspace)
        done = walk(workspace, path, tmp_path / "out")
        assert done.progress.status is ExecutionStatus.COMPLETED
        assert set(Counter(bill.atom for bill in server.ledger.bills).values()) == {1}


def test_a_full_disk_of_ours_is_told_in_one_line(capsys: pytest.CaptureFixture[str]):
    assert narrate_error(OSError(28, "No space left on device", "/home/me/.mge/logs")) == EXIT_ENVIRONMENT
    assert capsys.readouterr().err.strip() == ("error: the disk is full at /home/me/.mge/logs; free some space there, or put MGE_HOME on another disk")

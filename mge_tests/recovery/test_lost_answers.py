"""Nobody knows whether something was stored whose answer was lost: it is stored once all the same, and the caller hears of nothing."""

import time
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from dagster import AssetKey, AssetMaterialization, DagsterEvent, DagsterEventType, DagsterRun
from dagster._core.definitions.asset_checks.asset_check_evaluation import AssetCheckEvaluationPlanned
from dagster._core.events import EventSpecificData, StepMaterializationData
from dagster._core.events.log import EventLogEntry
from dagster._core.execution.plan.objects import StepSuccessData
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import IntegrityError

from mge_assets.model.executions import ExecutionMode, ExecutionStatus
from mge_assets.services.workspace import Workspace, open_workspace
from mge_assets.store.integration import IntegrationRun
from mge_assets.store.leases import NewExecution
from mge_resources.dagster_storage import PooledDagsterStorage
from mge_resources.database import DatabaseError, dagster_url, revive_server
from mge_resources.settings import Settings
from mge_tests.recovery.lost_answers import LosingServer, losing_server
from mge_tests.services.layered import Layered

PLAN = Layered("lost", (2, 1))
NEW = NewExecution("run", 1, ExecutionMode.V2_ATOMS, "claude", 1, 1)


@pytest.fixture
def losing(database: str) -> Iterator[LosingServer]:
    with losing_server(database) as server:
        yield server


@pytest.fixture
def storage(losing: LosingServer, tmp_path) -> Iterator[PooledDagsterStorage]:
    opened = PooledDagsterStorage(dagster_url(losing.url))
    revive_server(opened._event_log_storage._engine, Settings(home=tmp_path, database_url=SecretStr(losing.url)))
    yield opened
    opened.event_log_storage.dispose()


@pytest.fixture
def workspace(losing: LosingServer, settings: Settings, tmp_path) -> Iterator[Workspace]:
    with open_workspace(settings.model_copy(update={"database_url": SecretStr(losing.url)})) as opened:
        opened.plans.register(PLAN.write(tmp_path))
        yield opened


@pytest.fixture
def straight(database: str) -> Iterator[Engine]:
    """Looks without a stand-in."""
    engine = create_engine(dagster_url(database).replace("%3Ddagster", "%3Dmge,dagster"))
    yield engine
    engine.dispose()


def count(straight: Engine, table: str) -> int:
    with straight.connect() as connection:
        return connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0


def entry(run: str, kind: DagsterEventType, data: EventSpecificData) -> EventLogEntry:
    event = DagsterEvent(kind.value, "toy", step_key="step", event_specific_data=data)
    return EventLogEntry(error_info=None, level=10, user_message="", run_id=run, timestamp=time.time(), step_key="step", job_name="toy", dagster_event=event)


EVENTS: dict[str, tuple[DagsterEventType, EventSpecificData, str]] = {
    "one of many": (DagsterEventType.STEP_SUCCESS, StepSuccessData(1.0), "INSERT INTO event_logs"),
    "its number": (DagsterEventType.STEP_SUCCESS, StepSuccessData(1.0), "nextval"),
    "an asset": (DagsterEventType.ASSET_MATERIALIZATION, StepMaterializationData(AssetMaterialization(AssetKey("a"))), "INSERT INTO event_logs"),
    "an asset's row": (DagsterEventType.ASSET_MATERIALIZATION, StepMaterializationData(AssetMaterialization(AssetKey("a"))), "COMMIT"),
    "a planned check": (
        DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
        AssetCheckEvaluationPlanned(asset_key=AssetKey("a"), check_name="sound"),
        "INSERT INTO asset_check",
    ),
}


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_stored_once(name: str, losing: LosingServer, storage: PooledDagsterStorage, straight: Engine):
    kind, data, words = EVENTS[name]
    run = uuid4().hex
    losing.lose(words)
    storage.event_log_storage.store_event(entry(run, kind, data))
    assert len(storage.event_log_storage.get_logs_for_run(run)) == 1
    assert losing.lost == [words.encode()]
    assert count(straight, "asset_check_executions") == (name == "a planned check")


@pytest.mark.parametrize("words", ["INSERT INTO runs", "INSERT INTO run_tags", "COMMIT"])
def test_a_run_is_stored_once_with_its_tags(words: str, losing: LosingServer, storage: PooledDagsterStorage, straight: Engine):
    run = DagsterRun("toy", tags={"plan": "p"})
    losing.lose(words)
    storage.run_storage.add_run(run)
    losing.lose("COMMIT")
    storage.run_storage.add_run_tags(run.run_id, {"more": "m"})
    losing.lose("UPDATE runs")
    storage.run_storage.handle_run_event(run.run_id, DagsterEvent(DagsterEventType.RUN_START.value, "toy"))
    (found,) = storage.run_storage.get_runs()
    assert len(losing.lost) == 3
    assert (found.status.value, found.tags) == ("STARTED", {"plan": "p", "more": "m"})
    assert (count(straight, "runs"), count(straight, "run_tags")) == (1, 2)


def test_what_is_read_is_read_again(losing: LosingServer, storage: PooledDagsterStorage, workspace: Workspace):
    losing.lose("FROM runs")
    losing.lose("FROM atomic_units", 2)
    assert storage.run_storage.get_runs() == []
    assert (workspace.stores.atoms.of_plan("lost"), list(workspace.stores.atoms.plain("lost"))) == ((), [])
    assert len(losing.lost) == 3


def test_a_plan_and_its_history_are_written_once(losing: LosingServer, workspace: Workspace, straight: Engine, tmp_path):
    before = count(straight, "masterplan_history")
    losing.lose("COMMIT")
    workspace.stores.plans.note("lost", "looked at", "somebody", {})
    again = Layered("other", (1,))
    losing.lose("COMMIT")
    assert workspace.plans.register(again.write(tmp_path)).version == 1
    assert len(losing.lost) == 2
    assert count(straight, "masterplan_history") == before + 2


def test_what_a_person_asks_for_is_put_down_once_and_not_refused(losing: LosingServer, workspace: Workspace, straight: Engine):
    losing.lose("COMMIT")
    asked = workspace.stores.executions.ask("lost", NEW)
    assert [each.execution_id for each in workspace.stores.executions.asked()] == [asked]
    losing.lose("COMMIT")
    execution = workspace.stores.executions.start("lost", NEW)
    losing.lose("COMMIT")
    call = workspace.stores.journal.reserve(execution, UUID(int=1), 1, "claude", "digest", 2.0)
    assert call
    losing.lose("COMMIT")
    workspace.stores.integration.add("lost", execution, IntegrationRun(1, 1, 1, 1, 0, 0, 1.0))
    losing.lose("COMMIT")
    workspace.stores.executions.finish(execution, ExecutionStatus.COMPLETED)
    assert len(losing.lost) == 5
    assert [count(straight, table) for table in ("executions", "llm_calls", "integration_runs")] == [1, 1, 1]
    with straight.connect() as connection:
        assert connection.scalar(text("SELECT committed_usd FROM plan_budgets")) == 2


def test_a_mistake_is_raised_at_once_and_not_tried_again(workspace: Workspace, settings: Settings):
    begin = time.monotonic()
    with pytest.raises(IntegrityError):
        workspace.stores.journal.reserve(uuid4(), uuid4(), 1, "claude", "digest", 1.0)
    assert time.monotonic() - begin < settings.database_patience / 2


def test_a_database_that_is_lost_again_and_again_is_given_up_in_one_line(losing: LosingServer, settings: Settings, tmp_path):
    with open_workspace(settings.model_copy(update={"database_url": SecretStr(losing.url), "database_patience": 0.5})) as opened:
        losing.lose("FROM masterplans", 1000)
        with pytest.raises(DatabaseError, match="stays away") as caught:
            opened.stores.plans.names()
        losing.to_lose.clear()
    assert "\n" not in str(caught.value)
    assert 2 <= len(losing.lost) < 100

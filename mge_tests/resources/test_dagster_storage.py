"""Dagster's storage on our database: nothing is lost, nothing is out of order, few connections are open."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from dagster import AssetKey, AssetMaterialization, DagsterEvent, DagsterEventType, EventLogEntry
from dagster._core.events import StepMaterializationData
from dagster._core.execution.plan.objects import StepSuccessData
from dagster._core.storage.event_log.schema import SqlEventLogStorageMetadata
from dagster._core.storage.runs.migration import RUN_PARTITIONS
from dagster._core.storage.runs.schema import RunStorageSqlMetadata
from dagster._core.storage.schedules.schema import ScheduleStorageSqlMetadata
from sqlalchemy import Engine, create_engine, inspect, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from mge_resources.dagster_storage import GatheringEventLogStorage, PooledDagsterStorage
from mge_resources.database import DAGSTER_SCHEMA, dagster_url, ensure_schemas, normalise_url
from mge_tests.resources.starting_server import starting_server


@pytest.fixture(scope="module")
def database(server: str, administrator: Engine) -> Iterator[str]:
    """A database for all of these tests: each uses runs of its own, and Dagster takes a second to make its tables."""
    name = f"mge_storage_{uuid4().hex[:12]}"
    with administrator.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    ensure_schemas(url)
    yield url
    with administrator.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def run() -> str:
    return uuid4().hex


@pytest.fixture
def storage(database: str) -> Iterator[PooledDagsterStorage]:
    opened = PooledDagsterStorage(dagster_url(database))
    yield opened
    opened.event_log_storage.dispose()


def success(run: str, step: str) -> EventLogEntry:
    event = DagsterEvent(DagsterEventType.STEP_SUCCESS.value, "toy", step_key=step, event_specific_data=StepSuccessData(1.0))
    return entry(run, step, event)


def materialization(run: str, asset: str) -> EventLogEntry:
    data = StepMaterializationData(AssetMaterialization(AssetKey(asset)))
    return entry(run, asset, DagsterEvent(DagsterEventType.ASSET_MATERIALIZATION.value, "toy", step_key=asset, event_specific_data=data))


def entry(run: str, step: str, event: DagsterEvent) -> EventLogEntry:
    return EventLogEntry(error_info=None, level=10, user_message="", run_id=run, timestamp=time.time(), step_key=step, job_name="toy", dagster_event=event)


def test_its_tables_are_apart_from_the_applications(storage: PooledDagsterStorage, database: str):
    engine = create_engine(database)
    with engine.connect() as connection:
        tables = connection.execute(text("SELECT table_schema FROM information_schema.tables WHERE table_name IN ('runs', 'event_logs', 'job_ticks')"))
        assert set(tables.scalars()) == {DAGSTER_SCHEMA}
    engine.dispose()


def test_a_gathered_event_is_read_at_once_and_in_its_place(storage: PooledDagsterStorage, run: str):
    events = storage.event_log_storage
    for place in range(30):
        events.store_event(success(run, f"step{place}"))
        if place % 10 == 9:
            events.store_event(materialization(run, f"asset{place}"))
    steps = [stored.dagster_event.step_key for stored in events.get_logs_for_run(run) if stored.dagster_event]
    wanted = [name for place in range(30) for name in ([f"step{place}", f"asset{place}"] if place % 10 == 9 else [f"step{place}"])]
    assert steps == wanted


def test_an_event_is_written_soon_even_if_nothing_follows(storage: PooledDagsterStorage, database: str, run: str):
    storage.event_log_storage.store_event(success(run, "alone"))
    engine = create_engine(dagster_url(database))
    deadline = time.monotonic() + 30
    with engine.connect() as connection:
        while not connection.scalar(text("SELECT count(*) FROM event_logs WHERE run_id = :run"), {"run": run}):
            connection.rollback()
            assert time.monotonic() < deadline
            time.sleep(0.01)
    engine.dispose()


def test_a_hundred_writers_lose_no_event_and_open_few_connections(storage: PooledDagsterStorage, database: str):
    runs = [uuid4().hex for _ in range(5)]

    def write(number: int) -> None:
        for place in range(20):
            storage.event_log_storage.store_event(success(runs[number % 5], f"{number:03d}:{place:03d}"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = [[e.step_key or "" for e in storage.event_log_storage.get_logs_for_run(run)] for run in runs]
    assert sum(map(len, stored)) == 2000
    for run in stored:
        for number in {step.split(":")[0] for step in run}:
            mine = [step for step in run if step.startswith(number)]
            assert mine == sorted(mine)
    engine = create_engine(database)
    with engine.connect() as connection:
        assert (connection.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")) or 0) <= 22
    engine.dispose()


def test_what_can_not_be_written_is_kept_and_raised_to_the_next_who_asks(storage: PooledDagsterStorage, database: str, run: str):
    events = storage.event_log_storage
    assert isinstance(events, GatheringEventLogStorage)
    engine = create_engine(dagster_url(database), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("ALTER TABLE event_logs RENAME TO event_logs_away"))
        events.store_event(success(run, "kept"))
        time.sleep(0.2)
        with pytest.raises(SQLAlchemyError):
            events.get_logs_for_run(run)
        connection.execute(text("ALTER TABLE event_logs_away RENAME TO event_logs"))
    engine.dispose()
    assert [stored.step_key for stored in events.get_logs_for_run(run)] == ["kept"]


def test_a_closed_storage_has_written_everything(database: str, run: str):
    first = PooledDagsterStorage(dagster_url(database))
    first.event_log_storage.store_event(success(run, "last"))
    first.event_log_storage.dispose()
    second = PooledDagsterStorage(dagster_url(database))
    assert [stored.step_key for stored in second.event_log_storage.get_logs_for_run(run)] == ["last"]
    second.event_log_storage.dispose()


def test_a_lost_connection_costs_no_event(storage: PooledDagsterStorage, database: str, run: str):
    storage.event_log_storage.store_event(success(run, "before"))
    assert len(storage.event_log_storage.get_logs_for_run(run)) == 1
    engine = create_engine(database, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        connection.execute(text(others))
    engine.dispose()
    storage.event_log_storage.store_event(success(run, "after"))
    assert [stored.step_key for stored in storage.event_log_storage.get_logs_for_run(run)] == ["before", "after"]


@pytest.fixture
def bare(server: str, administrator: Engine) -> Iterator[str]:
    """A database without Dagster's tables."""
    name = f"mge_bare_{uuid4().hex[:12]}"
    with administrator.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    ensure_schemas(url)
    yield dagster_url(url)
    with administrator.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found


@pytest.mark.parametrize("made", [1, 5, 9, 14])
def test_tables_that_a_killed_process_left_half_made_are_completed(bare: str, made: int):
    engine = create_engine(bare, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for table in [table for metadata in (RunStorageSqlMetadata, SqlEventLogStorageMetadata) for table in metadata.sorted_tables][:made]:
            table.create(connection, checkfirst=True)
            for index in table.indexes:
                index.drop(connection)  # they come after their table
    engine.dispose()
    storage = PooledDagsterStorage(bare)
    storage.event_log_storage.add_dynamic_partitions("masterplan", ["one"])
    assert storage.event_log_storage.get_dynamic_partitions("masterplan") == ["one"]
    assert storage._run_storage.has_built_index(RUN_PARTITIONS)
    storage.event_log_storage.dispose()
    indexed = create_engine(bare)
    runs = RunStorageSqlMetadata.tables["runs"]
    assert {index["name"] for index in inspect(indexed).get_indexes("runs")} >= {index.name for index in runs.indexes}
    indexed.dispose()


def test_a_process_that_dies_while_it_makes_the_tables_leaves_none(bare: str, monkeypatch: pytest.MonkeyPatch):
    def die(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ScheduleStorageSqlMetadata, "create_all", die)
        with pytest.raises(KeyboardInterrupt):
            PooledDagsterStorage(bare)
    assert tables(bare) == set()
    PooledDagsterStorage(bare).event_log_storage.dispose()
    assert tables(bare) >= {"runs", "event_logs", "jobs", "dynamic_partitions", "alembic_version"}


def test_tables_of_another_version_of_dagster_are_left_to_its_own_migration(bare: str):
    PooledDagsterStorage(bare).event_log_storage.dispose()
    engine = create_engine(bare)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
        connection.execute(text("DROP TABLE asset_check_executions"))
    engine.dispose()
    PooledDagsterStorage(bare).event_log_storage.dispose()
    assert "asset_check_executions" not in tables(bare)


def test_a_server_that_goes_away_while_storage_is_opened_is_waited_for(tcp_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dagster_postgres.utils.calculate_delay", lambda **_: 0.0)
    own = make_url(tcp_server).set(database=f"mge_{uuid4().hex[:12]}")
    administrator = create_engine(normalise_url(tcp_server), isolation_level="AUTOCOMMIT")
    with administrator.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {own.database}"))
    administrator.dispose()
    six_tries_and_more = range(1, 9)  # the schemas can be made, then it is away for longer than Dagster's own patience
    with starting_server(own.render_as_string(hide_password=False), six_tries_and_more) as (url, told):
        monkeypatch.setenv("MGE_DATABASE_URL", url)
        monkeypatch.setenv("MGE_HOME", str(tmp_path))
        storage = PooledDagsterStorage.from_config_value(None, {})
        assert storage.run_storage.get_runs() == []
        storage.event_log_storage.dispose()
    assert told[:10] == ["passed on", *["refused"] * 8, "passed on"]

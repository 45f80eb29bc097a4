"""Where Dagster keeps its runs, events and schedules: our own database, apart in a schema, through a small pool.

Named in ``dagster.yaml``. Starts the embedded server when no database URL is set, so that plain ``dagster dev`` works.
dagster-postgres opens a connection for every statement, which costs two thirds of its throughput (34 steps/s against 111).
"""

import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any

import sqlalchemy
from dagster import DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import DagsterPostgresException
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from mge_resources.dagster_rows import OnceEventLogStorage, WholeRunStorage
from mge_resources.dagster_tables import make_tables, mark_applied
from mge_resources.database import DatabaseError, dagster_url, database_url, ensure_schemas, revive_server, through_losses
from mge_resources.settings import Settings, read_settings

_POOL = {"pool_size": 4, "max_overflow": 16, "pool_recycle": 1800, "pool_pre_ping": True}
"""One loop writes nearly everything, through one connection; the daemon's threads and blocking steps come beside it."""

_GATHER_SECONDS = 0.05
"""How long an event of a step may wait for company. What a kill -9 may lose is the log of the last moment, never a state."""

_MINOR = {
    DagsterEventType.STEP_START,
    DagsterEventType.STEP_INPUT,
    DagsterEventType.STEP_OUTPUT,
    DagsterEventType.STEP_SUCCESS,
    DagsterEventType.LOADED_INPUT,
    DagsterEventType.HANDLED_OUTPUT,
    DagsterEventType.HOOK_COMPLETED,
    DagsterEventType.HOOK_SKIPPED,
}
"""Step-level bookkeeping, the bulk of all events. Everything else is written at once, after all that came before it."""


class PooledDagsterStorage(DagsterPostgresStorage):
    """Dagster's three storages on one engine.

    Args:
        postgres_url: SQLAlchemy URL of the database, with Dagster's schema in its search path.
        inst_data: how Dagster found this class.
    """

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        unmarked = make_tables(postgres_url)
        super().__init__(postgres_url, should_autocreate_tables=False, inst_data=inst_data)
        self._run_storage = WholeRunStorage(postgres_url, should_autocreate_tables=False)
        self._event_log_storage = GatheringEventLogStorage(postgres_url, should_autocreate_tables=False)
        engine = sqlalchemy.create_engine(postgres_url, isolation_level="AUTOCOMMIT", **_POOL)
        for storage in (self._run_storage, self._event_log_storage, self._schedule_storage):
            storage._engine = engine  # there is no other way in
        if unmarked:
            mark_applied(self)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Nothing to configure here: the settings come from the environment."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> "PooledDagsterStorage":  # noqa: ARG003
        """Opens the installation's database, started if need be; one that goes away meanwhile is tried again. Raises SettingsError, DatabaseError."""
        settings = read_settings()
        ensure_schemas(database_url(settings), settings.database_patience)
        storage = through_losses(lambda: cls._opened(settings, inst_data), settings.database_patience)
        revive_server(storage._event_log_storage._engine, settings)
        return storage

    @classmethod
    def _opened(cls, settings: Settings, inst_data: ConfigurableClassData | None) -> "PooledDagsterStorage":
        try:
            return cls(dagster_url(database_url(settings)), inst_data)
        except DagsterPostgresException as error:  # its own patience with a connection is over, after 6 s
            raise error.__cause__ or error from None


class GatheringEventLogStorage(OnceEventLogStorage):
    """Writes the events of steps together, in one statement, in the order in which they came.

    One by one an event costs 1.5 ms, gathered 0.5 ms, and a step has three or more. Whoever reads or writes through this
    storage first waits until everything gathered is written; a failure to write is raised there, and nothing is dropped.
    """

    def __init__(self, postgres_url: str, should_autocreate_tables: bool = True) -> None:
        self._gathered: list[dict[str, Any]] = []
        self._adding, self._writing = threading.Lock(), threading.RLock()
        super().__init__(postgres_url, should_autocreate_tables)

    def store_event(self, event: EventLogEntry) -> None:
        """Stores one event: a step's bookkeeping within 50 ms, everything else at once."""
        if event.is_dagster_event and event.dagster_event_type not in _MINOR:
            self._write()
            super().store_event(event)
            return
        row = self._event_to_row(event)
        with self._adding:
            self._gathered.append(row)
            first = len(self._gathered) == 1
        if first:
            timer = threading.Timer(_GATHER_SECONDS, self._write_later)
            timer.daemon = True
            timer.start()

    def _write_later(self) -> None:
        with suppress(SQLAlchemyError, DagsterPostgresException, DatabaseError):  # kept, and raised to whoever uses the storage next
            self._write()

    def _write(self) -> None:
        with self._writing:
            with self._adding:
                rows, self._gathered = self._gathered, []
            try:
                if rows:
                    self.insert_once(rows)
            except BaseException:
                with self._adding:
                    self._gathered = rows + self._gathered
                raise

    def _connect(self) -> AbstractContextManager[Connection]:
        self._write()  # or waits for whoever writes just now
        return super()._connect()

    def dispose(self) -> None:
        """Writes what is gathered and closes every connection."""
        self._write()
        super().dispose()
        self._engine.dispose()

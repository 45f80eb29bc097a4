"""Dagster's rows of a run and of an event, each written once even where the answer of the database was lost.

Dagster's own statements are committed one by one and tell nothing of what was lost between two of them: a run without its tags, an event twice, two plans
of one check (which Dagster takes for an error of its own). Here a run is written with its tags in one transaction, and an event under an id that is known
before. What is left of Dagster's statements the connection repeats by itself where it may (see ``database.lasting``).
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from dagster import DagsterEvent, DagsterRun
from dagster._core.errors import DagsterRunAlreadyExists
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable, AssetEventTagsTable, SqlEventLogStorageTable
from dagster_postgres.event_log import PostgresEventLogStorage
from dagster_postgres.run_storage import PostgresRunStorage
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import Connection

from mge_resources.database import patience_of, through_losses
from mge_resources.database.arrays import by_column, given_rows

R = TypeVar("R")
Row = dict[str, Any]


_COLUMNS = tuple(SqlEventLogStorageTable.columns)
_NAMES = tuple(each.name for each in _COLUMNS)
_INSERT_ONCE = insert(SqlEventLogStorageTable).from_select(_NAMES, select(*given_rows(_COLUMNS).c)).on_conflict_do_nothing(index_elements=["id"])


class WholeRunStorage(PostgresRunStorage):
    """Writes what belongs to a run, its tags and its state, in one transaction each."""

    def __init__(self, postgres_url: str, should_autocreate_tables: bool = True) -> None:
        self._whole = threading.local()
        super().__init__(postgres_url, should_autocreate_tables)

    def add_run(self, dagster_run: DagsterRun) -> DagsterRun:
        """Adds a run. Raises DagsterRunAlreadyExists where it was there before."""
        tries: list[str] = []

        def add() -> DagsterRun:
            tries.append(dagster_run.run_id)
            try:
                return super(WholeRunStorage, self).add_run(dagster_run)
            except DagsterRunAlreadyExists:
                if len(tries) == 1:
                    raise
                return dagster_run  # by the try before this one, whose answer was lost

        return self._at_once(add)

    def add_run_tags(self, run_id: str, new_tags: Mapping[str, str]) -> None:
        """Adds tags to a run."""
        self._at_once(partial(super().add_run_tags, run_id, new_tags))

    def handle_run_event(self, run_id: str, event: DagsterEvent, update_timestamp: datetime | None = None) -> None:
        """Brings the run to the state that the event tells of."""
        self._at_once(partial(super().handle_run_event, run_id, event, update_timestamp))

    def connect(self) -> AbstractContextManager[Connection]:
        """A connection that commits each statement by itself, or all together where a run is written."""
        return self._transaction() if getattr(self._whole, "entered", False) else super().connect()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with super().connect() as connection:
            together = connection.execution_options(isolation_level="READ COMMITTED")
            with together.begin():
                yield together

    def _at_once(self, work: Callable[[], R]) -> R:
        def whole() -> R:
            self._whole.entered = True
            try:
                return work()
            finally:
                self._whole.entered = False

        return through_losses(whole, patience_of(self._engine))


class OnceEventLogStorage(PostgresEventLogStorage):
    """Stores each event once, whatever becomes of the connection meanwhile."""

    def insert_once(self, rows: Sequence[Row]) -> None:
        """Insert rows of events that may have been inserted before, all together. Each that has no id yet is given its own, in their order.

        Row by row, each would be a transaction of its own (0.2 ms of the server's processor).
        """
        nameless = [row for row in rows if "id" not in row]
        with super()._connect() as connection:
            if nameless:
                numbers = select(func.nextval("event_logs_id_seq")).select_from(func.generate_series(1, len(nameless)))
                for row, number in zip(nameless, connection.scalars(numbers).all(), strict=True):
                    row["id"] = number
            connection.execute(_INSERT_ONCE, by_column([{name: row.get(name) for name in _NAMES} for row in rows]))

    def store_event(self, event: EventLogEntry) -> None:
        """Stores an event, and what Dagster keeps beside it of assets and their checks."""
        row: Row = self._event_to_row(event)
        self.insert_once([row])
        if not event.is_dagster_event:
            return
        kind, patience = event.dagster_event_type, patience_of(self._engine)
        if kind in ASSET_EVENTS and event.get_dagster_event().asset_key:
            through_losses(partial(self._store_asset, event, row["id"]), patience)
        if kind in ASSET_CHECK_EVENTS:
            through_losses(partial(self._store_check, event, row["id"], []), patience)

    def _store_asset(self, event: EventLogEntry, number: int) -> None:
        with self.index_transaction() as connection:
            if self._tags_for_asset_event(event):
                connection.execute(delete(AssetEventTagsTable).where(AssetEventTagsTable.c.event_id == number))
            self._store_asset_event_tags(connection, [event], [number])
            self._store_asset_event(connection, event, number)

    def _store_check(self, event: EventLogEntry, number: int, tries: list[int]) -> None:
        table = AssetCheckExecutionsTable
        tries.append(number)
        if len(tries) > 1:
            with self.index_connection() as connection:
                if connection.scalar(select(table.c.id).where(table.c.evaluation_event_storage_id == number)) is not None:
                    return  # by the try before this one, whose answer was lost
        self.store_asset_check_event(event, number)

"""Dagster's own tables, made all or none.

dagster-postgres makes them one by one, each committed at once, and never looks again once the first is there: a process or a server that dies in between
leaves an installation that asks for ``dagster instance migrate`` for ever.
"""

import dagster_postgres.run_storage
import sqlalchemy
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from dagster._core.storage.event_log.migration import ASSET_DATA_MIGRATIONS, EVENT_LOG_DATA_MIGRATIONS
from dagster._core.storage.event_log.schema import SqlEventLogStorageMetadata
from dagster._core.storage.runs import migration as runs
from dagster._core.storage.runs.schema import RunStorageSqlMetadata, SecondaryIndexMigrationTable
from dagster._core.storage.schedules import migration as schedules
from dagster._core.storage.schedules.schema import ScheduleStorageSqlMetadata
from dagster._core.storage.sql import stamp_alembic_rev
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import pg_alembic_config
from sqlalchemy import Connection, inspect, select, text

TABLES_LOCK = 0x6D676574  # "mget": an advisory lock, for processes that are the first at once
_METADATA = (RunStorageSqlMetadata, SqlEventLogStorageMetadata, ScheduleStorageSqlMetadata)
_NAMES = frozenset(name for metadata in _METADATA for name in metadata.tables)
_MIGRATIONS = (
    runs.REQUIRED_DATA_MIGRATIONS,
    runs.OPTIONAL_DATA_MIGRATIONS,
    EVENT_LOG_DATA_MIGRATIONS,
    ASSET_DATA_MIGRATIONS,
    schedules.REQUIRED_SCHEDULE_DATA_MIGRATIONS,
    schedules.OPTIONAL_SCHEDULE_DATA_MIGRATIONS,
)
_APPLIED = frozenset(name for migrations in _MIGRATIONS for name in migrations)


def make_tables(url: str) -> bool:
    """Make what is missing of Dagster's tables in the first schema of the search path, in one transaction; answers whether `mark_applied` is to follow.

    Tables of another version of Dagster are left as they are. Raises SQLAlchemy's errors where the server goes away.
    """
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": TABLES_LOCK})
            there = set(inspect(connection).get_table_names())
            if not there >= _NAMES and _is_ours(connection):
                _complete(connection)
            return _unmarked(connection)
    finally:
        engine.dispose()


def mark_applied(storage: DagsterPostgresStorage) -> None:
    """Bring the data to what Dagster reads today and put that down; what was put down before is left out."""
    storage.run_storage.migrate()
    storage.run_storage.optimize()
    storage.event_log_storage.reindex_events()
    storage.event_log_storage.reindex_assets()
    storage.schedule_storage.migrate()
    storage.schedule_storage.optimize()


def _is_ours(connection: Connection) -> bool:
    """Whether the tables that are there are those of this version of Dagster, or there are none."""
    found = MigrationContext.configure(connection).get_current_revision()
    return found is None or found == ScriptDirectory.from_config(_alembic()).get_current_head()


def _complete(connection: Connection) -> None:
    for metadata in _METADATA:
        metadata.create_all(connection)
        for table in metadata.tables.values():
            for index in table.indexes:
                index.create(connection, checkfirst=True)
    stamp_alembic_rev(_alembic(), connection)


def _unmarked(connection: Connection) -> bool:
    table = SecondaryIndexMigrationTable
    return not set(connection.scalars(select(table.c.name).where(table.c.migration_completed.is_not(None)))) >= _APPLIED


def _alembic() -> Config:
    return pg_alembic_config(dagster_postgres.run_storage.__file__)

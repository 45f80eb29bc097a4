"""URLs, engines and schemas: from the settings to a pooled SQLAlchemy engine, for the embedded server and for a real one alike.

One database holds both: the application's tables in schema ``mge``, Dagster's storage in schema ``dagster``. Which tables there are is not known here.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy import URL, Dialect, Engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import ArgumentError, OperationalError

from mge_resources.database.embedded import EmbeddedPostgres
from mge_resources.database.errors import DatabaseError, DiskFullError
from mge_resources.database.lasting import make_lasting
from mge_resources.database.losses import PATIENCE_SECONDS, connect_through, first_line, through_losses
from mge_resources.settings import Settings

DRIVER = "postgresql+psycopg2"  # plain postgresql:// means psycopg 3 since SQLAlchemy 2.1, which dagster-postgres can't speak
APPLICATION_SCHEMA = "mge"
DAGSTER_SCHEMA = "dagster"
SCHEMA_LOCK = 0x6D6765  # "mge": an advisory lock, because making a schema fails when two do it at once
DISK_FULL = "53100"
"""PostgreSQL's code for a disk without room."""
_ACCEPTED = frozenset({"postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"})


def embedded_postgres(settings: Settings) -> EmbeddedPostgres:
    """This process's handle on the installation's embedded server (always the same one)."""
    return _embedded(settings.root / "postgres" / "data")


@cache
def _embedded(data_dir: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(data_dir)


def database_url(settings: Settings) -> str:
    """The database's URL: that of MGE_DATABASE_URL, or of the embedded server, which is started if need be. Raises DatabaseError."""
    if settings.database_url is None:
        return embedded_postgres(settings).ensure_running()
    return normalise_url(settings.database_url.get_secret_value())


def normalise_url(url: str) -> str:
    """``url`` with the driver that everything here speaks. Raises DatabaseError (without the password) if it is no PostgreSQL URL."""
    try:
        parsed = make_url(url.strip())
    except (ArgumentError, ValueError):
        raise DatabaseError("MGE_DATABASE_URL is no URL", "write it as postgresql://user:password@host:5432/name") from None
    if parsed.drivername not in _ACCEPTED:
        raise DatabaseError(f"MGE_DATABASE_URL names {parsed.drivername}, not PostgreSQL", "write it as postgresql://user:password@host:5432/name")
    return parsed.set(drivername=DRIVER).render_as_string(hide_password=False)


def create_engine(
    url: str, *, schema: str = APPLICATION_SCHEMA, pool_size: int = 20, max_overflow: int = 30, pool_timeout: float = 60.0, echo: bool = False
) -> Engine:
    """A pooled engine whose connections see ``schema`` first.

    ``pool_size`` connections are kept; with ``max_overflow`` 50 can be open at once, which serves 100+ threads whose transactions are short (more would only
    queue inside the server). ``pool_timeout`` in seconds. Connections are tested before use, so a restarted server costs no error.
    """
    engine = sqlalchemy.create_engine(
        _with_search_path(url, schema),
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_timeout=pool_timeout,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={"application_name": "mge", "connect_timeout": 10},
        echo=echo,
    )
    event.listen(engine, "handle_error", _tell_full_disk)
    return engine


def _tell_full_disk(context: ExceptionContext) -> None:
    """What the server says when its disk is full, in words of ours."""
    if getattr(context.original_exception, "pgcode", None) == DISK_FULL:
        said = str(context.original_exception).strip().splitlines()[0]
        raise DiskFullError(f"the database's disk is full: {said}", "free some space there") from context.original_exception


def revive_server(engine: Engine, settings: Settings) -> None:
    """Make whoever works through the engine outlast a server that goes away: the embedded one is started again, for one of somebody's own we wait.

    Connecting then raises DatabaseError at once where the embedded server was stopped on purpose, and after MGE_DATABASE_PATIENCE where one stays away.
    """
    _wait_to_connect(engine, settings.database_patience, None if settings.database_url is not None else embedded_postgres(settings).revive)
    make_lasting(engine, settings.database_patience)


def _wait_to_connect(engine: Engine, patience: float, restart: Callable[[], bool] | None = None) -> None:
    where = f"{engine.url.host}:{engine.url.port}/{engine.url.query.get('host', '')}"

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Dialect, _: object, arguments: list[Any], options: dict[str, Any]) -> DBAPIConnection:
        return connect_through(lambda: dialect.connect(*arguments, **options), patience, where, restart)


def dagster_url(url: str) -> str:
    """The same database as Dagster's storage sees it: its tables are made and found in schema ``dagster``."""
    return _with_search_path(url, DAGSTER_SCHEMA).render_as_string(hide_password=False)


def _with_search_path(url: str, schema: str) -> URL:
    """``url`` with the search path in its options, after those it has."""
    parsed = make_url(normalise_url(url))
    before = parsed.query.get("options", "")
    given = before if isinstance(before, str) else " ".join(before)
    return parsed.update_query_dict({"options": f"{given} -csearch_path={schema}".strip()})


def ensure_schemas(url: str, patience: float = PATIENCE_SECONDS) -> None:
    """Make both schemas if they are missing; safe when many do it at once. A server that is about to come up, or goes away meanwhile, is waited for.

    Raises DatabaseError when the server refuses, or is not there.
    """
    engine = sqlalchemy.create_engine(make_url(normalise_url(url)), poolclass=sqlalchemy.NullPool, connect_args={"connect_timeout": 10})
    _wait_to_connect(engine, patience)
    try:
        through_losses(lambda: _make_schemas(engine), patience)
    except (OperationalError, sqlalchemy.exc.ProgrammingError) as error:
        reason = first_line(error.orig or error)
        raise DatabaseError(f"the database can't be prepared: {reason}", "check MGE_DATABASE_URL and that its user may create schemas") from error
    finally:
        engine.dispose()


def _make_schemas(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SCHEMA_LOCK})
        there = set(connection.execute(text("SELECT nspname FROM pg_namespace")).scalars())
        for schema in {APPLICATION_SCHEMA, DAGSTER_SCHEMA} - there:  # IF NOT EXISTS would ask for the right to create even when there is nothing to do
            connection.execute(text(f"CREATE SCHEMA {schema}"))

"""The database: an embedded PostgreSQL or a real server, and pooled engines on it. No table and no query of the application belongs here."""

from mge_resources.database.embedded import EmbeddedPostgres, ServerStatus
from mge_resources.database.engines import (
    APPLICATION_SCHEMA,
    DAGSTER_SCHEMA,
    create_engine,
    dagster_url,
    database_url,
    embedded_postgres,
    ensure_schemas,
    normalise_url,
    revive_server,
)
from mge_resources.database.errors import DatabaseError, DiskFullError
from mge_resources.database.losses import patience_of, through_losses

__all__ = [
    "APPLICATION_SCHEMA",
    "DAGSTER_SCHEMA",
    "DatabaseError",
    "DiskFullError",
    "EmbeddedPostgres",
    "ServerStatus",
    "create_engine",
    "dagster_url",
    "database_url",
    "embedded_postgres",
    "ensure_schemas",
    "normalise_url",
    "patience_of",
    "revive_server",
    "through_losses",
]

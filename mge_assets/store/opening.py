"""Opening the database: schemas, migrations, and an engine that the stores share."""

from sqlalchemy import Engine, text

from mge_assets.store.migrations import migrate
from mge_resources.database import APPLICATION_SCHEMA, DAGSTER_SCHEMA, create_engine, database_url, ensure_schemas, revive_server, through_losses
from mge_resources.settings import Settings


def open_engine(settings: Settings) -> Engine:
    """An engine on the migrated database. Raises DatabaseError where the server can't be started or reached."""
    url = database_url(settings)
    ensure_schemas(url, settings.database_patience)
    engine = create_engine(url)
    revive_server(engine, settings)
    through_losses(lambda: migrate(engine), settings.database_patience)
    return engine


def reset_database(settings: Settings) -> None:
    """Take out all that is stored, the application's and Dagster's, and leave an empty, migrated database."""
    url = database_url(settings)
    ensure_schemas(url)
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {APPLICATION_SCHEMA}, {DAGSTER_SCHEMA} CASCADE"))
        ensure_schemas(url)
        migrate(engine)
    finally:
        engine.dispose()

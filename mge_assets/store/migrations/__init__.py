"""Alembic's migrations of the ``mge`` schema, and the calls that run them."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from mge_assets.store.tables import Base

_LOCK = 7_236_501
"""Advisory lock: one process migrates, the others wait and then find nothing to do."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config


def newest() -> str:
    """The newest revision's identifier."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the database to a revision, up or down; ``base`` takes everything out. Costs one query where nothing is to do."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
        if revision == "head" and current == newest():
            return
        connection.rollback()
        with connection.begin():
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            config = _config()
            config.attributes["connection"] = connection
            step = command.downgrade if revision == "base" else command.upgrade
            step(config, revision)


def differences(engine: Engine) -> list[object]:
    """What the database lacks or has beside the declared tables; empty where they are equal."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        return list(compare_metadata(context, Base.metadata))

"""Runs migrations on the connection that ``migrate`` hands in."""

from alembic import context

from mge_assets.store.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()

"""Go among the languages of tasks and atoms."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BEFORE = ("python", "typescript", "tsx", "javascript")
TABLES = ("masterplan_tasks", "atomic_units")


def upgrade() -> None:
    op.execute("ALTER TYPE language ADD VALUE IF NOT EXISTS 'go'")


def downgrade() -> None:
    """PostgreSQL takes no value out of an enum, so a new one takes its place; tasks in Go have no place in it and go."""
    for table in TABLES:
        op.execute(f"DELETE FROM {table} WHERE language::text = 'go'")  # noqa: S608 - names of our own
    op.execute("ALTER TYPE language RENAME TO language_with_go")
    op.execute(f"CREATE TYPE language AS ENUM ({', '.join(repr(value) for value in BEFORE)})")
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ALTER COLUMN language TYPE language USING language::text::language")
    op.execute("DROP TYPE language_with_go")

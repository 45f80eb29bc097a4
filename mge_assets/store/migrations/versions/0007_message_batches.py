"""Calls that are sent together, as message batches; executions whose calls go that way."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("executions", sa.Column("batch", sa.Boolean(), server_default="false", nullable=False))
    op.create_table(
        "message_batches",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("provider_id", sa.Text(), server_default="", nullable=False),
        sa.Column("llm_model", sa.Text(), nullable=False),
        sa.Column("call_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["execution_id"], ["executions.execution_id"], name="fk_message_batches_execution_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("batch_id", name="pk_message_batches"),
    )
    op.create_index("ix_message_batches_execution_id", "message_batches", ["execution_id"], unique=False)


def downgrade() -> None:
    op.drop_table("message_batches")
    op.drop_column("executions", "batch")

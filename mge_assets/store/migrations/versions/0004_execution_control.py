"""Executions that can be paused, taken over and forecast; a plan's budget; what was generated is remembered."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ORDER = postgresql.ENUM("go_on", "pause", "cancel", name="execution_order", create_type=False)
SCHEDULE = postgresql.ENUM("wave", "dependency", name="execution_schedule", create_type=False)


def _executions() -> list[sa.Column[Any]]:
    moment = sa.DateTime(timezone=True)
    return [
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", moment, nullable=True),
        sa.Column("order", ORDER, server_default="go_on", nullable=False),
        sa.Column("schedule", SCHEDULE, server_default="wave", nullable=False),
        sa.Column("asked_wave", sa.Integer(), nullable=True),
        sa.Column("target", sa.Text(), server_default="", nullable=False),
        sa.Column("in_flight", sa.Integer(), server_default="0", nullable=False),
        sa.Column("wanted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("forecast", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("worked_seconds", sa.Float(), server_default="0", nullable=False),
        sa.Column("resumed_at", moment, server_default=sa.text("now()"), nullable=False),
    ]


def _calls() -> list[sa.Column[Any]]:
    return [
        sa.Column("atom", sa.Text(), server_default="", nullable=False),
        sa.Column("reply_text", sa.Text(), nullable=True),
        sa.Column("sent", sa.Text(), server_default="", nullable=False),
        sa.Column("batch", sa.Text(), server_default="", nullable=False),
        sa.Column("seconds", sa.Float(), server_default="0", nullable=False),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
    ]


def upgrade() -> None:
    for enum in (ORDER, SCHEDULE):
        enum.create(op.get_bind(), checkfirst=False)
    for column in _executions():
        op.add_column("executions", column)
    op.execute("UPDATE executions SET resumed_at = started_at")
    for column in _calls():
        op.add_column("llm_calls", column)
    op.execute("UPDATE llm_calls SET atom = u.name FROM atomic_units u WHERE u.atom_id = llm_calls.atom_id")
    op.drop_constraint("fk_llm_calls_atom_id", "llm_calls", type_="foreignkey")
    op.create_index("ix_llm_calls_request_digest", "llm_calls", ["request_digest"], unique=False)
    op.create_table(
        "plan_budgets",
        sa.Column("masterplan_id", sa.Uuid(), nullable=False),
        sa.Column("hard_usd", sa.Numeric(precision=14, scale=6), nullable=True),
        sa.Column("committed_usd", sa.Numeric(precision=14, scale=6), server_default="0", nullable=False),
        sa.Column("warned", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(["masterplan_id"], ["masterplans.masterplan_id"], name=op.f("fk_plan_budgets_masterplan_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("masterplan_id", name=op.f("pk_plan_budgets")),
    )
    op.execute("""
        INSERT INTO plan_budgets (masterplan_id, committed_usd)
        SELECT e.masterplan_id, sum(c.cost_usd) FROM llm_calls c JOIN executions e USING (execution_id) GROUP BY 1
    """)
    op.create_table(
        "atom_memory",
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("llm_model", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_atom_memory")),
    )


def downgrade() -> None:
    op.drop_table("atom_memory")
    op.drop_table("plan_budgets")
    op.drop_index("ix_llm_calls_request_digest", table_name="llm_calls")
    op.execute("DELETE FROM llm_calls c WHERE atom_id IS NOT NULL AND NOT EXISTS (SELECT FROM atomic_units u WHERE u.atom_id = c.atom_id)")
    op.create_foreign_key("fk_llm_calls_atom_id", "llm_calls", "atomic_units", ["atom_id"], ["atom_id"], ondelete="CASCADE")
    for column in reversed(_calls()):
        op.drop_column("llm_calls", column.name)
    for column in reversed(_executions()):
        op.drop_column("executions", column.name)
    for enum in (SCHEDULE, ORDER):
        enum.drop(op.get_bind(), checkfirst=False)

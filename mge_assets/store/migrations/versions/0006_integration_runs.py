"""Rounds of integration tests while an execution goes on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "integration_runs",
        sa.Column("run_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("masterplan_id", sa.Uuid(), nullable=False),
        sa.Column("execution_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("atoms_landed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tests_run", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tests_telling", sa.Integer(), server_default="0", nullable=False),
        sa.Column("tests_failed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("probes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unsteady", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("culprits", JSONB(), nullable=False),
        sa.Column("duration_seconds", sa.Float(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["masterplan_id"], ["masterplans.masterplan_id"], name="fk_integration_runs_masterplan_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["execution_id"], ["executions.execution_id"], name="fk_integration_runs_execution_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", name="pk_integration_runs"),
    )
    op.create_index("ix_integration_runs_plan", "integration_runs", ["masterplan_id", "created_at"])
    op.create_index("ix_integration_runs_execution_id", "integration_runs", ["execution_id"])


def downgrade() -> None:
    op.drop_table("integration_runs")

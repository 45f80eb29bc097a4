"""Persons' overrides of findings."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "finding_overrides",
        sa.Column("override_id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("masterplan_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), server_default="", nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["masterplan_id"], ["masterplans.masterplan_id"], name="fk_finding_overrides_masterplan_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("override_id", name="pk_finding_overrides"),
        sa.UniqueConstraint("masterplan_id", "level", "subject", "rule", "message", name="uq_finding_overrides_masterplan_id_level_subject_rule_message"),
    )


def downgrade() -> None:
    op.drop_table("finding_overrides")

"""Orders of waves, base classes, and versions of graphs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WAVE_ORDER = postgresql.ENUM("code", "contract", name="wave_order", create_type=False)


def upgrade() -> None:
    WAVE_ORDER.create(op.get_bind())
    op.add_column("dependency_graphs", sa.Column("wave_order", WAVE_ORDER, server_default="code", nullable=False))
    op.add_column("dependency_graphs", sa.Column("wave_figures", postgresql.JSONB(), server_default="{}", nullable=False))
    op.add_column("atom_dependencies", sa.Column("inherits", sa.Boolean(), server_default="false", nullable=False))
    op.create_table(
        "graph_versions",
        sa.Column("graph_version_id", sa.Uuid(), nullable=False),
        sa.Column("masterplan_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("snapshot", sa.LargeBinary(), nullable=False),
        sa.Column("built_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["masterplan_id"], ["masterplans.masterplan_id"], name=op.f("fk_graph_versions_masterplan_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("graph_version_id", name=op.f("pk_graph_versions")),
        sa.UniqueConstraint("masterplan_id", "digest", name=op.f("uq_graph_versions_masterplan_id_digest")),
    )


def downgrade() -> None:
    op.drop_table("graph_versions")
    op.drop_column("atom_dependencies", "inherits")
    op.drop_column("dependency_graphs", "wave_figures")
    op.drop_column("dependency_graphs", "wave_order")
    WAVE_ORDER.drop(op.get_bind())

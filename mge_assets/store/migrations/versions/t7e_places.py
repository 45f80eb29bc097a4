"""Places that an execution holds of the limit, and the place-seconds that it has used."""

import sqlalchemy as sa
from alembic import op

revision = "t7e_places"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("executions", sa.Column("places", sa.Integer(), server_default="0", nullable=False))
    op.add_column("executions", sa.Column("place_seconds", sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column("executions", "place_seconds")
    op.drop_column("executions", "places")

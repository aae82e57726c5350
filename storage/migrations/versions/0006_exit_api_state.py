"""exit_api_state: whether a store's Exit API answers."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exit_api_state",
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("api_hash", sa.String(length=64), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("because", sa.String(length=256), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_exit_api_state_store_id")
        ),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_exit_api_state")),
    )


def downgrade() -> None:
    op.drop_table("exit_api_state")

"""exit_api_state: whether a store's Exit API answers; orders in the inbox are found."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ORDERS = sa.text("kind = 'order_placed'")


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
    op.create_index(
        "ix_inbox_orders",
        "inbox",
        ["store_id", "customer_id"],
        sqlite_where=ORDERS,
        postgresql_where=ORDERS,
    )


def downgrade() -> None:
    op.drop_index("ix_inbox_orders", table_name="inbox")
    op.drop_table("exit_api_state")

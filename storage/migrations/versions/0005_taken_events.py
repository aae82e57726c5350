"""taken events: which journey took an event in, and which are not signalled to journeys."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BY_TIME = op.f("ix_inbox_store_id_customer_id_at")
_BY_ARRIVAL = op.f("ix_inbox_store_id_customer_id_id")


def upgrade() -> None:
    op.add_column("inbox", sa.Column("taken_by", sa.String(length=64), nullable=True))
    op.add_column(
        "inbox",
        sa.Column("signalled", sa.Boolean(), nullable=False, server_default=sa.true()),
    )
    op.execute(
        "UPDATE inbox SET taken_by = (SELECT MIN(journeys.run_id) FROM journeys"
        " WHERE journeys.store_id = inbox.store_id"
        " AND journeys.customer_id = inbox.customer_id"
        " AND journeys.left_at >= inbox.at)"
        " WHERE dispatched_at IS NULL"  # others are not delivered again
    )
    op.create_index(_BY_ARRIVAL, "inbox", ["store_id", "customer_id", "id"])
    op.drop_index(_BY_TIME, table_name="inbox")


def downgrade() -> None:
    op.create_index(_BY_TIME, "inbox", ["store_id", "customer_id", "at"])
    op.drop_index(_BY_ARRIVAL, table_name="inbox")
    with op.batch_alter_table("inbox") as inbox:
        inbox.drop_column("signalled")
        inbox.drop_column("taken_by")

"""quarantine: what a body was to be, so that it can be tried again; unsettled messages counted."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UNSETTLED = sa.text("status IN ('claimed', 'unknown')")


def upgrade() -> None:
    source = sa.Column("source", sa.String(length=16), server_default="event", nullable=False)
    op.add_column("quarantine", source)
    op.add_column("quarantine", sa.Column("phone_number_id", sa.String(length=256), nullable=True))
    op.execute("UPDATE quarantine SET source = 'notification' WHERE store_id IS NULL")
    op.create_index(
        op.f("ix_quarantine_phone_number_id_id"), "quarantine", ["phone_number_id", "id"]
    )
    op.create_index(
        "ix_messages_unsettled",
        "messages",
        ["status"],
        sqlite_where=UNSETTLED,
        postgresql_where=UNSETTLED,
    )


def downgrade() -> None:
    op.drop_index("ix_messages_unsettled", table_name="messages")
    op.drop_index(op.f("ix_quarantine_phone_number_id_id"), table_name="quarantine")
    op.drop_column("quarantine", "phone_number_id")
    op.drop_column("quarantine", "source")

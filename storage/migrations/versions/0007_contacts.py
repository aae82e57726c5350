"""inbox: the e-mail address of an event, as a keyed hash; who has a contact is read by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inbox", sa.Column("email_hash", sa.String(length=64), nullable=True))
    op.create_index(
        op.f("ix_inbox_store_id_address_hash_customer_id"),
        "inbox",
        ["store_id", "address_hash", "customer_id"],
    )
    op.create_index(
        op.f("ix_inbox_store_id_email_hash_customer_id"),
        "inbox",
        ["store_id", "email_hash", "customer_id"],
    )
    op.drop_index(op.f("ix_inbox_store_id_address_hash"), table_name="inbox")


def downgrade() -> None:
    op.create_index(op.f("ix_inbox_store_id_address_hash"), "inbox", ["store_id", "address_hash"])
    op.drop_index(op.f("ix_inbox_store_id_email_hash_customer_id"), table_name="inbox")
    op.drop_index(op.f("ix_inbox_store_id_address_hash_customer_id"), table_name="inbox")
    op.drop_column("inbox", "email_hash")

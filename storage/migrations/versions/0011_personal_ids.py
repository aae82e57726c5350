"""personal_ids: whether a store's customer ids were ever personal."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "personal_ids",
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_personal_ids_store_id")
        ),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_personal_ids")),
    )


def downgrade() -> None:
    op.drop_table("personal_ids")

"""Who is one person: aliases, user ids of messages; and what Meta charges for a message."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "wa_id_hash": sa.String(length=64),
    "user_id_hash": sa.String(length=64),
    "billable": sa.Boolean(),
    "price_model": sa.String(length=64),
    "price_category": sa.String(length=64),
    "price_type": sa.String(length=64),
}


def upgrade() -> None:
    for name, column_type in _COLUMNS.items():
        op.add_column("messages", sa.Column(name, column_type, nullable=True))
    op.create_table(
        "aliases",
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("identity_hash", sa.String(length=64), nullable=False),
        sa.Column("alias_hash", sa.String(length=64), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_aliases_store_id")
        ),
        sa.PrimaryKeyConstraint("store_id", "identity_hash", "alias_hash", name=op.f("pk_aliases")),
    )


def downgrade() -> None:
    """Opt-outs of numbers stay; those of user ids were written for their numbers, too."""
    op.execute("DELETE FROM opt_outs WHERE address_hash LIKE 'user:%'")
    op.execute("DELETE FROM suppressions WHERE address_hash LIKE 'user:%'")
    op.drop_table("aliases")
    for name in reversed(_COLUMNS):
        op.drop_column("messages", name)

"""growth: what waits is found without looking at what is done."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_PARTIAL = (
    ("ix_inbox_waiting", "id", "dispatched_at IS NULL AND leased_until IS NULL"),
    ("ix_inbox_leased", "leased_until", "dispatched_at IS NULL AND leased_until IS NOT NULL"),
)
_BY_STORE = (("failures", "failed_at"), ("opt_outs", "created_at"), ("holds", "held_at"))


def upgrade() -> None:
    for name, column, which in _PARTIAL:
        where = sa.text(which)
        op.create_index(name, "inbox", [column], postgresql_where=where, sqlite_where=where)
    op.add_column("failures", sa.Column("store_id", sa.String(length=64), nullable=True))
    op.execute(
        "UPDATE failures SET store_id = (SELECT messages.store_id FROM messages"
        " WHERE messages.message_id = failures.message_id)"
    )
    for table, at in _BY_STORE:
        op.create_index(op.f(f"ix_{table}_store_id_{at}"), table, ["store_id", at])


def downgrade() -> None:
    for table, at in _BY_STORE:
        op.drop_index(op.f(f"ix_{table}_store_id_{at}"), table_name=table)
    with op.batch_alter_table("failures") as failures:
        failures.drop_column("store_id")
    for name, *_ in _PARTIAL:
        op.drop_index(name, table_name="inbox")

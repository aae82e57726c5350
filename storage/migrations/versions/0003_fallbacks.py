"""fallbacks: a step may have several messages; one that failed may be tried again, later."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STEP = ["store_id", "customer_id", "trigger_event_id", "step"]
_BEFORE = op.f("uq_messages_store_id_customer_id_trigger_event_id_step")
_NOW = op.f("uq_messages_store_id_customer_id_trigger_event_id_step_fallback")


def upgrade() -> None:
    with _nothing_pointing_there(), op.batch_alter_table("messages") as messages:
        messages.add_column(sa.Column("fallback", sa.Integer(), nullable=False, server_default="0"))
        messages.add_column(sa.Column("fallback_because", sa.String(length=64), nullable=True))
        messages.add_column(
            sa.Column("channel", sa.String(length=64), nullable=False, server_default="whatsapp")
        )
        messages.add_column(sa.Column("again_at", sa.DateTime(timezone=True), nullable=True))
        messages.alter_column("template", existing_type=sa.String(length=512), nullable=True)
        messages.drop_constraint(_BEFORE, type_="unique")
        messages.create_unique_constraint(_NOW, [*_STEP, "fallback"])


def downgrade() -> None:
    """Forget fallbacks. Not while journeys are open: an older release might send a step again."""
    op.execute(
        "DELETE FROM failures WHERE message_id IN"
        " (SELECT message_id FROM messages WHERE fallback > 0)"
    )
    op.execute("DELETE FROM messages WHERE fallback > 0")
    with _nothing_pointing_there(), op.batch_alter_table("messages") as messages:
        messages.drop_constraint(_NOW, type_="unique")
        messages.create_unique_constraint(_BEFORE, _STEP)
        messages.alter_column("template", existing_type=sa.String(length=512), nullable=False)
        messages.drop_column("again_at")
        messages.drop_column("channel")
        messages.drop_column("fallback_because")
        messages.drop_column("fallback")


@contextmanager
def _nothing_pointing_there() -> Iterator[None]:
    """SQLite makes the table anew, which it refuses while a failure points to a message."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        yield
        return
    failures = sa.table("failures", sa.column("message_id"), sa.column("failed_at"))
    pending = [row._asdict() for row in connection.execute(sa.select(failures))]
    connection.execute(sa.delete(failures))
    yield
    if pending:
        connection.execute(sa.insert(failures), pending)

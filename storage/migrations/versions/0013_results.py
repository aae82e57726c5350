"""results: orders, clicks, experiments, and what messages have to say of them."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_AT = sa.DateTime(timezone=True)
_NEW_COLUMNS: tuple[tuple[str, sa.types.TypeEngine[Any]], ...] = (
    ("country", sa.String(length=2)),
    ("click_token", sa.String(length=32)),
    ("experiment_id", sa.String(length=64)),
    ("variant", sa.String(length=64)),
    *((name, _AT) for name in ("delivered_at", "read_at", "clicked_at", "replied_at")),
)
_TABLES = ("assignments", "experiments", "link_clicks", "order_changes", "order_people", "orders")
_TOKENS = "click_token IS NOT NULL"


def upgrade() -> None:
    for name, kind in _NEW_COLUMNS:
        op.add_column("messages", sa.Column(name, kind, nullable=True))
    where = sa.text(_TOKENS)
    op.create_index(
        "ix_messages_click_token",
        "messages",
        ["store_id", "click_token"],
        postgresql_where=where,
        sqlite_where=where,
    )
    _create_orders()
    _create_experiments()
    _keep_links_as_they_are()


def _create_orders() -> None:
    op.create_table(
        "orders",
        *_of_store(),
        sa.Column("order_key", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=256)),
        sa.Column("customer_id", sa.String(length=256), nullable=False),
        sa.Column("event_id", sa.String(length=256)),
        sa.Column("found_by", sa.String(length=16), nullable=False),
        sa.Column("placed_at", _AT, nullable=False),
        sa.Column("state_at", _AT, nullable=False),
        sa.Column("amount", sa.BigInteger()),
        sa.Column("currency", sa.String(length=8)),
        sa.Column("click_token", sa.String(length=32)),
        sa.Column("received_at", _AT, nullable=False),
        sa.PrimaryKeyConstraint("store_id", "order_key", name=op.f("pk_orders")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.store_id"], name=_fk("orders")),
    )
    _index("orders", "store_id", "placed_at")
    _index("orders", "store_id", "customer_id")
    found = sa.text("found_by = 'exit_check'")
    op.create_index(
        "ix_orders_exit_found",
        "orders",
        ["store_id", "placed_at"],
        postgresql_where=found,
        sqlite_where=found,
    )
    op.create_table(
        "order_people",
        *_of_store(),
        sa.Column("order_key", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=256), nullable=False),
        sa.PrimaryKeyConstraint(
            "store_id", "order_key", "customer_id", name=op.f("pk_order_people")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.store_id"], name=_fk("order_people")),
    )
    _index("order_people", "store_id", "customer_id")
    op.create_table(
        "order_changes",
        *_of_store(),
        sa.Column("change_key", sa.String(length=64), nullable=False),
        sa.Column("order_key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("event_id", sa.String(length=256), nullable=False),
        sa.Column("customer_id", sa.String(length=256), nullable=False),
        sa.Column("at", _AT, nullable=False),
        sa.Column("amount", sa.BigInteger()),
        sa.Column("currency", sa.String(length=8)),
        sa.PrimaryKeyConstraint("store_id", "change_key", name=op.f("pk_order_changes")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.store_id"], name=_fk("order_changes")),
    )
    _index("order_changes", "store_id", "at")
    _index("order_changes", "store_id", "order_key")
    op.create_table(
        "link_clicks",
        *_of_store(),
        sa.Column("click_id", sa.String(length=256), nullable=False),
        sa.Column("component", sa.String(length=64)),
        sa.Column("tracking_token", sa.String(length=512)),
        sa.Column("clicked_at", _AT, nullable=False),
        sa.PrimaryKeyConstraint("store_id", "click_id", name=op.f("pk_link_clicks")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.store_id"], name=_fk("link_clicks")),
    )
    _index("link_clicks", "store_id", "clicked_at")


def _create_experiments() -> None:
    op.create_table(
        "experiments",
        *_of_store(),
        sa.Column("experiment_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("design", _JSON, nullable=False),
        sa.Column("followed_for", sa.BigInteger(), nullable=False),
        sa.Column("percentile", sa.Float(), nullable=False),
        sa.Column("started_at", _AT, nullable=False),
        sa.Column("ended_at", _AT),
        sa.PrimaryKeyConstraint("store_id", "experiment_id", name=op.f("pk_experiments")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.store_id"], name=_fk("experiments")),
    )
    _index("experiments", "store_id", "kind")
    op.create_table(
        "assignments",
        *_of_store(),
        sa.Column("experiment_id", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=256), nullable=False),
        sa.Column("variant", sa.String(length=64)),
        sa.Column("held_out", sa.Boolean()),
        sa.Column("loaded_at", _AT),
        sa.Column("claimed_at", _AT),
        sa.PrimaryKeyConstraint("store_id", "experiment_id", "person", name=op.f("pk_assignments")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.store_id"], name=_fk("assignments")),
    )
    _index("assignments", "store_id", "customer_id")
    _index("assignments", "store_id", "experiment_id", "claimed_at")


def _of_store() -> tuple[sa.Column[str]]:
    return (sa.Column("store_id", sa.String(length=64), nullable=False),)


def _fk(table: str) -> str:
    return op.f(f"fk_{table}_store_id_stores")


def _index(table: str, *columns: str) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))


def _keep_links_as_they_are() -> None:
    """Add no token to the links of stores that were configured before there was one."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("""UPDATE stores SET config = config || '{"click_token": null}'::jsonb""")
    else:
        op.execute("UPDATE stores SET config = json_set(config, '$.click_token', NULL)")


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    op.drop_index("ix_messages_click_token", table_name="messages")
    for name, _ in reversed(_NEW_COLUMNS):
        op.drop_column("messages", name)

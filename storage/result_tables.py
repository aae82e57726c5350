"""The tables behind results: orders, what changed them, clicks, and experiments.

Amounts are whole millionths of a currency's major unit: they add up exactly on both databases.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    String,
    Table,
    text,
)

from storage.database import UtcDateTime
from storage.tables import Json, RowId, metadata

orders = Table(
    "orders",
    metadata,
    Column("store_id", ForeignKey("stores.store_id"), primary_key=True),
    Column("order_key", String(64), primary_key=True),
    Column("order_id", String(256)),
    Column("customer_id", String(256), nullable=False),
    Column("event_id", String(256)),
    Column("found_by", String(16), nullable=False),
    Column("placed_at", UtcDateTime, nullable=False),
    Column("state_at", UtcDateTime, nullable=False),
    Column("amount", BigInteger),
    Column("currency", String(8)),
    Column("click_token", String(32)),
    Column("received_at", UtcDateTime, nullable=False),
    Index(None, "store_id", "placed_at"),
    Index(None, "store_id", "customer_id"),
)
"""`order_key` is a keyed hash of the partner's `order_id`, which an erasure empties."""

EXIT_FOUND = "found_by = 'exit_check'"
"""The index's condition. Queries repeat it literally."""

Index(
    "ix_orders_exit_found",
    orders.c.store_id,
    orders.c.placed_at,
    sqlite_where=text(EXIT_FOUND),
    postgresql_where=text(EXIT_FOUND),
)

order_people = Table(
    "order_people",
    metadata,
    Column("store_id", ForeignKey("stores.store_id"), primary_key=True),
    Column("order_key", String(64), primary_key=True),
    Column("customer_id", String(256), primary_key=True),
    Index(None, "store_id", "customer_id"),
)
"""Every customer id of the person who ordered, as far as it was known with the order."""

order_changes = Table(
    "order_changes",
    metadata,
    Column("store_id", ForeignKey("stores.store_id"), primary_key=True),
    Column("change_key", String(64), primary_key=True),
    Column("order_key", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("event_id", String(256), nullable=False),
    Column("customer_id", String(256), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("amount", BigInteger),
    Column("currency", String(8)),
    Index(None, "store_id", "at"),
    Index(None, "store_id", "order_key"),
    Index(None, "store_id", "customer_id"),
)
"""Refunds and cancellations. No amount: all that is left of the order."""

link_clicks = Table(
    "link_clicks",
    metadata,
    Column("store_id", ForeignKey("stores.store_id"), primary_key=True),
    Column("click_id", String(256), primary_key=True),
    Column("component", String(64)),
    Column("tracking_token", String(512)),
    Column("clicked_at", UtcDateTime, nullable=False),
    Index(None, "store_id", "clicked_at"),
)
"""Clicks that Meta tells of, without a person or a message."""

experiments = Table(
    "experiments",
    metadata,
    Column("store_id", ForeignKey("stores.store_id"), primary_key=True),
    Column("experiment_id", String(64), primary_key=True),
    Column("kind", String(64), nullable=False),
    Column("design", Json, nullable=False),
    Column("followed_for", BigInteger, nullable=False),
    Column("percentile", Float, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index(None, "store_id", "kind"),
)
"""`followed_for`: seconds in which a person's orders count; fixed at the start, as `percentile`."""

assignments = Table(
    "assignments",
    metadata,
    Column("store_id", ForeignKey("stores.store_id"), primary_key=True),
    Column("experiment_id", String(64), primary_key=True),
    Column("person", String(64), primary_key=True),
    Column("customer_id", String(256), nullable=False),
    Column("variant", String(64)),
    Column("held_out", Boolean),
    Column("loaded_at", UtcDateTime),
    Column("claimed_at", UtcDateTime),
    Index(None, "store_id", "customer_id"),
    Index(None, "store_id", "experiment_id", "claimed_at"),
)
"""One person, once per experiment. `loaded_at`: the variant was assigned with the plan, since
variants differ in delays; `claimed_at`: at the first claim, and with it `held_out`."""

result_days = Table(
    "result_days",
    metadata,
    Column("store_id", ForeignKey("stores.store_id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("zone", String(64), nullable=False),
    Column("window_seconds", BigInteger, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("computed_at", UtcDateTime, nullable=False),
)
"""What results need to know of a day, computed with this time zone and attribution window. No
personal data. Plain JSON: it is read whole, and `jsonb` would be written out anew."""

result_states = Table(
    "result_states",
    metadata,
    Column("store_id", ForeignKey("stores.store_id"), primary_key=True),
    Column("generation", BigInteger, nullable=False),
)
"""Counts each writing of a store's `result_days`: of several at once the first one counts."""

result_changes = Table(
    "result_changes",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("store_id", ForeignKey("stores.store_id"), nullable=False),
    Column("start_at", UtcDateTime, nullable=False),
    Column("end_at", UtcDateTime, nullable=False),
    Index(None, "store_id"),
)
"""Times about which something changed late: the days from `start_at` to `end_at` are stale."""

"""The tables. Only bodies contain phone numbers and e-mail addresses (inbox, webhooks, quarantine).

The other columns have keyed hashes of them.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from domain.messages.message import WHATSAPP
from storage.database import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Json = JSON().with_variant(JSONB(), "postgresql")
RowId = BigInteger().with_variant(Integer(), "sqlite")

stores = Table(
    "stores",
    metadata,
    Column("store_id", String(64), primary_key=True),
    Column("config", Json, nullable=False),
    Column("phone_number_id", String(64), index=True),
    Column("signing_secret", String(128)),  # read by 0.2.0 alone, until its processes are gone
    Column("hash_key", String(128)),
    Column("sealed_hash_key", Text),
    Column("paused_at", UtcDateTime),
    Column("paused_because", String(256)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

store_keys = Table(
    "store_keys",
    metadata,
    Column("key_id", String(32), primary_key=True),
    Column("store_id", ForeignKey("stores.store_id"), nullable=False, index=True),
    Column("secret_hash", String(64), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

signing_secrets = Table(
    "signing_secrets",
    metadata,
    Column("signing_secret_id", String(32), primary_key=True),
    Column("store_id", ForeignKey("stores.store_id"), nullable=False, index=True),
    Column("secret", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("store_id", ForeignKey("stores.store_id"), nullable=False),
    Column("event_id", String(256), nullable=False),
    Column("customer_id", String(256), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("intent", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("empties_cart", Boolean, nullable=False),
    Column("delivery", String(16), nullable=False),
    Column("ignored_because", String(256)),
    Column("address_hash", String(64)),
    Column("email_hash", String(64)),
    Column("body", Json, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("leased_until", UtcDateTime),
    Column("dispatched_at", UtcDateTime),
    Column("taken_by", String(64)),
    Column("signalled", Boolean, nullable=False, server_default=true()),
    UniqueConstraint("store_id", "event_id"),
    Index(None, "store_id", "customer_id", "id"),
    Index(None, "store_id", "address_hash", "customer_id"),
    Index(None, "store_id", "email_hash", "customer_id"),
)
Index(
    "ix_inbox_undispatched",
    inbox.c.store_id,
    inbox.c.customer_id,
    inbox.c.id,
    sqlite_where=inbox.c.dispatched_at.is_(None),
    postgresql_where=inbox.c.dispatched_at.is_(None),
)
WAITS = "dispatched_at IS NULL AND leased_until IS NULL"
LEASED = "dispatched_at IS NULL AND leased_until IS NOT NULL"
"""What waits for the dispatcher, and what a process delivers: few rows, however many are kept."""

Index("ix_inbox_waiting", inbox.c.id, sqlite_where=text(WAITS), postgresql_where=text(WAITS))
Index(
    "ix_inbox_leased",
    inbox.c.leased_until,
    sqlite_where=text(LEASED),
    postgresql_where=text(LEASED),
)
ORDERS = "kind = 'order_placed'"
"""The index's condition. Queries repeat it literally."""

Index(
    "ix_inbox_orders",
    inbox.c.store_id,
    inbox.c.customer_id,
    sqlite_where=text(ORDERS),
    postgresql_where=text(ORDERS),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("leased_until", UtcDateTime),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("store_id", ForeignKey("stores.store_id")),
    Column("source", String(16), nullable=False, server_default="event"),
    Column("phone_number_id", String(256)),
    Column("body", Text, nullable=False),
    Column("errors", Json, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Index(None, "store_id", "id"),
    Index(None, "phone_number_id", "id"),
)

messages = Table(
    "messages",
    metadata,
    Column("message_id", String(32), primary_key=True),
    Column("store_id", ForeignKey("stores.store_id"), nullable=False),
    Column("customer_id", String(256), nullable=False),
    Column("trigger_event_id", String(256), nullable=False),
    Column("step", Integer, nullable=False),
    Column("fallback", Integer, nullable=False, server_default="0"),
    Column("fallback_because", String(64)),
    Column("kind", String(64), nullable=False),
    Column("channel", String(64), nullable=False, server_default=WHATSAPP),
    Column("template", String(512)),
    Column("language", String(16)),
    Column("address_hash", String(64), nullable=False),
    Column("wa_id_hash", String(64)),
    Column("user_id_hash", String(64)),
    Column("status", String(32), nullable=False),
    Column("because", String(512)),
    Column("error_code", Integer),
    Column("provider_id", String(256), index=True),
    Column("billable", Boolean),
    Column("price_model", String(64)),
    Column("price_category", String(64)),
    Column("price_type", String(64)),
    Column("country", String(2)),
    Column("click_token", String(32)),
    Column("experiment_id", String(64)),
    Column("variant", String(64)),
    Column("due_at", UtcDateTime, nullable=False),
    Column("slot_at", UtcDateTime),
    Column("again_at", UtcDateTime),
    Column("claimed_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("delivered_at", UtcDateTime),
    Column("read_at", UtcDateTime),
    Column("clicked_at", UtcDateTime),
    Column("replied_at", UtcDateTime),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("store_id", "customer_id", "trigger_event_id", "step", "fallback"),
    Index(None, "store_id", "address_hash", "claimed_at"),
    Index(None, "store_id", "claimed_at", "message_id"),
)
Index(
    "ix_messages_click_token",
    messages.c.store_id,
    messages.c.click_token,
    sqlite_where=messages.c.click_token.is_not(None),
    postgresql_where=messages.c.click_token.is_not(None),
)
UNSETTLED = "status IN ('claimed', 'unknown')"
"""The index's condition. Queries repeat it literally: its rows are counted at every scrape."""

Index(
    "ix_messages_unsettled",
    messages.c.status,
    sqlite_where=text(UNSETTLED),
    postgresql_where=text(UNSETTLED),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("store_id", ForeignKey("stores.store_id"), primary_key=True),
    Column("address_hash", String(64), primary_key=True),
    Column("because", String(128), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("lifted_at", UtcDateTime),
    Index(None, "store_id", "created_at"),
)

aliases = Table(
    "aliases",
    metadata,
    Column("store_id", ForeignKey("stores.store_id"), primary_key=True),
    Column("identity_hash", String(64), primary_key=True),
    Column("alias_hash", String(64), primary_key=True),
    Column("learned_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)

journeys = Table(
    "journeys",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("store_id", ForeignKey("stores.store_id"), nullable=False),
    Column("customer_id", String(256), nullable=False),
    Column("kind", String(64)),
    Column("trigger_event_id", String(256)),
    Column("trigger", Json),
    Column("left_at", UtcDateTime),
    Column("outcome", String(16), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("evidence", Json, nullable=False),
    Column("decisions", Json, nullable=False),
    Column("closed_at", UtcDateTime, nullable=False),
    Index(None, "store_id", "customer_id", "closed_at"),
    Index(None, "store_id", "closed_at"),
)

personal_ids = Table(
    "personal_ids",
    metadata,
    Column("store_id", ForeignKey("stores.store_id"), primary_key=True),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
)

pace = Table(
    "pace",
    metadata,
    Column("phone_number_id", String(64), primary_key=True),
    Column("next_at", UtcDateTime, nullable=False),
)

failures = Table(
    "failures",
    metadata,
    Column("message_id", ForeignKey("messages.message_id"), primary_key=True),
    Column("failed_at", UtcDateTime, nullable=False),
    Column("store_id", String(64)),  # null: written by 0.2.0
    Index(None, "store_id", "failed_at"),
)

opt_outs = Table(
    "opt_outs",
    metadata,
    Column("store_id", ForeignKey("stores.store_id"), primary_key=True),
    Column("address_hash", String(64), primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "store_id", "created_at"),
)

template_holds = Table(
    "template_holds",
    metadata,
    Column("store_id", ForeignKey("stores.store_id"), primary_key=True),
    Column("template", String(512), primary_key=True),
    Column("language", String(16), primary_key=True, server_default=""),
    Column("held_by", String(16), nullable=False, server_default="meta"),
    Column("because", String(256), nullable=False),
    Column("held_at", UtcDateTime, nullable=False),
)

template_failures = Table(
    "template_failures",
    metadata,
    Column("store_id", ForeignKey("stores.store_id"), primary_key=True),
    Column("template", String(512), primary_key=True),
    Column("language", String(16), primary_key=True),
    Column("address_hash", String(64), primary_key=True),
    Column("failed_at", UtcDateTime, nullable=False),
)

approved_templates = Table(
    "approved_templates",
    metadata,
    Column("store_id", ForeignKey("stores.store_id"), primary_key=True),
    Column("name", String(512), primary_key=True),
    Column("language", String(16), primary_key=True),
    Column("content", Json, nullable=False),
    Column("status_at", UtcDateTime),
)

template_checks = Table(
    "template_checks",
    metadata,
    Column("store_id", ForeignKey("stores.store_id"), primary_key=True),
    Column("waba_id", String(64), nullable=False, index=True),
    Column("due_at", UtcDateTime, nullable=False, index=True),
    Column("checked_at", UtcDateTime),
    Column("failed_at", UtcDateTime),
    Column("because", String(256)),
)

holds = Table(
    "holds",
    metadata,
    Column("store_id", ForeignKey("stores.store_id"), primary_key=True),
    Column("customer_id", String(256), primary_key=True),
    Column("template", String(512)),
    Column("language", String(16), nullable=False, server_default=""),
    Column("because", String(256), nullable=False),
    Column("held_at", UtcDateTime, nullable=False),
    Index(None, "store_id", "held_at"),
)

exit_api_state = Table(
    "exit_api_state",
    metadata,
    Column("store_id", ForeignKey("stores.store_id"), primary_key=True),
    Column("api_hash", String(64), nullable=False),
    Column("answered_at", UtcDateTime),
    Column("failing_since", UtcDateTime),
    Column("failed_at", UtcDateTime),
    Column("because", String(256)),
)

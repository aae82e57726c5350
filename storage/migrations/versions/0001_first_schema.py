"""first schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stores",
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column(
            "config",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("signing_secret", sa.String(length=128), nullable=False),
        sa.Column("hash_key", sa.String(length=128), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_because", sa.String(length=256), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_stores")),
    )
    op.create_table(
        "holds",
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=256), nullable=False),
        sa.Column("template", sa.String(length=512), nullable=True),
        sa.Column("because", sa.String(length=256), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["stores.store_id"], name=op.f("fk_holds_store_id")),
        sa.PrimaryKeyConstraint("store_id", "customer_id", name=op.f("pk_holds")),
    )
    op.create_table(
        "pace",
        sa.Column("phone_number_id", sa.String(length=64), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("phone_number_id", name=op.f("pk_pace")),
    )
    op.create_table(
        "opt_outs",
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_opt_outs_store_id")
        ),
        sa.PrimaryKeyConstraint("store_id", "address_hash", name=op.f("pk_opt_outs")),
    )
    op.create_table(
        "template_holds",
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("template", sa.String(length=512), nullable=False),
        sa.Column("because", sa.String(length=256), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_template_holds_store_id")
        ),
        sa.PrimaryKeyConstraint("store_id", "template", name=op.f("pk_template_holds")),
    )
    op.create_table(
        "inbox",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=256), nullable=False),
        sa.Column("customer_id", sa.String(length=256), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("intent", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("empties_cart", sa.Boolean(), nullable=False),
        sa.Column("delivery", sa.String(length=16), nullable=False),
        sa.Column("ignored_because", sa.String(length=256), nullable=True),
        sa.Column("address_hash", sa.String(length=64), nullable=True),
        sa.Column(
            "body",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["stores.store_id"], name=op.f("fk_inbox_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("store_id", "event_id", name=op.f("uq_inbox_store_id_event_id")),
    )
    op.create_index(
        op.f("ix_inbox_store_id_customer_id_at"),
        "inbox",
        ["store_id", "customer_id", "at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_inbox_store_id_address_hash"), "inbox", ["store_id", "address_hash"], unique=False
    )
    op.create_index(
        "ix_inbox_undispatched",
        "inbox",
        ["store_id", "customer_id", "id"],
        unique=False,
        sqlite_where=sa.text("dispatched_at IS NULL"),
        postgresql_where=sa.text("dispatched_at IS NULL"),
    )
    op.create_table(
        "journeys",
        sa.Column("run_id", sa.String(length=64), nullable=False),
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=256), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=True),
        sa.Column("trigger_event_id", sa.String(length=256), nullable=True),
        sa.Column(
            "trigger",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=True,
        ),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column(
            "evidence",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "decisions",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_journeys_store_id")
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_journeys")),
    )
    op.create_index(
        op.f("ix_journeys_store_id_closed_at"), "journeys", ["store_id", "closed_at"], unique=False
    )
    op.create_index(
        op.f("ix_journeys_store_id_customer_id_closed_at"),
        "journeys",
        ["store_id", "customer_id", "closed_at"],
        unique=False,
    )
    op.create_table(
        "messages",
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("customer_id", sa.String(length=256), nullable=False),
        sa.Column("trigger_event_id", sa.String(length=256), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("template", sa.String(length=512), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("because", sa.String(length=512), nullable=True),
        sa.Column("error_code", sa.Integer(), nullable=True),
        sa.Column("provider_id", sa.String(length=256), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slot_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_messages_store_id")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_messages")),
        sa.UniqueConstraint(
            "store_id",
            "customer_id",
            "trigger_event_id",
            "step",
            name=op.f("uq_messages_store_id_customer_id_trigger_event_id_step"),
        ),
    )
    op.create_index(op.f("ix_messages_provider_id"), "messages", ["provider_id"], unique=False)
    op.create_index(
        op.f("ix_messages_store_id_address_hash_claimed_at"),
        "messages",
        ["store_id", "address_hash", "claimed_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_messages_store_id_claimed_at_message_id"),
        "messages",
        ["store_id", "claimed_at", "message_id"],
        unique=False,
    )
    op.create_table(
        "quarantine",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column(
            "errors",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_quarantine_store_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    op.create_index(
        op.f("ix_quarantine_store_id_id"), "quarantine", ["store_id", "id"], unique=False
    )
    op.create_table(
        "store_keys",
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_store_keys_store_id")
        ),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_store_keys")),
    )
    op.create_index(op.f("ix_store_keys_store_id"), "store_keys", ["store_id"], unique=False)
    op.create_table(
        "suppressions",
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("because", sa.String(length=128), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_suppressions_store_id")
        ),
        sa.PrimaryKeyConstraint("store_id", "address_hash", name=op.f("pk_suppressions")),
    )
    op.create_table(
        "failures",
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["messages.message_id"], name=op.f("fk_failures_message_id")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_failures")),
    )


def downgrade() -> None:
    op.drop_table("failures")
    op.drop_table("suppressions")
    op.drop_index(op.f("ix_store_keys_store_id"), table_name="store_keys")
    op.drop_table("store_keys")
    op.drop_index(op.f("ix_quarantine_store_id_id"), table_name="quarantine")
    op.drop_table("quarantine")
    op.drop_index(op.f("ix_messages_store_id_claimed_at_message_id"), table_name="messages")
    op.drop_index(op.f("ix_messages_store_id_address_hash_claimed_at"), table_name="messages")
    op.drop_index(op.f("ix_messages_provider_id"), table_name="messages")
    op.drop_table("messages")
    op.drop_index(op.f("ix_journeys_store_id_customer_id_closed_at"), table_name="journeys")
    op.drop_index(op.f("ix_journeys_store_id_closed_at"), table_name="journeys")
    op.drop_table("journeys")
    op.drop_index(
        "ix_inbox_undispatched",
        table_name="inbox",
        sqlite_where=sa.text("dispatched_at IS NULL"),
        postgresql_where=sa.text("dispatched_at IS NULL"),
    )
    op.drop_index(op.f("ix_inbox_store_id_address_hash"), table_name="inbox")
    op.drop_index(op.f("ix_inbox_store_id_customer_id_at"), table_name="inbox")
    op.drop_table("inbox")
    op.drop_table("template_holds")
    op.drop_table("opt_outs")
    op.drop_table("pace")
    op.drop_table("holds")
    op.drop_table("stores")

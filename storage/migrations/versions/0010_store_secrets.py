"""signing secrets in a table, several of a store; the key of a store's hashes may be encrypted."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

FIRST = ("store_id", "signing_secret", "hash_key", "created_at")
STORES = sa.table("stores", *(sa.column(name) for name in (*FIRST, "sealed_hash_key")))
SECRETS = sa.table(
    "signing_secrets",
    *(sa.column(name) for name in ("signing_secret_id", "store_id", "secret", "created_at")),
    sa.column("ended_at"),
)


def upgrade() -> None:
    op.create_table(
        "signing_secrets",
        sa.Column("signing_secret_id", sa.String(length=32), nullable=False),
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_signing_secrets_store_id_stores")
        ),
        sa.PrimaryKeyConstraint("signing_secret_id", name=op.f("pk_signing_secrets")),
    )
    op.create_index(op.f("ix_signing_secrets_store_id"), "signing_secrets", ["store_id"])
    op.add_column("stores", sa.Column("sealed_hash_key", sa.Text(), nullable=True))
    for name in ("signing_secret", "hash_key"):
        _set_nullable(name, nullable=True)
    _copy_first_secrets()


def _copy_first_secrets() -> None:
    """What `stores` has stays there for processes of the release before, which still read it."""
    connection = op.get_bind()
    rows = [
        {
            "signing_secret_id": secrets.token_hex(8),
            "store_id": store.store_id,
            "secret": store.signing_secret,
            "created_at": store.created_at,
        }
        for store in connection.execute(sa.select(STORES))
    ]
    if rows:
        connection.execute(sa.insert(SECRETS), rows)


def _set_nullable(name: str, *, nullable: bool) -> None:
    """On SQLite by another column: a table that others refer to cannot be made anew there."""
    length = sa.String(length=128)
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("stores", name, existing_type=length, nullable=nullable)
        return
    default = None if nullable else ""
    column = sa.Column(f"{name}_copy", length, nullable=nullable, server_default=default)
    op.add_column("stores", column)
    op.execute(f"UPDATE stores SET {name}_copy = {name}")  # noqa: S608  # names of this file
    op.drop_column("stores", name)
    op.execute(f"ALTER TABLE stores RENAME COLUMN {name}_copy TO {name}")


def downgrade() -> None:
    connection = op.get_bind()
    sealed = sa.or_(STORES.c.sealed_hash_key.is_not(None), STORES.c.hash_key.is_(None))
    if connection.execute(sa.select(STORES).where(sealed)).first() is not None:
        raise RuntimeError("the secrets of stores are encrypted; the release before reads none")
    live = sa.select(SECRETS.c.secret).where(SECRETS.c.ended_at.is_(None))
    of_store = live.where(SECRETS.c.store_id == STORES.c.store_id)
    newest = of_store.order_by(SECRETS.c.created_at.desc()).limit(1).scalar_subquery()
    # A store without one gets a secret that was never shown.
    unknown = "whsec_" + secrets.token_hex(24)
    connection.execute(sa.update(STORES).values(signing_secret=sa.func.coalesce(newest, unknown)))
    for name in ("signing_secret", "hash_key"):
        _set_nullable(name, nullable=False)
    op.drop_column("stores", "sealed_hash_key")
    op.drop_index(op.f("ix_signing_secrets_store_id"), table_name="signing_secrets")
    op.drop_table("signing_secrets")

"""webhooks: kept until they are processed; stores found by number; opt-outs that can be lifted."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.add_column("stores", sa.Column("phone_number_id", sa.String(length=64), nullable=True))
    _fill_phone_number_id()
    op.create_index(op.f("ix_stores_phone_number_id"), "stores", ["phone_number_id"], unique=False)
    op.add_column("suppressions", sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("quarantine") as quarantine:
        quarantine.alter_column("store_id", existing_type=sa.String(length=64), nullable=True)


def _fill_phone_number_id() -> None:
    stores = sa.table("stores", sa.column("config", sa.JSON()), sa.column("phone_number_id"))
    known = stores.c.config["whatsapp"]["phone_number_id"].as_string()
    op.execute(stores.update().values(phone_number_id=known))


def downgrade() -> None:
    op.execute("DELETE FROM quarantine WHERE store_id IS NULL")
    with op.batch_alter_table("quarantine") as quarantine:
        quarantine.alter_column("store_id", existing_type=sa.String(length=64), nullable=False)
    op.execute("DELETE FROM suppressions WHERE lifted_at IS NOT NULL")
    op.drop_column("suppressions", "lifted_at")
    op.drop_index(op.f("ix_stores_phone_number_id"), table_name="stores")
    op.drop_column("stores", "phone_number_id")
    op.drop_table("webhooks")

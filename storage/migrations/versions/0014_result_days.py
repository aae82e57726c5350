"""result_days: results rolled up by day, and what makes them stale."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "result_days",
        _of_store(),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("window_seconds", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("computed_at", _AT, nullable=False),
        sa.PrimaryKeyConstraint("store_id", "day", name=op.f("pk_result_days")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.store_id"], name=_fk("result_days")),
    )
    op.create_table(
        "result_states",
        _of_store(),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_result_states")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.store_id"], name=_fk("result_states")),
    )
    op.create_table(
        "result_changes",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        _of_store(),
        sa.Column("start_at", _AT, nullable=False),
        sa.Column("end_at", _AT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_changes")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.store_id"], name=_fk("result_changes")),
    )
    op.create_index(op.f("ix_result_changes_store_id"), "result_changes", ["store_id"])
    op.create_index(
        op.f("ix_suppressions_store_id_created_at"), "suppressions", ["store_id", "created_at"]
    )


def _of_store() -> sa.Column[str]:
    return sa.Column("store_id", sa.String(length=64), nullable=False)


def _fk(table: str) -> str:
    return op.f(f"fk_{table}_store_id_stores")


def downgrade() -> None:
    op.drop_index("ix_suppressions_store_id_created_at", table_name="suppressions")
    for table in ("result_changes", "result_states", "result_days"):
        op.drop_table(table)

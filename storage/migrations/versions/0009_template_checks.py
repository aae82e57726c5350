"""template checks: what Meta has of templates; holds and messages know a template's language."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("messages", sa.Column("language", sa.String(length=16), nullable=True))
    op.add_column(
        "holds",
        sa.Column("language", sa.String(length=16), nullable=False, server_default=""),
    )
    _make_holds(
        sa.Column("language", sa.String(length=16), nullable=False, server_default=""),
        sa.Column("held_by", sa.String(length=16), nullable=False, server_default="meta"),
        key=("store_id", "template", "language"),
    )
    op.create_table(
        "template_failures",
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("template", sa.String(length=512), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_template_failures_store_id")
        ),
        sa.PrimaryKeyConstraint(
            "store_id",
            "template",
            "language",
            "address_hash",
            name=op.f("pk_template_failures"),
        ),
    )
    op.create_table(
        "approved_templates",
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=512), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_approved_templates_store_id")
        ),
        sa.PrimaryKeyConstraint("store_id", "name", "language", name=op.f("pk_approved_templates")),
    )
    op.create_table(
        "template_checks",
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("waba_id", sa.String(length=64), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("because", sa.String(length=256), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_template_checks_store_id")
        ),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_template_checks")),
    )
    op.create_index(op.f("ix_template_checks_due_at"), "template_checks", ["due_at"])
    op.create_index(op.f("ix_template_checks_waba_id"), "template_checks", ["waba_id"])


def downgrade() -> None:
    op.drop_table("template_checks")
    op.drop_table("approved_templates")
    op.drop_table("template_failures")
    _make_holds(key=("store_id", "template"))
    op.drop_column("holds", "language")
    op.drop_column("messages", "language")


def _make_holds(*further: sa.Column[str], key: tuple[str, ...]) -> None:
    """Make the table anew, since SQLite cannot change a primary key; it has few rows."""
    kept = "store_id, template, because, held_at"
    op.execute(
        "CREATE TABLE template_holds_before AS SELECT store_id, template,"
        " MIN(because) AS because, MIN(held_at) AS held_at"
        " FROM template_holds GROUP BY store_id, template"
    )
    op.drop_table("template_holds")
    op.create_table(
        "template_holds",
        sa.Column("store_id", sa.String(length=64), nullable=False),
        sa.Column("template", sa.String(length=512), nullable=False),
        *further,
        sa.Column("because", sa.String(length=256), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.store_id"], name=op.f("fk_template_holds_store_id")
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_template_holds")),
    )
    op.execute(f"INSERT INTO template_holds ({kept}) SELECT {kept} FROM template_holds_before")  # noqa: S608  # no value from outside
    op.drop_table("template_holds_before")

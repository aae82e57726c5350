"""People for whom a template failed in a row: whom it failed for since it was last sent.

One row for each address, so that repeated attempts to one person count once.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert_new, lock
from storage.tables import template_failures


async def add(
    connection: AsyncConnection,
    template: tuple[str, str, str],
    address_hash: str,
    now: datetime,
) -> int:
    """Note that a template failed for an address.

    Args:
        connection: of the transaction that records the failure.
        template: its store, name and language.
        address_hash: of the person.
        now: when it failed.

    Returns:
        For how many different addresses it failed in a row, this one included.
    """
    await lock(connection, "template_failures", *template)  # two that count must see each other
    values = dict(zip(("store_id", "template", "language"), template, strict=True))
    row = {**values, "address_hash": address_hash, "failed_at": now}
    await insert_new(connection, template_failures, row)
    counted = select(func.count()).select_from(template_failures).where(_is(template))
    return int((await connection.execute(counted)).scalar_one())


async def clear(connection: AsyncConnection, template: tuple[str, str, str]) -> None:
    """The template was sent: what failed before is no row any more."""
    await connection.execute(delete(template_failures).where(_is(template)))


async def clear_store(connection: AsyncConnection, store_id: str) -> None:
    """Count anew for every template of a store: its operator resumed it."""
    await connection.execute(
        delete(template_failures).where(template_failures.c.store_id == store_id)
    )


def _is(template: tuple[str, str, str]) -> ColumnElement[bool]:
    store_id, name, language = template
    return and_(
        template_failures.c.store_id == store_id,
        template_failures.c.template == name,
        template_failures.c.language == language,
    )

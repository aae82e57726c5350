"""People for whom a template failed in a row: whom it failed for since it was last sent.

One row for each address, so that repeated attempts to one person count once.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import and_, bindparam, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert_new, lock
from storage.tables import template_failures

_OF_TEMPLATE: Final = and_(
    template_failures.c.store_id == bindparam("of_store"),
    template_failures.c.template == bindparam("of_template"),
    template_failures.c.language == bindparam("of_language"),
)
_COUNT: Final = select(func.count()).select_from(template_failures).where(_OF_TEMPLATE)
_CLEAR: Final = delete(template_failures).where(_OF_TEMPLATE)


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
    return int((await connection.execute(_COUNT, _of(template))).scalar_one())


async def clear(connection: AsyncConnection, template: tuple[str, str, str]) -> None:
    """The template was sent: what failed before is no row any more."""
    await connection.execute(_CLEAR, _of(template))


async def clear_store(connection: AsyncConnection, store_id: str) -> None:
    """Count anew for every template of a store: its operator resumed it."""
    await connection.execute(
        delete(template_failures).where(template_failures.c.store_id == store_id)
    )


def _of(template: tuple[str, str, str]) -> dict[str, str]:
    return dict(zip(("of_store", "of_template", "of_language"), template, strict=True))

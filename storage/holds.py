"""Journeys that wait for their store, or one of its templates, to be resumed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, bindparam, column, delete, exists, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.journey.outcomes import Held, Reason
from storage.fair_order import fair_rows, stores_in
from storage.tables import holds, stores, template_holds
from storage.template_holds import ALL_LANGUAGES

_FORGET: Final = delete(holds).where(
    holds.c.store_id == bindparam("of_store"), holds.c.customer_id == bindparam("of_customer")
)


@dataclass(frozen=True)
class Hold:
    """One waiting journey."""

    store_id: str
    customer_id: str
    held_at: datetime


async def add(
    connection: AsyncConnection,
    hold: Hold,
    because: str,
    template: str | None = None,
    language: str = ALL_LANGUAGES,
) -> None:
    """Record that a journey holds; a hold that it had is replaced.

    Args:
        connection: of the caller's transaction.
        hold: the journey, and since when it holds.
        because: the reason that an operator reads.
        template: the template that it waits for; None: it waits for its store.
        language: of the template.
    """
    await forget(connection, hold.store_id, hold.customer_id)
    waits_for = {"template": template, "language": language}
    await connection.execute(insert(holds).values(**hold.__dict__, because=because, **waits_for))


def _releasable() -> Select[Any]:
    template_is_held = exists().where(
        template_holds.c.store_id == holds.c.store_id,
        template_holds.c.template == holds.c.template,
        or_(
            template_holds.c.language.in_((holds.c.language, ALL_LANGUAGES)),
            holds.c.language == ALL_LANGUAGES,
        ),
    )
    return (
        select(holds.c.store_id, holds.c.customer_id, holds.c.held_at)
        .where(holds.c.store_id == bindparam("of_store"), ~template_is_held)
        .order_by(holds.c.held_at)
        .limit(bindparam("up_to"))
    )


_RELEASABLE: Final = _releasable()
_STORES: Final = stores_in(
    holds.c.store_id,
    column("store_id").in_(select(stores.c.store_id).where(stores.c.paused_at.is_(None))),
)


async def releasable(connection: AsyncConnection, limit: int) -> list[Hold]:
    """Journeys whose store and template may send again, each store's oldest hold first."""
    store_ids = (await connection.execute(_STORES.limit(limit))).scalars().all()
    return [
        Hold(**row)
        for row in await fair_rows(connection, _RELEASABLE, holds.c.held_at, store_ids, limit)
    ]


async def remove(connection: AsyncConnection, hold: Hold) -> None:
    """Remove the hold of a journey that was released; not a hold that followed it."""
    await connection.execute(
        delete(holds).where(
            holds.c.store_id == hold.store_id,
            holds.c.customer_id == hold.customer_id,
            holds.c.held_at == hold.held_at,
        )
    )


async def forget(connection: AsyncConnection, store_id: str, customer_id: str) -> None:
    """Remove any hold of a journey: it has closed."""
    await connection.execute(_FORGET, {"of_store": store_id, "of_customer": customer_id})


async def held(connection: AsyncConnection, store_id: str, customer_id: str) -> Held | None:
    """What a journey waits for; None when it does not hold."""
    query = select(holds).where(holds.c.store_id == store_id, holds.c.customer_id == customer_id)
    row = (await connection.execute(query)).mappings().first()
    if row is None:
        return None
    template = row["template"]
    return Held(
        reason=Reason.STORE_PAUSED if template is None else Reason.TEMPLATE_HELD,
        because=row["because"],
        template=template,
        since=row["held_at"],
    )

"""When the templates of each store with a `waba_id` are checked, and what came of it.

The time when a check is due is also its lease: the process that begins one moves it.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert_new, lock
from storage.tables import template_checks

MAX_BECAUSE = 256


@dataclass(frozen=True)
class CheckState:
    """What is known of a store's checks."""

    checked_at: datetime | None = None
    """The last one that Meta answered."""
    failed_at: datetime | None = None
    """The last one, if Meta did not answer it."""
    because: str | None = None


async def read(connection: AsyncConnection, store_id: str) -> CheckState:
    """The state of a store's checks; nothing where there was none."""
    columns = [template_checks.c[name] for name in CheckState.__dataclass_fields__]
    query = select(*columns).where(template_checks.c.store_id == store_id)
    row = (await connection.execute(query)).mappings().first()
    return CheckState() if row is None else CheckState(**row)


async def stores_of(connection: AsyncConnection, waba_id: str) -> list[str]:
    """The stores of a WhatsApp Business Account."""
    query = select(template_checks.c.store_id).where(template_checks.c.waba_id == waba_id)
    return list((await connection.execute(query.order_by(template_checks.c.store_id))).scalars())


async def put(connection: AsyncConnection, store_id: str, waba_id: str, due_at: datetime) -> bool:
    """Have a store's templates checked; another account begins anew.

    Returns:
        Whether it is the first check of this account for the store.
    """
    await lock(connection, "template_checks", store_id)
    mine = template_checks.c.store_id == store_id
    await connection.execute(
        delete(template_checks).where(mine, template_checks.c.waba_id != waba_id)
    )
    values = {"store_id": store_id, "waba_id": waba_id, "due_at": due_at}
    return await insert_new(connection, template_checks, values) is not None


async def remove(connection: AsyncConnection, store_id: str) -> None:
    """Check no more: the store has no `waba_id`."""
    await connection.execute(delete(template_checks).where(template_checks.c.store_id == store_id))


async def lease_due(
    connection: AsyncConnection, now: datetime, leased_until: datetime
) -> str | None:
    """Take the check that is due longest; None: none is due."""
    await lock(connection, "template_checks")  # a second process must see what the first one took
    due = select(template_checks.c.store_id).where(template_checks.c.due_at <= now)
    query = due.order_by(template_checks.c.due_at).limit(1)
    store_id: str | None = (await connection.execute(query)).scalar()
    if store_id is not None:
        await connection.execute(
            update(template_checks)
            .where(template_checks.c.store_id == store_id)
            .values(due_at=leased_until)
        )
    return store_id


async def is_due(connection: AsyncConnection, now: datetime) -> bool:
    """Whether any check is due."""
    query = select(template_checks.c.store_id).where(template_checks.c.due_at <= now).limit(1)
    return (await connection.execute(query)).first() is not None


async def record(
    connection: AsyncConnection, store_id: str, at: datetime, because: str | None, due_at: datetime
) -> None:
    """Write what came of a check.

    Args:
        connection: of a writing transaction.
        store_id: whose templates.
        at: when they were checked.
        because: why Meta did not list them; None: it did.
        due_at: when the next check is due.
    """
    done = {"checked_at": at, "failed_at": None, "because": None}
    failed = {"failed_at": at, "because": because and because[:MAX_BECAUSE]}
    await connection.execute(
        update(template_checks)
        .where(template_checks.c.store_id == store_id)
        .values(due_at=due_at, **(done if because is None else failed))
    )

"""What could not be understood, or belongs to nobody, with what was wrong: for the operator."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import count_some
from storage.tables import quarantine

EVENT: Final = "event"
"""The source of what a partner posted; Meta's are called as `whatsapp.updates.Kind` has them."""

MOST_UNROUTED: Final = 10_000
"""Updates kept of one number that no store has: who writes to it is nobody's customer yet."""


@dataclass(frozen=True)
class Rejected:
    """A body, and what is wrong about it."""

    store_id: str | None
    """None: nobody can tell whose it is."""
    body: str
    errors: Sequence[Any]
    source: str = EVENT
    """What it was to be."""
    phone_number_id: str | None = None
    """The number at Meta that it came to."""


@dataclass(frozen=True)
class Page:
    """Which bodies to list, newest first; None: any."""

    most: int
    before: int | None = None
    """Only those kept before the one of this id."""
    store_id: str | None = None
    source: str | None = None
    phone_number_id: str | None = None


async def add(connection: AsyncConnection, rejected: Rejected, now: datetime) -> None:
    """Keep a body with its errors. PostgreSQL's text has no NUL; a mark stands for it."""
    values = {**rejected.__dict__, "body": rejected.body.replace("\x00", "\ufffd")}
    await connection.execute(insert(quarantine).values(**values, received_at=now))


async def size(connection: AsyncConnection) -> int:
    """How many bodies are kept, of all stores."""
    return await count_some(connection, select(quarantine.c.id))


async def room_for(connection: AsyncConnection, phone_number_id: str | None) -> int:
    """How many more updates of a number are kept while no store has it."""
    nobodys = select(quarantine.c.id).where(
        quarantine.c.store_id.is_(None),
        quarantine.c.phone_number_id.is_not_distinct_from(phone_number_id),
    )
    counted = select(func.count()).select_from(nobodys.limit(MOST_UNROUTED).subquery())
    return MOST_UNROUTED - int((await connection.execute(counted)).scalar_one())


async def listed(connection: AsyncConnection, page: Page) -> list[dict[str, Any]]:
    """Quarantined bodies, newest first."""
    query = select(quarantine).where(*_wanted(page))
    found = await connection.execute(query.order_by(quarantine.c.id.desc()).limit(page.most))
    return [dict(row) for row in found.mappings()]


async def summaries(connection: AsyncConnection, page: Page) -> list[dict[str, Any]]:
    """As `listed`, without bodies, which may be megabytes each."""
    columns = (column for column in quarantine.c if column is not quarantine.c.body)
    query = select(*columns).where(*_wanted(page))
    found = await connection.execute(query.order_by(quarantine.c.id.desc()).limit(page.most))
    return [dict(row) for row in found.mappings()]


async def get(connection: AsyncConnection, row_id: int) -> dict[str, Any] | None:
    """One of them, or None when it is not there any more."""
    found = await connection.execute(select(quarantine).where(quarantine.c.id == row_id))
    row = found.mappings().first()
    return None if row is None else dict(row)


async def remove(connection: AsyncConnection, row_id: int) -> bool:
    """Discard one; False when it was not there."""
    removed = await connection.execute(delete(quarantine).where(quarantine.c.id == row_id))
    return removed.rowcount > 0


def _wanted(page: Page) -> list[ColumnElement[bool]]:
    names = ("store_id", "source", "phone_number_id")
    asked = {name: getattr(page, name) for name in names}
    wanted = [quarantine.c[name] == value for name, value in asked.items() if value is not None]
    return wanted if page.before is None else [*wanted, quarantine.c.id < page.before]

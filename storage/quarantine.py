"""Quarantine: bodies that could not be read or routed, with their errors, for the operator."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import count_some
from storage.tables import quarantine

EVENT: Final = "event"
"""The source of a partner's event; Meta's updates have their `UpdateKind` as source."""

MAX_UNROUTED: Final = 10_000
"""Updates kept of one number that no store has: its senders are no store's customers yet."""


@dataclass(frozen=True)
class Rejected:
    """A body, and what is wrong with it."""

    store_id: str | None
    """None: it belongs to no known store."""
    body: str
    errors: Sequence[Any]
    source: str = EVENT
    """What it was posted as."""
    phone_number_id: str | None = None
    """The number's id at Meta that it came to."""


@dataclass(frozen=True)
class QuarantinePage:
    """Which bodies to list; None: any."""

    limit: int
    before: int | None = None
    """Only those added before the one with this id."""
    store_id: str | None = None
    source: str | None = None
    phone_number_id: str | None = None


async def add(connection: AsyncConnection, rejected: Rejected, now: datetime) -> None:
    """Quarantine a body. PostgreSQL's text has no NUL; a mark replaces it."""
    values = {**rejected.__dict__, "body": rejected.body.replace("\x00", "\ufffd")}
    await connection.execute(insert(quarantine).values(**values, received_at=now))


async def size(connection: AsyncConnection) -> int:
    """How many bodies are quarantined, of all stores."""
    return await count_some(connection, select(quarantine.c.id))


async def room_for(connection: AsyncConnection, phone_number_id: str | None) -> int:
    """How many more updates of a number are kept while no store has it."""
    unrouted = select(quarantine.c.id).where(
        quarantine.c.store_id.is_(None),
        quarantine.c.phone_number_id.is_not_distinct_from(phone_number_id),
    )
    counted = select(func.count()).select_from(unrouted.limit(MAX_UNROUTED).subquery())
    return MAX_UNROUTED - int((await connection.execute(counted)).scalar_one())


async def listed(
    connection: AsyncConnection, page: QuarantinePage, *, with_bodies: bool = False
) -> list[dict[str, Any]]:
    """Quarantined bodies, newest first; by default without the bodies, which may be megabytes."""
    columns = (each for each in quarantine.c if with_bodies or each is not quarantine.c.body)
    query = select(*columns).where(*_filters(page)).order_by(quarantine.c.id.desc())
    found = await connection.execute(query.limit(page.limit))
    return [dict(row) for row in found.mappings()]


def _filters(page: QuarantinePage) -> Iterator[ColumnElement[bool]]:
    for name in ("store_id", "source", "phone_number_id"):
        if (value := getattr(page, name)) is not None:
            yield quarantine.c[name] == value
    if page.before is not None:
        yield quarantine.c.id < page.before


async def get(connection: AsyncConnection, row_id: int) -> dict[str, Any] | None:
    """A quarantined body, or None when it is not there any more."""
    found = await connection.execute(select(quarantine).where(quarantine.c.id == row_id))
    row = found.mappings().first()
    return None if row is None else dict(row)


async def remove(connection: AsyncConnection, row_id: int) -> bool:
    """Delete a quarantined body; False when it was not there."""
    removed = await connection.execute(delete(quarantine).where(quarantine.c.id == row_id))
    return removed.rowcount > 0

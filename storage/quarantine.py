"""Quarantine: bodies that could not be read or routed, with their errors, for the operator."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import count_some
from storage.tables import quarantine

EVENT: Final = "event"
"""The source of a partner's event; Meta's updates have their `UpdateKind` as source."""

MAX_EVENTS: Final = 1_000
"""Events kept of one store, of 64 KiB each at most: the newest. The store was told of each."""

MAX_UPDATES: Final = 10_000
"""Meta's updates kept of one source and one store, or one number that no store has: the first,
since Meta does not post them again. Each source has its own, so no statuses take an opt-out's."""


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

    @property
    def quota(self) -> tuple[str | None, str | None, str]:
        """Bodies that share it are counted together."""
        number = self.phone_number_id if self.store_id is None else None
        return self.store_id, number, self.source


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


async def add_event(connection: AsyncConnection, rejected: Rejected, now: datetime) -> int:
    """Quarantine a store's event, and drop its oldest ones beyond `MAX_EVENTS`.

    Returns:
        How many were dropped.
    """
    await add(connection, rejected, now)
    of_store = and_(quarantine.c.store_id == rejected.store_id, quarantine.c.source == EVENT)
    newest_first = select(quarantine.c.id).where(of_store).order_by(quarantine.c.id.desc())
    too_old = newest_first.offset(MAX_EVENTS).limit(1).scalar_subquery()
    dropped = await connection.execute(
        delete(quarantine).where(of_store, quarantine.c.id <= too_old)
    )
    return dropped.rowcount


async def size(connection: AsyncConnection) -> int:
    """How many bodies are quarantined, of all stores."""
    return await count_some(connection, select(quarantine.c.id))


async def room_for(connection: AsyncConnection, update: Rejected) -> int:
    """How many more of Meta's updates are kept in the quota of this one."""
    kept = select(quarantine.c.id).where(
        quarantine.c.store_id.is_not_distinct_from(update.store_id),
        quarantine.c.source == update.source,
    )
    if update.store_id is None:
        number = quarantine.c.phone_number_id
        kept = kept.where(number.is_not_distinct_from(update.phone_number_id))
    counted = select(func.count()).select_from(kept.limit(MAX_UPDATES).subquery())
    return MAX_UPDATES - int((await connection.execute(counted)).scalar_one())


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

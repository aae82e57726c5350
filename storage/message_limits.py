"""Earlier messages to a person, which limit the next one."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.messages import MessageStatus
from storage.tables import messages

NOT_COUNTED = (MessageStatus.FAILED, MessageStatus.NOT_SENT)
"""Not counted by the frequency cap: the customer surely got nothing."""

MAX_COUNTED = 1000
"""The largest frequency cap."""


async def latest_to(
    connection: AsyncConnection, store_id: str, addresses: Collection[str]
) -> datetime | None:
    """Time of a store's latest claim that may have reached one of a person's addresses."""
    found = await connection.execute(
        select(func.max(messages.c.claimed_at)).where(
            messages.c.store_id == store_id,
            messages.c.address_hash.in_(sorted(addresses)),
            messages.c.status.not_in(NOT_COUNTED),
        )
    )
    latest: datetime | None = found.scalar()
    return latest


async def counted_since(
    connection: AsyncConnection, store_id: str, addresses: Collection[str], since: datetime
) -> list[str]:
    """The ids of a store's messages that reached, or may have reached, a person since then.

    Newest first; as many as a cap may allow.
    """
    counted = await connection.execute(
        select(messages.c.message_id)
        .where(
            messages.c.store_id == store_id,
            messages.c.address_hash.in_(sorted(addresses)),
            messages.c.claimed_at > since,
            messages.c.status.not_in(NOT_COUNTED),
        )
        .order_by(messages.c.claimed_at.desc())
        .limit(MAX_COUNTED)
    )
    return list(counted.scalars())

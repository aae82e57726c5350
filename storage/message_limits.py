"""Earlier messages to a person, which limit the next one."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.messages import MessageStatus
from storage.tables import messages

NOT_COUNTED = (MessageStatus.FAILED, MessageStatus.NOT_SENT)
"""Not counted by the frequency cap: the customer surely got nothing."""

MAX_COUNTED = 1000
"""The largest frequency cap."""


_TO_PERSON: Final = (
    messages.c.store_id == bindparam("of_store"),
    messages.c.address_hash.in_(bindparam("addresses", expanding=True)),
    messages.c.status.not_in(NOT_COUNTED),
)
_LATEST: Final = select(func.max(messages.c.claimed_at)).where(
    *_TO_PERSON, messages.c.status != MessageStatus.WITHHELD
)
_COUNTED: Final = (
    select(messages.c.message_id)
    .where(*_TO_PERSON, messages.c.claimed_at > bindparam("since"))
    .order_by(messages.c.claimed_at.desc())
    .limit(MAX_COUNTED)
)


async def latest_to(
    connection: AsyncConnection, store_id: str, addresses: Collection[str]
) -> datetime | None:
    """Time of a store's latest claim that may have reached one of a person's addresses."""
    to_person = {"of_store": store_id, "addresses": sorted(addresses)}
    latest: datetime | None = (await connection.execute(_LATEST, to_person)).scalar()
    return latest


async def counted_since(
    connection: AsyncConnection, store_id: str, addresses: Collection[str], since: datetime
) -> list[str]:
    """The ids of a store's messages that reached, or may have reached, a person since then.

    Withheld ones, too: otherwise a cap would part the arms of an experiment. Newest first; as many
    as a cap may allow.
    """
    to_person = {"of_store": store_id, "addresses": sorted(addresses), "since": since}
    return list((await connection.execute(_COUNTED, to_person)).scalars())

"""Pacing: sending slots of a phone number, shared by all workers through the database.

Meta takes 80 messages a second from a number, or the 1,000 that it has raised it to, and about
one in 6 seconds to the same person. A message whose slot is still to come is postponed; no worker
waits for it.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.new_rows import insert_if_new
from storage.tables import pace

BURST = timedelta(milliseconds=500)
"""How long before its slot a message may be sent: half a second's messages are sent at once."""

SLOT_KEPT = timedelta(minutes=1)
"""How long after its slot a message may be sent: it comes back after another exit check."""

TO_ONE_PERSON = timedelta(seconds=6)


_OF_NUMBER: Final = pace.c.phone_number_id == bindparam("of_number")
_NEXT: Final = select(pace.c.next_at).where(_OF_NUMBER).with_for_update()
_BEGIN: Final = insert_if_new(pace)
_MOVE: Final = update(pace).where(_OF_NUMBER).values(next_at=bindparam("free_at"))


async def take_slot(
    connection: AsyncConnection, phone_number_id: str, per_second: float, now: datetime
) -> datetime:
    """Take a number's next free slot, now or later; claims of one number take turns."""
    of_number, interval = {"of_number": phone_number_id}, timedelta(seconds=1 / per_second)
    next_at: datetime | None = (await connection.execute(_NEXT, of_number)).scalar()
    if next_at is None:
        begins = await _begins(connection, phone_number_id, now + interval)
        return now if begins else await take_slot(connection, phone_number_id, per_second, now)
    slot: datetime = max(now, next_at)
    await connection.execute(_MOVE, {**of_number, "free_at": slot + interval})
    return slot


async def _begins(connection: AsyncConnection, phone_number_id: str, next_at: datetime) -> bool:
    """Whether this is the number's first slot; False: another claim took that meanwhile."""
    row = {"phone_number_id": phone_number_id, "next_at": next_at}
    return (await connection.execute(_BEGIN[connection.dialect.name], row)).first() is not None


def is_usable(slot: datetime | None, now: datetime) -> bool:
    """Whether a message with this slot may be sent now."""
    return slot is not None and slot - BURST <= now <= slot + SLOT_KEPT

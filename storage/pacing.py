"""Not too fast: slots of a phone number, shared by all workers through the database.

Meta takes 80 messages a second from a number, or the 1,000 that it has raised it to, and about
one in 6 seconds to the same person.
A message whose slot is not yet there is put off until then; nobody waits with it in a worker.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert_new, lock
from storage.tables import pace

BURST = timedelta(milliseconds=500)
"""How far ahead of its slot a message may go: so much of a second's worth goes out at once."""

SLOT_KEPT = timedelta(minutes=1)
"""How late whoever waited for a slot may come back for it, with a fresh exit check behind them."""

TO_ONE_PERSON = timedelta(seconds=6)


async def take_slot(
    connection: AsyncConnection, phone_number_id: str, per_second: float, now: datetime
) -> datetime:
    """Take a number's next free slot, which may be later than now."""
    await lock(connection, "pace", phone_number_id)
    query = select(pace.c.next_at).where(pace.c.phone_number_id == phone_number_id)
    next_at = (await connection.execute(query)).scalar()
    slot = max(now, next_at or now)
    values = {
        "phone_number_id": phone_number_id,
        "next_at": slot + timedelta(seconds=1 / per_second),
    }
    if next_at is None:
        await insert_new(connection, pace, values)
    else:
        mine = pace.c.phone_number_id == phone_number_id
        await connection.execute(pace.update().where(mine).values(**values))
    return slot


def in_turn(slot: datetime, now: datetime) -> bool:
    """Whether a message may go now that had this slot."""
    return slot - BURST <= now <= slot + SLOT_KEPT

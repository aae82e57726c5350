"""Opting out: the number is suppressed, and the journeys of whoever has it are told."""

import uuid
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.events import JourneyEvent
from domain.kinds import LOWEST_INTENT, OPT_OUT
from domain.reception import Delivery, Reception
from storage import inbox, suppressions
from storage.inbox import NewEvent


async def opt_out(
    connection: AsyncConnection, store_id: str, address_hash: str, because: str, now: datetime
) -> None:
    """Suppress a number; the dispatcher brings it to the open journeys, to end them.

    Customers are locked before the address, as the claiming transaction does it.
    """
    for customer_id in await inbox.customers_of(connection, store_id, address_hash):
        event = JourneyEvent(
            event_id=f"opt-out:{uuid.uuid4().hex}", kind=OPT_OUT, at=now, intent=LOWEST_INTENT
        )
        reception = Reception(Delivery.INFORM, "no open journey")
        new = NewEvent(store_id, customer_id, event, {}, reception)
        await inbox.add(connection, new, now, now)
    await suppressions.add(connection, store_id, address_hash, because, now)

"""Noticing that a store's customer ids are personal, for a warning to its operator."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.customers.personal_ids import is_personal
from domain.events.models import EventBase
from storage import personal_ids
from storage.stores import Store


async def notice(
    connection: AsyncConnection, store: Store, event: EventBase, now: datetime
) -> None:
    """Note that an event has a personal `customer_id`, where the store does not hash them."""
    customer = event.customer
    if store.config.hashes_customer_ids or not customer.customer_id:
        return
    if is_personal(customer.customer_id, customer.phone, store.config.default_region):
        await personal_ids.note(connection, store.store_id, now)

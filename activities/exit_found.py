"""Recording the order that ended a journey, where only the partner's Exit API named it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.journey.outcomes import ClosedJourney
from storage import contacts, stores
from storage.exit_found_orders import ExitFoundOrder, add_exit_found
from storage.order_people import person_of


async def record_exit_found(
    connection: AsyncConnection, journey: ClosedJourney, now: datetime
) -> None:
    """Record an order of unknown value, unless the person's posted one is there. Idempotent.

    Args:
        connection: of the transaction that records the journey's end, and has locked the customer
            and nothing else yet.
        journey: the journey.
        now: the time.
    """
    at = journey.exit_found_order_at
    if at is None:
        return
    store = await stores.existing(connection, journey.store_id)
    whose = (store.store_id, journey.customer_id)
    known = await contacts.of_customer(connection, *whose)
    every_form = await contacts.with_aliases(connection, store.store_id, known)
    await contacts.lock_all(connection, store.store_id, every_form)
    sharing = await contacts.customers_sharing(connection, *whose, every_form)
    people = await person_of(connection, *whose, every_form, sharing)
    found = ExitFoundOrder(*whose, at, people)
    await add_exit_found(connection, found, store.hash_key, now)

from domain.events.kinds import EventKind
from storage import inbox_orders
from storage.database import Database
from tests.storage.builders import OTHER_STORE, STORE, accept, an_event


async def ever_seen(database: Database, store_id: str) -> bool:
    async with database.reading() as connection:
        return await inbox_orders.ever_seen(connection, store_id)


async def test_order_of_any_customer_is_seen_by_its_store_alone(registered: Database) -> None:
    await accept(registered, an_event("e1"))
    assert not await ever_seen(registered, STORE)

    await accept(registered, an_event("e2", EventKind.ORDER_PLACED), customer_id="another")
    assert await ever_seen(registered, STORE)
    assert not await ever_seen(registered, OTHER_STORE)

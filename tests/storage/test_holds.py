from storage import holds, stores
from storage.database import Database
from storage.holds import Hold
from tests.storage.keeping import NOW, OTHER_STORE, STORE, later


async def releasable(database: Database, most: int = 10) -> list[Hold]:
    async with database.reading() as connection:
        return await holds.releasable(connection, most)


async def test_held_journeys_are_releasable_once_their_store_is_not_paused(
    registered: Database,
) -> None:
    async with registered.transaction() as connection:
        await stores.pause(connection, STORE, NOW, "holiday")
        await holds.add(connection, STORE, "c2", "holiday", later(2))
        await holds.add(connection, STORE, "c1", "holiday", later(1))
        await holds.add(connection, OTHER_STORE, "c1", "holiday", NOW)
    assert await releasable(registered) == [Hold(OTHER_STORE, "c1", NOW)]
    async with registered.transaction() as connection:
        await stores.resume(connection, STORE)
    held = [(hold.store_id, hold.customer_id) for hold in await releasable(registered)]
    assert held == [(OTHER_STORE, "c1"), (STORE, "c1"), (STORE, "c2")]
    assert len(await releasable(registered, most=1)) == 1


async def test_released_hold_is_forgotten_but_not_the_one_that_followed_it(
    registered: Database,
) -> None:
    async with registered.transaction() as connection:
        await holds.add(connection, STORE, "c1", "holiday", NOW)
        (released,) = await holds.releasable(connection, 10)
        await holds.add(connection, STORE, "c1", "again", later())
        await holds.remove(connection, released)
        (following,) = await holds.releasable(connection, 10)
        assert following.held_at == later()
        await holds.remove(connection, following)
        assert await holds.releasable(connection, 10) == []


async def test_journey_that_is_over_has_no_hold(registered: Database) -> None:
    async with registered.transaction() as connection:
        await holds.add(connection, STORE, "c1", "holiday", NOW)
        await holds.add(connection, OTHER_STORE, "c1", "holiday", NOW)
        await holds.forget(connection, STORE, "c1")
    assert [hold.store_id for hold in await releasable(registered)] == [OTHER_STORE]

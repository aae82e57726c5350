from domain.journey.outcomes import Held, Reason
from storage import holds, stores, template_holds
from storage.database import Database
from storage.holds import Hold
from tests.storage.builders import NOW, OTHER_STORE, STORE, later


async def releasable(database: Database, limit: int = 10) -> list[Hold]:
    async with database.reading() as connection:
        return await holds.releasable(connection, limit)


async def test_held_journeys_are_releasable_once_their_store_is_not_paused(
    registered: Database,
) -> None:
    async with registered.transaction() as connection:
        await stores.pause(connection, STORE, NOW, "holiday")
        await holds.add(connection, Hold(STORE, "c2", later(2)), "holiday")
        await holds.add(connection, Hold(STORE, "c1", later(1)), "holiday")
        await holds.add(connection, Hold(OTHER_STORE, "c1", NOW), "holiday")
    assert await releasable(registered) == [Hold(OTHER_STORE, "c1", NOW)]
    async with registered.transaction() as connection:
        await stores.resume(connection, STORE)
    held = [(hold.store_id, hold.customer_id) for hold in await releasable(registered)]
    assert held == [(OTHER_STORE, "c1"), (STORE, "c1"), (STORE, "c2")]
    assert len(await releasable(registered, limit=1)) == 1


async def test_released_hold_is_removed_but_not_the_one_that_followed_it(
    registered: Database,
) -> None:
    async with registered.transaction() as connection:
        await holds.add(connection, Hold(STORE, "c1", NOW), "holiday")
        (released,) = await holds.releasable(connection, 10)
        await holds.add(connection, Hold(STORE, "c1", later()), "again")
        await holds.remove(connection, released)
        (following,) = await holds.releasable(connection, 10)
        assert following.held_at == later()
        await holds.remove(connection, following)
        assert await holds.releasable(connection, 10) == []


async def test_journey_that_is_over_has_no_hold(registered: Database) -> None:
    async with registered.transaction() as connection:
        await holds.add(connection, Hold(STORE, "c1", NOW), "holiday")
        await holds.add(connection, Hold(OTHER_STORE, "c1", NOW), "holiday")
        await holds.forget(connection, STORE, "c1")
    assert [hold.store_id for hold in await releasable(registered)] == [OTHER_STORE]


async def test_a_held_template_holds_what_uses_it_and_nothing_else(registered: Database) -> None:
    async with registered.transaction() as connection:
        await template_holds.add(connection, STORE, "sale", "paused by Meta", NOW)
        await template_holds.add(connection, STORE, "sale", "again", later())
        await holds.add(connection, Hold(STORE, "c1", NOW), "paused by Meta", "sale")
        await holds.add(connection, Hold(STORE, "c2", NOW), "paused by Meta", "other")
        await holds.add(connection, Hold(OTHER_STORE, "c3", NOW), "paused by Meta", "sale")

    free = {hold.customer_id for hold in await releasable(registered)}
    assert free == {"c2", "c3"}
    async with registered.transaction() as connection:
        assert await template_holds.because(connection, STORE, "sale") == "paused by Meta"
        assert await template_holds.because(connection, OTHER_STORE, "sale") is None
        await template_holds.lift(connection, STORE)
        assert await template_holds.listed(connection, STORE) == []
    assert len(await releasable(registered)) == 3


async def test_stores_alternate_when_one_of_them_holds_many_journeys(
    registered: Database,
) -> None:
    async with registered.transaction() as connection:
        for number in range(3):
            await holds.add(connection, Hold(STORE, f"c{number}", later(number)), "holiday")
        await holds.add(connection, Hold(OTHER_STORE, "c1", later(9)), "holiday")

    held = [(hold.store_id, hold.customer_id) for hold in await releasable(registered, limit=2)]

    assert held == [(STORE, "c0"), (OTHER_STORE, "c1")]


async def test_hold_says_whether_it_is_for_the_store_or_a_template(registered: Database) -> None:
    async with registered.transaction() as connection:
        await holds.add(connection, Hold(STORE, "c1", NOW), "paused by the operator")
        await holds.add(connection, Hold(STORE, "c2", later()), "Meta answers 132015", "sale")
        paused, template, other = [
            await holds.held(connection, store_id, customer_id)
            for store_id, customer_id in [(STORE, "c1"), (STORE, "c2"), (OTHER_STORE, "c1")]
        ]
    assert paused == Held(
        reason=Reason.STORE_PAUSED, because="paused by the operator", template=None, since=NOW
    )
    assert template == Held(
        reason=Reason.TEMPLATE_HELD, because="Meta answers 132015", template="sale", since=later()
    )
    assert other is None

from storage import message_reports
from storage.database import Database
from storage.message_reports import LedgerPage
from storage.messages import MessageStatus
from tests.storage.builders import NOW, OTHER_STORE, STORE, key, later
from tests.storage.test_messages import claim, settle


async def test_messages_of_a_journey_are_in_the_order_of_its_steps(registered: Database) -> None:
    for step in (2, 1):
        await claim(registered, key(step))
    await claim(registered, key(3, trigger_event_id="e2"))
    async with registered.reading() as connection:
        rows = await message_reports.for_trigger(connection, STORE, "c1", "e1")
    assert [row["step"] for row in rows] == [1, 2]


async def test_pages_list_every_message_of_the_period_once(registered: Database) -> None:
    claimed = [await claim(registered, key(step), step // 3) for step in range(9)]
    await claim(registered, key(10), 3)
    await claim(registered, key(11, store_id=OTHER_STORE), 1)
    shown: list[str] = []
    after = None
    async with registered.reading() as connection:
        for _ in range(5):
            page = LedgerPage(NOW, later(3), after, limit=2)
            rows = await message_reports.listed(connection, STORE, page)
            shown += [row["message_id"] for row in rows]
            after = (rows[-1]["claimed_at"], rows[-1]["message_id"])
        assert (
            await message_reports.listed(connection, STORE, LedgerPage(NOW, later(3), after)) == []
        )
    assert len(shown) == 9
    assert set(shown) == set(claimed)


async def test_messages_are_counted_by_plan_step_and_status(registered: Database) -> None:
    for customer in ("c1", "c2"):
        await claim(registered, key(customer_id=customer))
    await settle(registered, await claim(registered, key(2)), MessageStatus.READ)
    await claim(registered, key(3), 5)
    async with registered.reading() as connection:
        counted = await message_reports.counted(connection, STORE, NOW, later(5))
    assert [tuple(row.values()) for row in counted] == [
        ("cart_update", 1, "claimed", 2),
        ("cart_update", 2, "read", 1),
    ]

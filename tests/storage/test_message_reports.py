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
        ("cart_update", 1, 0, "claimed", 2),
        ("cart_update", 2, 0, "read", 1),
    ]


async def test_fallbacks_are_counted_apart_from_the_steps_own_messages(
    registered: Database,
) -> None:
    await settle(registered, await claim(registered, key()), MessageStatus.FAILED)
    for fallback in (1, 2):
        await claim(registered, key(fallback=fallback))
    async with registered.reading() as connection:
        counted = await message_reports.counted(connection, STORE, NOW, later(5))
    assert [tuple(row.values()) for row in counted] == [
        ("cart_update", 1, 0, "failed", 1),
        ("cart_update", 1, 1, "claimed", 1),
        ("cart_update", 1, 2, "claimed", 1),
    ]


async def test_person_who_got_several_messages_is_counted_once(registered: Database) -> None:
    for message, status in [
        (key(), MessageStatus.FAILED),
        (key(fallback=1), MessageStatus.DELIVERED),
        (key(2), MessageStatus.ACCEPTED),
        (key(3), MessageStatus.UNKNOWN),
        (key(2, customer_id="as-guest"), MessageStatus.READ),
        (key(store_id=OTHER_STORE), MessageStatus.READ),
    ]:
        await settle(registered, await claim(registered, message), status)
    async with registered.reading() as connection:
        reached = await message_reports.people(connection, STORE, NOW, later(5))
        later_on = await message_reports.people(connection, STORE, later(5), later(9))
    assert [tuple(row.values()) for row in reached] == [
        ("cart_update", None, 1),
        ("cart_update", 1, 1),
        ("cart_update", 2, 1),
    ]
    assert later_on == []


async def test_messages_of_several_journeys_are_told_apart_by_trigger(
    registered: Database,
) -> None:
    for message in (key(2), key(1), key(1, trigger_event_id="e2"), key(customer_id="c2")):
        await claim(registered, message)
    async with registered.reading() as connection:
        found = await message_reports.for_triggers(connection, STORE, "c1", ["e1", "e2", "e3"])
        assert await message_reports.for_triggers(connection, STORE, "c1", []) == {}
    steps = {trigger: [row["step"] for row in rows] for trigger, rows in found.items()}
    assert steps == {"e1": [1, 2], "e2": [1]}

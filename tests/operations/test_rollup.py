"""Results of days that were rolled up are those computed from the tables, whatever changed late."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from operations.background_rollup import BackgroundRollUp
from storage import engagement, exit_found_orders, journeys, messages, opt_outs, statuses, stores
from storage.database import Database
from storage.engagement import Click
from storage.exit_found_orders import ExitFoundOrder
from storage.messages import MessageStatus
from storage.result_changes import Change, mark
from storage.result_days import Basis, Computed, state_of, write
from storage.result_tables import result_changes, result_days
from storage.status_rules import StatusUpdate
from tests.operations.result_days import COSTS, DAY, LATER, LateStore
from tests.storage.builders import NOW, STORE, a_config
from tests.storage.test_journeys import closed as a_journey

Late = Callable[[LateStore, str], Awaitable[None]]
TOKEN = "t" * 16


@pytest.fixture
async def late_store(database: Database) -> LateStore:
    async with database.transaction() as connection:
        await stores.put(connection, STORE, a_config(message_costs=COSTS), NOW)
    return LateStore(database)


async def reconfigure(store: LateStore, **changes: object) -> None:
    async with store.writing() as connection:
        await stores.put(connection, STORE, a_config(message_costs=COSTS, **changes), NOW)


async def rolled_up(store: LateStore) -> int:
    async with store.database.reading() as connection:
        query = select(func.count()).select_from(result_days)
        return int((await connection.execute(query)).scalar_one())


@pytest.mark.parametrize("seed", range(3))
async def test_days_add_up_to_what_the_tables_say(late_store: LateStore, seed: int) -> None:
    await late_store.fill(seed)
    found = await late_store.check()
    assert found.rows
    assert await rolled_up(late_store) > 40
    for days in ((-25.3, 30), (-3, 8.6), (4.2, 4.9), (26, 31), (-400, 40)):
        await late_store.check(days)


async def status(store: LateStore, message_id: str, which: MessageStatus, days: float) -> None:
    update = StatusUpdate(
        message_id, "wamid.1", frozenset({STORE}), which, at=NOW + timedelta(days=days)
    )
    async with store.writing() as connection:
        (applied,) = await statuses.apply(connection, [update], LATER)
    assert applied is not None
    assert applied.changed


async def delivered(store: LateStore, message_id: str) -> None:
    await status(store, message_id, MessageStatus.DELIVERED, 0.5)


async def delivered_earlier(store: LateStore, message_id: str) -> None:
    await status(store, message_id, MessageStatus.DELIVERED, 3)
    await store.check()
    await status(store, message_id, MessageStatus.READ, 0.5)


async def failed(store: LateStore, message_id: str) -> None:
    await status(store, message_id, MessageStatus.FAILED, 0.5)


async def settled(store: LateStore, message_id: str) -> None:
    await store.settled(message_id, MessageStatus.FAILED)


async def abandoned(store: LateStore, message_id: str) -> None:
    del message_id
    async with store.writing() as connection:
        await messages.abandon(connection, STORE, "c1", "e1", LATER)


async def claimed_again(store: LateStore, message_id: str) -> None:
    await store.settled(message_id, MessageStatus.NOT_SENT)
    await store.check()
    assert await store.message(days=29) == message_id
    await store.settled(message_id, MessageStatus.ACCEPTED)


async def clicked(store: LateStore, message_id: str) -> None:
    del message_id
    async with store.writing() as connection:
        await engagement.add_clicks(connection, [Click(STORE, TOKEN, LATER)], LATER)


async def replied(store: LateStore, message_id: str) -> None:
    await status(store, message_id, MessageStatus.SENT, 0.1)
    await store.check()
    async with store.writing() as connection:
        assert await engagement.add_reply(connection, "wamid.1", [STORE], LATER, LATER)


async def ordered(store: LateStore, message_id: str) -> None:
    await delivered(store, message_id)
    await store.check()
    await store.order("o2", 2, click_token=TOKEN)


async def ordered_earlier(store: LateStore, message_id: str) -> None:
    await status(store, message_id, MessageStatus.DELIVERED, 0.1)
    await store.check()
    await store.order(days=0.2)


async def refunded(store: LateStore, message_id: str) -> None:
    del message_id
    await store.order_changed("refunded", 9, amount=500)
    await store.check()
    await store.order_changed("refunded", 5, amount=500, event="r2")


async def cancelled(store: LateStore, message_id: str) -> None:
    await delivered(store, message_id)
    await store.order_changed("cancelled", 9)
    await store.check()
    await store.order_changed("cancelled", 12)


async def refunded_before_the_order(store: LateStore, message_id: str) -> None:
    del message_id
    await store.order_changed("refunded", 9, "o2")
    await store.check()
    await store.order("o2", 3)


async def found_by_exit_check(store: LateStore, message_id: str) -> None:
    del message_id
    found = ExitFoundOrder(STORE, "c9", NOW + 4 * DAY, frozenset({"c9"}))
    async with store.writing() as connection:
        await exit_found_orders.add_exit_found(connection, found, "key", LATER)
    await store.check()
    await store.order("o9", 4.001, customer_id="c9")


async def opted_out(store: LateStore, message_id: str) -> None:
    await delivered(store, message_id)
    await store.check()
    for days in (2, 6):
        async with store.writing() as connection:
            at = NOW + days * DAY
            await opt_outs.opt_out(connection, STORE, "hash-c1", "said STOP", at)
        await store.check()


async def closed(store: LateStore, message_id: str) -> None:
    del message_id
    for days in (3, 5):
        journey = a_journey("r1", NOW + days * DAY)
        async with store.writing() as connection:
            await journeys.record(connection, journey, LATER)
        await store.check()


async def another_zone(store: LateStore, message_id: str) -> None:
    await delivered(store, message_id)
    await reconfigure(store, timezone="America/Sao_Paulo")


async def another_window(store: LateStore, message_id: str) -> None:
    await delivered(store, message_id)
    await store.check()
    await reconfigure(store, attribution_window="6h")


@pytest.mark.parametrize(
    "late",
    [
        *(delivered, delivered_earlier, failed, settled, abandoned, claimed_again, clicked),
        *(replied, ordered, ordered_earlier, refunded, cancelled, refunded_before_the_order),
        *(found_by_exit_check, opted_out, closed, another_zone, another_window),
    ],
)
async def test_what_becomes_known_late_counts(late_store: LateStore, late: Late) -> None:
    message_id = await late_store.message(click_token=TOKEN)
    await late_store.message(days=2, step=2, status=MessageStatus.ACCEPTED)
    await late_store.order()
    before = await late_store.check()
    assert await rolled_up(late_store) > 20
    await late(late_store, message_id)
    assert await late_store.check() != before


async def test_marks_of_other_days_stay(late_store: LateStore) -> None:
    await late_store.message(status=MessageStatus.ACCEPTED)
    await late_store.check()
    async with late_store.writing() as connection:
        await mark(connection, [Change(STORE, NOW, NOW), Change(STORE, NOW + 9 * DAY, LATER)])
    await late_store.check((5, 30))
    async with late_store.database.reading() as connection:
        left = (await connection.execute(select(result_changes.c.start_at))).scalars().all()
    assert left == [NOW]


async def test_of_two_who_computed_at_once_the_first_one_writes(late_store: LateStore) -> None:
    async with late_store.writing() as connection:
        state = await state_of(connection, STORE, Basis("UTC", 1))
        assert await write(connection, state, Computed({}), NOW)
        assert not await write(connection, state, Computed({}), NOW)


async def test_a_worker_rolls_up_in_the_background_and_forgets_marks(
    late_store: LateStore,
) -> None:
    await late_store.message(status=MessageStatus.ACCEPTED)
    now = LATER
    background = BackgroundRollUp(late_store.database, lambda: now)
    await background.roll_up_due()
    days = await rolled_up(late_store)
    assert days > 20
    async with late_store.writing() as connection:
        await mark(connection, [Change(STORE, NOW, LATER)])
    now = LATER + DAY
    await background.roll_up_due()
    assert await rolled_up(late_store) == days + 1
    async with late_store.database.reading() as connection:
        assert not (await connection.execute(select(result_changes.c.id))).all()

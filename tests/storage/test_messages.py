import asyncio
from typing import Any

import pytest

from storage import messages
from storage.database import Database
from storage.messages import ERASED, MessageKey, MessageStatus, Page
from tests.storage.keeping import DETAILS, NOW, OTHER_STORE, STORE, key, later


async def claim(database: Database, which: MessageKey, seconds: float = 0, **details: Any) -> str:
    async with database.transaction() as connection:
        return await messages.claim(connection, which, DETAILS | details, later(seconds))


async def settle(database: Database, message_id: str, status: MessageStatus, **more: Any) -> None:
    async with database.transaction() as connection:
        await messages.settle(connection, message_id, later(), {"status": status, **more})


async def status_of(database: Database, which: MessageKey) -> MessageStatus:
    async with database.reading() as connection:
        (row,) = await messages.of_trigger(
            connection, which.store_id, which.customer_id, which.trigger_event_id
        )
    return MessageStatus(row["status"])


async def test_message_is_claimed_once(registered: Database) -> None:
    message_id = await claim(registered, key())
    with pytest.raises(LookupError):
        await claim(registered, key())
    async with registered.transaction() as connection:
        (found,) = await messages.of_step(connection, key())
        assert await messages.of_step(connection, key(2)) == []
    assert (found.message_id, found.status) == (message_id, MessageStatus.CLAIMED)


@pytest.mark.parametrize("unsent_before", [False, True])
async def test_of_claims_at_once_exactly_one_succeeds(
    registered: Database, unsent_before: bool
) -> None:
    if unsent_before:
        await settle(registered, await claim(registered, key()), MessageStatus.NOT_SENT)
    claims = (claim(registered, key()) for _ in range(6))
    results = await asyncio.gather(*claims, return_exceptions=True)
    assert len([result for result in results if isinstance(result, str)]) == 1
    assert len([result for result in results if isinstance(result, LookupError)]) == 5


@pytest.mark.parametrize(
    "other",
    [
        {"store_id": OTHER_STORE},
        {"customer_id": "c2"},
        {"trigger_event_id": "e2"},
        {"step": 2},
    ],
)
async def test_whatever_differs_makes_it_another_message(
    registered: Database, other: dict[str, Any]
) -> None:
    ids = {await claim(registered, key()), await claim(registered, key(**other))}
    assert len(ids) == 2


async def test_message_that_was_provably_not_sent_can_be_claimed_again(
    registered: Database,
) -> None:
    first = await claim(registered, key())
    failure = {"because": "connection refused", "error_code": 130429}
    await settle(registered, first, MessageStatus.NOT_SENT, **failure)
    assert await claim(registered, key(), 60) == first
    async with registered.reading() as connection:
        (row,) = await messages.of_trigger(connection, STORE, "c1", "e1")
    assert (row["status"], row["because"], row["error_code"]) == ("claimed", None, None)
    assert row["claimed_at"] == later(60)


@pytest.mark.parametrize(
    "status", sorted(set(MessageStatus) - {MessageStatus.CLAIMED, MessageStatus.NOT_SENT})
)
async def test_message_that_may_have_been_sent_is_never_claimed_again(
    registered: Database, status: MessageStatus
) -> None:
    await settle(registered, await claim(registered, key()), status)
    with pytest.raises(LookupError):
        await claim(registered, key())


@pytest.mark.parametrize("told", [MessageStatus.SENT, MessageStatus.READ, MessageStatus.FAILED])
async def test_what_a_webhook_told_since_stands(registered: Database, told: MessageStatus) -> None:
    message_id = await claim(registered, key())
    await settle(registered, message_id, told)
    await settle(registered, message_id, MessageStatus.ACCEPTED, provider_id="wamid.1")
    assert await status_of(registered, key()) is told


async def test_unknown_outcome_is_settled_by_what_comes_later(registered: Database) -> None:
    message_id = await claim(registered, key())
    await settle(registered, message_id, MessageStatus.UNKNOWN)
    await settle(registered, message_id, MessageStatus.DELIVERED, provider_id="wamid.1")
    assert await status_of(registered, key()) is MessageStatus.DELIVERED


async def test_cap_counts_what_a_person_got_or_may_have_got(registered: Database) -> None:
    for step, status in enumerate(MessageStatus):
        message_id = await claim(registered, key(step), 1)
        if status is not MessageStatus.CLAIMED:
            await settle(registered, message_id, status)
    await claim(registered, key(90), 0)
    await claim(registered, key(91), 1, address_hash="somebody else")
    await claim(registered, key(92, store_id=OTHER_STORE), 1)
    async with registered.reading() as connection:
        counted = await messages.count_since(connection, STORE, "hash", NOW)
    assert counted == len(set(MessageStatus) - {MessageStatus.FAILED, MessageStatus.NOT_SENT})


async def test_messages_of_a_journey_stand_in_the_order_of_its_steps(registered: Database) -> None:
    for step in (2, 1):
        await claim(registered, key(step))
    await claim(registered, key(3, trigger_event_id="e2"))
    async with registered.reading() as connection:
        rows = await messages.of_trigger(connection, STORE, "c1", "e1")
    assert [row["step"] for row in rows] == [1, 2]


async def test_pages_show_every_message_of_the_stretch_once(registered: Database) -> None:
    claimed = [await claim(registered, key(step), step // 3) for step in range(9)]
    await claim(registered, key(10), 3)
    await claim(registered, key(11, store_id=OTHER_STORE), 1)
    shown: list[str] = []
    after = None
    async with registered.reading() as connection:
        for _ in range(5):
            page = Page(NOW, later(3), after, most=2)
            rows = await messages.listed(connection, STORE, page)
            shown += [row["message_id"] for row in rows]
            after = (rows[-1]["claimed_at"], rows[-1]["message_id"])
        assert await messages.listed(connection, STORE, Page(NOW, later(3), after)) == []
    assert len(shown) == 9
    assert set(shown) == set(claimed)


async def test_messages_are_counted_by_plan_step_and_status(registered: Database) -> None:
    for customer in ("c1", "c2"):
        await claim(registered, key(customer_id=customer))
    await settle(registered, await claim(registered, key(2)), MessageStatus.READ)
    await claim(registered, key(3), 5)
    async with registered.reading() as connection:
        counted = await messages.counted(connection, STORE, NOW, later(5))
    assert [tuple(row.values()) for row in counted] == [
        ("cart_update", 1, "claimed", 2),
        ("cart_update", 2, "read", 1),
    ]


async def test_an_answer_does_not_bring_back_what_was_erased_meanwhile(
    registered: Database,
) -> None:
    message_id = await claim(registered, key())
    async with registered.transaction() as connection:
        await messages.settle(connection, message_id, NOW, {"provider_id": ERASED})
        sent = {"status": MessageStatus.ACCEPTED, "provider_id": "wamid.1"}
        await messages.settle(connection, message_id, NOW, sent)
        (row,) = await messages.of_step(connection, key())
    assert (row.status, row.provider_id) == (MessageStatus.ACCEPTED, ERASED)

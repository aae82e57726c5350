import asyncio
from typing import Any

import pytest
from sqlalchemy import update

from storage import message_reports, messages, tables
from storage.database import Database
from storage.messages import ERASED, LedgerUpdate, MessageKey, MessageStatus
from tests.storage.builders import CUSTOMER, DETAILS, NOW, OTHER_STORE, STORE, key, later


async def claim(database: Database, which: MessageKey, seconds: float = 0, **details: Any) -> str:
    async with database.transaction() as connection:
        return await messages.claim(connection, which, DETAILS | details, later(seconds))


async def settle(database: Database, message_id: str, status: MessageStatus, **more: Any) -> None:
    async with database.transaction() as connection:
        await messages.settle(connection, message_id, later(), LedgerUpdate(status, **more))


async def status_of(database: Database, which: MessageKey) -> MessageStatus:
    async with database.reading() as connection:
        (row,) = await message_reports.for_trigger(
            connection, which.store_id, which.customer_id, which.trigger_event_id
        )
    return MessageStatus(row["status"])


async def test_message_is_claimed_once(registered: Database) -> None:
    message_id = await claim(registered, key())
    with pytest.raises(LookupError):
        await claim(registered, key())
    async with registered.transaction() as connection:
        (found,) = await messages.for_step(connection, key())
        assert await messages.for_step(connection, key(2)) == []
    assert (found.message_id, found.status) == (message_id, MessageStatus.CLAIMED)


@pytest.mark.parametrize("unsent_before", [False, True])
async def test_of_concurrent_claims_exactly_one_succeeds(
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
async def test_any_difference_in_the_key_makes_it_another_message(
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
        (row,) = await message_reports.for_trigger(connection, STORE, "c1", "e1")
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


@pytest.mark.parametrize("known", [MessageStatus.SENT, MessageStatus.READ, MessageStatus.FAILED])
async def test_status_of_a_webhook_since_stands(registered: Database, known: MessageStatus) -> None:
    message_id = await claim(registered, key())
    await settle(registered, message_id, known)
    await settle(registered, message_id, MessageStatus.ACCEPTED, provider_id="wamid.1")
    assert await status_of(registered, key()) is known


async def test_unknown_outcome_is_settled_by_what_comes_later(registered: Database) -> None:
    message_id = await claim(registered, key())
    await settle(registered, message_id, MessageStatus.UNKNOWN)
    await settle(registered, message_id, MessageStatus.DELIVERED, provider_id="wamid.1")
    assert await status_of(registered, key()) is MessageStatus.DELIVERED


async def test_an_answer_does_not_bring_back_what_was_erased_meanwhile(
    registered: Database,
) -> None:
    message_id = await claim(registered, key())
    async with registered.transaction() as connection:
        erased = LedgerUpdate(MessageStatus.CLAIMED, provider_id=ERASED)
        await messages.settle(connection, message_id, NOW, erased)
        sent = LedgerUpdate(MessageStatus.ACCEPTED, provider_id="wamid.1")
        await messages.settle(connection, message_id, NOW, sent)
        (row,) = await messages.for_step(connection, key())
    assert (row.status, row.provider_id) == (MessageStatus.ACCEPTED, ERASED)


@pytest.mark.parametrize("status", MessageStatus)
async def test_claim_without_an_outcome_is_unknown_when_its_journey_ended(
    registered: Database, status: MessageStatus
) -> None:
    message_id = await claim(registered, key())
    if status is not MessageStatus.CLAIMED:
        async with registered.transaction() as connection:
            await connection.execute(update(tables.messages).values(status=status))
    others = (key(customer_id="c2"), key(trigger_event_id="e2"), key(store_id=OTHER_STORE))
    for other in others:
        await claim(registered, other)

    async with registered.transaction() as connection:
        await messages.abandon(connection, STORE, CUSTOMER, "e1", later())

    left = MessageStatus.UNKNOWN if status is MessageStatus.CLAIMED else status
    assert await status_of(registered, key()) is left
    assert {await status_of(registered, other) for other in others} == {MessageStatus.CLAIMED}
    if status is MessageStatus.CLAIMED:
        await settle(registered, message_id, MessageStatus.ACCEPTED)
        assert await status_of(registered, key()) is MessageStatus.ACCEPTED

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from domain.events.kinds import OPERATOR_EXIT, EventKind
from domain.journey.identity import CustomerRef
from storage import (
    aliases,
    claim_transaction,
    holds,
    later_events,
    message_reports,
    messages,
    statuses,
    stores,
    suppressions,
    template_holds,
)
from storage.aliases import Learned
from storage.claims import Claimed, Forbidden, Overtaken, Paced, Refusal, Stopped
from storage.database import Database, lock
from storage.later_events import TakenIn
from storage.messages import LedgerUpdate, Message, MessageStatus
from storage.status_rules import StatusUpdate
from storage.stores import PAUSED_AFTER_ERROR
from tests.storage.builders import (
    DETAILS,
    NOW,
    OTHER_STORE,
    STORE,
    a_claim,
    a_config,
    accept,
    an_event,
    later,
    until_done_or_waiting,
)

Answer = Claimed | Message | Stopped | Overtaken | Forbidden | Paced


def refusal(answer: Answer) -> Refusal:
    assert isinstance(answer, Forbidden)
    return answer.refusal


async def claim(database: Database, now: datetime = NOW, **changes: Any) -> Answer:
    async with database.transaction() as connection:
        return await claim_transaction.claim(connection, a_claim(**changes), now)


async def claimed(database: Database) -> str:
    answer = await claim(database)
    assert isinstance(answer, Claimed)
    return answer.message_id


async def test_of_concurrent_claims_exactly_one_may_send(registered: Database) -> None:
    answers = await asyncio.gather(*(claim(registered) for _ in range(6)))
    assert len([answer for answer in answers if isinstance(answer, Claimed)]) == 1
    assert len([answer for answer in answers if isinstance(answer, Message)]) == 5


async def test_claim_of_a_dead_worker_is_unknown_and_never_sent(registered: Database) -> None:
    message_id = await claimed(registered)
    for _ in range(2):
        again = await claim(registered)
        assert isinstance(again, Message)
        assert (again.message_id, again.status) == (message_id, MessageStatus.UNKNOWN)
        assert again.because == messages.ABANDONED
    async with registered.reading() as connection:
        row = await messages.get(connection, message_id)
    assert row is not None
    assert (row.status, row.because) == (MessageStatus.UNKNOWN, messages.ABANDONED)


async def test_message_that_was_provably_not_sent_may_be_claimed_again(
    registered: Database,
) -> None:
    message_id = await claimed(registered)
    async with registered.transaction() as connection:
        unsent = LedgerUpdate(MessageStatus.NOT_SENT)
        await messages.settle(connection, message_id, NOW, unsent)
    assert await claim(registered) == Claimed(message_id)


async def test_no_claim_follows_an_exit_that_was_committed(registered: Database) -> None:
    await accept(registered, an_event("e1"))
    stop = an_event("stop", OPERATOR_EXIT, later())
    await accept(registered, stop)
    assert await claim(registered) == Stopped(stop)
    assert isinstance(await claim(registered, customer_id="c2"), Claimed)


@pytest.mark.parametrize(
    ("kind", "at"),
    [
        (EventKind.ORDER_PLACED, later()),
        (EventKind.ORDER_PLACED, later(-600)),
        (EventKind.CART_UPDATE, later()),
        (EventKind.PRODUCT_VIEW, later()),
        (EventKind.COLLECTION_VIEW, later()),
    ],
)
async def test_no_claim_follows_an_accepted_event_that_ends_or_moves_the_journey(
    registered: Database, kind: str, at: datetime
) -> None:
    await accept(registered, an_event("e1"))
    newer = an_event("newer", kind, at)
    await accept(registered, newer)
    assert await claim(registered) == Overtaken((newer,))
    assert isinstance(await claim(registered, customer_id="c2"), Claimed)


@pytest.mark.parametrize("form", ["hash", "other form"])
async def test_no_claim_follows_an_order_of_another_customer_id_with_the_number(
    registered: Database, form: str
) -> None:
    await accept(registered, an_event("e1"), address_hash="hash")
    async with registered.transaction() as connection:
        known = frozenset({"hash", "other form"})
        await aliases.learn(connection, [Learned(STORE, known, NOW)])
    order = an_event("order", EventKind.ORDER_PLACED, later())
    await accept(registered, order, customer_id="guest", address_hash=form)
    assert await claim(registered) == Overtaken((order,))


async def test_no_claim_follows_an_order_with_an_older_number_of_the_customer(
    registered: Database,
) -> None:
    await accept(registered, an_event("e0", at=later(-60)), address_hash="older")
    await accept(registered, an_event("e1"), address_hash="hash")
    async with registered.transaction() as connection:
        known = frozenset({"older", "form of the older"})
        await aliases.learn(connection, [Learned(STORE, known, NOW)])
    order = an_event("order", EventKind.ORDER_PLACED, later())
    await accept(registered, order, customer_id="guest", address_hash="form of the older")
    assert await claim(registered) == Overtaken((order,))


async def test_claim_sees_the_opt_out_of_an_alias_that_is_learned_while_it_waits(
    registered: Database,
) -> None:
    async with registered.transaction() as connection:
        await lock(connection, "address", STORE, "hash")
        task = asyncio.create_task(claim(registered))
        await until_done_or_waiting(registered, task)
        await aliases.learn(connection, [Learned(STORE, frozenset({"hash", "user:1"}), NOW)])
        await suppressions.add(connection, STORE, "user:1", "said STOP", NOW)
    assert refusal(await task) is Refusal.OPTED_OUT


async def test_claim_waits_for_an_order_with_its_number_that_is_being_accepted(
    registered: Database,
) -> None:
    await accept(registered, an_event("e1"), address_hash="hash")
    async with registered.transaction() as connection:
        await lock(connection, "address", STORE, "hash")
        task = asyncio.create_task(claim(registered))
        await until_done_or_waiting(registered, task)
        assert not task.done()
    assert isinstance(await task, Claimed)


@pytest.mark.parametrize(
    ("kind", "at"),
    [
        (EventKind.CART_UPDATE, NOW),
        (EventKind.ORDER_PLACED, later(-601)),
        ("back_in_stock", later()),
        ("order_refunded", later()),
    ],
)
async def test_what_does_nothing_to_the_journey_stops_no_claim(
    registered: Database, kind: str, at: datetime
) -> None:
    await accept(registered, an_event("e1"))
    await accept(registered, an_event("other", kind, at))
    assert isinstance(await claim(registered), Claimed)


async def test_what_another_journey_took_in_stops_no_claim(registered: Database) -> None:
    await accept(registered, an_event("e1"))
    await accept(registered, an_event("earlier journey's", at=later()))
    customer = CustomerRef(STORE, "c1")
    taken = TakenIn("run", ["earlier journey's"], None, [], NOW)
    async with registered.transaction() as connection:
        await later_events.take(connection, customer, taken)
    assert isinstance(await claim(registered), Claimed)


@pytest.mark.parametrize("kind", [EventKind.ORDER_PLACED, OPERATOR_EXIT])
async def test_order_and_exit_stop_a_claim_whatever_journey_took_them_in(
    registered: Database, kind: str
) -> None:
    await accept(registered, an_event("e1"))
    await accept(registered, an_event("stop", kind, later()))
    async with registered.transaction() as connection:
        taken = TakenIn("run", ["stop"], None, [], NOW)
        await later_events.take(connection, CustomerRef(STORE, "c1"), taken)
    assert isinstance(await claim(registered), Overtaken | Stopped)


async def test_claim_waits_for_an_order_that_is_being_accepted(registered: Database) -> None:
    async with registered.transaction() as connection:
        await lock(connection, "customer", STORE, "c1")
        claiming = asyncio.create_task(claim(registered))
        await until_done_or_waiting(registered, claiming)
        assert not claiming.done()
    assert isinstance(await claiming, Claimed)


async def test_no_claim_follows_an_opt_out(registered: Database) -> None:
    async with registered.transaction() as connection:
        await suppressions.add(connection, STORE, "hash", "opted out", NOW)
    assert refusal(await claim(registered)) is Refusal.OPTED_OUT
    assert isinstance(await claim(registered, store_id=OTHER_STORE), Claimed)


async def test_no_claim_follows_a_pause_and_the_journey_holds(registered: Database) -> None:
    async with registered.transaction() as connection:
        await stores.pause(connection, STORE, NOW, "holiday")
    assert await claim(registered) == Forbidden(Refusal.PAUSED, {"because": PAUSED_AFTER_ERROR})
    async with registered.transaction() as connection:
        await stores.resume(connection, STORE)
        held = await holds.releasable(connection, 10)
    assert [(hold.store_id, hold.customer_id) for hold in held] == [(STORE, "c1")]
    assert isinstance(await claim(registered), Claimed)


@pytest.mark.parametrize("waits", [True, False])
async def test_no_claim_while_the_template_is_held_and_the_journey_holds_if_it_waits_for_it(
    registered: Database, *, waits: bool
) -> None:
    wanted = replace(a_claim(), waits_for_template=waits)
    async with registered.transaction() as connection:
        await template_holds.add(connection, STORE, "reminder", "132015", NOW)
    async with registered.transaction() as connection:
        answer = await claim_transaction.claim(connection, wanted, NOW)
        held = await holds.held(connection, STORE, "c1")
    assert answer == Forbidden(Refusal.TEMPLATE_HELD, {"because": template_holds.HELD})
    assert (None if held is None else (held.template, held.since)) == (
        ("reminder", NOW) if waits else None
    )
    async with registered.transaction() as connection:
        by_sms = replace(a_claim(customer_id="c2", fallback=1), template=None)
        assert isinstance(await claim_transaction.claim(connection, by_sms, NOW), Claimed)
        await template_holds.lift(connection, STORE)
    assert isinstance(await claim(registered, later(60)), Claimed)


async def test_claim_waits_for_a_pause_that_is_being_committed(registered: Database) -> None:
    async with registered.transaction() as connection:
        await stores.pause(connection, STORE, NOW, "holiday")
        task = asyncio.create_task(claim(registered))
        await until_done_or_waiting(registered, task, locktype="transactionid")
        assert not task.done()
    assert refusal(await task) is Refusal.PAUSED


async def test_cap_counts_all_messages_to_one_person_in_any_such_period(
    registered: Database,
) -> None:
    async with registered.transaction() as connection:
        capped = a_config(frequency_cap={"messages": 2, "per": "1h"})
        await stores.put(connection, STORE, capped, NOW)
    counted: list[str] = []
    for step, at in ((1, NOW), (2, later(60))):
        answer = await claim(registered, at, step=step)
        assert isinstance(answer, Claimed)
        counted.insert(0, answer.message_id)
    evidence = {"frequency_cap": "2 per 1h", "messages": ", ".join(counted)}
    capped_answer = await claim(registered, later(3599), step=3)
    assert capped_answer == Forbidden(Refusal.FREQUENCY_CAP, evidence)
    assert isinstance(await claim(registered, later(3600), step=3), Claimed)


async def test_cap_holds_for_concurrent_claims_of_one_persons_several_journeys(
    registered: Database,
) -> None:
    async with registered.transaction() as connection:
        capped = a_config(frequency_cap={"messages": 1, "per": "1h"})
        await stores.put(connection, STORE, capped, NOW)
    answers = await asyncio.gather(*(claim(registered, customer_id=f"c{n}") for n in range(5)))
    assert len([answer for answer in answers if isinstance(answer, Claimed)]) == 1


async def test_claim_records_what_is_being_sent(registered: Database) -> None:
    await claimed(registered)
    async with registered.reading() as connection:
        (row,) = await message_reports.for_trigger(connection, STORE, "c1", "e1")
    assert {name: row[name] for name in DETAILS} == DETAILS


async def became(database: Database, status: MessageStatus) -> str:
    """Claim the step's own message and settle it so."""
    message_id = await claimed(database)
    async with database.transaction() as connection:
        await messages.settle(connection, message_id, NOW, LedgerUpdate(status))
    return message_id


SURELY_UNDELIVERED = (MessageStatus.FAILED, MessageStatus.NOT_SENT)


@pytest.mark.parametrize(
    "status", [each for each in MessageStatus if each not in SURELY_UNDELIVERED]
)
async def test_no_fallback_is_claimed_while_the_customer_may_have_the_message(
    registered: Database, status: MessageStatus
) -> None:
    message_id = await became(registered, status)
    answer = await claim(registered, fallback=1)
    assert isinstance(answer, Message)
    assert answer.message_id == message_id


@pytest.mark.parametrize("status", SURELY_UNDELIVERED)
async def test_a_message_is_not_claimed_again_once_a_fallback_has_its_place(
    registered: Database, status: MessageStatus
) -> None:
    await became(registered, status)
    second = await claim(registered, fallback=1)
    assert isinstance(second, Claimed)
    for fallback in (0, 1):
        answer = await claim(registered, fallback=fallback)
        assert isinstance(answer, Message)
        assert answer.message_id == second.message_id


async def test_of_a_message_and_its_fallbacks_claimed_concurrently_one_may_be_sent(
    registered: Database,
) -> None:
    await became(registered, MessageStatus.NOT_SENT)
    answers = await asyncio.gather(*(claim(registered, fallback=number % 3) for number in range(9)))
    assert len([answer for answer in answers if isinstance(answer, Claimed)]) == 1


async def test_the_ledger_records_the_channel_and_the_reason_of_a_fallback(
    registered: Database,
) -> None:
    await became(registered, MessageStatus.FAILED)
    await claim(registered, fallback=1)
    async with registered.reading() as connection:
        (_, row) = await message_reports.for_trigger(connection, STORE, "c1", "e1")
    assert (row["fallback"], row["channel"], row["fallback_because"]) == (1, "sms", "unreachable")


async def test_a_channel_of_the_stores_own_takes_no_slot_of_the_number(
    registered: Database,
) -> None:
    for person in range(100):
        step = a_claim(customer_id=f"c{person}", fallback=1)
        alone = replace(step, address_hash=f"hash{person}", messages_per_second=1)
        async with registered.transaction() as connection:
            assert isinstance(await claim_transaction.claim(connection, alone, NOW), Claimed)


async def failed_and_may_be_sent_again_at(database: Database, at: datetime) -> str:
    message_id = await became(database, MessageStatus.FAILED)
    async with database.transaction() as connection:
        await messages.allow_again(connection, message_id, at)
    return message_id


async def test_a_message_that_may_be_sent_again_later_is_not_claimed_before(
    registered: Database,
) -> None:
    await failed_and_may_be_sent_again_at(registered, later(60))
    assert await claim(registered, later(59)) == Paced(later(60))
    assert isinstance(await claim(registered, later(60)), Claimed)


async def test_a_late_status_of_the_first_try_does_not_match_the_second(
    registered: Database,
) -> None:
    first = await failed_and_may_be_sent_again_at(registered, later(60))
    answer = await claim(registered, later(60))
    assert isinstance(answer, Claimed)
    late = StatusUpdate(
        first, "wamid.1", frozenset({STORE}), MessageStatus.FAILED, error_code=131049
    )
    async with registered.transaction() as connection:
        assert await statuses.apply(connection, [late], later(61)) == [None]
    async with registered.reading() as connection:
        (row,) = await message_reports.for_trigger(connection, STORE, "c1", "e1")
    assert (row["message_id"], row["status"]) == (answer.message_id, "claimed")


async def test_a_message_that_may_be_sent_again_later_gives_way_to_a_fallback(
    registered: Database,
) -> None:
    await failed_and_may_be_sent_again_at(registered, later(60))
    second = await claim(registered, fallback=1)
    assert isinstance(second, Claimed)
    answer = await claim(registered, later(60))
    assert isinstance(answer, Message)
    assert answer.message_id == second.message_id


@pytest.mark.parametrize("own", SURELY_UNDELIVERED)
async def test_a_fallback_that_was_put_off_does_not_block(
    registered: Database, own: MessageStatus
) -> None:
    await became(registered, own)
    second = await claim(registered, fallback=1)
    assert isinstance(second, Claimed)
    async with registered.transaction() as connection:
        unsent = LedgerUpdate(MessageStatus.NOT_SENT)
        await messages.settle(connection, second.message_id, NOW, unsent)
    again = await claim(registered, fallback=0)
    if own is MessageStatus.FAILED:
        assert isinstance(again, Message)
        assert again.status is MessageStatus.FAILED
    else:
        assert isinstance(again, Claimed)

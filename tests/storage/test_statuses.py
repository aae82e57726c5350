"""Statuses: the ledger is the same for any order and repetition."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from storage import message_reports, messages, statuses
from storage.database import Database
from storage.messages import LedgerUpdate, MessageStatus
from storage.status_rules import RANK, Entry, StatusUpdate, with_status
from storage.statuses import AppliedStatus
from storage.tables import messages as table
from tests.storage.builders import DETAILS, NOW, OTHER_STORE, STORE, key, later

WAMID = "wamid.1"
BOTH = frozenset({STORE, OTHER_STORE})
POSTED_BY_META = (
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.READ,
    MessageStatus.FAILED,
)
ENTRY = Entry("m1", STORE, "hash", MessageStatus.CLAIMED, None, None, None, NOW, None)


def an_update(status: MessageStatus, message_id: str | None = None, **changes: Any) -> StatusUpdate:
    failed = status is MessageStatus.FAILED
    error: dict[str, Any] = {"because": "Undeliverable", "error_code": 131026} if failed else {}
    return replace(StatusUpdate(message_id, WAMID, frozenset({STORE}), status, **error), **changes)


async def claim(database: Database, step: int = 1, **changes: Any) -> str:
    async with database.transaction() as connection:
        return await messages.claim(connection, key(step, **changes), DETAILS, NOW)


async def settle(database: Database, message_id: str, **values: Any) -> None:
    async with database.transaction() as connection:
        await messages.settle(connection, message_id, later(), LedgerUpdate(**values))


async def apply(database: Database, *each: StatusUpdate) -> list[AppliedStatus | None]:
    async with database.transaction() as connection:
        return await statuses.apply(connection, each, later(60))


async def row(database: Database, message_id: str) -> dict[str, Any]:
    async with database.reading() as connection:
        found = await connection.execute(select(table).where(table.c.message_id == message_id))
        return dict(found.mappings().one())


def with_all(entry: Entry, updates: Iterable[StatusUpdate]) -> Entry:
    for each in updates:
        entry = with_status(entry, each)
    return entry


@given(
    st.sampled_from(MessageStatus),
    st.lists(st.sampled_from(POSTED_BY_META), min_size=1).flatmap(
        lambda names: st.tuples(
            st.just(names),
            st.permutations(names),
            st.lists(st.sampled_from(names)),
        )
    ),
)
def test_any_order_and_repetition_leads_to_the_same_entry(
    before: MessageStatus,
    orders: tuple[list[MessageStatus], Sequence[MessageStatus], list[MessageStatus]],
) -> None:
    names, shuffled, repeated = orders
    begin = replace(ENTRY, status=before, because="before", error_code=1)
    once = with_all(begin, map(an_update, names))
    assert with_all(begin, map(an_update, shuffled)) == once
    assert with_all(once, map(an_update, repeated)) == once
    assert RANK[once.status] == max(RANK[name] for name in (before, *names))


TIMED = st.tuples(st.sampled_from(POSTED_BY_META), st.integers(0, 9)).map(
    lambda each: an_update(each[0], at=later(each[1]))
)


@given(
    st.lists(TIMED, min_size=1).flatmap(
        lambda each: st.tuples(st.just(each), st.permutations(each))
    )
)
def test_times_of_delivery_and_reading_are_the_earliest_in_any_order(
    both: tuple[list[StatusUpdate], Sequence[StatusUpdate]],
) -> None:
    once, shuffled = (with_all(ENTRY, each) for each in both)
    times = {
        name: [each.at for each in both[0] if each.status in statuses and each.at is not None]
        for name, statuses in {
            "read_at": {MessageStatus.READ},
            "delivered_at": {MessageStatus.READ, MessageStatus.DELIVERED},
        }.items()
    }
    assert (once.delivered_at, once.read_at) == (shuffled.delivered_at, shuffled.read_at)
    assert once.read_at == min(times["read_at"], default=None)
    assert once.delivered_at == min(times["delivered_at"], default=None)


async def test_times_are_written_to_the_ledger(registered: Database) -> None:
    message_id = await claim(registered)
    await apply(registered, an_update(MessageStatus.READ, message_id, at=later(9)))
    await apply(registered, an_update(MessageStatus.DELIVERED, message_id, at=later(5)))
    kept = await row(registered, message_id)
    assert (kept["delivered_at"], kept["read_at"]) == (later(5), later(9))


@pytest.mark.parametrize("before", MessageStatus)
async def test_ledger_is_never_downgraded(registered: Database, before: MessageStatus) -> None:
    for step, new in enumerate(POSTED_BY_META):
        message_id = await claim(registered, step)
        if before is not MessageStatus.CLAIMED:
            await settle(registered, message_id, status=before, because="before")
        await apply(registered, an_update(new, message_id, provider_id=f"wamid.{step}"))
        kept = await row(registered, message_id)
        highest = max((before, new), key=RANK.__getitem__)
        assert kept["status"] == highest
        assert kept["provider_id"] == f"wamid.{step}"


async def test_failure_keeps_metas_code_until_the_message_was_delivered(
    registered: Database,
) -> None:
    message_id = await claim(registered)
    await apply(registered, an_update(MessageStatus.FAILED, message_id))
    failed = await row(registered, message_id)
    assert (failed["because"], failed["error_code"]) == ("Undeliverable", 131026)
    await apply(registered, an_update(MessageStatus.DELIVERED, message_id))
    there = await row(registered, message_id)
    assert (there["status"], there["because"], there["error_code"]) == ("delivered", None, None)


async def test_unknown_is_settled_by_what_meta_echoes(registered: Database) -> None:
    message_id = await claim(registered)
    await settle(registered, message_id, status=MessageStatus.UNKNOWN, because="no answer")
    (done,) = await apply(registered, an_update(MessageStatus.SENT, message_id))
    settled = await row(registered, message_id)
    assert done is not None
    assert done.changed
    assert (settled["status"], settled["provider_id"]) == ("sent", WAMID)
    assert (settled["because"], settled["sent_at"], settled["updated_at"]) == (None, NOW, later(60))


async def test_message_is_found_by_metas_id_where_nothing_is_echoed(registered: Database) -> None:
    message_id = await claim(registered)
    await settle(registered, message_id, status=MessageStatus.ACCEPTED, provider_id=WAMID)
    done = await apply(
        registered,
        an_update(MessageStatus.READ),
        an_update(MessageStatus.SENT, "0" * 32),
        update_of("other"),
    )
    assert [each and each.changed for each in done] == [True, False, None]
    assert (await row(registered, message_id))["status"] == "read"


def update_of(provider_id: str) -> StatusUpdate:
    return an_update(MessageStatus.SENT, provider_id=provider_id)


async def test_repetition_does_not_touch_the_row(registered: Database) -> None:
    message_id = await claim(registered)
    await apply(registered, an_update(MessageStatus.SENT, message_id))
    before = await row(registered, message_id)
    async with registered.transaction() as connection:
        (done,) = await statuses.apply(
            connection, [an_update(MessageStatus.SENT, message_id)], later(99)
        )
    assert done is not None
    assert not done.changed
    assert await row(registered, message_id) == before


async def test_message_of_a_store_that_does_not_have_the_number_is_left_alone(
    registered: Database,
) -> None:
    theirs = await claim(registered, store_id=OTHER_STORE)
    await settle(registered, theirs, status=MessageStatus.UNKNOWN, provider_id=WAMID)
    assert await apply(
        registered, an_update(MessageStatus.READ, theirs), an_update(MessageStatus.READ)
    ) == [
        None,
        None,
    ]
    assert (await row(registered, theirs))["status"] == "unknown"


async def test_of_two_stores_with_one_number_the_ledger_knows_the_messages_store(
    registered: Database,
) -> None:
    theirs = await claim(registered, store_id=OTHER_STORE)
    (done,) = await apply(registered, an_update(MessageStatus.READ, theirs, store_ids=BOTH))
    assert done is not None
    assert done.entry.store_id == OTHER_STORE
    async with registered.reading() as connection:
        assert await statuses.address_of(connection, WAMID, BOTH) == [(OTHER_STORE, "hash")]
        assert await statuses.address_of(connection, WAMID, [STORE]) == []


async def test_concurrent_batches_settle_everything(registered: Database) -> None:
    rows = [
        {"message_id": f"{n:032}", "claimed_at": NOW, "updated_at": NOW, "status": "unknown"}
        | key(n).__dict__
        | DETAILS
        for n in range(statuses.MAX_BATCH)
    ]
    async with registered.transaction() as connection:
        await connection.execute(insert(table), rows)
    ids = [str(each["message_id"]) for each in rows]
    batches = [
        [an_update(name, each, provider_id=f"wamid.{each}") for each in order]
        for name, order in (
            (MessageStatus.SENT, ids),
            (MessageStatus.READ, ids[::-1]),
            (MessageStatus.DELIVERED, ids),
        )
    ]
    await asyncio.gather(*(apply(registered, *batch) for batch in batches))
    async with registered.reading() as connection:
        assert await message_reports.by_status(connection) == {"read": statuses.MAX_BATCH}

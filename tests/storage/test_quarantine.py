import pytest

from storage import quarantine
from storage.database import Database
from storage.quarantine import QuarantinePage, Rejected
from tests.storage.builders import NOW, OTHER_STORE, STORE


async def test_bodies_are_listed_newest_first_page_by_page(registered: Database) -> None:
    errors = [{"loc": ["body", "timestamp"], "msg": "wrong"}]
    async with registered.transaction() as connection:
        for body in ("first", "second", "third"):
            await quarantine.add(connection, Rejected(STORE, body, errors), NOW)
        await quarantine.add(connection, Rejected(OTHER_STORE, "theirs", []), NOW)
        newest = await quarantine.listed(
            connection, QuarantinePage(2, store_id=STORE), with_bodies=True
        )
        older = QuarantinePage(2, newest[-1]["id"], STORE)
        rest = await quarantine.listed(connection, older, with_bodies=True)
    assert [row["body"] for row in newest + rest] == ["third", "second", "first"]
    assert newest[0]["errors"] == errors
    assert newest[0]["received_at"] == NOW


async def test_bodies_are_listed_only_on_request(registered: Database) -> None:
    async with registered.transaction() as connection:
        await quarantine.add(connection, Rejected(STORE, "megabytes", []), NOW)
        page = QuarantinePage(1, store_id=STORE)
        (summary,) = await quarantine.listed(connection, page)
        (whole,) = await quarantine.listed(connection, page, with_bodies=True)
    assert whole == {**summary, "body": "megabytes"}


async def test_body_that_is_no_text_at_all_is_kept_too(registered: Database) -> None:
    async with registered.transaction() as connection:
        await quarantine.add(connection, Rejected(STORE, "a\x00b", []), NOW)
        (row,) = await quarantine.listed(
            connection, QuarantinePage(1, store_id=STORE), with_bodies=True
        )
    assert row["body"] == "a\N{REPLACEMENT CHARACTER}b"


async def test_newest_events_of_a_store_push_out_its_oldest_and_nothing_else(
    registered: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "MAX_EVENTS", 2)
    async with registered.transaction() as connection:
        for kept in (Rejected(OTHER_STORE, "theirs", []), Rejected(STORE, "{}", [], "message")):
            await quarantine.add(connection, kept, NOW)
        dropped = [
            await quarantine.add_event(connection, Rejected(STORE, body, []), NOW)
            for body in ("first", "second", "third", "fourth")
        ]
        rows = await quarantine.listed(connection, QuarantinePage(9), with_bodies=True)
    assert dropped == [0, 0, 1, 1]
    assert [row["body"] for row in rows] == ["fourth", "third", "{}", "theirs"]


@pytest.mark.parametrize("store_id", [None, STORE])
async def test_updates_of_each_source_have_a_quota_of_their_own(
    registered: Database, monkeypatch: pytest.MonkeyPatch, store_id: str | None
) -> None:
    monkeypatch.setattr(quarantine, "MAX_UPDATES", 1)
    status = Rejected(store_id, "{}", [], "status", "1055")
    async with registered.transaction() as connection:
        await quarantine.add(connection, status, NOW)
        assert await quarantine.room_for(connection, status) == 0
        opt_out = Rejected(store_id, "{}", [], "message", "1055")
        assert await quarantine.room_for(connection, opt_out) == 1

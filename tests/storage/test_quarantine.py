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

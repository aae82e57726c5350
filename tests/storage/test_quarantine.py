from storage import quarantine
from storage.database import Database
from tests.storage.keeping import NOW, OTHER_STORE, STORE


async def test_bodies_are_listed_newest_first_page_by_page(registered: Database) -> None:
    errors = [{"loc": ["body", "timestamp"], "msg": "wrong"}]
    async with registered.transaction() as connection:
        for body in ("first", "second", "third"):
            await quarantine.add(connection, STORE, body, errors, NOW)
        await quarantine.add(connection, OTHER_STORE, "theirs", [], NOW)
        newest = await quarantine.listed(connection, STORE, None, 2)
        rest = await quarantine.listed(connection, STORE, newest[-1]["id"], 2)
    assert [row["body"] for row in newest + rest] == ["third", "second", "first"]
    assert newest[0]["errors"] == errors
    assert newest[0]["received_at"] == NOW


async def test_body_that_is_no_text_at_all_is_kept_too(registered: Database) -> None:
    async with registered.transaction() as connection:
        await quarantine.add(connection, STORE, "a\x00b", [], NOW)
        (row,) = await quarantine.listed(connection, STORE, None, 1)
    assert row["body"] == "a\N{REPLACEMENT CHARACTER}b"

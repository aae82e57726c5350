"""SQLite beside an event loop: what may take long does not keep the loop from turning."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from storage import sqlite_driver
from storage.database import Database

COUNT = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000)"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty file with one table."""
    opened = Database(f"sqlite:///{tmp_path}/test.db")
    async with opened.transaction() as connection:
        await connection.execute(text("CREATE TABLE numbers (i INTEGER)"))
    yield opened
    await opened.close()


async def turns_while(work: asyncio.Task[None]) -> int:
    """How often the event loop turns until the work is done."""
    turns = 0
    while not work.done():
        await asyncio.sleep(0)
        turns += 1
    await work
    return turns


async def insert(database: Database, number: int) -> None:
    """Write a row."""
    async with database.transaction() as connection:
        await connection.execute(text("INSERT INTO numbers VALUES (:i)"), {"i": number})


async def stored(database: Database) -> list[int]:
    """What was written."""
    async with database.reading() as connection:
        return list((await connection.execute(text("SELECT i FROM numbers"))).scalars())


async def test_long_statement_leaves_the_event_loop_free(database: Database) -> None:
    """It runs in a thread."""

    async def count() -> None:
        async with database.reading(long=True) as connection:
            await connection.execute(text(f"{COUNT} SELECT count(*) FROM n"))

    assert await turns_while(asyncio.create_task(count())) > 100


async def test_writer_sleeps_while_another_process_writes(
    database: Database, tmp_path: Path
) -> None:
    """The event loop goes on meanwhile, and so does the writer when its turn has come."""
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(insert(database, 1))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not writing.done()
    other.execute("ROLLBACK")
    other.close()
    await writing
    assert await stored(database) == [1]


async def test_writer_that_waits_too_long_is_told_so(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database counts as unavailable then."""
    monkeypatch.setattr(sqlite_driver, "_LOCK_WAITS", (0.001,))
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"):
        await insert(database, 1)
    other.close()
    await insert(database, 2)
    assert await stored(database) == [2]


async def test_writer_that_is_cancelled_keeps_no_lock(database: Database, tmp_path: Path) -> None:
    """Neither while it waits for its turn, nor while it commits."""
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    writing = asyncio.create_task(insert(database, 1))
    await asyncio.sleep(0)
    writing.cancel()
    await asyncio.wait([writing])
    other.execute("ROLLBACK")
    other.close()
    for turns in range(40):
        writing = asyncio.create_task(insert(database, 100 + turns))
        for _ in range(turns):
            await asyncio.sleep(0)
        writing.cancel()
        await asyncio.wait([writing])
    await insert(database, 2)
    assert (await stored(database))[-1] == 2

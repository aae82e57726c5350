import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, MetaData, Table, insert, select
from sqlalchemy.exc import StatementError

from storage import quarantine, stores
from storage.database import Database, UtcDateTime, async_url, lock, sync_url
from storage.quarantine import QuarantinePage, Rejected
from storage.tables import quarantine as quarantine_table
from tests.journey_model.killing import Killed
from tests.storage.builders import NOW, STORE, until_done_or_waiting

instants = Table("instants", MetaData(), Column("at", UtcDateTime))


async def kept(database: Database, at: datetime | None) -> datetime | None:
    async with database.transaction() as connection:
        await connection.run_sync(instants.create, checkfirst=True)
        await connection.execute(insert(instants).values(at=at))
        back: datetime | None = (await connection.execute(select(instants.c.at))).scalar_one()
        await connection.run_sync(instants.drop)
    return back


@pytest.mark.parametrize(
    "at",
    [
        datetime(2024, 10, 8, 6, 30, 35, 858469, tzinfo=UTC),
        datetime(2024, 10, 8, 12, 0, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        datetime(1970, 1, 1, tzinfo=timezone(timedelta(hours=-11))),
    ],
)
async def test_instant_comes_back_as_the_same_instant_in_utc(
    database: Database, at: datetime
) -> None:
    back = await kept(database, at)
    assert back is not None
    assert (back, back.utcoffset()) == (at, timedelta(0))


async def test_no_instant_stays_none(database: Database) -> None:
    assert await kept(database, None) is None


async def test_naive_time_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="naive"):
        await kept(database, datetime(2024, 10, 8))  # noqa: DTZ001  # that is the point


async def test_block_that_raises_leaves_nothing_behind(registered: Database) -> None:
    with pytest.raises(RuntimeError):
        await _write_and_raise(registered)
    async with registered.reading() as connection:
        assert (await connection.execute(select(quarantine_table))).all() == []


async def _write_and_raise(database: Database) -> None:
    async with database.transaction() as connection:
        await quarantine.add(connection, Rejected(STORE, "{}", []), NOW)
        raise RuntimeError


async def test_readers_do_not_wait_for_a_writer_nor_see_what_is_not_committed(
    registered: Database,
) -> None:
    async with registered.transaction() as writing:
        await quarantine.add(writing, Rejected(STORE, "{}", []), NOW)
        async with asyncio.timeout(30), registered.reading() as connection:
            assert await quarantine.listed(connection, QuarantinePage(10, store_id=STORE)) == []


async def test_of_those_that_lock_the_same_one_passes_at_a_time(database: Database) -> None:
    passed: list[str] = []

    async def second() -> None:
        async with database.transaction() as connection:
            await lock(connection, "customer", "denim", "c1")
            passed.append("second")

    async with database.transaction() as connection:
        await lock(connection, "customer", "denim", "c1")
        task = asyncio.create_task(second())
        await until_done_or_waiting(database, task)
        assert not task.done()
        passed.append("first")
    await task
    assert passed == ["first", "second"]


async def test_those_that_lock_something_else_pass_on_postgresql(database: Database) -> None:
    async with database.transaction() as connection:
        if connection.dialect.name == "sqlite":
            return  # there every writer is alone
        await lock(connection, "customer", "denim", "c1")
        async with asyncio.timeout(30), database.transaction() as other:
            await lock(other, "customer", "denim", "c2")


async def test_database_that_answers_answers_a_ping(database: Database) -> None:
    await database.ping()


def test_driver_of_the_url_is_replaced_by_ours() -> None:
    assert async_url("sqlite:///x.db").drivername == "sqlite+eventloop"
    assert sync_url("sqlite+eventloop:///x.db").drivername == "sqlite"
    assert sync_url("postgresql://h/d").drivername == "postgresql+psycopg"
    with pytest.raises(ValueError, match="mysql"):
        async_url("mysql://h/d")


async def test_a_transaction_that_is_cancelled_at_any_wait_leaves_no_lock(
    registered: Database,
) -> None:
    async def write_and_read() -> None:
        async with registered.transaction() as connection:
            await quarantine.add(connection, Rejected(STORE, "{}", []), NOW)
            await stores.existing(connection, STORE)

    async def cancelled_at(wait: int) -> None:
        await Killed(write_and_read(), wait, lambda: None)

    tasks = []  # with their exceptions, and by these with every frame
    for wait in range(1, 25):
        tasks.append(asyncio.create_task(cancelled_at(wait)))
        await asyncio.wait(tasks[-1:])
        async with registered.transaction() as connection:
            await stores.existing(connection, STORE)
    assert any(task.cancelled() for task in tasks)
    assert not all(task.cancelled() for task in tasks)

"""Connections of a process's pool to PostgreSQL; SQLite has no server that could go away."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import CONNECTIONS, Database
from tests.databases import fresh_postgresql


@pytest.fixture(name="url")
def empty_postgresql() -> Iterator[str]:
    with fresh_postgresql() as url:
        yield url


def block(database: Database, kind: str) -> AbstractAsyncContextManager[AsyncConnection]:
    return database.reading() if kind == "reading" else database.transaction()


async def backend(database: Database, kind: str = "transaction") -> int:
    """The server process behind a connection, after a moment of the server's."""
    async with block(database, kind) as connection:
        await connection.execute(text("SELECT pg_sleep(0.01)"))
        return int((await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one())


async def end(url: str, server_process: int) -> None:
    """End a server process from outside, as a restart does."""
    other = Database(url)
    async with other.transaction() as connection:
        ended = text("SELECT pg_terminate_backend(:pid, 5000)")
        await connection.execute(ended, {"pid": server_process})
    await other.close()


@pytest.mark.parametrize("kind", ["reading", "transaction"])
async def test_connection_that_broke_while_it_was_idle_is_not_noticed(url: str, kind: str) -> None:
    database = Database(url)
    first = await backend(database, kind)
    await end(url, first)
    assert await backend(database, kind) != first
    await database.close()


async def test_connections_of_a_rush_are_kept_for_the_next(url: str) -> None:
    database = Database(url)
    first, second = [
        set(await asyncio.gather(*(backend(database) for _ in range(3 * CONNECTIONS))))
        for _ in range(2)
    ]
    assert len(first) <= CONNECTIONS
    assert second <= first
    await database.close()

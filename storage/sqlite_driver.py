"""SQLite for the event loop: short statements run at once, commits in a thread.

A statement of this program reads or writes a few rows by an index, in tens of microseconds. To hand
each to a thread, as aiosqlite does, costs ten times as much processor time. What may take
milliseconds does not block the loop: a commit waits for the disk in a thread, and a writer sleeps
until another process has written. Connections that read much are marked by `IN_THREAD`.
"""

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import chain, repeat
from typing import Any, Final, TypeVar

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import AsyncAdaptedQueuePool, Pool
from sqlalchemy.util import await_only

Value = TypeVar("Value")

IN_THREAD: Final = "comeback_in_thread"
"""The execution option of a connection whose statements may take long."""

BEGIN_WRITING: Final = "BEGIN IMMEDIATE"

BUSY_MILLISECONDS: Final = 5000
"""How long SQLite itself waits for a lock, as when a file is opened after a crash."""

_LOCK_WAITS: Final = tuple(chain((0.001, 0.002, 0.005, 0.01), repeat(0.02, 250)))
"""Seconds between attempts to begin writing, while another process writes: 5 s in all."""


class _Cursor(sqlite3.Cursor):
    """A cursor that reads all rows at once, so that no statement stays open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._rows: deque[Any] = deque()

    def run(self, statement: str, parameters: Any) -> None:
        self.execute(statement, parameters)
        self._rows = deque(super().fetchall())

    def fetchone(self) -> Any:
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: int | None = None) -> list[Any]:
        wanted = self.arraysize if size is None else size
        return [self._rows.popleft() for _ in range(min(wanted, len(self._rows)))]

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, deque()
        return list(rows)

    async def _async_soft_close(self) -> None:
        """Called by SQLAlchemy when a result is read outside its greenlet."""


class _Connection(sqlite3.Connection):
    writes = False
    """Whether its transaction began to write."""

    def cursor(self, *_: Any) -> Any:
        return super().cursor(_Cursor)

    def commit(self) -> None:
        super().commit()
        self.writes = False

    def rollback(self) -> None:
        super().rollback()
        self.writes = False

    def try_to_write(self) -> bool:
        """Begin a writing transaction; False: another process writes."""
        self.execute("PRAGMA busy_timeout=0")
        try:
            self.execute(BEGIN_WRITING)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                return False
            raise
        finally:
            self.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
        self.writes = True
        return True


class EventLoopSqlite(SQLiteDialect_pysqlite):
    """The standard library's driver, as SQLAlchemy's asynchronous engine calls it."""

    driver = "eventloop"
    is_async = True
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: Any) -> type[Pool]:
        """A pool that waits without blocking the event loop."""
        del url
        return AsyncAdaptedQueuePool

    def create_connect_args(self, url: Any) -> Any:
        """Let commits run in threads."""
        arguments, options = super().create_connect_args(url)
        return arguments, {**options, "check_same_thread": False, "factory": _Connection}

    def do_commit(self, dbapi_connection: Any) -> None:
        """Wait in a thread until the disk has what was written."""
        connection = getattr(dbapi_connection, "dbapi_connection", dbapi_connection)
        if connection.writes:
            _in_thread(connection.commit)
        else:
            connection.commit()

    def do_execute(self, cursor: Any, statement: Any, parameters: Any, context: Any = None) -> None:
        """Run a statement at once, or where the connection says so in a thread."""
        if context is not None and context.execution_options.get(IN_THREAD):
            _in_thread(partial(cursor.run, statement, parameters))
            return
        await_only(_at_once())
        if statement == BEGIN_WRITING:
            _begin_writing(cursor.connection)
        else:
            cursor.run(statement, parameters)

    def do_executemany(
        self, cursor: Any, statement: Any, parameters: Any, context: Any = None
    ) -> None:
        """Run a statement for each of many rows, at once."""
        del context
        await_only(_at_once())
        cursor.executemany(statement, parameters)


async def _at_once() -> None:
    """Suspend nothing: SQLAlchemy refuses a driver that never awaits."""


def _begin_writing(connection: _Connection) -> None:
    """Take the write lock, and sleep while another process has it.

    Raises:
        OperationalError: others kept it for too long.
    """
    for pause in _LOCK_WAITS:
        if connection.try_to_write():
            return
        await_only(asyncio.sleep(pause))
    raise sqlite3.OperationalError("database is locked")


def _in_thread(call: Callable[[], Value]) -> Value:
    return await_only(_finished(call))


async def _finished(call: Callable[[], Value]) -> Value:
    """A cancelled caller waits, too: a connection is used by one thread at a time."""
    running = asyncio.ensure_future(asyncio.to_thread(call))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise


registry.register("sqlite.eventloop", __name__, EventLoopSqlite.__name__)

"""One database, SQLite or PostgreSQL: its engine, its transactions and its locks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    RowMapping,
    Select,
    Table,
    event,
    func,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.types import DateTime, TypeDecorator

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
_SQLITE_PRAGMAS = (
    "journal_mode=WAL",  # readers do not wait for the writer
    "synchronous=FULL",  # a 202 survives a power cut
    "foreign_keys=ON",
    "busy_timeout=5000",  # API and worker share the file
)
MOST_COUNTED = 100_000
"""Where counting for whoever watches stops: beyond it they act the same."""

_READ_ONLY = "comeback_read_only"
_READS_ONLY = {
    "sqlite": "SELECT 0",  # its transaction has taken the write lock already
    "postgresql": "SELECT current_setting('transaction_read_only') = 'on'",
}


class ReadOnlyError(OSError):
    """The database can be read, and not written."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, in UTC on both databases; SQLite itself forgets offsets."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time rather than guess its zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime does not name an instant")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back what went in, in UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """The connection pool of one process."""

    def __init__(self, url: str) -> None:
        """Prepare a pool; nothing is connected yet.

        Args:
            url: a SQLAlchemy URL, `sqlite:///path` or `postgresql+psycopg://…`.
        """
        parsed = async_url(url)
        sqlite = parsed.get_backend_name() == "sqlite"
        # Claims look again after they got their lock: a snapshot from before would not show it.
        isolation = {} if sqlite else {"isolation_level": "READ COMMITTED"}
        self._engine = create_async_engine(
            parsed,
            pool_pre_ping=True,
            hide_parameters=True,  # errors are logged, and parameters are what partners posted
            **isolation,
        )
        self._turn: AbstractAsyncContextManager[Any] = nullcontext()
        if sqlite:
            prepare_sqlite(self._engine.sync_engine)
            self._turn = asyncio.Lock()  # in turn, where SQLite would have writers sleep and retry
        self._reader = self._engine.execution_options(**{_READ_ONLY: True})

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """Write: committed when the block ends, rolled back when it raises."""
        async with self._turn, self._engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Read, without keeping writers out."""
        async with self._reader.begin() as connection:
            yield connection

    async def ping(self) -> None:
        """See whether the database can be written.

        Raises:
            DBAPIError: it does not answer, or somebody keeps its lock.
            ReadOnlyError: it only reads, such as a replica after a failover.
        """
        async with self.transaction() as connection:
            answer = await connection.execute(text(_READS_ONLY[connection.dialect.name]))
            if answer.scalar():
                raise ReadOnlyError

    async def close(self) -> None:
        """Give the connections back."""
        await self._engine.dispose()


async def lock(connection: AsyncConnection, *parts: str) -> None:
    """Let one transaction at a time pass, of all that name the same parts, until it ends.

    On SQLite every writing transaction is alone already.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
            {"name": "\x1f".join(parts)},
        )


def async_url(url: str) -> URL:
    """The URL with the driver that this program uses, whatever driver it names."""
    parsed = make_url(url)
    name = parsed.get_backend_name()
    if name not in _DRIVERS:
        raise ValueError(f"{name} is not supported; use sqlite or postgresql")
    return parsed.set(drivername=_DRIVERS[name])


def sync_url(url: str) -> URL:
    """The URL for migrations, which run without an event loop."""
    parsed = async_url(url)
    return parsed.set(drivername="sqlite") if parsed.get_backend_name() == "sqlite" else parsed


def prepare_sqlite(engine: Engine) -> None:
    """Make SQLite's transactions real: writers take their lock when they begin."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _SQLITE_PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get(_READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


async def count_some(connection: AsyncConnection, rows: Select[Any]) -> int:
    """How many rows there are, looking at no more than `MOST_COUNTED` of them."""
    counted = select(func.count()).select_from(rows.limit(MOST_COUNTED).subquery())
    return int((await connection.execute(counted)).scalar_one())


async def insert_new(
    connection: AsyncConnection, table: Table, values: dict[str, Any]
) -> RowMapping | None:
    """Insert a row unless one of its unique keys is taken.

    Returns:
        The row as it was written, or None when it was there already.
    """
    make = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    statement = make(table).values(**values).on_conflict_do_nothing().returning(*table.c)
    return (await connection.execute(statement)).mappings().first()

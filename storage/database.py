"""One database, SQLite or PostgreSQL: its engine, its transactions and its locks."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
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
    exc,
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

from domain.values.exact_json import read_json, write_json
from storage.secret_cipher import SecretCipher
from storage.sqlite_driver import BEGIN_WRITING, BUSY_MILLISECONDS, IN_THREAD

_DRIVERS = {"sqlite": "sqlite+eventloop", "postgresql": "postgresql+psycopg"}
_SQLITE_PRAGMAS = (
    "journal_mode=WAL",  # readers do not wait for the writer
    "synchronous=FULL",  # a 202 survives a power cut
    "foreign_keys=ON",
    f"busy_timeout={BUSY_MILLISECONDS}",  # API and worker share the file
)
CONNECTIONS = 15
"""Of one process, at most. What needs another waits; a connection made for it would cost more."""

MAX_COUNTED = 100_000
"""Counting for monitoring stops here: operators act the same on any larger number."""

_TIMEOUTS = {"connect_timeout": "5", "tcp_user_timeout": "10000"}
"""Of libpq: seconds until a connection stands, milliseconds until what was sent is acknowledged."""

_READ_ONLY = "comeback_read_only"
_CIPHER = "comeback_cipher"
_READS_ONLY = {
    "sqlite": "SELECT 0",  # its transaction has taken the write lock already
    "postgresql": "SELECT current_setting('transaction_read_only') = 'on'",
}


class ReadOnlyError(OSError):
    """The database can be read, and not written."""


UNAVAILABLE_ERRORS = (
    exc.OperationalError,
    exc.InterfaceError,
    exc.InternalError,  # among them: a server that was demoted and only reads now
    exc.TimeoutError,  # no connection left in the pool
    OSError,
)
"""Errors that mean: the database cannot be reached now."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, in UTC on both databases; SQLite itself stores no offsets."""

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
        """The same instant, in UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """The connection pool of one process."""

    def __init__(self, url: str, secret_keys: Mapping[str, bytes] | None = None) -> None:
        """Prepare a pool; nothing is connected yet.

        Args:
            url: a SQLAlchemy URL, `sqlite:///path` or `postgresql+psycopg://…`.
            secret_keys: of `SecretCipher`; without one, secrets of stores are kept plain.
        """
        parsed = async_url(url)
        sqlite = parsed.get_backend_name() == "sqlite"
        # Claims read again after they got their lock: a snapshot from before would be outdated.
        isolation = {} if sqlite else {"isolation_level": "READ COMMITTED"}
        self._engine = create_async_engine(
            url_with_timeouts(parsed),
            pool_size=CONNECTIONS,
            max_overflow=0,  # a connection beyond the pool would be made and closed each time
            pool_pre_ping=not sqlite,  # the server may have been restarted; a file cannot be
            hide_parameters=True,  # errors are logged, and parameters are what partners posted
            json_serializer=write_json,
            json_deserializer=read_json,
            execution_options={_CIPHER: SecretCipher(secret_keys or {})},
            **isolation,
        )
        self._writing: AbstractAsyncContextManager[Any] = nullcontext()
        if sqlite:
            prepare_sqlite(self._engine.sync_engine)
            self._writing = asyncio.Lock()  # waiting writers of SQLite would sleep and retry
        self._long_writer = self._engine.execution_options(**{IN_THREAD: True})
        # On PostgreSQL a transaction of READ COMMITTED gives its reads no common snapshot.
        reading = {_READ_ONLY: True} if sqlite else {"isolation_level": "AUTOCOMMIT"}
        self._reader = self._engine.execution_options(**reading)
        self._long_reader = self._reader.execution_options(**{IN_THREAD: True})

    @asynccontextmanager
    async def transaction(self, *, long: bool = False) -> AsyncIterator[AsyncConnection]:
        """Write: committed when the block ends, rolled back when it raises.

        Args:
            long: a statement of it may take long, such as deleting thousands of rows.
        """
        engine = self._long_writer if long else self._engine
        async with self._writing, engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def reading(self, *, long: bool = False) -> AsyncIterator[AsyncConnection]:
        """Read, without keeping writers out.

        Args:
            long: a statement of it may take long, such as counting or a report.
        """
        engine = self._long_reader if long else self._reader
        async with engine.begin() as connection:
            yield connection

    async def ping(self) -> None:
        """Check whether the database can be written.

        Raises:
            DBAPIError: it does not answer, or its lock is held.
            ReadOnlyError: it only reads, such as a replica after a failover.
        """
        async with self.transaction() as connection:
            answer = await connection.execute(text(_READS_ONLY[connection.dialect.name]))
            if answer.scalar():
                raise ReadOnlyError

    async def close(self) -> None:
        """Close the connections."""
        await self._engine.dispose()


def cipher_of(connection: AsyncConnection) -> SecretCipher:
    """What encrypts the secrets of stores in the database of this connection."""
    options = (connection.sync_connection or connection.sync_engine).get_execution_options()
    cipher: SecretCipher = options[_CIPHER]
    return cipher


def is_serial(connection: AsyncConnection) -> bool:
    """Whether nothing else is written while this transaction lasts: on SQLite."""
    return connection.dialect.name == "sqlite"


async def without_jit(connection: AsyncConnection) -> None:
    """Have PostgreSQL compile no query of this connection: that takes longer than a report."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SET jit = off"))


def lock_name(parts: Sequence[str]) -> str:
    """The name under which PostgreSQL knows a lock."""
    return "\x1f".join(parts)


async def lock(connection: AsyncConnection, *parts: str) -> None:
    """Wait until no other transaction holds the lock of this name, and hold it to the end.

    On SQLite there is one writing transaction at a time anyway.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"),
            {"name": lock_name(parts)},
        )


async def lock_each(connection: AsyncConnection, names: Sequence[Sequence[str]]) -> None:
    """As `lock`, one after the other in this order, by one query."""
    if names and connection.dialect.name == "postgresql":
        await connection.execute(
            text(
                "SELECT pg_advisory_xact_lock(hashtextextended(name, 0))"
                " FROM unnest(CAST(:names AS text[])) AS name"
            ),
            {"names": [lock_name(parts) for parts in names]},
        )


def async_url(url: str) -> URL:
    """The URL with the driver that this program uses; a driver that it names is replaced."""
    parsed = make_url(url)
    name = parsed.get_backend_name()
    if name not in _DRIVERS:
        raise ValueError(f"{name} is not supported; use sqlite or postgresql")
    return parsed.set(drivername=_DRIVERS[name])


def url_with_timeouts(url: URL) -> URL:
    """The URL by which a PostgreSQL server that does not answer is an error after some seconds."""
    if url.get_backend_name() != "postgresql":
        return url
    return url.update_query_dict({**_TIMEOUTS, **url.query})


def sync_url(url: str) -> URL:
    """The URL for migrations, which run without an event loop."""
    parsed = async_url(url)
    return parsed.set(drivername="sqlite") if parsed.get_backend_name() == "sqlite" else parsed


def prepare_sqlite(engine: Engine) -> None:
    """Have SQLite's writers take their lock when their transaction begins."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _SQLITE_PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "invalidate")
    def _invalidate(connection: Any, _record: object, _error: object) -> None:
        """Roll back what was cancelled.

        A closed connection keeps its lock as long as a statement of it is referred to, as by the
        traceback of the cancellation.
        """
        with suppress(exc.MissingGreenlet):
            connection.rollback()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        read_only = connection.get_execution_options().get(_READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else BEGIN_WRITING)


async def count_some(connection: AsyncConnection, rows: Select[Any]) -> int:
    """How many rows there are, up to `MAX_COUNTED`."""
    counted = select(func.count()).select_from(rows.limit(MAX_COUNTED).subquery())
    return int((await connection.execute(counted)).scalar_one())


async def insert_new(
    connection: AsyncConnection, table: Table, values: dict[str, Any]
) -> RowMapping | None:
    """Insert a row unless one of its unique keys is taken.

    Returns:
        The row as it was written, or None when a key was taken.
    """
    make = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    statement = make(table).values(**values).on_conflict_do_nothing().returning(*table.c)
    return (await connection.execute(statement)).mappings().first()

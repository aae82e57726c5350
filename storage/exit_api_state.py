"""Whether a store's Exit API answers: when it did, since when it does not, and what it said.

One row per store, about the URL and style that it has now: what another answered proves nothing.
Every exit check reads the row, and writes it only when it changes.
"""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import RowMapping, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.stores.config import ExitApi
from storage.database import insert_new, lock
from storage.tables import exit_api_state

ANSWER_INTERVAL = timedelta(hours=1)
FAILURE_INTERVAL = timedelta(minutes=1)
"""How often the row is written while nothing but the time changes."""

MAX_BECAUSE = 256


@dataclass(frozen=True)
class ExitApiState:
    """What is known of an Exit API."""

    answered_at: datetime | None = None
    """The last readable answer, to within an hour; None before the first."""
    failing_since: datetime | None = None
    failed_at: datetime | None = None
    """The last failure, to within a minute; None when it answered since."""
    because: str | None = None
    """What it said then, without personal data."""

    @property
    def has_answered(self) -> bool:
        """Whether this URL and style have ever answered 200 readably."""
        return self.answered_at is not None

    def lacks_answer(self, now: datetime) -> bool:
        """Whether an answer that came now is worth writing."""
        known = self.answered_at is not None and now - self.answered_at < ANSWER_INTERVAL
        return self.failing_since is not None or not known

    def lacks_failure(self, now: datetime) -> bool:
        """Whether a failure that came now is worth writing."""
        return self.failed_at is None or now - self.failed_at >= FAILURE_INTERVAL


COLUMNS: Final = (
    exit_api_state.c.api_hash,
    *(exit_api_state.c[each.name] for each in fields(ExitApiState)),
)
"""What a state is made of, and which URL and style it is about."""

_READ: Final = select(*COLUMNS).where(exit_api_state.c.store_id == bindparam("of_store"))


async def read(connection: AsyncConnection, store_id: str, api: ExitApi) -> ExitApiState:
    """What is known of a store's Exit API; nothing, once its URL or style was changed."""
    row = (await connection.execute(_READ, {"of_store": store_id})).mappings().first()
    return ExitApiState() if row is None else of_row(row, api)


def of_row(row: RowMapping, api: ExitApi) -> ExitApiState:
    """The state of a row with all `COLUMNS`, unless it is about another URL or style."""
    if row["api_hash"] != _hash(api):
        return ExitApiState()
    return ExitApiState(**{each.name: row[each.name] for each in fields(ExitApiState)})


async def record_answer(
    connection: AsyncConnection, store_id: str, api: ExitApi, now: datetime
) -> None:
    """Note a readable answer, which ends a failure."""
    await lock(connection, "exit_api", store_id)
    if (await read(connection, store_id, api)).lacks_answer(now):
        await _write(connection, store_id, api, ExitApiState(answered_at=now))


async def record_failure(
    connection: AsyncConnection, store_id: str, api: ExitApi, because: str, now: datetime
) -> None:
    """Note that no readable answer came.

    Args:
        connection: of a writing transaction.
        store_id: whose Exit API.
        api: what was asked.
        because: what it said, without personal data; cut where it is too long.
        now: when it said so.
    """
    await lock(connection, "exit_api", store_id)
    known = await read(connection, store_id, api)
    if known.lacks_failure(now):
        since = known.failing_since or now
        state = ExitApiState(known.answered_at, since, now, because[:MAX_BECAUSE])
        await _write(connection, store_id, api, state)


async def _write(
    connection: AsyncConnection, store_id: str, api: ExitApi, state: ExitApiState
) -> None:
    values = {"store_id": store_id, "api_hash": _hash(api), **state.__dict__}
    if await insert_new(connection, exit_api_state, values) is None:
        same_store = exit_api_state.c.store_id == store_id
        await connection.execute(exit_api_state.update().where(same_store).values(**values))


def _hash(api: ExitApi) -> str:
    return sha256(f"{api.style} {api.url}".encode()).hexdigest()

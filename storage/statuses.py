"""What Meta tells of messages that it has, folded into the ledger: in any order, and repeated.

The highest rank ever told stands. A failure outranks that the message was accepted or sent, but
not that it was delivered or read: then somebody has it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import failures
from storage.database import lock
from storage.messages import MessageStatus
from storage.tables import messages

RANK: Final = {
    MessageStatus.CLAIMED: 0,
    MessageStatus.UNKNOWN: 0,
    MessageStatus.NOT_SENT: 0,
    MessageStatus.ACCEPTED: 1,
    MessageStatus.SENT: 2,
    MessageStatus.FAILED: 3,
    MessageStatus.DELIVERED: 4,
    MessageStatus.READ: 5,
}

MOST: Final = 500
"""Statuses of one transaction: it has few parameters, and other writers wait for it shortly."""


@dataclass(frozen=True)
class Told:
    """One status of one message."""

    message_id: str | None
    """Ours, as Meta echoes it; None when it echoes nothing of ours."""
    provider_id: str
    store_ids: frozenset[str]
    """Of the number that it was sent from: no other store's message can be meant."""
    status: MessageStatus
    because: str | None = None
    error_code: int | None = None


@dataclass(frozen=True)
class Entry:
    """What statuses can change of a ledger row, and whose it is."""

    message_id: str
    store_id: str
    address_hash: str
    status: MessageStatus
    provider_id: str | None
    because: str | None
    error_code: int | None
    claimed_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True)
class Fold:
    """The entry that a status is about, as it is now."""

    entry: Entry
    changed: bool


_COLUMNS = tuple(messages.c[name] for name in Entry.__dataclass_fields__)
_CHANGEABLE = ("status", "provider_id", "because", "error_code", "sent_at")


def folded(entry: Entry, told: Told) -> Entry:
    """The entry with a status taken in; Meta has the message, so it was sent."""
    known = replace(
        entry,
        provider_id=entry.provider_id or told.provider_id,
        sent_at=entry.sent_at or entry.claimed_at,
    )
    if RANK[told.status] <= RANK[entry.status]:
        return known
    return replace(known, status=told.status, because=told.because, error_code=told.error_code)


async def fold(
    connection: AsyncConnection, told: Sequence[Told], now: datetime
) -> list[Fold | None]:
    """Take at most `MOST` statuses into the ledger.

    Returns:
        For each status what became of it; None: no message of those stores is meant.
    """
    await lock(connection, "statuses")  # two batches would wait for each other's rows
    entries = await _entries(connection, told)
    by_provider = {
        (entry.store_id, entry.provider_id): entry.message_id for entry in entries.values()
    }
    before, folds = dict(entries), list[Fold | None]()
    for each in told:
        entry = _meant(each, entries, by_provider)
        if entry is None:
            folds.append(None)
            continue
        entries[entry.message_id] = after = folded(entry, each)
        folds.append(Fold(after, changed=after != entry))
    changed = [entry for entry in entries.values() if entry != before[entry.message_id]]
    await _write(connection, changed, now)
    for entry in changed:
        if entry.status is MessageStatus.FAILED is not before[entry.message_id].status:
            await failures.add(connection, entry.message_id, now)
        elif before[entry.message_id].status is MessageStatus.FAILED is not entry.status:
            await failures.told(connection, entry.message_id)  # Meta was wrong: nobody has to know
    return folds


async def address_of(
    connection: AsyncConnection, provider_id: str, store_ids: Collection[str]
) -> list[tuple[str, str]]:
    """Whose message that was: store and keyed hash of the number."""
    query = select(messages.c.store_id, messages.c.address_hash).where(
        messages.c.provider_id == provider_id, messages.c.store_id.in_(store_ids)
    )
    return [(row[0], row[1]) for row in await connection.execute(query)]


async def _entries(connection: AsyncConnection, told: Sequence[Told]) -> dict[str, Entry]:
    query = select(*_COLUMNS).where(
        or_(
            messages.c.message_id.in_({each.message_id for each in told if each.message_id}),
            messages.c.provider_id.in_({each.provider_id for each in told}),
        )
    )
    rows = await connection.execute(query.order_by(messages.c.message_id).with_for_update())
    found = (dict(row) for row in rows.mappings())
    return {
        row["message_id"]: Entry(**row | {"status": MessageStatus(row["status"])}) for row in found
    }


def _meant(
    told: Told, entries: dict[str, Entry], by_provider: dict[tuple[str, str | None], str]
) -> Entry | None:
    ids = [by_provider.get((store_id, told.provider_id)) for store_id in sorted(told.store_ids)]
    for message_id in (told.message_id, *ids):
        entry = entries.get(message_id or "")
        if entry is not None and entry.store_id in told.store_ids:
            return entry
    return None


async def _write(connection: AsyncConnection, changed: Iterable[Entry], now: datetime) -> None:
    rows = [
        {"which": entry.message_id, **{name: getattr(entry, name) for name in _CHANGEABLE}}
        for entry in changed
    ]
    if rows:
        await connection.execute(
            update(messages)
            .where(messages.c.message_id == bindparam("which"))
            .values(updated_at=now, **{name: bindparam(name) for name in _CHANGEABLE}),
            rows,
        )

"""Applying Meta's statuses to the ledger, in any order and repeated."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import failures, result_changes
from storage.database import lock
from storage.messages import CAME_TO_CLAIM, MessageStatus
from storage.result_changes import Change
from storage.status_rules import Entry, Price, StatusUpdate, with_status
from storage.tables import messages

MAX_BATCH: Final = 500
"""Statuses in one transaction: few parameters, and a short wait for other writers."""


@dataclass(frozen=True)
class AppliedStatus:
    """The entry after a status was applied."""

    entry: Entry
    changed: bool


_COLUMNS = tuple(messages.c[name] for name in Entry.__dataclass_fields__)
_PRICE = tuple(Price.__dataclass_fields__)
_CHANGEABLE = (
    *("status", "provider_id", "because", "error_code", "sent_at", "wa_id_hash", "user_id_hash"),
    *("delivered_at", "read_at"),
    *_PRICE,
)


async def apply(
    connection: AsyncConnection, updates: Sequence[StatusUpdate], now: datetime
) -> list[AppliedStatus | None]:
    """Apply at most `MAX_BATCH` statuses to the ledger.

    Returns:
        For each status what became of it; None: no message of those stores matches.
    """
    await lock(connection, "statuses")  # two batches would wait for each other's rows
    before = await _entries(connection, updates)
    after, applied = _apply_in_order(before, updates)
    changed = [entry for entry in after.values() if entry != before[entry.message_id]]
    await _write(connection, changed, now)
    late = (each for entry in changed for each in _changes(before[entry.message_id], entry, now))
    await result_changes.mark_late(connection, late, now)
    for entry in changed:
        await _update_failures(connection, before[entry.message_id], entry, now)
    return applied


def _apply_in_order(
    before: Mapping[str, Entry], updates: Iterable[StatusUpdate]
) -> tuple[dict[str, Entry], list[AppliedStatus | None]]:
    ids = {(entry.store_id, entry.provider_id): entry.message_id for entry in before.values()}
    entries, applied = dict(before), list[AppliedStatus | None]()
    for update in updates:
        entry = _find_entry(update, entries, ids)
        if entry is None:
            applied.append(None)
            continue
        entries[entry.message_id] = after = with_status(entry, update)
        applied.append(AppliedStatus(after, changed=after != entry))
    return entries, applied


def _find_entry(
    update: StatusUpdate,
    entries: Mapping[str, Entry],
    ids: Mapping[tuple[str, str | None], str],
) -> Entry | None:
    """By our id, otherwise by Meta's; never an entry of another store."""
    by_provider = (ids.get((store_id, update.provider_id)) for store_id in sorted(update.store_ids))
    found = (entries.get(message_id or "") for message_id in (update.message_id, *by_provider))
    return next((entry for entry in found if entry and entry.store_id in update.store_ids), None)


def _changes(before: Entry, after: Entry, now: datetime) -> Iterator[Change]:
    """What a status changes in results: its message's day, and orders since the delivery.

    A message that comes to be sent may have been the journey's first, and the one after it not.
    """
    store_id, claimed_at = after.store_id, after.claimed_at
    comes_to_count = before.status not in CAME_TO_CLAIM
    yield Change(store_id, claimed_at, now if comes_to_count else claimed_at)
    if after.delivered_at is not None and after.delivered_at != before.delivered_at:
        yield Change(store_id, after.delivered_at, now)


async def _update_failures(
    connection: AsyncConnection, before: Entry, after: Entry, now: datetime
) -> None:
    """Have a new failure signalled; not one that Meta took back."""
    had_failed = before.status is MessageStatus.FAILED
    has_failed = after.status is MessageStatus.FAILED
    if has_failed and not had_failed:
        await failures.add(connection, after.store_id, after.message_id, now)
    elif had_failed and not has_failed:
        await failures.remove(connection, after.message_id)


async def address_of(
    connection: AsyncConnection, provider_id: str, store_ids: Collection[str]
) -> list[tuple[str, str]]:
    """The store and the keyed hash of the number of the message with this id of Meta's."""
    query = select(messages.c.store_id, messages.c.address_hash).where(
        messages.c.provider_id == provider_id, messages.c.store_id.in_(store_ids)
    )
    return [(row[0], row[1]) for row in await connection.execute(query)]


async def _entries(
    connection: AsyncConnection, updates: Sequence[StatusUpdate]
) -> dict[str, Entry]:
    query = select(*_COLUMNS).where(
        or_(
            messages.c.message_id.in_({each.message_id for each in updates if each.message_id}),
            messages.c.provider_id.in_({each.provider_id for each in updates}),
        )
    )
    rows = await connection.execute(query.order_by(messages.c.message_id).with_for_update())
    found = (dict(row) for row in rows.mappings())
    return {
        row["message_id"]: Entry(**row | {"status": MessageStatus(row["status"])}) for row in found
    }


async def _write(connection: AsyncConnection, changed: Iterable[Entry], now: datetime) -> None:
    rows = [
        {"row_id": entry.message_id, **{name: getattr(entry, name) for name in _CHANGEABLE}}
        for entry in changed
    ]
    if rows:
        await connection.execute(
            messages.update()
            .where(messages.c.message_id == bindparam("row_id"))
            .values(updated_at=now, **{name: bindparam(name) for name in _CHANGEABLE}),
            rows,
        )

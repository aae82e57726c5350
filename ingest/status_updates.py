"""Applying statuses of messages: they change the ledger, and say who got a message.

One of them says that a person opted out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ingest.opt_out_updates import people_of
from ingest.people import identities_of, learn, number_hashes_of, user_hashes_of
from ingest.suppressed_people import StorePeople, suppress
from ingest.update_results import RoutedUpdate, UpdateCounts, UpdateResult
from storage import statuses
from storage.aliases import Learned
from storage.database import Database
from storage.messages import MessageStatus
from storage.phone_numbers import StoreOfNumber
from storage.status_rules import Price, Recipient, StatusUpdate
from storage.statuses import AppliedStatus
from whatsapp.people import Person
from whatsapp.pricing import pricing_of
from whatsapp.updates import Status, UpdateKind

_STATUSES: Final = {
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    "played": MessageStatus.READ,
    "failed": MessageStatus.FAILED,
}
TOLD_BY_META: Final = "told by Meta"
_MAX_CHARACTERS: Final = 512
_MESSAGE_ID_LENGTH: Final = 32


@dataclass(frozen=True)
class StatusOfMessage:
    """A status as Meta posted it, and as the ledger takes it."""

    routed: RoutedUpdate
    status: Status
    update: StatusUpdate


def status_of_message(routed: RoutedUpdate, now: datetime) -> StatusOfMessage | None:
    """The status that an update is; None when it is none of a message of a known store."""
    content = routed.update.content
    if not isinstance(content, Status) or not routed.stores:
        return None
    if not content.is_of_a_message or content.status not in _STATUSES:
        return None
    return StatusOfMessage(routed, content, _status_update(content, routed, now))


async def apply_statuses(
    database: Database, of_messages: Sequence[StatusOfMessage], now: datetime, counts: UpdateCounts
) -> None:
    """Apply statuses in batches, and count their results. Idempotent."""
    for start in range(0, len(of_messages), statuses.MAX_BATCH):
        await _apply_batch(database, of_messages[start : start + statuses.MAX_BATCH], now, counts)


async def _apply_batch(
    database: Database, batch: Sequence[StatusOfMessage], now: datetime, counts: UpdateCounts
) -> None:
    async with database.transaction() as connection:
        applied = await statuses.apply(connection, [each.update for each in batch], now)
    changes = list(zip(batch, applied, strict=True))
    said = (_learned(each, change, now) for each, change in changes)
    await learn(database, [new for new in said if new is not None])
    for each, change in changes:
        result = _result_of(change)
        if each.status.opted_out:
            result = await _suppress_receiver(database, each, change, now, counts) or result
        counts.results[UpdateKind.STATUS, result] += 1
        counts.changed[each.update.status] += result is UpdateResult.CHANGED


def _learned(of: StatusOfMessage, change: AppliedStatus | None, now: datetime) -> Learned | None:
    """That the number a message went to is the person's whom the status names."""
    if change is None or not (person := of.routed.update.person):
        return None
    entry = change.entry
    stores = (store for store in of.routed.stores if store.store_id == entry.store_id)
    named = frozenset[str]().union(*(identities_of(person, store) for store in stores))
    identities = named | {entry.address_hash}
    at = min(of.status.timestamp, now)
    return Learned(entry.store_id, identities, at) if len(identities) > 1 else None


def _status_update(status: Status, routed: RoutedUpdate, now: datetime) -> StatusUpdate:
    error = next(iter(status.errors), None)
    person, pricing = routed.update.person, pricing_of(routed.update.item)
    return StatusUpdate(
        message_id=_echoed_message_id(status),
        provider_id=status.id,
        store_ids=frozenset(each.store_id for each in routed.stores),
        status=_STATUSES[status.status],
        because=error.text[:_MAX_CHARACTERS] if error else None,
        error_code=error.code if error else None,
        recipients={store.store_id: _recipient(person, store) for store in routed.stores},
        price=Price(**pricing.__dict__) if pricing else None,
        at=min(status.timestamp, now),
    )


def _recipient(person: Person, store: StoreOfNumber) -> Recipient:
    """One hash of each: a number's first form, and the first user id."""
    numbers, users = number_hashes_of(person, store), user_hashes_of(person, store)
    return Recipient(min(numbers, default=None), min(users, default=None))


def _echoed_message_id(status: Status) -> str | None:
    echoed = status.biz_opaque_callback_data or ""
    return echoed if echoed.isalnum() and len(echoed) == _MESSAGE_ID_LENGTH else None


def _result_of(change: AppliedStatus | None) -> UpdateResult:
    if change is None:
        return UpdateResult.UNMATCHED
    return UpdateResult.CHANGED if change.changed else UpdateResult.UNCHANGED


async def _suppress_receiver(
    database: Database,
    of: StatusOfMessage,
    change: AppliedStatus | None,
    now: datetime,
    counts: UpdateCounts,
) -> UpdateResult | None:
    """Suppress who got the message; of a message that is not ours, whom the status names.

    Returns:
        None where the status of the message is the result.
    """
    at = min(of.status.timestamp, now)
    if change is not None:
        people: StorePeople = {change.entry.store_id: frozenset({change.entry.address_hash})}
        await suppress(database, people, TOLD_BY_META, at)
        return None
    if not (person := of.routed.update.person):
        return None
    result = await suppress(database, people_of(person, of.routed.stores), TOLD_BY_META, at)
    if result is UpdateResult.QUARANTINED:
        counts.unknown_people.append(of.routed)
    return result

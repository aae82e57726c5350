"""Applying statuses of messages: they change the ledger, and one says that a person opted out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ingest import opt_out_updates
from ingest.update_results import RoutedUpdate, UpdateCounts, UpdateResult
from storage import statuses
from storage.database import Database
from storage.messages import MessageStatus
from storage.phone_numbers import StoreOfNumber
from storage.statuses import AppliedStatus, StatusUpdate
from whatsapp.updates import Status, UpdateKind

_STATUSES: Final = {
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    "played": MessageStatus.READ,
    "failed": MessageStatus.FAILED,
}
_MAX_CHARACTERS: Final = 512
_MESSAGE_ID_LENGTH: Final = 32

StatusOfMessage = tuple[Status, StatusUpdate]
"""A status as Meta posted it, and as the ledger takes it."""


def status_of_message(routed: RoutedUpdate) -> StatusOfMessage | None:
    """The status that an update is; None when it is none of a message of a known store."""
    content = routed.update.content
    if not isinstance(content, Status) or not routed.stores:
        return None
    if not content.is_of_a_message or content.status not in _STATUSES:
        return None
    return content, _status_update(content, routed.stores)


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
        applied = await statuses.apply(connection, [update for _, update in batch], now)
    for (status, update), change in zip(batch, applied, strict=True):
        if change is not None and status.opted_out:
            await _suppress_receiver(database, change, min(status.timestamp, now))
        result = _result_of(change)
        counts.results[UpdateKind.STATUS, result] += 1
        counts.changed[update.status] += result is UpdateResult.CHANGED


def _status_update(status: Status, stores: Sequence[StoreOfNumber]) -> StatusUpdate:
    error = next(iter(status.errors), None)
    return StatusUpdate(
        message_id=_echoed_message_id(status),
        provider_id=status.id,
        store_ids=frozenset(each.store_id for each in stores),
        status=_STATUSES[status.status],
        because=error.text[:_MAX_CHARACTERS] if error else None,
        error_code=error.code if error else None,
    )


def _echoed_message_id(status: Status) -> str | None:
    echoed = status.biz_opaque_callback_data or ""
    return echoed if echoed.isalnum() and len(echoed) == _MESSAGE_ID_LENGTH else None


def _result_of(change: AppliedStatus | None) -> UpdateResult:
    if change is None:
        return UpdateResult.UNMATCHED
    return UpdateResult.CHANGED if change.changed else UpdateResult.UNCHANGED


async def _suppress_receiver(database: Database, change: AppliedStatus, at: datetime) -> None:
    address = (change.entry.store_id, change.entry.address_hash)
    await opt_out_updates.suppress(database, {address}, "told by Meta", at)

"""The ledger: one row for every message that may have been sent, claimed before the request."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import RowMapping, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import result_changes
from storage.ledger_statements import (
    ABANDON,
    ADD,
    CLAIM_AGAIN,
    FOR_STEP,
    NAME_RECIPIENT,
    SETTLE,
)
from storage.result_changes import Change
from storage.tables import messages

ABANDONED = "the worker that was sending it died"
"""Why a claim without an outcome is unknown."""


class MessageStatus(StrEnum):
    """What is known of a message."""

    CLAIMED = "claimed"
    """A request is being made, or the worker that made it died."""
    ACCEPTED = "accepted"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """Meta may have it: never sent again."""
    NOT_SENT = "not_sent"
    """Provably not sent: may be claimed again."""
    WITHHELD = "withheld"
    """Its person is held out of an experiment: never to be sent."""


OUT: Final = (
    MessageStatus.ACCEPTED,
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.READ,
    MessageStatus.UNKNOWN,
)
"""Statuses of a message that went out, or may have."""

CAME_TO_CLAIM: Final = (*OUT, MessageStatus.FAILED, MessageStatus.WITHHELD)
"""Statuses of messages by which a journey counts in results. The others may be claimed again,
later."""

ERASED = "erased"
"""Replaces Meta's id of a message when its customer is erased: the id contains the number.
Statuses then find the message by our id, and do not restore Meta's."""

_RETRYABLE: Final = {"of_failed": MessageStatus.FAILED, "of_not_sent": MessageStatus.NOT_SENT}
_OPEN: Final = {"of_open": [MessageStatus.CLAIMED, MessageStatus.UNKNOWN], "of_erased": ERASED}


@dataclass(frozen=True)
class MessageKey:
    """Identifies a message across retries, resets and restarts."""

    store_id: str
    customer_id: str
    trigger_event_id: str
    step: int
    fallback: int = 0
    """Which of the step's messages: 0 its own, 1 its first fallback."""


@dataclass(frozen=True)
class Message:
    """A row of the ledger."""

    message_id: str
    status: MessageStatus
    provider_id: str | None
    because: str | None
    slot_at: datetime | None = None
    """The sending slot that it was postponed to."""
    fallback: int = 0
    error_code: int | None = None
    again_at: datetime | None = None
    """It failed, and may be claimed again from then on."""


@dataclass(frozen=True)
class LedgerUpdate:
    """What became of a claimed message."""

    status: MessageStatus
    because: str | None = None
    error_code: int | None = None
    provider_id: str | None = None
    sent_at: datetime | None = None
    slot_at: datetime | None = None
    """None leaves the slot as it is."""
    wa_id_hash: str | None = None
    user_id_hash: str | None = None
    """By which keyed hashes the provider knows the person; None leaves what is known."""

    @property
    def columns(self) -> dict[str, Any]:
        """The ledger's columns, Meta's id apart."""
        slot = {} if self.slot_at is None else {"slot_at": self.slot_at}
        return {
            "status": self.status,
            "because": self.because,
            "error_code": self.error_code,
            "sent_at": self.sent_at,
            **slot,
            **self.recipient,
        }

    @property
    def recipient(self) -> dict[str, Any]:
        """The columns by which the person is known."""
        known = {"wa_id_hash": self.wa_id_hash, "user_id_hash": self.user_id_hash}
        return {name: value for name, value in known.items() if value is not None}


async def get(connection: AsyncConnection, message_id: str) -> RowMapping | None:
    """The row of a message, with every column; None for an unknown id."""
    query = select(messages).where(messages.c.message_id == message_id)
    return (await connection.execute(query)).mappings().first()


async def for_step(connection: AsyncConnection, key: MessageKey) -> list[Message]:
    """The messages of a step that were ever claimed, the last fallback first; locked."""
    rows = (await connection.execute(FOR_STEP, _of(key))).mappings()
    return [_message(row) for row in rows]


async def claim(
    connection: AsyncConnection, key: MessageKey, details: Mapping[str, Any], now: datetime
) -> str:
    """Claim a message that was never claimed, or whose earlier claim sent nothing.

    Args:
        connection: of the claiming transaction.
        key: which message.
        details: further columns, such as `kind` and `address_hash`.
        now: the time of the claim.

    Returns:
        The message id, which Meta echoes as `biz_opaque_callback_data`.

    Raises:
        LookupError: it is claimed already.
    """
    values = {
        "status": MessageStatus.CLAIMED,
        "because": None,
        "error_code": None,
        "claimed_at": now,
        "updated_at": now,
        **details,
    }
    new_id = uuid.uuid4().hex
    row = {"message_id": new_id, **key.__dict__, **values}
    claimed = await connection.execute(ADD[connection.dialect.name], row)
    message_id: str | None = claimed.scalar()
    if message_id is None:
        await result_changes.mark_claimed_before(connection, _of(key), now)
        again = {**_of(key), **_RETRYABLE, "of_now": now, "of_new_id": new_id, **values}
        message_id = (await connection.execute(CLAIM_AGAIN, again)).scalar()
    if message_id is None:
        raise LookupError("this message is claimed")
    return message_id


async def settle(
    connection: AsyncConnection, message_id: str, now: datetime, outcome: LedgerUpdate
) -> None:
    """Record what became of a claimed message, unless the webhook brought a status since.

    By which ids the provider knows the person is recorded in any case.
    """
    same = {"of_message": message_id}
    values = {"of_provider": outcome.provider_id, **outcome.columns, "updated_at": now}
    settled = (await connection.execute(SETTLE, {**same, **_OPEN, **values})).all()
    await result_changes.mark_late(
        connection, (Change(row.store_id, row.claimed_at, now) for row in settled), now
    )
    if not settled and outcome.recipient:
        await connection.execute(NAME_RECIPIENT, {**same, **outcome.recipient})


async def abandon(
    connection: AsyncConnection,
    store_id: str,
    customer_id: str,
    trigger_event_id: str,
    at: datetime,
) -> None:
    """Have claims without an outcome be unknown, when nothing will claim them again.

    Args:
        connection: of the transaction that records the end of their journey.
        store_id: the journey's store.
        customer_id: whose journey it was.
        trigger_event_id: what it was about.
        at: when it ended. What their worker still records counts, if it lives.
    """
    of_journey = {
        "of_store_id": store_id,
        "of_customer_id": customer_id,
        "of_trigger_event_id": trigger_event_id,
        "of_claimed": MessageStatus.CLAIMED,
    }
    values = {"status": MessageStatus.UNKNOWN, "because": ABANDONED, "updated_at": at}
    abandoned = (await connection.execute(ABANDON, {**of_journey, **values})).all()
    await result_changes.mark(
        connection, (Change(row.store_id, row.claimed_at, at) for row in abandoned)
    )


async def allow_again(connection: AsyncConnection, message_id: str, again_at: datetime) -> None:
    """Let a failed message, which surely reached no one, be claimed again from then on."""
    await connection.execute(
        update(messages).where(messages.c.message_id == message_id).values(again_at=again_at)
    )


def _of(key: MessageKey) -> dict[str, Any]:
    return {f"of_{name}": value for name, value in key.__dict__.items()}


def _message(row: RowMapping) -> Message:
    values = {name: row[name] for name in Message.__dataclass_fields__}
    return Message(**values | {"status": MessageStatus(row["status"])})

"""The ledger: one row for every message that may have been sent, claimed before the request."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping, and_, case, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert_new
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


ERASED = "erased"
"""Replaces Meta's id of a message when its customer is erased: the id contains the number.
Statuses then find the message by our id, and do not restore Meta's."""


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
        """The ledger's columns; an erased message stays without Meta's id."""
        erased = messages.c.provider_id == ERASED
        slot = {} if self.slot_at is None else {"slot_at": self.slot_at}
        return {
            "status": self.status,
            "because": self.because,
            "error_code": self.error_code,
            "provider_id": case((erased, ERASED), else_=self.provider_id),
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
    step = (messages.c[name] == value for name, value in key.__dict__.items() if name != "fallback")
    query = select(messages).where(*step).order_by(messages.c.fallback.desc()).with_for_update()
    return [_message(row) for row in (await connection.execute(query)).mappings()]


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
    if (message_id := await _claim_again(connection, key, values, new_id)) is not None:
        return message_id
    row = await insert_new(connection, messages, {"message_id": new_id, **key.__dict__, **values})
    if row is None:
        raise LookupError("this message is claimed")
    return str(row["message_id"])


async def _claim_again(
    connection: AsyncConnection, key: MessageKey, values: Mapping[str, Any], new_id: str
) -> str | None:
    """A failed message gets a new id, so that late statuses of the first try do not match it."""
    failed = messages.c.status == MessageStatus.FAILED
    retryable = and_(failed, messages.c.again_at <= values["claimed_at"])
    same_key = (messages.c[name] == value for name, value in key.__dict__.items())
    claimed = await connection.execute(
        update(messages)
        .where(*same_key, or_(messages.c.status == MessageStatus.NOT_SENT, retryable))
        .values(
            message_id=case((failed, new_id), else_=messages.c.message_id),
            provider_id=None,
            sent_at=None,
            again_at=None,
            **values,
        )
        .returning(messages.c.message_id)
    )
    message_id: str | None = claimed.scalar()
    return message_id


async def settle(
    connection: AsyncConnection, message_id: str, now: datetime, outcome: LedgerUpdate
) -> None:
    """Record what became of a claimed message, unless the webhook brought a status since.

    By which ids the provider knows the person is recorded in any case.
    """
    open_statuses = (MessageStatus.CLAIMED, MessageStatus.UNKNOWN)
    same_message = messages.c.message_id == message_id
    settled = await connection.execute(
        update(messages)
        .where(same_message, messages.c.status.in_(open_statuses))
        .values(**outcome.columns, updated_at=now)
    )
    if settled.rowcount == 0 and outcome.recipient:
        await connection.execute(update(messages).where(same_message).values(**outcome.recipient))


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
    await connection.execute(
        update(messages)
        .where(
            messages.c.store_id == store_id,
            messages.c.customer_id == customer_id,
            messages.c.trigger_event_id == trigger_event_id,
            messages.c.status == MessageStatus.CLAIMED,
        )
        .values(status=MessageStatus.UNKNOWN, because=ABANDONED, updated_at=at)
    )


async def allow_again(connection: AsyncConnection, message_id: str, again_at: datetime) -> None:
    """Let a failed message, which surely reached no one, be claimed again from then on."""
    await connection.execute(
        update(messages).where(messages.c.message_id == message_id).values(again_at=again_at)
    )


def _message(row: RowMapping) -> Message:
    values = {name: row[name] for name in Message.__dataclass_fields__}
    return Message(**values | {"status": MessageStatus(row["status"])})

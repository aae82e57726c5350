"""The ledger: one row for every message that may have been sent, claimed before the request."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import RowMapping, and_, case, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import insert_new
from storage.tables import messages


class MessageStatus(StrEnum):
    """What is known of a message; the order of the first four is that of their arrival."""

    CLAIMED = "claimed"
    """A request is being made, or whoever made it died."""
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
"""Stands for Meta's id of a message, in which the number can be read, once that is to be forgotten.
Statuses find the message by our id, and do not bring theirs back."""

NOT_COUNTED = (MessageStatus.FAILED, MessageStatus.NOT_SENT)
"""What the frequency cap does not count: the customer surely got nothing."""


@dataclass(frozen=True)
class MessageKey:
    """What makes a message the same message, whatever is retried, reset or restarted."""

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
    """Until when it was put off, so as not to be too fast."""
    fallback: int = 0
    error_code: int | None = None
    again_at: datetime | None = None
    """It failed, and may be claimed again from then on."""


async def of_step(connection: AsyncConnection, key: MessageKey) -> list[Message]:
    """The messages of a step that were ever claimed, fallbacks of fallbacks first."""
    step = (messages.c[name] == value for name, value in key.__dict__.items() if name != "fallback")
    query = select(messages).where(*step).order_by(messages.c.fallback.desc()).with_for_update()
    return [_message(row) for row in (await connection.execute(query)).mappings()]


async def claim(
    connection: AsyncConnection, key: MessageKey, details: Mapping[str, Any], now: datetime
) -> str:
    """Take the right to send a message that nobody claimed, or whose claim proved unsent.

    Args:
        connection: of the claiming transaction.
        key: which message.
        details: the other columns that it begins with, such as `kind` and `address_hash`.
        now: the time of the claim.

    Returns:
        The message id, which Meta echoes as `biz_opaque_callback_data`.

    Raises:
        LookupError: somebody else has it, or had it.
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
    """What failed at Meta gets another id: what is told late of the first try is not meant."""
    failed = messages.c.status == MessageStatus.FAILED
    again = and_(failed, messages.c.again_at <= values["claimed_at"])
    claimed = await connection.execute(
        update(messages)
        .where(*_is(key), or_(messages.c.status == MessageStatus.NOT_SENT, again))
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
    connection: AsyncConnection, message_id: str, now: datetime, values: Mapping[str, Any]
) -> None:
    """Write down what became of a claimed message; what a webhook told since stands.

    So does that its customer was erased while the request was under way.
    """
    open_statuses = (MessageStatus.CLAIMED, MessageStatus.UNKNOWN)
    known = dict(values)
    if "provider_id" in known:
        erased = messages.c.provider_id == ERASED
        known["provider_id"] = case((erased, ERASED), else_=known["provider_id"])
    await connection.execute(
        update(messages)
        .where(messages.c.message_id == message_id, messages.c.status.in_(open_statuses))
        .values(**known, updated_at=now)
    )


async def allow_again(connection: AsyncConnection, message_id: str, again_at: datetime) -> None:
    """Let a message that failed, and so surely reached nobody, be claimed again from then on."""
    await connection.execute(
        update(messages).where(messages.c.message_id == message_id).values(again_at=again_at)
    )


async def latest_to(
    connection: AsyncConnection, store_id: str, address_hash: str
) -> datetime | None:
    """When a store last claimed a message to a person that they may have got."""
    found = await connection.execute(
        select(func.max(messages.c.claimed_at)).where(
            messages.c.store_id == store_id,
            messages.c.address_hash == address_hash,
            messages.c.status.not_in(NOT_COUNTED),
        )
    )
    latest: datetime | None = found.scalar()
    return latest


async def count_since(
    connection: AsyncConnection, store_id: str, address_hash: str, since: datetime
) -> int:
    """How many messages a person got, or may have got, from a store since then."""
    counted = await connection.execute(
        select(func.count())
        .select_from(messages)
        .where(
            messages.c.store_id == store_id,
            messages.c.address_hash == address_hash,
            messages.c.claimed_at > since,
            messages.c.status.not_in(NOT_COUNTED),
        )
    )
    return int(counted.scalar_one())


async def of_trigger(
    connection: AsyncConnection, store_id: str, customer_id: str, trigger_event_id: str
) -> list[dict[str, Any]]:
    """The messages of one journey, by step and fallback."""
    query = select(messages).where(
        messages.c.store_id == store_id,
        messages.c.customer_id == customer_id,
        messages.c.trigger_event_id == trigger_event_id,
    )
    found = await connection.execute(query.order_by(messages.c.step, messages.c.fallback))
    return [dict(row) for row in found.mappings()]


@dataclass(frozen=True)
class Page:
    """A stretch of the ledger: claimed from `start` up to, not including, `end`."""

    start: datetime
    end: datetime
    after: tuple[datetime, str] | None = None
    most: int = 100
    status: MessageStatus | None = None
    """Only messages of this status."""


async def listed(connection: AsyncConnection, store_id: str, page: Page) -> list[dict[str, Any]]:
    """A store's messages in the order in which they were claimed."""
    query = select(messages).where(
        messages.c.store_id == store_id,
        messages.c.claimed_at >= page.start,
        messages.c.claimed_at < page.end,
    )
    if page.status is not None:
        query = query.where(messages.c.status == page.status)
    if page.after is not None:
        query = query.where(tuple_(messages.c.claimed_at, messages.c.message_id) > page.after)
    ordered = query.order_by(messages.c.claimed_at, messages.c.message_id).limit(page.most)
    return [dict(row) for row in (await connection.execute(ordered)).mappings()]


async def counted(
    connection: AsyncConnection, store_id: str, start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """How many messages of each plan and step have which status."""
    columns = (messages.c.kind, messages.c.step, messages.c.status)
    found = await connection.execute(
        select(*columns, func.count().label("count"))
        .where(
            messages.c.store_id == store_id,
            messages.c.claimed_at >= start,
            messages.c.claimed_at < end,
        )
        .group_by(*columns)
        .order_by(*columns)
    )
    return [dict(row) for row in found.mappings()]


async def by_status(connection: AsyncConnection) -> dict[str, int]:
    """How many messages have which status, of all stores."""
    counted = select(messages.c.status, func.count()).group_by(messages.c.status)
    return {row[0]: row[1] for row in await connection.execute(counted)}


def _is(key: MessageKey) -> tuple[Any, ...]:
    return tuple(messages.c[name] == value for name, value in key.__dict__.items())


def _message(row: RowMapping) -> Message:
    return Message(
        message_id=row["message_id"],
        status=MessageStatus(row["status"]),
        provider_id=row["provider_id"],
        because=row["because"],
        slot_at=row["slot_at"],
        again_at=row["again_at"],
        fallback=row["fallback"],
        error_code=row["error_code"],
    )

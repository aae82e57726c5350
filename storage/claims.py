"""The claiming transaction: the last look before a message, and the right to send it.

Everything that may forbid a message is looked at while it is locked, in the transaction that
writes the ledger row. So no claim follows an order, an exit, an opt-out or a pause that was
committed, and a message is claimed once, whatever is retried or reset.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.events import JourneyEvent
from domain.fallbacks import WHATSAPP
from domain.outcomes import Reason
from domain.stores import FrequencyCap
from storage import holds, inbox, messages, pacing, stores, suppressions, template_holds
from storage.database import lock
from storage.holds import Hold
from storage.messages import Message, MessageKey, MessageStatus


@dataclass(frozen=True)
class Claim:
    """What is to be claimed."""

    key: MessageKey
    kind: str
    template: str | None
    """None: not by WhatsApp."""
    address_hash: str
    due_at: datetime
    phone_number_id: str
    messages_per_second: float = 80
    channel: str = WHATSAPP
    because: Reason | None = None
    """The failure that led to this fallback."""
    waits_for_template: bool = True
    """While the template is held; otherwise something else has its turn then."""

    @property
    def details(self) -> dict[str, Any]:
        """What the ledger keeps of it."""
        return {
            "kind": self.kind,
            "template": self.template,
            "channel": self.channel,
            "fallback_because": self.because,
            "address_hash": self.address_hash,
            "due_at": self.due_at,
        }


@dataclass(frozen=True)
class Claimed:
    """The right to send this message, once."""

    message_id: str


@dataclass(frozen=True)
class Stopped:
    """An order or an operator's exit was accepted since the customer left."""

    event: JourneyEvent


@dataclass(frozen=True)
class Paced:
    """It would be too fast: its turn comes then."""

    until: datetime


class Refusal(StrEnum):
    """Why a message must not be sent."""

    PAUSED = "paused"
    TEMPLATE_HELD = "template_held"
    OPTED_OUT = "opted_out"
    FREQUENCY_CAP = "frequency_cap"


async def claim(
    connection: AsyncConnection, wanted: Claim, now: datetime
) -> Claimed | Message | Stopped | Refusal | Paced:
    """Claim a message unless something forbids it, or it would be too fast.

    Returns:
        The claim; or the message, when it was claimed before, as it stands; or what forbids it.
    """
    key = wanted.key
    await lock(connection, "customer", key.store_id, key.customer_id)
    tried = await messages.of_step(connection, key)
    if (reached := _reached(tried, key.fallback)) is not None:
        return await _as_it_stands(connection, reached, now)
    before = next((each for each in tried if each.fallback == key.fallback), None)
    forbidden = await _forbidden(connection, wanted, now)
    if forbidden is not None:
        return forbidden
    if before is not None and before.again_at is not None and before.again_at > now:
        return Paced(before.again_at)
    until = await _too_fast(connection, wanted, before, now)
    message_id = await messages.claim(connection, key, wanted.details, now)
    if until is None:
        return Claimed(message_id)
    waits = {"status": MessageStatus.NOT_SENT, "because": "paced", "slot_at": until}
    await messages.settle(connection, message_id, now, waits)
    return Paced(until)


def _reached(tried: Sequence[Message], fallback: int) -> Message | None:
    """Which message of the step speaks against another one: somebody may have it, or it failed.

    A fallback is only for messages that surely reached nobody, and has taken their place.
    """
    for message in tried:
        if message.status is MessageStatus.NOT_SENT:
            continue
        later = message.fallback > fallback
        tried_for_good = message.fallback == fallback and message.again_at is None
        if later or tried_for_good or message.status is not MessageStatus.FAILED:
            return message
    return None


async def _too_fast(
    connection: AsyncConnection, wanted: Claim, before: Message | None, now: datetime
) -> datetime | None:
    """When this message's turn comes, if that is not now; who waited for a slot has it."""
    key = wanted.key
    if wanted.channel != WHATSAPP:
        return None
    latest = await messages.latest_to(connection, key.store_id, wanted.address_hash)
    if latest is not None and now < latest + pacing.TO_ONE_PERSON:
        return latest + pacing.TO_ONE_PERSON
    if before is not None and before.slot_at and pacing.in_turn(before.slot_at, now):
        return None
    slot = await pacing.take_slot(
        connection, wanted.phone_number_id, wanted.messages_per_second, now
    )
    return None if pacing.in_turn(slot, now) else slot


async def _as_it_stands(connection: AsyncConnection, before: Message, now: datetime) -> Message:
    """A claim without an outcome is of somebody who died, or is late: nobody knows, so unknown."""
    if before.status is not MessageStatus.CLAIMED:
        return before
    values = {"status": MessageStatus.UNKNOWN, "because": "whoever was sending it died"}
    await messages.settle(connection, before.message_id, now, values)
    return replace(before, status=MessageStatus.UNKNOWN, because=values["because"])


async def _forbidden(
    connection: AsyncConnection, wanted: Claim, now: datetime
) -> Stopped | Refusal | None:
    key = wanted.key
    store = await stores.existing(connection, key.store_id, keep=True)
    if store.paused:
        await holds.add(connection, _hold(key, now), store.paused_because or "paused")
        return Refusal.PAUSED
    if await _template_is_held(connection, wanted, now):
        return Refusal.TEMPLATE_HELD
    stop = await inbox.stopped_by(connection, key, wanted.address_hash)
    if stop is not None:
        return Stopped(stop)
    await lock(connection, "address", key.store_id, wanted.address_hash)
    if await suppressions.because(connection, key.store_id, wanted.address_hash):
        return Refusal.OPTED_OUT
    if await _capped(connection, wanted, store.config.frequency_cap, now):
        return Refusal.FREQUENCY_CAP
    return None


async def _template_is_held(connection: AsyncConnection, wanted: Claim, now: datetime) -> bool:
    key = wanted.key
    if wanted.template is None:
        return False
    because = await template_holds.because(connection, key.store_id, wanted.template)
    if because is not None and wanted.waits_for_template:
        await holds.add(connection, _hold(key, now), because, wanted.template)
    return because is not None


def _hold(key: MessageKey, now: datetime) -> Hold:
    return Hold(key.store_id, key.customer_id, now)


async def _capped(
    connection: AsyncConnection, wanted: Claim, cap: FrequencyCap | None, now: datetime
) -> bool:
    if cap is None:
        return False
    got = await messages.count_since(
        connection, wanted.key.store_id, wanted.address_hash, now - cap.per
    )
    return got >= cap.messages

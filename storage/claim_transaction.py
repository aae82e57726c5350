"""The claiming transaction: the last checks before a message, and the right to send it.

Everything that may forbid a message is locked and checked in the transaction that writes the
ledger row. So no claim follows an order, an exit, an opt-out or a pause that was committed, and a
message is claimed once across retries and resets.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.messages.message import WHATSAPP
from domain.stores.config import FrequencyCap
from storage import (
    holds,
    inbox,
    message_limits,
    messages,
    pacing,
    stores,
    suppressions,
    template_holds,
)
from storage.claims import Claim, Claimed, Paced, Refusal, Stopped
from storage.database import lock
from storage.holds import Hold
from storage.messages import LedgerUpdate, Message, MessageKey, MessageStatus

ABANDONED = "the worker that was sending it died"
"""Why a claim without an outcome is unknown."""


async def claim(
    connection: AsyncConnection, wanted: Claim, now: datetime
) -> Claimed | Message | Stopped | Refusal | Paced:
    """Claim a message unless something forbids it, or it would be too fast.

    Returns:
        The claim; or the step's message that was claimed before and rules this one out; or what
        forbids it.
    """
    key = wanted.key
    await lock(connection, "customer", key.store_id, key.customer_id)
    earlier = await messages.for_step(connection, key)
    if (blocking := next((each for each in earlier if _blocks(each, key)), None)) is not None:
        return await _settle_abandoned(connection, blocking, now)
    if (forbidden := await _forbidden(connection, wanted, now)) is not None:
        return forbidden
    previous = next((each for each in earlier if each.fallback == key.fallback), None)
    return await _claim_or_postpone(connection, wanted, previous, now)


def _blocks(message: Message, key: MessageKey) -> bool:
    """Whether a message of the step rules out this one: it may have arrived, or has its place.

    A fallback is only for messages that surely reached no one, and replaces them.
    """
    if message.status is MessageStatus.NOT_SENT:
        return False
    is_later = message.fallback > key.fallback
    failed_for_good = message.fallback == key.fallback and message.again_at is None
    return is_later or failed_for_good or message.status is not MessageStatus.FAILED


async def _settle_abandoned(
    connection: AsyncConnection, message: Message, now: datetime
) -> Message:
    """A claim without an outcome is unknown: its worker died, or is late."""
    if message.status is not MessageStatus.CLAIMED:
        return message
    abandoned = LedgerUpdate(MessageStatus.UNKNOWN, because=ABANDONED)
    await messages.settle(connection, message.message_id, now, abandoned)
    return replace(message, status=MessageStatus.UNKNOWN, because=ABANDONED)


async def _claim_or_postpone(
    connection: AsyncConnection, wanted: Claim, previous: Message | None, now: datetime
) -> Claimed | Paced:
    """Claim, or keep a slot for later. `previous` is this message's claim that was not sent."""
    if previous is not None and previous.again_at is not None and previous.again_at > now:
        return Paced(previous.again_at)
    until = await _too_fast_until(connection, wanted, previous, now)
    message_id = await messages.claim(connection, wanted.key, wanted.details, now)
    if until is None:
        return Claimed(message_id)
    postponed = LedgerUpdate(MessageStatus.NOT_SENT, because="paced", slot_at=until)
    await messages.settle(connection, message_id, now, postponed)
    return Paced(until)


async def _too_fast_until(
    connection: AsyncConnection, wanted: Claim, previous: Message | None, now: datetime
) -> datetime | None:
    """None if the message may go now. One that waited for its slot keeps it."""
    if wanted.channel != WHATSAPP:
        return None
    latest = await message_limits.latest_to(connection, wanted.key.store_id, wanted.address_hash)
    if latest is not None and now < latest + pacing.TO_ONE_PERSON:
        return latest + pacing.TO_ONE_PERSON
    has_slot = previous is not None and pacing.is_usable(previous.slot_at, now)
    return None if has_slot else await _next_slot(connection, wanted, now)


async def _next_slot(connection: AsyncConnection, wanted: Claim, now: datetime) -> datetime | None:
    """Take a slot of the number; None if it may be used now."""
    slot = await pacing.take_slot(
        connection, wanted.phone_number_id, wanted.messages_per_second, now
    )
    return None if pacing.is_usable(slot, now) else slot


async def _forbidden(
    connection: AsyncConnection, wanted: Claim, now: datetime
) -> Stopped | Refusal | None:
    store = await stores.existing(connection, wanted.key.store_id, for_share=True)
    if store.paused:
        await holds.add(connection, _hold(wanted.key, now), store.paused_because or "paused")
        return Refusal.PAUSED
    if await _template_is_held(connection, wanted, now):
        return Refusal.TEMPLATE_HELD
    stop = await inbox.stopped_by(connection, wanted.key, wanted.address_hash)
    if stop is not None:
        return Stopped(stop)
    return await _refusal_of_address(connection, wanted, store.config.frequency_cap, now)


async def _template_is_held(connection: AsyncConnection, wanted: Claim, now: datetime) -> bool:
    if wanted.template is None:
        return False
    because = await template_holds.because(connection, wanted.key.store_id, wanted.template)
    if because is not None and wanted.waits_for_template:
        await holds.add(connection, _hold(wanted.key, now), because, wanted.template)
    return because is not None


def _hold(key: MessageKey, now: datetime) -> Hold:
    return Hold(key.store_id, key.customer_id, now)


async def _refusal_of_address(
    connection: AsyncConnection, wanted: Claim, cap: FrequencyCap | None, now: datetime
) -> Refusal | None:
    address = (wanted.key.store_id, wanted.address_hash)
    await lock(connection, "address", *address)
    if await suppressions.because(connection, *address):
        return Refusal.OPTED_OUT
    if cap is not None and await _reached(connection, address, cap, now):
        return Refusal.FREQUENCY_CAP
    return None


async def _reached(
    connection: AsyncConnection, address: tuple[str, str], cap: FrequencyCap, now: datetime
) -> bool:
    since = now - cap.per
    return await message_limits.count_since(connection, *address, since) >= cap.messages

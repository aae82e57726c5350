"""The claiming transaction: the last checks before a message, and the right to send it.

Everything that may forbid a message is locked and checked in the transaction that writes the
ledger row. So no claim follows an order, an exit, an opt-out, a pause or anything else that was
accepted and ends or moves the journey, and a message is claimed once across retries and resets.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.journey.identity import CustomerRef
from domain.messages.message import WHATSAPP
from domain.stores.config import FrequencyCap
from domain.values.durations import format_duration
from storage import (
    contacts,
    holds,
    later_events,
    message_limits,
    messages,
    pacing,
    stores,
    suppressions,
    template_holds,
)
from storage.claimed_person import ClaimedPerson, lock_person
from storage.claims import Claim, Claimed, Forbidden, Overtaken, Paced, Refusal, Stopped
from storage.contacts import Contacts
from storage.database import lock
from storage.holds import Hold
from storage.later_events import Since
from storage.messages import LedgerUpdate, Message, MessageKey, MessageStatus
from storage.stores import PAUSED_BY_OPERATOR, Store
from storage.withholding import withheld

MAX_NAMED = 10
"""Messages that a frequency cap counts, as evidence."""


async def claim(
    connection: AsyncConnection, wanted: Claim, now: datetime
) -> Claimed | Message | Stopped | Overtaken | Forbidden | Paced:
    """Claim a message unless something forbids it, or it would be too fast.

    Returns:
        The claim; or the step's message that was claimed before and rules this one out; or what
        forbids it.
    """
    key = wanted.key
    await lock(connection, "customer", key.store_id, key.customer_id)
    person = await lock_person(connection, wanted)
    earlier = await messages.for_step(connection, key)
    if (blocking := next((each for each in earlier if _blocks(each, key)), None)) is not None:
        return await _settle_abandoned(connection, blocking, now)
    if (forbidden := await _forbidden(connection, wanted, person, now)) is not None:
        return forbidden
    if (held_out := await withheld(connection, wanted, person.identities, now)) is not None:
        return held_out
    previous = next((each for each in earlier if each.fallback == key.fallback), None)
    attempt = _Attempt(wanted, person.identities, previous)
    return await _claim_or_postpone(connection, attempt, now)


@dataclass(frozen=True)
class _Attempt:
    wanted: Claim
    identities: frozenset[str]
    """Of the person whom the message would reach."""
    previous: Message | None
    """This message's claim that was not sent."""


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
    abandoned = LedgerUpdate(MessageStatus.UNKNOWN, because=messages.ABANDONED)
    await messages.settle(connection, message.message_id, now, abandoned)
    return replace(message, status=MessageStatus.UNKNOWN, because=messages.ABANDONED)


async def _claim_or_postpone(
    connection: AsyncConnection, attempt: _Attempt, now: datetime
) -> Claimed | Paced:
    """Claim, or keep a slot for later."""
    wanted, previous = attempt.wanted, attempt.previous
    if previous is not None and previous.again_at is not None and previous.again_at > now:
        return Paced(previous.again_at)
    until = await _too_fast_until(connection, attempt, now)
    message_id = await messages.claim(connection, wanted.key, wanted.details, now)
    if until is None:
        return Claimed(message_id)
    postponed = LedgerUpdate(MessageStatus.NOT_SENT, because="paced", slot_at=until)
    await messages.settle(connection, message_id, now, postponed)
    return Paced(until)


async def _too_fast_until(
    connection: AsyncConnection, attempt: _Attempt, now: datetime
) -> datetime | None:
    """None if the message may go now. One that waited for its slot keeps it."""
    wanted, previous = attempt.wanted, attempt.previous
    if wanted.channel != WHATSAPP:
        return None
    store_id = wanted.key.store_id
    latest = await message_limits.latest_to(connection, store_id, attempt.identities)
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
    connection: AsyncConnection, wanted: Claim, person: ClaimedPerson, now: datetime
) -> Stopped | Overtaken | Forbidden | None:
    store_id = wanted.key.store_id
    store = await stores.existing(connection, store_id, for_share=True)
    cap = store.config.frequency_cap
    return (
        await _held(connection, wanted, store, now)
        or await _overtaken(connection, wanted, person.contacts)
        or await _refused_person(connection, store_id, person.identities, cap, now)
    )


async def _held(
    connection: AsyncConnection, wanted: Claim, store: Store, now: datetime
) -> Forbidden | None:
    """The store is paused, or the template held: the journey waits, and is found when it ends."""
    if store.paused:
        because = store.paused_because or PAUSED_BY_OPERATOR
        await holds.add(connection, _hold(wanted.key, now), because)
        return Forbidden(Refusal.PAUSED, {"because": store.paused_in_short})
    if wanted.template is None:
        return None
    template = (wanted.template, wanted.language)
    held = await template_holds.because(connection, wanted.key.store_id, *template)
    if held is None:
        return None
    if wanted.waits_for_template:
        await holds.add(connection, _hold(wanted.key, now), held, *template)
    return Forbidden(Refusal.TEMPLATE_HELD, {"because": template_holds.HELD})


def _hold(key: MessageKey, now: datetime) -> Hold:
    return Hold(key.store_id, key.customer_id, now)


async def _overtaken(
    connection: AsyncConnection, wanted: Claim, known: Contacts
) -> Stopped | Overtaken | None:
    """What was accepted since, whether or not it reached the journey, by the journey's own rule."""
    customer = CustomerRef(wanted.key.store_id, wanted.key.customer_id)
    since = Since(wanted.subject.left_at, wanted.subject.orders_since)
    events, exit_event = await later_events.accepted_or_exit(
        connection, customer, since, wanted.key.trigger_event_id
    )
    if exit_event is not None:
        return Stopped(exit_event)
    events += await contacts.orders_elsewhere(
        connection, customer.store_id, customer.customer_id, known, since.orders_since
    )
    decision = wanted.review(wanted.subject, events)
    return None if decision is None else Overtaken(tuple(events))


async def _refused_person(
    connection: AsyncConnection,
    store_id: str,
    identities: frozenset[str],
    cap: FrequencyCap | None,
    now: datetime,
) -> Forbidden | None:
    if await suppressions.standing(connection, store_id, identities):
        return Forbidden(Refusal.OPTED_OUT, {})
    if cap is None:
        return None
    counted = await message_limits.counted_since(connection, store_id, identities, now - cap.per)
    return _capped(counted, cap) if len(counted) >= cap.messages else None


def _capped(counted: Sequence[str], cap: FrequencyCap) -> Forbidden:
    evidence = {
        "frequency_cap": f"{cap.messages} per {format_duration(cap.per)}",
        "messages": ", ".join(counted[:MAX_NAMED]),
    }
    return Forbidden(Refusal.FREQUENCY_CAP, evidence)

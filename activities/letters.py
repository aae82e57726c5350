"""Writing a message from its trigger as it was posted, or saying why it must not be sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain import consent, phones
from domain.answers import SendAnswer, SendStatus
from domain.channels import Channel, RequestedMessage
from domain.fallbacks import WHATSAPP, OtherChannel
from domain.identity import keyed_hash
from domain.liquid import MergeFieldError
from domain.outcomes import Reason
from domain.questions import SendRequest
from domain.rendering import RenderedMessage, merge_fields, render, render_fields
from domain.schedule import due_at
from domain.stores import StoreConfig
from domain.templates import Template
from storage import inbox, stores
from storage.claims import Claim
from storage.database import Database
from storage.messages import MessageKey
from storage.stores import Store

UNDER_WAY = timedelta(seconds=30)
"""How long it may take from here until a request is written: locks, a slow database."""

Body = Mapping[str, Any]


@dataclass(frozen=True)
class ForChannel:
    """A message that one of the store's own channels is to send."""

    channel: Channel
    fields: Mapping[str, str]


@dataclass(frozen=True)
class Letter:
    """A message ready to go: what it says, to whom, and for whom it is claimed."""

    store: Store
    customer: Body
    """As posted."""
    address: str
    wording: RenderedMessage | ForChannel
    claim: Claim


async def write(database: Database, request: SendRequest, now: datetime) -> Letter | SendAnswer:
    """Write the message that a step has its turn with."""
    async with database.reading() as connection:
        store = await stores.existing(connection, request.store_id)
        body = await inbox.body(connection, request.store_id, request.trigger_event_id) or {}
    address = phones.address_in(body, store.config.default_region)
    if address is None:
        return SendAnswer(status=SendStatus.ENDED, reason=Reason.NO_ADDRESS)
    if store.config.consent == "required" and not consent.is_granted(body):
        return SendAnswer(status=SendStatus.ENDED, reason=Reason.NO_CONSENT)
    if (until := _quiet_until(store.config, address, now)) is not None:
        return SendAnswer(status=SendStatus.DEFERRED, reason=Reason.QUIET_HOURS, until=until)
    message = request.step.step.message(request.fallback)
    try:
        wording = _worded(message, store.config, body)
    except MergeFieldError as error:
        return _left_out(Reason.MISSING_MERGE_FIELD, field=error.field)
    except LookupError as error:
        return _left_out(Reason.SEND_FAILED, because=f"the store has no channel {error}")
    customer = body.get("customer") or {}
    return Letter(store, customer, address, wording, _claim(request, store, address))


def requested_message(letter: Letter, wording: ForChannel, message_id: str) -> RequestedMessage:
    """What a channel is asked."""
    claim = letter.claim
    return RequestedMessage(
        message_id=message_id,
        store_id=claim.key.store_id,
        customer=letter.customer,
        plan=claim.kind,
        step=claim.key.step,
        because=claim.because,
        fields=wording.fields,
    )


def _quiet_until(config: StoreConfig, address: str, now: datetime) -> datetime | None:
    """A message may come late, after an outage: the customer's night is looked at again.

    Also a night that would begin before the request is written.
    """
    soon = now + UNDER_WAY
    zone = phones.time_zone_of(address) or config.timezone
    until = due_at(soon, config.quiet_hours, zone)
    return until if until > soon else None


def _worded(
    message: Template | OtherChannel, config: StoreConfig, body: Body
) -> RenderedMessage | ForChannel:
    """Raise a LookupError when the store has no such channel any more."""
    fields = merge_fields(body, config.name)
    if isinstance(message, Template):
        return render(message, fields)
    return ForChannel(config.channels[message.channel], render_fields(message.fields, fields))


def _left_out(reason: Reason, **evidence: str) -> SendAnswer:
    return SendAnswer(status=SendStatus.SKIPPED, reason=reason, evidence=evidence)


def _claim(request: SendRequest, store: Store, address: str) -> Claim:
    message, number = request.step.step.message(request.fallback), store.config.whatsapp
    key = MessageKey(
        request.store_id,
        request.customer_id,
        request.trigger_event_id,
        request.step.number,
        request.fallback,
    )
    return Claim(
        key=key,
        kind=request.kind,
        template=message.template if isinstance(message, Template) else None,
        address_hash=keyed_hash(store.hash_key, address),
        due_at=request.step.due_at,
        phone_number_id=number.phone_number_id,
        messages_per_second=number.messages_per_second,
        channel=message.channel if isinstance(message, OtherChannel) else WHATSAPP,
        because=request.because,
        waits_for_template=request.waits_for_template,
    )

"""Composing a message from its trigger as it was posted, or saying why it must not be sent."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from activities.click_links import linked
from domain.customers import phones
from domain.customers.identity import keyed_hash, number_hashes
from domain.events import consent
from domain.journey.activity_inputs import DeliverRequest
from domain.journey.activity_results import SendResult, SendStatus
from domain.journey.outcomes import Reason
from domain.journey.plan import PlannedStep
from domain.journey.rules import rules_of
from domain.journey.schedule import due_at
from domain.messages.approved_templates import ApprovedTemplate
from domain.messages.channels import Channel, ChannelRequest
from domain.messages.liquid import MergeFieldError
from domain.messages.message import WHATSAPP, ChannelMessage
from domain.messages.reader import Reader
from domain.messages.rendering import RenderedMessage, merge_fields, render, render_fields
from domain.messages.templates import TemplateMessage
from domain.stores.config import StoreConfig
from storage.claims import Claim, ExperimentArm
from storage.messages import MessageKey
from storage.stores import Store

TIME_TO_REQUEST = timedelta(seconds=30)
"""How long it may take from here until a request is written: locks, a slow database."""

Body = Mapping[str, Any]


@dataclass(frozen=True)
class ChannelContent:
    """What one of the store's own channels is to send."""

    channel: Channel
    fields: Mapping[str, str]


@dataclass(frozen=True)
class OutgoingMessage:
    """A message ready to be claimed and sent."""

    store: Store
    customer: Body
    """As posted."""
    address: str
    content: RenderedMessage | ChannelContent
    claim: Claim


def compose_message(
    request: DeliverRequest,
    store: Store,
    body: Body,
    now: datetime,
    template: ApprovedTemplate | None = None,
) -> OutgoingMessage | SendResult:
    """Compose the step's current message.

    Args:
        request: which message.
        store: whose message it is.
        body: of the trigger, as posted; empty when it was erased.
        now: the time, for quiet hours.
        template: of the message, as Meta has it, if that is known.
    """
    address = phones.address_in(body, store.config.default_region)
    if address is None:
        return SendResult(status=SendStatus.ENDED, reason=Reason.NO_ADDRESS)
    unsendable = _unsendable(request.step, store.config, body, address, now)
    return unsendable or _compose(request, store, body, address, template)


def _compose(
    request: DeliverRequest,
    store: Store,
    body: Body,
    address: str,
    template: ApprovedTemplate | None,
) -> OutgoingMessage | SendResult:
    message = request.step.definition.message_at(request.fallback)
    try:
        content = _content(message, _reader(request, store.config, body), store.config, body)
    except MergeFieldError as error:
        return _skipped(Reason.MISSING_MERGE_FIELD, field=error.field, because=error.because)
    except LookupError as error:
        return _skipped(Reason.SEND_FAILED, because=f"the store has no channel {error}")
    claim, customer = _claim(request, store, address), body.get("customer") or {}
    if isinstance(content, RenderedMessage):
        content, token = linked(content, claim.key, store, template)
        claim = replace(claim, click_token=token)
    return OutgoingMessage(store, customer, address, content, claim)


def channel_request(
    message: OutgoingMessage, content: ChannelContent, message_id: str
) -> ChannelRequest:
    """What a channel is asked to send."""
    claim = message.claim
    return ChannelRequest(
        message_id=message_id,
        store_id=claim.key.store_id,
        customer=message.customer,
        plan=claim.kind,
        step=claim.key.step,
        because=claim.because,
        fields=content.fields,
    )


def _unsendable(
    step: PlannedStep, config: StoreConfig, body: Body, address: str, now: datetime
) -> SendResult | None:
    """Missing consent, a message that expired since it was due, or the customer's quiet hours."""
    if config.consent == "required" and not consent.is_granted(body):
        return SendResult(status=SendStatus.ENDED, reason=Reason.NO_CONSENT)
    if (reason := step.unsendable_reason(now)) is not None:
        return _skipped(reason, due_at=step.due_at.isoformat())
    until = _quiet_until(config, address, now)
    if until is None:
        return None
    return SendResult(status=SendStatus.DEFERRED, reason=Reason.QUIET_HOURS, until=until)


def _quiet_until(config: StoreConfig, address: str, now: datetime) -> datetime | None:
    """Check quiet hours again: a message may come late, after an outage.

    Also quiet hours that would begin before the request is written.
    """
    soon = now + TIME_TO_REQUEST
    zone = phones.time_zone_of(address) or config.timezone
    until = due_at(soon, config.quiet_hours, zone)
    return until if until > soon else None


def _reader(request: DeliverRequest, config: StoreConfig, body: Body) -> Reader:
    """The customer, by whose clock times are told as far as the number determines it."""
    zone = phones.time_zone_of(phones.address_in(body, config.default_region))
    return Reader(request.step.definition.language, zone or config.timezone)


def _content(
    message: TemplateMessage | ChannelMessage, reader: Reader, config: StoreConfig, body: Body
) -> RenderedMessage | ChannelContent:
    """Raise a LookupError when the store has no such channel any more."""
    fields = merge_fields(body, config.name)
    if isinstance(message, TemplateMessage):
        return render(message, fields, reader.time_zone)
    channel = config.channels[message.channel]
    return ChannelContent(channel, render_fields(message.fields, fields, reader))


def _skipped(reason: Reason, **evidence: str) -> SendResult:
    return SendResult(status=SendStatus.SKIPPED, reason=reason, evidence=evidence)


def _claim(request: DeliverRequest, store: Store, address: str) -> Claim:
    account = store.config.whatsapp
    message = request.step.definition.message_at(request.fallback)
    key = MessageKey(
        request.store_id,
        request.customer_id,
        request.trigger.event_id,
        request.step.number,
        request.fallback,
    )
    address_hash = keyed_hash(store.hash_key, address)
    return Claim(
        key=key,
        kind=request.trigger.kind,
        subject=request.subject(),
        review=rules_of(request.rules_version).review,
        template=message.template if isinstance(message, TemplateMessage) else None,
        address_hash=address_hash,
        other_forms=number_hashes(store.hash_key, address) - {address_hash},
        due_at=request.step.due_at,
        phone_number_id=account.phone_number_id,
        messages_per_second=account.messages_per_second,
        channel=message.channel if isinstance(message, ChannelMessage) else WHATSAPP,
        because=request.because,
        waits_for_template=request.waits_for_template,
        language=message.language if isinstance(message, TemplateMessage) else "",
        country=phones.region_of(address),
        arm=_arm(request, store),
    )


def _arm(request: DeliverRequest, store: Store) -> ExperimentArm | None:
    if request.experiment_id is None:
        return None
    return ExperimentArm(
        experiment_id=request.experiment_id,
        kind=store.config.plan_kind(request.trigger.kind),
        variant=request.variant,
        is_first=request.is_first,
        hash_key=store.hash_key,
    )

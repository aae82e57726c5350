"""A message as it would be sent: the request, how it reads, and what it lacks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from cli.errors import CommandError
from cli.message_tables import channel_table, template_table
from cli.store_plans import StorePlans
from domain.customers import phones
from domain.messages.click_tokens import with_click_tokens
from domain.messages.message import ChannelMessage
from domain.messages.reader import Reader
from domain.messages.rendering import (
    Draft,
    Fields,
    MissingField,
    draft,
    draft_fields,
    merge_fields,
)
from domain.stores.plans import Plan, Step
from whatsapp.payload import template_payload

CALLBACK_DATA = "id-of-the-message"
"""In the place of a sent message's own id, which Meta repeats in statuses."""

CLICK_TOKEN = "token-of-message"  # noqa: S105  # in the place of one
"""In the place of the token in a sent message's links."""


@dataclass(frozen=True)
class MessageChoice:
    """One message of a plan."""

    kind: str
    step: int
    """From 1 on."""
    fallback: int = 0
    """0 is the step's own message."""
    variant: str | None = None
    """None: of the plan's steps, or of its first variant."""


@dataclass(frozen=True)
class MessagePreview:
    """A message as it would be sent."""

    request: Mapping[str, Any]
    """What Meta or a channel gets; not to be sent when there are missing."""
    table: Table
    missing: list[MissingField]


def preview_message(store: StorePlans, choice: MessageChoice, body: Fields) -> MessagePreview:
    """Render a message for an event.

    Raises:
        CommandError: the store has no such message.
    """
    step = _chosen(store.plans, choice)
    message = step.message_at(choice.fallback)
    fields = merge_fields(body, store.name)
    address = phones.address_in(body, store.default_region)
    reader = Reader(step.language, phones.time_zone_of(address) or store.timezone)
    if isinstance(message, ChannelMessage):
        preview = _channel_preview(message, fields, reader)
    else:
        drafted = draft(message, fields, reader.time_zone)
        preview = _template_preview(_with_link_token(drafted, store.click_token), address)
    missing = [*_address_holes(address), *preview.missing]
    return MessagePreview(preview.request, preview.table, missing)


def _chosen(plans: Mapping[str, Plan], choice: MessageChoice) -> Step:
    if choice.kind not in plans:
        known = ", ".join(plans) or "none"
        raise CommandError(f"the store has no plan for {choice.kind}; its plans: {known}")
    steps = _steps(plans[choice.kind], choice)
    if choice.step > len(steps):
        raise CommandError(f"the last step of the plan for {choice.kind} is {len(steps)}")
    step = steps[choice.step - 1]
    if choice.fallback > len(step.fallbacks):
        raise CommandError(f"step {choice.step} has {len(step.fallbacks)} fallback(s)")
    return step


def _steps(plan: Plan, choice: MessageChoice) -> list[Step]:
    if choice.variant is not None and choice.variant not in plan.variants:
        known = ", ".join(plan.variants) or "none"
        raise CommandError(f"no variant {choice.variant} of {choice.kind}; its variants: {known}")
    return plan.steps_of(choice.variant)


def _with_link_token(drafted: Draft, parameter: str | None) -> Draft:
    """The token of a message that is sent is its own."""
    if parameter is None:
        return drafted
    message = with_click_tokens(drafted.message, parameter, CLICK_TOKEN)
    return drafted.model_copy(update={"message": message})


def _template_preview(drafted: Draft, address: str | None) -> MessagePreview:
    request = template_payload(drafted.message, address or "", CALLBACK_DATA)
    return MessagePreview(request, template_table(drafted.message, address), drafted.missing)


def _channel_preview(message: ChannelMessage, fields: Fields, reader: Reader) -> MessagePreview:
    """A channel finds the recipient in the event's customer."""
    rendered, missing = draft_fields(message.fields, fields, reader)
    request = {"fields": rendered, "customer": fields["customer"]}
    return MessagePreview(request, channel_table(message.channel, rendered), missing)


def _address_holes(address: str | None) -> Iterator[MissingField]:
    if address is None:
        yield MissingField(
            place="to", field="customer.phone", because="is not a valid phone number"
        )

"""What a step sends instead, when its message surely did not reach the customer, and why not.

Only a failure that proves that nobody got the message leads here, so that a customer gets it once
at most. Nobody who opted out, and nothing that comes too late or too often, has a fallback.
"""

from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Discriminator, Field, Tag

from domain.configuring import Config
from domain.template_checks import Liquid
from domain.templates import FieldName, Template

TemplateFailure = Literal[
    "template_rejected", "template_held", "missing_merge_field", "send_failed"
]
"""What another template may do better. Not where WhatsApp does not reach the customer, nor where
Meta has the customer get no more marketing today: there it would fail alike."""

Failure = Literal[TemplateFailure, "unreachable", "marketing_limit"]
"""Names of `Reason`."""

TOLD_LATER = frozenset(get_args(Failure)) - {"missing_merge_field"}
"""Failures that Meta may tell after it took the message."""

WHATSAPP = "whatsapp"
"""The channel of all messages but those that a fallback hands to one of the store's own."""


def _not_whatsapp(name: str) -> str:
    if name == WHATSAPP:
        raise ValueError("is Meta's; name yours otherwise")
    return name


ChannelName = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$"), AfterValidator(_not_whatsapp)
]


class OtherTemplate(Template):
    """Another template, after one of the named failures."""

    on: Annotated[list[TemplateFailure], Field(min_length=1)]


class OtherChannel(Config):
    """A webhook of the store's, for SMS, e-mail or anything else, after a named failure."""

    on: Annotated[list[Failure], Field(min_length=1)]
    channel: ChannelName
    """One of the store's `channels`."""
    fields: dict[FieldName, Liquid] = Field(default_factory=dict)
    """What the webhook gets, besides the customer as posted."""


def fallback_form(fallback: Any) -> str:
    """Which of the two a fallback is, as it was written or as it was read."""
    written = isinstance(fallback, dict)
    to_channel = "channel" in fallback if written else isinstance(fallback, OtherChannel)
    return "other_channel" if to_channel else "other_template"


Fallback = Annotated[
    Annotated[OtherTemplate, Tag("other_template")] | Annotated[OtherChannel, Tag("other_channel")],
    Discriminator(fallback_form),
]

"""Fallbacks: what a step sends instead when its message surely reached no person.

Only a failure that proves that the message was not delivered leads to a fallback, so a customer
gets one of a step's messages at most. An opt-out, the frequency cap, quiet hours and expiry have
no fallback.
"""

from typing import Annotated, Any, Literal, get_args

from pydantic import Discriminator, Field, Tag

from domain.messages.message import ChannelMessage, WithMessage
from domain.messages.templates import TemplateMessage

TemplateFailure = Literal[
    "template_rejected", "template_held", "missing_merge_field", "send_failed"
]
"""What another template may do better. Not where WhatsApp does not reach the customer, nor where
Meta has the customer get no more marketing today: it would fail alike."""

Failure = Literal[TemplateFailure, "unreachable", "marketing_limit"]
"""Names of `Reason`."""

LATE_FAILURES = frozenset(get_args(Failure)) - {"missing_merge_field"}
"""Failures that Meta may report after it accepted the message."""


class TemplateFallback(WithMessage):
    """Another template, after one of the named failures."""

    message: TemplateMessage
    on: Annotated[list[TemplateFailure], Field(min_length=1)]


class ChannelFallback(WithMessage):
    """One of the store's channels, after one of the named failures."""

    message: ChannelMessage
    on: Annotated[list[Failure], Field(min_length=1)]


def _form(fallback: Any) -> str:
    if isinstance(fallback, dict):
        return "channel_fallback" if "channel" in fallback else "template_fallback"
    return "channel_fallback" if isinstance(fallback, ChannelFallback) else "template_fallback"


Fallback = Annotated[
    Annotated[TemplateFallback, Tag("template_fallback")]
    | Annotated[ChannelFallback, Tag("channel_fallback")],
    Discriminator(_form),
]

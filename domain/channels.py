"""Channels of a store's own: signed webhooks for SMS, e-mail, or whatever else reaches people."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, HttpUrl, field_validator

from domain.configuring import Config
from domain.durations import Duration
from domain.secret_values import SigningSecret

LONGEST_TIMEOUT = timedelta(seconds=20)
"""As long as Meta is given for the same thing."""

MESSAGE_REQUESTED = "message.requested"


class Channel(Config):
    """Where to post what the channel is to send, signed as Standard Webhooks says."""

    url: HttpUrl
    secret: SigningSecret
    timeout: Duration = timedelta(seconds=10)

    @field_validator("timeout")
    @classmethod
    def _sensible(cls, timeout: timedelta) -> timedelta:
        if not timedelta(milliseconds=1) <= timeout <= LONGEST_TIMEOUT:
            raise ValueError("lies between 1ms and 20s")
        return timeout


class RequestedMessage(BaseModel):
    """What a channel is asked to send, to whom, and why it is asked."""

    model_config = ConfigDict(frozen=True)

    message_id: str
    """The ledger's, and the webhook's own: whoever gets it twice sends it once."""
    store_id: str
    customer: Mapping[str, Any]
    """As the partner posted it."""
    plan: str
    step: int
    because: str | None
    """The failure of what was tried before."""
    fields: Mapping[str, str]


class Webhook(BaseModel):
    """The body, in the form that Standard Webhooks recommends."""

    type: str = MESSAGE_REQUESTED
    timestamp: AwareDatetime
    data: RequestedMessage


def webhook_body(requested: RequestedMessage, now: datetime) -> str:
    """What is posted, as JSON."""
    return Webhook(timestamp=now, data=requested).model_dump_json()

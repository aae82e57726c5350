"""A store's own channels: signed webhooks for SMS, e-mail and the like."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, HttpUrl, field_validator

from domain.values.config_model import ConfigModel
from domain.values.durations import Duration
from domain.values.exact_json import write_json
from domain.values.secret_values import SigningSecret

MAX_TIMEOUT = timedelta(seconds=20)
"""As long as Meta is given for the same thing."""

MESSAGE_REQUESTED = "message.requested"


class Channel(ConfigModel):
    """Where to post what the channel is to send, signed as Standard Webhooks says."""

    url: HttpUrl
    secret: SigningSecret
    timeout: Duration = timedelta(seconds=10)

    @field_validator("timeout")
    @classmethod
    def _sensible(cls, timeout: timedelta) -> timedelta:
        if not timedelta(milliseconds=1) <= timeout <= MAX_TIMEOUT:
            raise ValueError("lies between 1ms and 20s")
        return timeout


class ChannelRequest(BaseModel):
    """What a channel is asked to send, to whom, and why it is asked."""

    model_config = ConfigDict(frozen=True)

    message_id: str
    """The ledger's, and the `webhook-id`: a receiver deduplicates by it."""
    store_id: str
    customer: Mapping[str, Any]
    """As the partner posted it."""
    plan: str
    step: int
    because: str | None
    """The failure of what was tried before."""
    fields: Mapping[str, str]


class ChannelWebhook(BaseModel):
    """The body, in the form that Standard Webhooks recommends."""

    type: str = MESSAGE_REQUESTED
    timestamp: AwareDatetime
    data: ChannelRequest


def webhook_body(requested: ChannelRequest, now: datetime) -> str:
    """What is posted, as JSON; numbers of the customer appear as the partner posted them."""
    return write_json(ChannelWebhook(timestamp=now, data=requested).model_dump())

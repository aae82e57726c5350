"""The updates that a chaotic Meta posts about a message, valid and invalid ones."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sandbox.webhook_payloads import UpdateField, WebhookUpdate

STOPPED_MARKETING: Final = 131050
"""Meta's code: the receiver stopped marketing messages of this business."""


@dataclass(frozen=True)
class SentMessage:
    """A message that Meta has."""

    phone_number_id: str
    to: str
    wamid: str
    callback_data: str | None
    answered: bool
    """Whether the sender got the `wamid`."""


def status_update(message: SentMessage, status: str | int, now: datetime) -> WebhookUpdate:
    """An update of `statuses`; a number is the code of a failure."""
    content: dict[str, Any] = {
        "id": message.wamid,
        "status": status if isinstance(status, str) else "failed",
        "timestamp": _seconds(now),
        "recipient_id": message.to,
        "biz_opaque_callback_data": message.callback_data,
    }
    if isinstance(status, int):
        content["errors"] = [{"code": status, "title": "Failed", "error_data": {"details": "Late"}}]
    opted_out = message.to if status == STOPPED_MARKETING else None
    return _update(message, UpdateField.STATUSES, content, opted_out=opted_out)


def invalid_updates(
    chance: random.Random, message: SentMessage, now: datetime
) -> Iterator[WebhookUpdate]:
    """Two updates that cannot be understood, and one about a message of another sender."""
    valid = status_update(message, "read", now).content
    invalid: tuple[Any, ...] = (
        7,
        "read",
        None,
        {},
        {**valid, "timestamp": "soon"},
        {**valid, "timestamp": None},
    )
    for content in chance.sample(invalid, 2):
        field = chance.choice((UpdateField.STATUSES, UpdateField.MESSAGES))
        yield _update(message, field, content, invalid=True)
    foreign = {**valid, "id": f"{message.wamid}0", "biz_opaque_callback_data": "0" * 32}
    yield _update(message, UpdateField.STATUSES, foreign)


def opt_out(chance: random.Random, message: SentMessage, now: datetime) -> WebhookUpdate:
    """The receiver writes STOP, presses a STOP button, or stops marketing in WhatsApp."""
    return chance.choice((_text, _button, _preference))(message, now)


def _text(message: SentMessage, now: datetime) -> WebhookUpdate:
    content = {"type": "text", "text": {"body": " stop. "}, "from": message.to}
    return _inbound(message, content, now)


def _button(message: SentMessage, now: datetime) -> WebhookUpdate:
    """From a user with a username, `from` may be absent; `context` names the message answered."""
    button = {"payload": "STOP", "text": "No more"}
    content = {"type": "button", "button": button, "context": {"id": message.wamid}}
    return _inbound(message, content if message.answered else {**content, "from": message.to}, now)


def _inbound(message: SentMessage, content: dict[str, Any], now: datetime) -> WebhookUpdate:
    whole = {"id": f"{message.wamid}R", "timestamp": _seconds(now), **content}
    return _update(message, UpdateField.MESSAGES, whole, opted_out=message.to)


def _preference(message: SentMessage, now: datetime) -> WebhookUpdate:
    content = {
        "wa_id": message.to,
        "category": "marketing_messages",
        "value": "stop",
        "timestamp": int(now.timestamp()),
    }
    return _update(message, UpdateField.USER_PREFERENCES, content, opted_out=message.to)


def _update(
    message: SentMessage,
    field: UpdateField,
    content: Any,
    *,
    opted_out: str | None = None,
    invalid: bool = False,
) -> WebhookUpdate:
    return WebhookUpdate(
        phone_number_id=message.phone_number_id,
        field=field,
        content=content,
        opted_out=opted_out,
        invalid=invalid,
    )


def _seconds(now: datetime) -> str:
    return str(int(now.timestamp()))

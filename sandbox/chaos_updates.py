"""The updates that a chaotic Meta posts about a message, valid and invalid ones."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sandbox.opt_out_updates import Sender, button, edited, preference, text
from sandbox.user_ids import user_id_of
from sandbox.webhook_payloads import UpdateField, WebhookUpdate

HIDDEN_SHARE: Final = 0.5
"""Of opt-outs: without the number."""

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
        **_recipient(message, status),
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
    """The receiver writes STOP, presses a STOP button, edits, or stops marketing in WhatsApp.

    Without a number only if the sender got the answer, by which the user id is known.
    """
    sender = Sender(message.to, by_user_id=message.answered and chance.random() < HIDDEN_SHARE)
    wamid = f"{message.wamid}R"
    way = chance.choice((text, edited, button, None))
    if way is None:
        content = preference(sender, now)
        return _update(message, UpdateField.USER_PREFERENCES, content, opted_out=message.to)
    content = way(sender, wamid, now)
    return _update(message, UpdateField.MESSAGES, content, opted_out=message.to)


def _recipient(message: SentMessage, status: str | int) -> dict[str, str]:
    """A failure names the number alone. Whose number ends in 7 has a username, and hides it."""
    if not isinstance(status, str):
        return {"recipient_id": message.to}
    ids = {"recipient_user_id": user_id_of(message.to)}
    return ids if message.to.endswith("7") else {**ids, "recipient_id": message.to}


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

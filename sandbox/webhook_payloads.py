"""Updates as Meta's webhook carries them: notifications and their signature."""

import hashlib
import hmac
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

WABA_ID = "600000000000001"


class UpdateField(StrEnum):
    """The list of a notification's value in which an update stands."""

    STATUSES = "statuses"
    MESSAGES = "messages"
    USER_PREFERENCES = "user_preferences"

    @property
    def webhook_field(self) -> str:
        """The webhook field that carries the list."""
        return "user_preferences" if self is UpdateField.USER_PREFERENCES else "messages"


class WebhookUpdate(BaseModel):
    """One status, inbound message or preference."""

    model_config = ConfigDict(frozen=True)

    phone_number_id: str
    field: UpdateField
    content: Any
    opted_out: str | None = None
    """The number, as digits, whose marketing ends by it."""
    invalid: bool = False
    """Whether it cannot be understood."""


class DeliveredUpdate(BaseModel):
    """An update that the webhook answered with 200."""

    model_config = ConfigDict(frozen=True)

    update: WebhookUpdate
    at: datetime


def notification(updates: Iterable[WebhookUpdate]) -> bytes:
    """The body that carries updates, in Meta's form, in their order within each list."""
    lists: defaultdict[tuple[str, UpdateField], list[Any]] = defaultdict(list)
    for update in updates:
        lists[update.phone_number_id, update.field].append(update.content)
    changes = [
        {"field": field.webhook_field, "value": {**_head(phone_number_id), field.value: contents}}
        for (phone_number_id, field), contents in lists.items()
    ]
    entry = [{"id": WABA_ID, "changes": changes}]
    return json.dumps({"object": "whatsapp_business_account", "entry": entry}).encode()


def signature(body: bytes, app_secret: str) -> dict[str, str]:
    """The header with which Meta signs a body."""
    digest = hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


def _head(phone_number_id: str) -> dict[str, Any]:
    metadata = {"display_phone_number": "911140000001", "phone_number_id": phone_number_id}
    return {"messaging_product": "whatsapp", "metadata": metadata}

"""What Meta has to tell, the notifications that tell it, and how they are signed."""

import hashlib
import hmac
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict

WABA = "600000000000001"


class About(StrEnum):
    """The list in a notification's value that an update stands in."""

    STATUSES = "statuses"
    MESSAGES = "messages"
    USER_PREFERENCES = "user_preferences"

    @property
    def field(self) -> str:
        """The webhook field that carries it."""
        return "user_preferences" if self is About.USER_PREFERENCES else "messages"


class Update(BaseModel):
    """One thing that Meta has to tell."""

    model_config = ConfigDict(frozen=True)

    number: str
    """The `phone_number_id` that it is about."""
    about: About
    content: Any
    stops: str | None = None
    """Whose marketing ends by it, as digits."""
    rubbish: bool = False
    """Whether nobody could understand it."""


class Told(BaseModel):
    """An update that was answered 200."""

    model_config = ConfigDict(frozen=True)

    update: Update
    at: datetime


def notification(updates: Iterable[Update]) -> bytes:
    """The body that tells of updates, in Meta's form, in their order within each list."""
    lists: defaultdict[tuple[str, About], list[Any]] = defaultdict(list)
    for update in updates:
        lists[update.number, update.about].append(update.content)
    changes = [
        {"field": about.field, "value": {**_head(number), about.value: contents}}
        for (number, about), contents in lists.items()
    ]
    entry = [{"id": WABA, "changes": changes}]
    return json.dumps({"object": "whatsapp_business_account", "entry": entry}).encode()


def signature(body: bytes, app_secret: str) -> dict[str, str]:
    """The header with which Meta signs a body."""
    digest = hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


def _head(number: str) -> dict[str, Any]:
    metadata = {"display_phone_number": "911140000001", "phone_number_id": number}
    return {"messaging_product": "whatsapp", "metadata": metadata}

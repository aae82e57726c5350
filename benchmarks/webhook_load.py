"""What Meta posts in the benchmarks of the webhook, and the ledger that it is about."""

import time
import uuid
from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import insert

from clock import utc_now
from domain.stores.config import StoreConfig
from sandbox.webhook_payloads import UpdateField, WebhookUpdate, notification
from storage import stores
from storage.database import Database
from storage.tables import messages as ledger

POSTS_PER_SECOND, UPDATES_PER_POST = 100, 10
STATUSES: Final = ("sent", "delivered", "read", "read", "sent")
"""Of each message, posted one at a time, repeated and out of order."""

STORE_ID, PHONE_NUMBER_ID = "denim-co", "1055"


def messages_for(seconds: int) -> int:
    """As many messages as have statuses for so many seconds."""
    return POSTS_PER_SECOND * seconds * UPDATES_PER_POST // len(STATUSES)


async def fill(database: Database, messages: int) -> list[str]:
    """Insert a store and messages that Meta has accepted; gives their ids."""
    now = utc_now()
    config = {
        "organization_id": "org",
        "name": "Denim Co",
        "timezone": "Asia/Kolkata",
        "whatsapp": {"phone_number_id": PHONE_NUMBER_ID, "access_token": "token"},
    }
    ids = [uuid.uuid4().hex for _ in range(messages)]
    rows = [_message(message_id) | {"due_at": now, "claimed_at": now} for message_id in ids]
    async with database.transaction() as connection:
        await stores.put(connection, STORE_ID, StoreConfig.model_validate(config), now)
        await connection.execute(insert(ledger).values(updated_at=now), rows)
    return ids


def _message(message_id: str) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "store_id": STORE_ID,
        "customer_id": message_id,
        "trigger_event_id": "e1",
        "step": 1,
        "kind": "cart_update",
        "template": "reminder",
        "address_hash": message_id,
        "status": "accepted",
        "provider_id": f"wamid.{message_id}",
    }


def status_notifications(ids: list[str]) -> Iterator[bytes]:
    """The statuses of all these messages."""
    statuses = [_status(message_id, status) for status in STATUSES for message_id in ids]
    for start in range(0, len(statuses), UPDATES_PER_POST):
        yield _notification(UpdateField.STATUSES, *statuses[start : start + UPDATES_PER_POST])


def stop_notification(digits: str) -> bytes:
    """A customer wrote STOP."""
    head = {"from": digits, "id": f"wamid.{digits}", "timestamp": _now(), "type": "text"}
    return _notification(UpdateField.MESSAGES, {**head, "text": {"body": "STOP"}})


def preference_notification(digits: str) -> bytes:
    """A customer stopped the business's marketing in WhatsApp."""
    content = {"category": "marketing_messages", "value": "stop", "timestamp": _now()}
    return _notification(UpdateField.USER_PREFERENCES, {"wa_id": digits, **content})


def _notification(field: UpdateField, *contents: dict[str, Any]) -> bytes:
    return notification(
        WebhookUpdate(phone_number_id=PHONE_NUMBER_ID, field=field, content=content)
        for content in contents
    )


def _now() -> str:
    return str(int(time.time()))


def _status(message_id: str, status: str) -> dict[str, Any]:
    return {
        "id": f"wamid.{message_id}",
        "status": status,
        "timestamp": _now(),
        "recipient_id": "919876543210",
        "biz_opaque_callback_data": message_id,
        "pricing": {"billable": True, "pricing_model": "PMP", "category": "marketing"},
    }

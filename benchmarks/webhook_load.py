"""What Meta posts in the webhook's benchmark, and the ledger that it is about."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from sqlalchemy import insert

from activities.clock import utc_now
from domain.stores import StoreConfig
from storage import stores
from storage.database import Database
from storage.tables import messages as ledger

RATE, UPDATES, SECONDS = 100, 10, 10
PROGRESS = ("sent", "delivered", "read", "read", "sent")
"""What is told of each message, one status at a time, repeated and out of order."""

MESSAGES = RATE * SECONDS * UPDATES // len(PROGRESS)
STORE, NUMBER = "denim-co", "1055"


async def fill(database: Database) -> list[str]:
    """A store, and a ledger of messages that Meta has accepted."""
    now = utc_now()
    config = {
        "organization_id": "org",
        "name": "Denim Co",
        "timezone": "Asia/Kolkata",
        "whatsapp": {"phone_number_id": NUMBER, "access_token": "token"},
    }
    ids = [uuid.uuid4().hex for _ in range(MESSAGES)]
    rows = [_message(message_id) | {"due_at": now, "claimed_at": now} for message_id in ids]
    async with database.transaction() as connection:
        await stores.put(connection, STORE, StoreConfig.model_validate(config), now)
        await connection.execute(insert(ledger).values(updated_at=now), rows)
    return ids


def _message(message_id: str) -> dict[str, Any]:
    return {
        "message_id": message_id,
        "store_id": STORE,
        "customer_id": message_id,
        "trigger_event_id": "e1",
        "step": 1,
        "kind": "cart_update",
        "template": "reminder",
        "address_hash": message_id,
        "status": "accepted",
        "provider_id": f"wamid.{message_id}",
    }


def bodies_about(ids: list[str]) -> Iterator[bytes]:
    """Notifications about all of these messages."""
    told = [_status(message_id, name) for name in PROGRESS for message_id in ids]
    for start in range(0, len(told), UPDATES):
        yield _notification("messages", statuses=told[start : start + UPDATES])


def stop_said(digits: str) -> bytes:
    """Somebody wrote STOP."""
    said = {"from": digits, "id": f"wamid.{digits}", "timestamp": _now(), "type": "text"}
    return _notification("messages", messages=[{**said, "text": {"body": "STOP"}}])


def marketing_stopped(digits: str) -> bytes:
    """Somebody stopped the business's marketing in WhatsApp."""
    wish = {"wa_id": digits, "category": "marketing_messages", "value": "stop", "timestamp": _now()}
    return _notification("user_preferences", user_preferences=[wish])


def _notification(field: str, **updates: list[dict[str, Any]]) -> bytes:
    metadata = {"display_phone_number": "15550783881", "phone_number_id": NUMBER}
    change = {"field": field, "value": {"metadata": metadata, **updates}}
    return json.dumps({"entry": [{"id": "1", "changes": [change]}]}).encode()


def _now() -> str:
    return str(int(time.time()))


def _status(message_id: str, name: str) -> dict[str, Any]:
    return {
        "id": f"wamid.{message_id}",
        "status": name,
        "timestamp": _now(),
        "recipient_id": "919876543210",
        "biz_opaque_callback_data": message_id,
        "pricing": {"billable": True, "pricing_model": "PMP", "category": "marketing"},
    }

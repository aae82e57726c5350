"""The messages of the benchmark of faults: stores, trigger events, and the activity's input."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import insert

from benchmarks.phones import phone_digits
from clock import utc_now
from domain.events.kinds import EventKind, intent_of
from domain.journey.activity_inputs import SendRequest
from domain.journey.plan import make_plan
from domain.journey.routing import Delivery
from domain.stores.config import StoreConfig
from storage import stores
from storage.database import Database
from storage.tables import inbox

STORE_IDS: Final = tuple(f"store-{number}" for number in range(4))
LEFT_AT: Final = datetime(2024, 10, 8, 12, tzinfo=UTC)


def send_request(number: int) -> SendRequest:
    """The activity's input for a message. No two messages share a customer."""
    store_id = STORE_IDS[number % len(STORE_IDS)]
    [step] = make_plan(_config(store_id), EventKind.CART_UPDATE, LEFT_AT, None).steps
    return SendRequest(
        store_id=store_id,
        customer_id=str(number),
        trigger_event_id=f"event-{number}",
        kind=EventKind.CART_UPDATE,
        step=step,
    )


async def fill(database: Database, sends: int) -> None:
    """Insert stores with a number each, and the messages' trigger events."""
    async with database.transaction() as connection:
        for store_id in STORE_IDS:
            await stores.put(connection, store_id, _config(store_id), utc_now())
        await connection.execute(insert(inbox), _events(range(sends)))


def _config(store_id: str) -> StoreConfig:
    whatsapp = {"phone_number_id": store_id, "access_token": "token", "messages_per_second": 1000}
    plan = [{"after": "0s", "template": "reminder", "language": "en"}]
    config: dict[str, Any] = {
        "organization_id": "org",
        "name": store_id,
        "timezone": "Asia/Kolkata",
        "whatsapp": whatsapp,
        "plans": {EventKind.CART_UPDATE: plan},
    }
    return StoreConfig.model_validate(config)


def _events(numbers: Sequence[int]) -> list[dict[str, Any]]:
    same_for_all = {
        "kind": EventKind.CART_UPDATE,
        "intent": intent_of(EventKind.CART_UPDATE),
        "at": LEFT_AT,
        "empties_cart": False,
        "delivery": Delivery.SIGNAL_OR_START,
        "received_at": LEFT_AT,
        "dispatched_at": LEFT_AT,
    }
    return [
        same_for_all
        | {
            "store_id": STORE_IDS[number % len(STORE_IDS)],
            "event_id": f"event-{number}",
            "customer_id": str(number),
            "body": {"customer": {"phone": f"+{phone_digits(number)}"}},
        }
        for number in numbers
    ]

"""The messages of the benchmark of faults: stores, trigger events, and the activity's input."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert

from benchmarks.phones import phone_digits
from clock import utc_now
from domain.events.journey_event import JourneyEvent
from domain.events.kinds import EventKind, intent_of
from domain.journey import requests
from domain.journey.activity_inputs import DeliverRequest
from domain.journey.activity_results import LoadedPlan
from domain.journey.buffer import Settled
from domain.journey.plan import Departure, make_plan
from domain.journey.policy import policy_of
from domain.journey.routing import Delivery
from domain.journey.state import JourneyState
from domain.stores.config import StoreConfig
from storage import stores
from storage.database import Database
from storage.tables import inbox

STORE_IDS: Final = tuple(f"store-{number}" for number in range(4))
LEFT_AT: Final = datetime(2024, 10, 8, 12, tzinfo=UTC)


def deliver_request(number: int) -> DeliverRequest:
    """The activity's input for a message. No two messages share a customer."""
    config = _config(STORE_IDS[number % len(STORE_IDS)])
    trigger = JourneyEvent(
        event_id=f"event-{number}",
        kind=EventKind.CART_UPDATE,
        at=LEFT_AT,
        intent=intent_of(EventKind.CART_UPDATE),
    )
    policy, departure = policy_of(config), Departure(LEFT_AT, LEFT_AT, LEFT_AT)
    plan = make_plan(config, trigger.kind, departure, None)
    state = JourneyState(
        store_id=config.name, customer_id=str(number), buffer=timedelta(0), policy=policy
    )
    state.begin(Settled(trigger, LEFT_AT), LEFT_AT)
    state.follow(LoadedPlan(plan=plan, policy=policy), LEFT_AT)
    return requests.deliver_request(state, plan.steps[0])


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

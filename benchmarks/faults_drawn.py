"""What goes wrong in the benchmark of faults, drawn by seed, and the messages it goes wrong for."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert

from activities.clock import utc_now
from domain.kinds import Kind, intent_of
from domain.planning import make_plan
from domain.questions import SendRequest
from domain.reception import Delivery
from domain.stores import StoreConfig
from sandbox.graph import GraphFailure, GraphFault
from storage import stores
from storage.database import Database
from storage.tables import inbox
from workflows import policies

SHARE = 0.1
"""Of all messages: each meets one fault, the killing of workers apart."""

MOST_SENDS = 100_000
"""As many as there are phone numbers of this pattern."""

TRIES = policies.SEND.maximum_attempts
STORES = tuple(f"store-{number}" for number in range(4))
UNREACHABLE = 131026
LEFT_AT = datetime(2024, 10, 8, 12, tzinfo=UTC)
_LATER = (GraphFailure.THROTTLE, None)
"""What proves that nothing was sent: tried again."""


@dataclass(frozen=True)
class Drawn:
    """What goes wrong for one message, and how many times."""

    failure: GraphFailure | None
    """At Meta; None: the connection is refused."""
    times: int = 1

    @property
    def name(self) -> str:
        """For people."""
        return "connection_refused" if self.failure is None else self.failure.value


def draw(chance: random.Random, sends: int) -> dict[int, Drawn]:
    """Which messages meet a fault, and which one; some so often that they are given up."""
    failures = (*GraphFailure, None)
    drawn = {}
    for number in chance.sample(range(sends), int(sends * SHARE)):
        failure = chance.choice(failures)
        drawn[number] = Drawn(failure, chance.randint(1, TRIES) if failure in _LATER else 1)
    return drawn


def draw_kills(chance: random.Random, sends: int, kills: int) -> list[int]:
    """After how many answers a worker is killed: in the middle, evenly apart, give or take."""
    apart = sends / (kills + 1)
    return [int(apart * (each + chance.uniform(-0.25, 0.25))) for each in range(1, kills + 1)]


def fault_at_meta(number: int, drawn: Drawn) -> GraphFault | None:
    """What to tell the stand-in, if the fault is Meta's."""
    if drawn.failure is None:
        return None
    code = UNREACHABLE if drawn.failure is GraphFailure.ERROR else None
    return GraphFault(fault=drawn.failure, code=code, to=phone(number), times=drawn.times)


def phone(number: int) -> str:
    """Whom a message is for, as Meta is told; nobody gets two."""
    return f"9198765{number:05}"


def request(number: int) -> SendRequest:
    """What a journey asks for."""
    store_id = STORES[number % len(STORES)]
    [step] = make_plan(_config(store_id), Kind.CART_UPDATE, LEFT_AT, None).steps
    return SendRequest(
        store_id=store_id,
        customer_id=str(number),
        trigger_event_id=f"event-{number}",
        kind=Kind.CART_UPDATE,
        step=step,
    )


async def fill(database: Database, sends: int) -> None:
    """Stores with a number each, and the events that the messages are about."""
    async with database.transaction() as connection:
        for store_id in STORES:
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
        "plans": {Kind.CART_UPDATE: plan},
    }
    return StoreConfig.model_validate(config)


def _events(numbers: Sequence[int]) -> list[dict[str, Any]]:
    always = {
        "kind": Kind.CART_UPDATE,
        "intent": intent_of(Kind.CART_UPDATE),
        "at": LEFT_AT,
        "empties_cart": False,
        "delivery": Delivery.START,
        "received_at": LEFT_AT,
        "dispatched_at": LEFT_AT,
    }
    return [
        always
        | {
            "store_id": STORES[number % len(STORES)],
            "event_id": f"event-{number}",
            "customer_id": str(number),
            "body": {"customer": {"phone": f"+{phone(number)}"}},
        }
        for number in numbers
    ]

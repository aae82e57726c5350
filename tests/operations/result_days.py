"""A store with messages, orders and opt-outs of some weeks, and its results both ways."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.events.orders import ChangeKind, Money
from operations.result_models import Results
from operations.results import results_of
from storage import messages, orders, stores
from storage.database import Database
from storage.messages import LedgerUpdate, MessageKey, MessageStatus
from storage.orders import PostedChange, PostedOrder
from storage.result_groups import By
from storage.tables import messages as ledger
from tests.storage.builders import NOW, STORE

DAY = timedelta(days=1)
LATER = NOW + 30 * DAY
"""When results are looked at: everything is old."""

COSTS = {"currency": "USD", "rates": {"marketing": {"IN": "0.01"}}}


class LateStore:
    """A store about which things become known late."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        async with self.database.transaction() as connection:
            yield connection

    async def message(self, customer_id: str = "c1", days: float = 0, **values: Any) -> str:
        """A message that was claimed on a day, and delivered where that is said."""
        at = NOW + days * DAY
        names = ("trigger_event_id", "step", "fallback")
        defaults = {"trigger_event_id": "e1", "step": 1, "fallback": 0}
        key = {name: values.pop(name, defaults[name]) for name in names}
        details = {
            "kind": values.pop("kind", "cart_update"),
            "template": values.pop("template", "reminder"),
            "language": "en",
            "address_hash": f"hash-{customer_id}",
            "due_at": at,
            "click_token": values.pop("click_token", None),
            "variant": values.pop("variant", None),
            "country": "IN",
        }
        async with self.writing() as connection:
            claimed = MessageKey(STORE, customer_id, **key)
            message_id = await messages.claim(connection, claimed, details, at)
            if values:
                values.setdefault("status", MessageStatus.DELIVERED)
                await connection.execute(
                    update(ledger).where(ledger.c.message_id == message_id).values(**values)
                )
        return message_id

    async def settled(self, message_id: str, status: MessageStatus) -> None:
        async with self.writing() as connection:
            await messages.settle(connection, message_id, LATER, LedgerUpdate(status))

    async def order(self, key: str = "o1", days: float = 1, **values: Any) -> None:
        customer_id = values.pop("customer_id", "c1")
        posted = {
            "store_id": STORE,
            "order_key": key,
            "order_id": key,
            "customer_id": customer_id,
            "event_id": f"{key}-{days}",
            "at": NOW + days * DAY,
            "money": Money(values.pop("amount", Decimal(600)), values.pop("currency", "INR")),
            "click_token": None,
            "people": frozenset({customer_id}),
            **values,
        }
        async with self.writing() as connection:
            await orders.add(connection, [PostedOrder(**posted)], LATER)

    async def order_changed(
        self, kind: str, days: float, key: str = "o1", amount: int | None = 100, event: str = "r1"
    ) -> None:
        money = Money(None if amount is None else Decimal(amount), "INR")
        at = NOW + days * DAY
        posted = PostedChange(
            STORE, f"{key}{kind}{event}", key, ChangeKind(kind), event, "c1", at, money
        )
        async with self.writing() as connection:
            await orders.add_changes(connection, [posted], LATER)

    async def fill(self, seed: int) -> None:
        """Messages and orders of forty people, by chance."""
        chance = random.Random(seed)  # no secret
        for number in range(40):
            customer_id, first = f"c{number}", chance.uniform(-20, 29)
            for step in (1, 2, 3)[: chance.randint(1, 3)]:
                claimed = first + (step - 1) * chance.choice([0.1, 1, 2])
                status = chance.choice(list(MessageStatus))
                reached = status in {MessageStatus.DELIVERED, MessageStatus.READ}
                values: dict[str, Any] = {
                    "status": status,
                    "delivered_at": NOW + (claimed + 0.01) * DAY if reached else None,
                    "billable": chance.choice([True, False, None]),
                    "price_category": chance.choice(["marketing", "utility", None]),
                    "clicked_at": chance.choice([None, NOW]),
                    "replied_at": chance.choice([None, NOW]),
                    "kind": chance.choice(["cart_update", "product_view"]),
                    "variant": chance.choice([None, "a", "b"]),
                    "template": chance.choice(["one", "two"]),
                    "click_token": f"{customer_id}-{step}",
                }
                await self.message(customer_id, claimed, step=step, **values)
            if chance.random() < 0.7:
                days = first + chance.uniform(-1, 5)
                await self.order(
                    f"o{number}",
                    days,
                    customer_id=customer_id,
                    currency=chance.choice(["INR", "USD", None]),
                    click_token=chance.choice([None, f"{customer_id}-1"]),
                )
                kind = chance.choice(["refunded", "cancelled"])
                await self.order_changed(kind, days + chance.uniform(0, 9), f"o{number}")

    async def results(self, by: By, days: tuple[float, float], *, now: bool = True) -> Results:
        start, end = (NOW + each * DAY for each in days)
        async with self.database.reading() as connection:
            store = await stores.existing(connection, STORE)
        return await results_of(self.database, store, by, start, end, now=LATER if now else None)

    async def check(self, days: tuple[float, float] = (-25.3, 30)) -> Results:
        """That the results are those that are computed from the tables; of each day."""
        for by in By:
            rolled_up, computed = [await self.results(by, days, now=now) for now in (True, False)]
            assert rolled_up == computed
        return rolled_up

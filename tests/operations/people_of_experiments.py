"""Stores with many people, of whom it is known how often they order: rows of the database."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final

from sqlalchemy import Table, text

from domain.experiments.assignment import is_held_out, variant_of
from storage import experiments, stores
from storage.database import Database
from storage.experiments import Experiment
from storage.messages import MessageStatus
from storage.result_tables import assignments, order_people, orders
from storage.stores import Store
from storage.tables import messages as ledger
from tests.storage.builders import STORE, a_config

START: Final = datetime(2026, 3, 2, tzinfo=UTC)
DAY: Final = timedelta(days=1)
STEP: Final = {"after": "1h", "template": "reminder", "language": "en"}
PEOPLE: Final = 2000


@dataclass(frozen=True)
class Person:
    """One person who came to a claim."""

    number: int
    claimed_at: datetime
    held_out: bool
    variant: str | None = None
    orders_after: timedelta | None = None
    """None: no order."""

    @property
    def customer_id(self) -> str:
        return f"c{self.number}"


@dataclass(frozen=True)
class Shoppers:
    """The people of a store's experiment."""

    database: Database
    store: Store
    experiment: Experiment | None
    people: Sequence[Person] = field(default_factory=list)

    async def insert(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        async with self.database.transaction() as connection:
            if rows:
                await connection.execute(table.insert(), rows)

    async def write(self, people: Sequence[Person], *, at_plan: bool = False) -> None:
        """Their assignments, messages and orders."""
        await self.insert(assignments, [self._assignment(each, at_plan) for each in people])
        await self.insert(ledger, [self.message(each) for each in people])
        await self.write_orders(people)
        await self.analyze()

    async def analyze(self) -> None:
        """Have the database know its own size, as it does by itself after a minute."""
        async with self.database.transaction() as connection:
            await connection.execute(text("ANALYZE"))

    async def write_orders(self, people: Sequence[Person]) -> None:
        """The orders of those who order."""
        buyers = [each for each in people if each.orders_after is not None]
        await self.insert(orders, [self._order(each) for each in buyers])
        await self.insert(order_people, [self.buyer(each) for each in buyers])

    def _assignment(self, person: Person, at_plan: bool) -> dict[str, Any]:  # of `write`
        assert self.experiment is not None
        return {
            "store_id": STORE,
            "experiment_id": self.experiment.experiment_id,
            "person": f"person-{person.number}",
            "customer_id": person.customer_id,
            "variant": person.variant,
            "held_out": None if at_plan else person.held_out,
            "loaded_at": person.claimed_at if at_plan else None,
            "claimed_at": None if at_plan else person.claimed_at,
        }

    def message(self, person: Person, kind: str = "cart_update") -> dict[str, Any]:
        status = MessageStatus.WITHHELD if person.held_out else MessageStatus.DELIVERED
        return {
            "message_id": f"m{person.number}",
            "store_id": STORE,
            "customer_id": person.customer_id,
            "trigger_event_id": f"e{person.number}",
            "step": 1,
            "kind": kind,
            "template": "reminder",
            "address_hash": f"person-{person.number}",
            "status": status,
            "variant": person.variant,
            "due_at": person.claimed_at,
            "claimed_at": person.claimed_at,
            "delivered_at": None if person.held_out else person.claimed_at,
            "updated_at": person.claimed_at,
        }

    def _order(self, person: Person) -> dict[str, Any]:
        placed_at = person.claimed_at + (person.orders_after or timedelta(0))
        return {
            "store_id": STORE,
            "order_key": f"o{person.number}",
            "customer_id": person.customer_id,
            "found_by": "event",
            "placed_at": placed_at,
            "state_at": placed_at,
            "amount": 100_000_000,
            "currency": "INR",
            "received_at": placed_at,
        }

    def buyer(self, person: Person, customer_id: str | None = None) -> dict[str, Any]:
        who = customer_id or person.customer_id
        return {"store_id": STORE, "order_key": f"o{person.number}", "customer_id": who}


async def with_plan(database: Database, **plan: Any) -> Shoppers:
    """A store whose plan begins an experiment, if it is about one."""
    async with database.transaction() as connection:
        await stores.put(connection, STORE, a_config(plans={"cart_update": plan}), START)
        experiment = await experiments.running(connection, STORE, "cart_update")
        store = await stores.existing(connection, STORE)
    return Shoppers(database, store, experiment)


def drawn(
    shoppers: Shoppers, rate_with: float, rate_without: float, count: int = PEOPLE, seed: int = 11
) -> list[Person]:
    """People in the arms that the store's real draw gives them, over six weeks."""
    return list(_drawn(shoppers, rate_with, rate_without, count, Random(seed)))


def _drawn(
    shoppers: Shoppers, rate_with: float, rate_without: float, count: int, random: Random
) -> Iterator[Person]:
    experiment, key = shoppers.experiment, shoppers.store.hash_key
    assert experiment is not None
    for number in range(count):
        drawn_for = (experiment.design, key, experiment.experiment_id, f"person-{number}")
        held_out = is_held_out(*drawn_for)
        rate = rate_without if held_out else rate_with
        ordered = random.random() < rate
        yield Person(
            number,
            claimed_at=START + number * timedelta(days=42) / count,
            held_out=held_out,
            variant=variant_of(*drawn_for),
            orders_after=random.random() * 2 * DAY if ordered else None,
        )

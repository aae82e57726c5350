"""The sample store's sixty days, as rows of the tables. The same for a seed and a time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.demo.sample.events import inbox_rows, quarantine_rows
from cli.demo.sample.orders import OrderRows, Row, country_of
from cli.demo.sample.people import Person, VisitHistory
from cli.demo.sample.shop import STORE_ID, SampleShop
from cli.demo.sample.shopper import VisitStory
from cli.demo.sample.visits import Visit, phones, visits
from domain.journey.outcomes import ClosedJourney


@dataclass
class SampleHistory:
    """What the store's tables hold."""

    orders: OrderRows
    journeys: list[ClosedJourney] = field(default_factory=list)
    messages: list[Row] = field(default_factory=list)
    assignments: dict[str, Row] = field(default_factory=dict)
    """By person: the first claim counts."""
    suppressions: dict[str, Row] = field(default_factory=dict)
    inbox: list[Row] = field(default_factory=list)
    quarantine: list[Row] = field(default_factory=list)

    @property
    def shop(self) -> SampleShop:
        """Whose history it is."""
        return self.orders.shop

    def add(self, person: Person, visit: Visit, history: VisitHistory) -> None:
        """Add what came of a visit."""
        self.journeys += history.journeys
        self.messages += history.messages
        for placed in history.placed:
            self.orders.add(placed)
        for at in history.found:
            self.orders.add_found(visit.customer_id, at)
        if history.assigned_at is not None:
            row = _assignment(self.shop, person, visit, history.assigned_at)
            self.assignments.setdefault(person.hashed, row)
        if history.stopped_at is not None:
            self.suppressions[person.hashed] = {
                "store_id": STORE_ID,
                "address_hash": person.hashed,
                "because": "said STOP",
                "created_at": history.stopped_at,
            }


def _assignment(shop: SampleShop, person: Person, visit: Visit, at: Any) -> Row:
    return {
        "store_id": STORE_ID,
        "experiment_id": shop.experiment.experiment_id,
        "person": person.hashed,
        "customer_id": visit.customer_id,
        "variant": person.variant,
        "held_out": person.held_out,
        "loaded_at": None,
        "claimed_at": at,
    }


def sample_history(shop: SampleShop) -> SampleHistory:
    """Everything that happened up to now."""
    history = SampleHistory(OrderRows(shop))
    for _ in tell(history):
        pass
    return history


def tell(history: SampleHistory) -> Iterator[Visit]:
    """Add everything that happened up to now, in small steps: altogether it takes seconds.

    What had not ended by now did not happen.
    """
    shop, all_visits = history.shop, list(visits(history.shop))
    numbers = phones(all_visits)
    for visit in all_visits:
        person = _person(shop, visit, numbers, history.suppressions)
        told = VisitStory(shop, visit, person).told()
        if told.is_over(shop.now):
            history.add(person, visit, told)
        yield visit
    for days_ago in range(shop.days):
        history.orders.add_guests(days_ago)
    history.inbox = inbox_rows(shop, history.journeys, history.orders.orders, numbers)
    history.quarantine = list(quarantine_rows(shop))


def _person(
    shop: SampleShop, visit: Visit, numbers: Mapping[int, str], suppressed: Mapping[str, Row]
) -> Person:
    number = numbers.get(visit.shopper, f"the number of {visit.customer_id}")
    hashed, country = shop.hashed(number), country_of(shop.chance(f"country {visit.shopper}"))
    return Person.of(shop, hashed, country, suppressed=hashed in suppressed)


def journey_rows(history: SampleHistory) -> Iterator[Row]:
    """Rows of closed journeys, as they are recorded."""
    for each in history.journeys:
        if each.trigger is not None:
            yield {
                **each.model_dump(mode="json"),
                "kind": each.trigger.kind,
                "trigger_event_id": each.trigger.event_id,
                "left_at": each.left_at,
                "closed_at": each.closed_at,
            }

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.events import EventBase, event_adapter
from domain.reception import Delivery, Reception, receive
from sandbox.samples import fresh
from tests.domain.making import CUSTOM, NOON, config, step

STORE = config(plans={"cart_update": [step("1h")]})


def posted(event_name: str, at: datetime = NOON) -> EventBase:
    return event_adapter.validate_python(
        {
            "event_id": "e",
            "organization_id": "org",
            "event_name": event_name,
            "timestamp": at.isoformat(),
            "customer": {"customer_id": "c"},
            "event_data": {},
        }
    )


def test_event_that_a_plan_is_for_starts_a_journey() -> None:
    assert receive(STORE, posted("cart_update"), NOON) == Reception(Delivery.START)


def test_sample_of_the_guide_starts_a_journey() -> None:
    sample = fresh("cart_update.add_to_cart", event_id="e", customer_id="c", at=NOON)
    assert receive(STORE, event_adapter.validate_python(sample), NOON).delivery is Delivery.START


@pytest.mark.parametrize(
    ("event_name", "delivery", "because"),
    [
        ("order_placed", Delivery.INFORM, "no open journey for this order to end"),
        ("product_view", Delivery.INFORM, "no plan for product_view"),
        (CUSTOM, Delivery.KEEP, f"no plan for {CUSTOM}"),
    ],
)
def test_event_without_a_plan_starts_nothing(
    event_name: str, delivery: Delivery, because: str
) -> None:
    assert receive(STORE, posted(event_name), NOON) == Reception(delivery, because)


def test_custom_event_with_a_plan_starts_a_journey() -> None:
    store = config(plans={CUSTOM: [step("1h")]})
    assert receive(store, posted(CUSTOM), NOON).delivery is Delivery.START


def test_customer_who_cannot_be_messaged_starts_nothing_but_ends_what_is_open() -> None:
    answer = receive(STORE, posted("cart_update"), NOON, obstacle="opted out")
    assert answer == Reception(Delivery.INFORM, "opted out")


@pytest.mark.parametrize("event_name", ["cart_update", "order_placed"])
def test_event_older_than_the_store_takes_is_only_kept(event_name: str) -> None:
    day = timedelta(hours=24)
    too_old = receive(STORE, posted(event_name, NOON - day - timedelta(milliseconds=1)), NOON)
    assert too_old == Reception(Delivery.KEEP, "too old: the store takes events up to 1d back")
    assert receive(STORE, posted(event_name, NOON - day), NOON).delivery is not Delivery.KEEP


def test_age_is_a_matter_of_instants_not_of_offsets() -> None:
    changes: dict[str, Any] = {"max_event_age": "1h", "plans": {"cart_update": [step("1h")]}}
    seen = datetime.fromisoformat("2024-10-08T17:00:00+05:30")
    now = datetime(2024, 10, 8, 12, 15, tzinfo=UTC)
    assert receive(config(**changes), posted("cart_update", seen), now).delivery is Delivery.START

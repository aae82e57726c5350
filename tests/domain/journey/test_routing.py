from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.events.models import EventBase, event_adapter
from domain.journey.routing import Delivery, Routing, route_event
from sandbox.samples import fresh
from tests.domain.builders import CUSTOM, NOON, config, step

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


def test_event_with_a_plan_starts_a_journey() -> None:
    assert route_event(STORE, posted("cart_update"), NOON) == Routing(Delivery.SIGNAL_OR_START)


def test_sample_of_the_guide_starts_a_journey() -> None:
    sample = fresh("cart_update.add_to_cart", event_id="e", customer_id="c", at=NOON)
    assert (
        route_event(STORE, event_adapter.validate_python(sample), NOON).delivery
        is Delivery.SIGNAL_OR_START
    )


@pytest.mark.parametrize(
    ("event_name", "delivery", "because"),
    [
        ("product_view", Delivery.SIGNAL_ONLY, "no plan for product_view"),
        (CUSTOM, Delivery.STORE_ONLY, f"no plan for {CUSTOM}"),
    ],
)
def test_event_without_a_plan_starts_nothing(
    event_name: str, delivery: Delivery, because: str
) -> None:
    assert route_event(STORE, posted(event_name), NOON) == Routing(delivery, because)


def test_browsing_event_without_a_plan_is_only_stored_where_a_store_ignores_it() -> None:
    store = config(unplanned_events="ignore", plans={"cart_update": [step("1h")]})
    assert route_event(store, posted("product_view"), NOON) == Routing(
        Delivery.STORE_ONLY, "no plan for product_view, and unplanned_events is ignore"
    )
    assert route_event(store, posted("cart_update"), NOON) == Routing(Delivery.SIGNAL_OR_START)


@pytest.mark.parametrize("unplanned", ["postpone", "exit"])
def test_browsing_event_without_a_plan_is_signalled_where_a_store_minds(unplanned: str) -> None:
    store = config(unplanned_events=unplanned)
    assert route_event(store, posted("product_view"), NOON).delivery is Delivery.SIGNAL_ONLY
    assert route_event(store, posted(CUSTOM), NOON).delivery is Delivery.STORE_ONLY


@pytest.mark.parametrize("days", [0, 3, 400])
@pytest.mark.parametrize("obstacle", [None, "opted out"])
def test_order_of_any_age_is_accepted_and_signalled(days: int, obstacle: str | None) -> None:
    order = posted("order_placed", NOON - timedelta(days=days))
    assert route_event(STORE, order, NOON, obstacle=obstacle) == Routing(Delivery.SIGNAL_ONLY)


@pytest.mark.parametrize("days", [0, 3, 400])
@pytest.mark.parametrize("kind", ["order_refunded", "order_cancelled"])
def test_refund_or_cancellation_of_any_age_is_accepted_and_touches_no_journey(
    days: int, kind: str
) -> None:
    taken_back = posted(kind, NOON - timedelta(days=days))
    assert route_event(STORE, taken_back, NOON) == Routing(Delivery.STORE_ONLY)


def test_custom_event_with_a_plan_starts_a_journey() -> None:
    store = config(plans={CUSTOM: [step("1h")]})
    assert route_event(store, posted(CUSTOM), NOON).delivery is Delivery.SIGNAL_OR_START


def test_event_of_a_customer_who_cannot_be_messaged_is_only_signalled() -> None:
    answer = route_event(STORE, posted("cart_update"), NOON, obstacle="opted out")
    assert answer == Routing(Delivery.SIGNAL_ONLY, "opted out")


@pytest.mark.parametrize("event_name", ["cart_update", "product_view"])
def test_event_older_than_max_event_age_is_only_stored(event_name: str) -> None:
    day = timedelta(hours=24)
    too_old = route_event(STORE, posted(event_name, NOON - day - timedelta(milliseconds=1)), NOON)
    assert too_old == Routing(Delivery.STORE_ONLY, "too old: the store takes events up to 1d back")
    assert (
        route_event(STORE, posted(event_name, NOON - day), NOON).delivery is not Delivery.STORE_ONLY
    )


def test_age_of_an_event_does_not_depend_on_its_offset() -> None:
    changes: dict[str, Any] = {"max_event_age": "1h", "plans": {"cart_update": [step("1h")]}}
    seen = datetime.fromisoformat("2024-10-08T17:00:00+05:30")
    now = datetime(2024, 10, 8, 12, 15, tzinfo=UTC)
    assert (
        route_event(config(**changes), posted("cart_update", seen), now).delivery
        is Delivery.SIGNAL_OR_START
    )


def test_deliveries_are_stored_as_older_releases_store_them() -> None:
    assert [delivery.value for delivery in Delivery] == ["start", "inform", "keep"]


def test_emptied_cart_is_signalled_though_the_store_ignores_what_it_has_no_plan_for() -> None:
    store = config(plans={"checkout_initiated": [step("1h")]}, unplanned_events="ignore")
    body: dict[str, Any] = {"event_id": "e", "customer_id": "c"}
    emptied = fresh("cart_update.add_to_cart", at=NOON, **body, event_data={"empty_cart": True})
    routing = route_event(store, event_adapter.validate_python(emptied), NOON)
    assert routing.delivery is Delivery.SIGNAL_ONLY

from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.samples import fresh, sample

AT = datetime(2026, 9, 1, 12, tzinfo=UTC)
NAMES = [
    "cart_update.add_to_cart",
    "cart_update.remove_from_cart",
    "collection_view",
    "product_view",
]


def posted(name: str, **changes: Any) -> dict[str, Any]:
    return fresh(name, event_id="e1", customer_id="c1", at=AT, **changes)


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_the_guides(name: str) -> None:
    assert sample(name)["timestamp"] == "2024-10-08T06:30:35.858469+00:00"


@pytest.mark.parametrize("name", NAMES)
def test_a_fresh_event_has_the_given_ids_and_timestamp(name: str) -> None:
    event = posted(name)

    assert (event["event_id"], event["customer"]["customer_id"]) == ("e1", "c1")
    assert event["timestamp"] == "2026-09-01T12:00:00+00:00"
    assert event["event_data"] == sample(name)["event_data"]


def test_a_fresh_event_has_one_sub_event() -> None:
    assert posted("cart_update.remove_from_cart")["sub_event_name"] == "remove_from_cart"
    assert "sub_event_name" not in posted("product_view")


def test_changes_go_to_the_customer_or_to_the_event() -> None:
    event = posted("product_view", phone="+4915112345678", event_name="order_placed", email=None)

    assert event["customer"] == {
        "customer_id": "c1",
        "phone": "+4915112345678",
        "name": "Test User",
    }
    assert event["event_name"] == "order_placed"


def test_an_object_is_merged_into_the_samples() -> None:
    event = posted("cart_update.add_to_cart", event_data={"empty_cart": True})

    assert event["event_data"]["empty_cart"] is True
    assert event["event_data"]["cart_link"] == "https://store.com/cart/3284672934"


def test_a_fresh_event_leaves_the_sample_alone() -> None:
    posted("product_view", event_data={"title": "x"})["customer"]["name"] = "y"

    assert sample("product_view")["customer"]["name"] == "Test User"
    assert sample("product_view")["event_data"]["title"] == "Denim Shirt - Blue"

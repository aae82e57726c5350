import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import ORDER_KINDS
from domain.events.models import (
    CartUpdate,
    CheckoutInitiated,
    CollectionView,
    CustomEvent,
    EventBase,
    OrderCancelled,
    OrderPlaced,
    OrderRefunded,
    ProductView,
    event_adapter,
)
from sandbox.samples import sample

EXIT_API_ANSWER = "exit_api_response"
GUIDE = sorted(
    path.stem
    for path in (Path(__file__).parents[3] / "sandbox" / "data").glob("*.json")
    if path.stem != EXIT_API_ANSWER
)


def parsed(body: Any) -> EventBase:
    return event_adapter.validate_python(body)


def invalid_fields(body: Any) -> set[str]:
    with pytest.raises(ValidationError) as caught:
        event_adapter.validate_python(body)
    return {".".join(str(part) for part in error["loc"][1:]) for error in caught.value.errors()}


def custom(**changes: Any) -> dict[str, Any]:
    base = {
        "event_id": "e1",
        "organization_id": "org",
        "event_name": "wishlist_add",
        "timestamp": "2024-10-08T06:30:35.858469+00:00",
        "customer": {"customer_id": "c1"},
    }
    return base | changes


def test_guide_has_four_sample_events() -> None:
    assert len(GUIDE) == 4


@pytest.mark.parametrize("name", GUIDE)
def test_sample_of_the_guide_is_parsed(name: str) -> None:
    pasted = sample(name)
    event = parsed(pasted)
    assert event.event_name == pasted["event_name"]
    assert event.timestamp == datetime.fromisoformat(pasted["timestamp"])
    assert event.customer.phone == "+919876543210"
    kinds = {"cart_update": CartUpdate, "product_view": ProductView}
    assert type(event) is kinds.get(event.event_name, CollectionView)


@pytest.mark.parametrize("written", ["add_to_cart | remove_from_cart", "", None])
@pytest.mark.parametrize("expected", ["add_to_cart", "remove_from_cart"])
def test_sub_event_placeholder_is_resolved_by_the_filled_list(
    written: str | None, expected: str
) -> None:
    event = parsed(sample(f"cart_update.{expected}") | {"sub_event_name": written})
    assert isinstance(event, CartUpdate)
    assert event.sub_event_name == expected


def test_explicit_sub_event_is_kept() -> None:
    body = sample("cart_update.add_to_cart") | {"sub_event_name": "remove_from_cart"}
    event = parsed(body)
    assert isinstance(event, CartUpdate)
    assert event.sub_event_name == "remove_from_cart"


def test_placeholder_without_a_filled_list_is_a_cart_update_without_sub_event() -> None:
    body = sample("cart_update.add_to_cart") | {"event_data": {"empty_cart": True}}
    event = parsed(body)
    assert isinstance(event, CartUpdate)
    assert event.sub_event_name is None
    assert event.empties_cart


def test_event_without_empty_cart_does_not_empty_the_cart() -> None:
    assert not parsed(sample("cart_update.remove_from_cart")).empties_cart
    assert not parsed(sample("product_view")).empties_cart


def test_unknown_fields_are_kept_at_every_level() -> None:
    body = custom(utm="x", customer={"customer_id": "c1", "tier": "gold"}, event_data={"a": [1]})
    kept = parsed(body).model_dump()
    assert kept["utm"] == "x"
    assert kept["customer"]["tier"] == "gold"
    assert kept["event_data"] == {"a": [1]}


def test_numeric_id_becomes_a_string() -> None:
    event = parsed(sample("product_view") | {"event_id": 45471627190248})
    assert isinstance(event, ProductView)
    assert event.event_id == "45471627190248"
    assert event.event_data.product_id == "8498962518296"


def test_price_may_be_the_amount_alone() -> None:
    body = sample("cart_update.add_to_cart")
    alone = {**body["event_data"], "price": "600.50"}
    event = parsed(body | {"event_data": alone})
    assert isinstance(event, CartUpdate)
    assert event.event_data.price is not None
    assert event.event_data.price.amount == Decimal("600.50")
    assert invalid_fields(body | {"event_data": alone | {"price": "much"}}) == {
        "event_data.price.amount"
    }


def test_error_names_every_invalid_field() -> None:
    body = sample("cart_update.add_to_cart")
    del body["event_id"]
    body["timestamp"] = "yesterday"
    body["customer"] = {"name": "Asha"}
    body["event_data"]["price"]["amount"] = "much"
    body["event_data"]["line_items"][0]["quantity"] = "few"
    body["sub_event_name"] = "swap"
    assert invalid_fields(body) == {
        "event_id",
        "timestamp",
        "customer",
        "event_data.price.amount",
        "event_data.line_items.0.quantity",
        "sub_event_name",
    }


@pytest.mark.parametrize(
    "timestamp",
    [
        1728369035,
        1728369035.5,
        "1728369035",
        "-1.5",
        "1.7e9",
        "2024-10-08T06:30:35",
        "2024-10-08",
        "soon",
        None,
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
    ],
)
def test_timestamp_that_is_no_instant_is_refused(timestamp: object) -> None:
    assert invalid_fields(custom(timestamp=timestamp)) == {"timestamp"}


@pytest.mark.parametrize(
    "timestamp",
    ["2024-10-08T06:30:35Z", "2024-10-08T12:00:35+05:30", "2024-10-08 06:30:35.000000001+00:00"],
)
def test_timestamp_with_any_offset_is_accepted(timestamp: str) -> None:
    instant = parsed(custom(timestamp=timestamp)).timestamp
    assert instant == datetime(2024, 10, 8, 6, 30, 35, tzinfo=UTC)


@pytest.mark.parametrize(
    "name", ["comeback.exit", "comeback.", "", "two words", "x" * 65, None, []]
)
def test_reserved_or_malformed_event_name_is_refused(name: object) -> None:
    assert invalid_fields(custom(event_name=name)) == {"event_name"}


def test_event_name_selects_the_model() -> None:
    assert type(parsed(custom())) is CustomEvent
    assert type(parsed(custom(event_name="order_placed"))) is OrderPlaced
    assert type(parsed(custom(event_name="order_refunded"))) is OrderRefunded
    assert type(parsed(custom(event_name="order_cancelled"))) is OrderCancelled
    assert type(parsed(custom(event_name="checkout_initiated"))) is CheckoutInitiated


@pytest.mark.parametrize("event_name", sorted(ORDER_KINDS))
@pytest.mark.parametrize(
    "event_data",
    [None, [], "1001", 7, {"order_id": 1001, "price": {"amount": "600", "currency": "INR"}}],
)
def test_an_order_is_never_refused_for_its_data(event_name: str, event_data: object) -> None:
    event = parsed(custom(event_name=event_name, event_data=event_data))
    assert event.model_dump()["event_data"] == event_data


@pytest.mark.parametrize(
    "customer", [{"phone": "+919876543210"}, {"email": "a@b.co"}, {"customer_id": 7}]
)
def test_customer_needs_only_one_identifier(customer: dict[str, Any]) -> None:
    assert parsed(custom(customer=customer)).customer is not None


WRONG_IDS = [
    "x" * 201,
    "\U0001f456" * 151,
    "\u0939" * 200 + "x",
    "a\nb",
    "a\r",
    "\tb",
    "\x1f",
    "\n",
    "\x7f",
    "\x85",
    "\x9f",
    ".",
    "..",
    True,
    {},
]
RIGHT_IDS = [
    "x" * 200,
    "\U0001f456" * 150,
    "\u0939" * 200,
    "\u2028",
    "a/../b",
    "...",
    "%2e%2e",
    " a ",
    7,
]


@pytest.mark.parametrize("wrong", WRONG_IDS)
def test_id_that_is_long_or_cannot_stand_in_a_url_is_refused(wrong: object) -> None:
    assert invalid_fields(custom(customer={"customer_id": wrong})) == {"customer.customer_id"}
    assert invalid_fields(custom(event_id=wrong)) == {"event_id"}


@pytest.mark.parametrize("right", RIGHT_IDS)
def test_id_of_any_other_form_is_accepted(right: object) -> None:
    event = parsed(custom(customer={"customer_id": right}, event_id=right))
    assert (event.customer.customer_id, event.event_id) == (str(right), str(right))


def test_empty_event_id_is_refused() -> None:
    assert invalid_fields(custom(event_id="")) == {"event_id"}


@pytest.mark.parametrize("blank", ["", " ", "   "])
@pytest.mark.parametrize("other", [{"phone": "+919876543210"}, {"email": "a@b.co"}])
def test_blank_customer_id_counts_as_none(blank: str, other: dict[str, str]) -> None:
    event = parsed(custom(customer={"customer_id": blank, **other}))
    assert event.customer.customer_id is None


def test_blank_fields_identify_nobody() -> None:
    blank = {"customer_id": "", "phone": " ", "email": "\t"}
    assert invalid_fields(custom(customer=blank)) == {"customer"}


@pytest.mark.parametrize("body", [None, [], "text", 7, {}, {"event_name": []}])
def test_json_that_is_no_event_is_a_validation_error(body: object) -> None:
    with pytest.raises(ValidationError):
        event_adapter.validate_python(body)


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800", float("nan"), float("inf")])
def test_value_that_the_database_cannot_store_is_refused(text: object) -> None:
    with pytest.raises(ValidationError, match="NUL"):
        event_adapter.validate_python(custom(event_data={"deep": [{"down": text}]}))
    with pytest.raises(ValidationError):
        event_adapter.validate_python(custom(event_id=text))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["timestamp", "customer", "event_data", "event_name", "sub_event_name"]),
    st.sampled_from(
        ["cart_update", "product_view", "order_placed", "order_refunded", "wishlist_add"]
    ),
    _JSON,
)
def test_any_json_is_parsed_or_is_a_validation_error(field: str, name: str, value: object) -> None:
    try:
        event = parsed(custom(event_name=name, event_data={}) | {field: value})
    except ValidationError:
        return
    assert json.loads(event.model_dump_json())["event_id"] == "e1"


def test_journey_event_is_cut_to_milliseconds_in_utc() -> None:
    instant = datetime.fromisoformat("2024-10-08T12:00:35.858999+05:30")
    event = JourneyEvent(event_id="e", kind="cart_update", at=instant, intent=3)
    assert event.at == datetime(2024, 10, 8, 6, 30, 35, 858000, tzinfo=UTC)
    assert event.at.utcoffset() == timedelta(0)


@settings(max_examples=100, deadline=None)
@given(st.datetimes(timezones=st.just(UTC)))
def test_journey_event_survives_json(instant: datetime) -> None:
    event = JourneyEvent(event_id="e", kind="cart_update", at=instant, intent=3)
    assert JourneyEvent.model_validate_json(event.model_dump_json()) == event
    assert timedelta(0) <= instant - event.at < timedelta(milliseconds=1)

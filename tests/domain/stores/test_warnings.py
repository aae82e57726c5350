"""What is allowed and probably not meant."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.customers.personal_ids import PersonalIds
from domain.stores.warnings import ConfigWarning, StoreFacts, warnings_of
from tests.domain.builders import config, step

SEEN = StoreFacts(orders_seen=True)
UNSEEN = StoreFacts(orders_seen=False)
EXIT_API = {"url": "https://partner.example/events"}
SMS = {"sms": {"url": "https://brand.example/sms", "secret": "whsec_" + "A" * 32}}
BY_SMS = {"after": "1h", "channel": "sms"}
FALLBACK = {"on": ["send_failed"], "template": "plain", "language": "en"}


def warned(facts: StoreFacts = SEEN, **changes: Any) -> list[ConfigWarning]:
    return warnings_of(config(**changes), facts)


def types(facts: StoreFacts = SEEN, **changes: Any) -> list[str]:
    return [each.type for each in warned(facts, **changes)]


def with_step(*, endpoint: str = "messages", **changes: Any) -> dict[str, Any]:
    account = {"phone_number_id": "1055", "access_token": "token", "endpoint": endpoint}
    return {"plans": {"x": [step("1h"), step("2h", **changes)]}, "whatsapp": account}


def test_usual_configuration_warns_of_nothing() -> None:
    usual = {"cart_update": [step("1h")], "product_view": [step("2h")]}
    assert warned(plans=usual) == []
    assert warned(UNSEEN, plans=usual, exit_api=EXIT_API) == []
    assert warned(UNSEEN) == []


def test_cart_plan_with_checkouts_left_out_is_warned_of() -> None:
    plans = {"cart_update": [step("1h")], "checkout_initiated": []}
    (warning,) = warned(plans=plans)
    assert warning.path == ("plans", "checkout_initiated")
    assert warning.type == "checkout_without_plan"


@pytest.mark.parametrize(
    "plans",
    [
        {"checkout_initiated": []},
        {"product_view": [step("1h")], "checkout_initiated": []},
        {"cart_update": [step("1h")], "checkout_initiated": [step("1h")]},
    ],
)
def test_checkouts_without_a_plan_are_fine_where_carts_have_none(plans: dict[str, Any]) -> None:
    assert types(plans=plans) == []


def test_plan_that_no_order_can_stop_is_warned_of() -> None:
    (warning,) = warned(UNSEEN, plans={"x": [step("1h")]})
    assert (warning.path, warning.type) == (("exit_api",), "orders_unknown")
    assert types(UNSEEN, plans={"checkout_initiated": []}) == []


@pytest.mark.parametrize(("region", "warns"), [("US", True), ("CA", False), ("IN", False)])
def test_templates_to_us_numbers_are_warned_of(region: str, warns: bool) -> None:
    found = warned(default_region=region, plans={"x": [step("1h")]})
    assert [(each.path, each.type) for each in found] == [
        (("default_region",), "marketing_to_us_numbers")
    ] * warns


def test_us_numbers_are_fine_where_no_template_is_sent() -> None:
    by_sms: dict[str, Any] = {"default_region": "US", "channels": SMS}
    assert types(**by_sms, plans={"x": [BY_SMS]}) == []
    assert types(**by_sms) == []
    assert types(**by_sms, plans={"x": [BY_SMS | {"fallbacks": [FALLBACK]}]}) == [
        "marketing_to_us_numbers"
    ]


@pytest.mark.parametrize(
    ("endpoint", "expires_after", "warns"),
    [
        ("messages", "6h", True),
        ("messages", "29d", True),
        ("messages", "30d", False),
        ("messages", None, False),
        ("marketing_messages", "11h", True),
        ("marketing_messages", "12h", False),
    ],
)
def test_expiry_before_meta_gives_up_is_warned_of(
    endpoint: str, expires_after: str | None, warns: bool
) -> None:
    found = warned(**with_step(endpoint=endpoint, expires_after=expires_after))
    assert [(each.path, each.type) for each in found] == [
        (("plans", "x", "steps", 1, "expires_after"), "shorter_than_time_to_live")
    ] * warns
    assert all("30d" in each.message for each in found)
    advises = endpoint == "messages"
    assert all(("need the endpoint" in each.message) is advises for each in found)


def test_expiry_of_what_is_not_sent_by_meta_is_fine() -> None:
    plans = {"x": [BY_SMS | {"expires_after": "1h"}]}
    assert types(plans=plans, channels=SMS) == []


def test_exit_api_that_does_not_answer_is_warned_of() -> None:
    since, last = datetime(2026, 11, 3, 11, 20, tzinfo=UTC), datetime(2026, 11, 3, 9, tzinfo=UTC)
    never = StoreFacts(False, since, "answered HTTP 404: taken for a wrong path")
    (warning,) = warned(never, exit_api=EXIT_API)
    assert (warning.path, warning.type) == (("exit_api",), "exit_api_unavailable")
    assert warning.message == (
        "failing since 2026-11-03T11:20:00+00:00: answered HTTP 404: taken for a wrong path;"
        " it never answered"
    )
    before = StoreFacts(False, since, "no answer: TimeoutError", last)
    (warning,) = warned(before, exit_api=EXIT_API)
    assert warning.message.endswith("last readable answer 2026-11-03T09:00:00+00:00")


def test_personal_customer_ids_are_warned_of_until_they_are_hashed() -> None:
    first, last = datetime(2024, 10, 8, tzinfo=UTC), datetime(2024, 10, 9, tzinfo=UTC)
    facts = StoreFacts(orders_seen=True, personal_ids=PersonalIds(first, last))

    [warning] = warned(facts)
    assert (warning.path, warning.type) == (("customer_ids",), "personal_customer_ids")
    assert first.isoformat() in warning.message
    assert last.isoformat() in warning.message
    assert warned(facts, customer_ids="hashed") == []

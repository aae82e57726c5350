from datetime import time, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.messages.rendering import merge_fields, render
from domain.messages.templates import TemplateMessage
from domain.stores.config import LowerIntent, OnFailure, StoreConfig, Unplanned
from domain.values.secret_values import MASK, dump_with_secrets
from sandbox.samples import sample
from tests.domain.builders import config, step
from tests.domain.stores.contract_example import CONTRACT_EXAMPLE, contract_example

SIGNING = "whsec_" + "A" * 32
PARTS: list[tuple[str | int, ...]] = [
    (),
    ("exit_api",),
    ("whatsapp",),
    ("quiet_hours",),
    ("frequency_cap",),
    ("plans", "cart_update", 0),
    ("plans", "cart_update", 0, "carousel"),
]


def part_of(body: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any]:
    part: Any = body
    for name in path:
        part = part[name]
    assert isinstance(part, dict)
    return part


def refused_places(body: dict[str, Any]) -> list[tuple[str | int, ...]]:
    with pytest.raises(ValidationError) as caught:
        StoreConfig.model_validate(body)
    return [error["loc"] for error in caught.value.errors()]


def test_example_of_the_contract_is_accepted() -> None:
    store = StoreConfig.model_validate_json(CONTRACT_EXAMPLE)
    assert store.buffer == timedelta(minutes=15)
    assert store.max_event_age == timedelta(hours=24)
    assert store.lower_intent_events is LowerIntent.EXIT
    assert store.unplanned_events is Unplanned.POSTPONE
    assert store.order_grace == timedelta(minutes=10)
    assert store.quiet_hours is not None
    assert (store.quiet_hours.start, store.quiet_hours.end) == (time(21), time(9))
    assert [one.after for one in store.plans["cart_update"].steps] == [
        timedelta(hours=1),
        timedelta(hours=24),
    ]


@pytest.mark.parametrize(
    ("kind", "name"), [("cart_update", "cart_update.add_to_cart"), ("product_view", "product_view")]
)
def test_plans_of_the_contract_render_samples_of_the_guide(kind: str, name: str) -> None:
    store = StoreConfig.model_validate(contract_example())
    for one in store.plans[kind].steps:
        assert isinstance(one.message, TemplateMessage)
        message = render(one.message, merge_fields(sample(name), store.name))
        assert message.template == one.message.template


def test_optional_keys_have_the_defaults_of_the_contract() -> None:
    store = config(exit_api={"url": "https://partner.example/x"})
    assert store.buffer == timedelta(minutes=15)
    assert store.max_event_age == timedelta(hours=24)
    assert store.lower_intent_events is LowerIntent.EXIT
    assert store.unplanned_events is Unplanned.POSTPONE
    assert store.order_grace == timedelta(minutes=10)
    assert store.quiet_hours is None
    assert store.frequency_cap is None
    assert store.plans == {}
    assert store.exit_api is not None
    assert store.exit_api.on_failure is OnFailure.SKIP
    assert config().exit_api is None


@pytest.mark.parametrize("path", PARTS)
def test_unknown_key_is_refused_at_every_level(path: tuple[str | int, ...]) -> None:
    body = contract_example()
    body["plans"]["cart_update"][0]["carousel"] = {"header_image": "{{ item.image_url }}"}
    StoreConfig.model_validate(body)
    part_of(body, path)["colour"] = "blue"
    assert [loc[-1] for loc in refused_places(body)] == ["colour"]


def test_unknown_key_beside_a_plans_steps_is_refused() -> None:
    plans = {"x": {"steps": [step("1h")], "colour": "blue"}}
    assert [loc[-1] for loc in refused_places(contract_example() | {"plans": plans})] == ["colour"]


def test_mask_is_refused_as_a_secret() -> None:
    body = contract_example()
    body["whatsapp"]["access_token"] = MASK
    body["exit_api"]["headers"]["X-Partner-Key"] = MASK
    assert refused_places(body) == [
        ("exit_api", "headers", "X-Partner-Key"),
        ("whatsapp", "access_token"),
    ]


def test_secrets_are_in_neither_json_nor_repr() -> None:
    store = config(
        whatsapp={"phone_number_id": "1", "access_token": "hush"},
        exit_api={"url": "https://partner.example/x", "headers": {"X-Key": "hush"}},
    )
    assert "hush" not in store.model_dump_json()
    assert "hush" not in repr(store)


def test_dumped_configuration_is_parsed_to_the_same() -> None:
    store = StoreConfig.model_validate(contract_example())
    written = store.model_dump(mode="json")
    written["whatsapp"]["access_token"] = "…"
    written["exit_api"]["headers"]["X-Partner-Key"] = "…"
    assert StoreConfig.model_validate(written) == store


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        ((), "timezone", "Asia/Atlantis"),
        ((), "timezone", "../etc/passwd"),
        ((), "default_region", "India"),
        ((), "buffer", 15),
        ((), "buffer", "P4000D"),
        ((), "lower_intent_events", "shrug"),
        ((), "unplanned_events", "supersede"),
        ((), "order_grace", "-10m"),
        ((), "order_grace", "PT24H0.001S"),
        (("exit_api",), "url", "ftp://partner.example"),
        (("exit_api",), "timeout", "0s"),
        (("exit_api",), "timeout", "PT1H"),
        (("exit_api",), "event_count", 0),
        (("quiet_hours",), "start", "21:00Z"),
        (("frequency_cap",), "messages", 0),
        (("whatsapp",), "access_token", ""),
        (("plans", "cart_update", 0), "after", "-1h"),
        (("plans", "cart_update", 0), "template", "Cart Reminder"),
        (("plans", "cart_update", 0), "header_image", "{{ event_data.image"),
        (("plans", "cart_update", 0), "coupon_code", "{{ event_data.code | shout }}"),
    ],
)
def test_invalid_value_is_refused_by_its_key(
    path: tuple[str | int, ...], key: str, value: object
) -> None:
    body = contract_example()
    part_of(body, path)[key] = value
    assert any(key in loc for loc in refused_places(body))


@pytest.mark.parametrize("grace", ["0s", "1d"])
def test_grace_of_an_order_lasts_up_to_a_day(grace: str) -> None:
    assert config(order_grace=grace).order_grace in {timedelta(0), timedelta(days=1)}


def test_quiet_hours_of_the_whole_day_are_refused() -> None:
    assert refused_places(contract_example() | {"quiet_hours": {"start": "09:00", "end": "09:00"}})


@pytest.mark.parametrize(
    "kind", ["order_placed", "order_refunded", "comeback.exit", "two words", ""]
)
def test_kind_that_ends_journeys_or_is_malformed_has_no_plan(kind: str) -> None:
    assert refused_places(contract_example() | {"plans": {kind: [step("1h")]}})


@pytest.mark.parametrize("steps", [[], [step("2h"), step("1h")]])
def test_plan_without_steps_or_out_of_order_is_refused(steps: list[dict[str, Any]]) -> None:
    assert refused_places(contract_example() | {"plans": {"cart_update": steps}})


def test_checkout_without_a_plan_has_that_of_the_cart() -> None:
    store = StoreConfig.model_validate_json(CONTRACT_EXAMPLE)
    assert store.plan_for("checkout_initiated") == store.plans["cart_update"]
    assert store.planned_kinds == {"cart_update", "checkout_initiated", "product_view"}


def test_checkout_whose_plan_is_empty_has_none() -> None:
    plans = {"cart_update": [step("1h")], "checkout_initiated": []}
    store = StoreConfig.model_validate(contract_example() | {"plans": plans})
    assert store.plan_for("checkout_initiated") is None
    assert store.planned_kinds == {"cart_update"}


def test_checkout_with_a_plan_keeps_it() -> None:
    plans = {"cart_update": [step("1h")], "checkout_initiated": [step("2h")]}
    store = StoreConfig.model_validate(contract_example() | {"plans": plans})
    assert store.plan_for("checkout_initiated") == store.plans["checkout_initiated"]


@pytest.mark.parametrize(
    ("per_second", "taken"), [(0, False), (1, True), (1000, True), (1001, False)]
)
def test_throughput_is_between_one_and_a_thousand_messages_per_second(
    per_second: int, *, taken: bool
) -> None:
    body = contract_example()
    body["whatsapp"]["messages_per_second"] = per_second
    if taken:
        assert StoreConfig.model_validate(body).whatsapp.messages_per_second == per_second
    else:
        assert refused_places(body) == [("whatsapp", "messages_per_second")]


def test_default_throughput_is_eighty_messages_per_second() -> None:
    assert config().whatsapp.messages_per_second == 80


def test_dump_with_secrets_is_otherwise_as_json() -> None:
    store = config()
    masked = store.model_dump(mode="json")
    assert masked["whatsapp"]["access_token"] == MASK
    masked["whatsapp"]["access_token"] = "token"
    assert dump_with_secrets(store) == masked


def test_configuration_dumped_with_secrets_is_parsed_to_the_same() -> None:
    body = contract_example()
    body["channels"] = {"sms": {"url": "https://brand.example", "secret": SIGNING}}
    to_sms = {"channel": "sms", "on": ["send_failed"], "fields": {"name": "{{ customer.name }}"}}
    body["plans"]["cart_update"][0]["fallbacks"] = [to_sms]
    body["plans"]["cart_update"].append({"after": "48h", "channel": "sms"})
    store = StoreConfig.model_validate(body)
    dumped = dump_with_secrets(store)
    assert StoreConfig.model_validate(dumped) == store
    assert dumped["channels"]["sms"]["secret"] == SIGNING
    assert dumped["exit_api"]["headers"] == body["exit_api"]["headers"]

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.journey.outcomes import Reason
from domain.journey.plan import Departure, JourneyPlan, PlannedStep, make_plan
from domain.messages.message import ChannelMessage
from domain.stores.config import OnFailure
from domain.stores.plans import Step
from tests.domain.builders import config, step

LEFT_AT = datetime(2024, 10, 8, 5, 0, tzinfo=UTC)  # 10:30 in Kolkata
LEFT = Departure(LEFT_AT, LEFT_AT, LEFT_AT)
NIGHT = {"start": "21:00", "end": "09:00"}
CARDS = {"header_image": "{{ item.image_url }}", "cards": 2}
PLAIN = {"on": ["send_failed"], "template": "plain", "language": "en", "carousel": CARDS}
TO_SMS = {"on": ["unreachable"], "channel": "sms", "fields": {"text": "Hi"}}
TEMPLATE_STEP = step("1h", expires_after="6h", carousel=CARDS, fallbacks=[PLAIN, TO_SMS])
CHANNEL_STEP = {"after": "1h", "channel": "sms", "fallbacks": [PLAIN, TO_SMS]}


def planned(
    *steps: Mapping[str, Any],
    zone: str | None = None,
    departure: Departure = LEFT,
    **changes: object,
) -> PlannedStep:
    store = config(plans={"cart_update": list(steps)}, **changes)
    return make_plan(store, "cart_update", departure, zone).steps[-1]


def test_delays_count_from_left_at() -> None:
    second = planned(step("1h"), step("24h"))
    assert (second.number, second.of) == (2, 2)
    assert second.wanted_at == second.due_at == LEFT_AT + timedelta(hours=24)
    assert second.label == "message 2 of 2, due 10:30 Asia/Kolkata on 9 Oct"


def test_quiet_hours_are_in_the_stores_zone_if_the_customers_is_unknown() -> None:
    late = planned(step("11h"), quiet_hours=NIGHT)
    assert late.wanted_at == LEFT_AT + timedelta(hours=11)
    assert late.due_at == datetime(2024, 10, 9, 3, 30, tzinfo=UTC)


def test_quiet_hours_are_in_the_customers_zone_if_it_is_known() -> None:
    late = planned(step("11h"), zone="Europe/Berlin", quiet_hours=NIGHT)
    assert late.due_at == late.wanted_at
    assert late.label == "message 1 of 1, due 18:00 Europe/Berlin"


def test_message_without_expiry_never_expires() -> None:
    assert planned(step("1h")).unsendable_reason(LEFT_AT + timedelta(days=300)) is None


def test_expiry_counts_from_the_wanted_time() -> None:
    one = planned(step("1h", expires_after="6h"))
    assert one.expires_at == LEFT_AT + timedelta(hours=7)
    assert one.unsendable_reason(LEFT_AT + timedelta(hours=7, milliseconds=-1)) is None
    assert one.unsendable_reason(LEFT_AT + timedelta(hours=7)) is Reason.EXPIRED


@pytest.mark.parametrize(
    ("expires_after", "reason"),
    [
        ("6h", Reason.QUIET_HOURS),
        ("PT11H30M", Reason.QUIET_HOURS),  # it expires the instant that they end
        ("PT11H31M", None),
    ],
)
def test_message_that_quiet_hours_move_past_its_expiry_is_never_sent(
    expires_after: str, reason: Reason | None
) -> None:
    one = planned(step("11h", expires_after=expires_after), quiet_hours=NIGHT)
    assert one.unsendable_reason(LEFT_AT) is reason


def test_kind_without_a_plan_has_no_steps() -> None:
    assert make_plan(config(), "cart_update", LEFT, None).steps == []


def test_checkout_without_a_plan_of_its_own_has_the_steps_of_the_cart() -> None:
    plans = {"cart_update": [step("1h"), step("24h")]}
    of_cart = make_plan(config(plans=plans), "cart_update", LEFT, None)
    assert make_plan(config(plans=plans), "checkout_initiated", LEFT, None) == of_cart
    none = config(plans=plans | {"checkout_initiated": []})
    assert make_plan(none, "checkout_initiated", LEFT, None).steps == []


def test_plan_contains_the_stores_settings() -> None:
    store = config(
        exit_api={"url": "https://partner.example/x", "timeout": "3s", "on_failure": "send"},
    )
    plan = make_plan(store, "cart_update", LEFT, None)
    assert plan.exit_check_timeout == timedelta(seconds=3)
    assert plan.on_failure is OnFailure.SEND


def test_plan_of_a_store_without_an_exit_api_is_that_of_one_with_its_defaults() -> None:
    exit_api = {"url": "https://partner.example/x"}
    plan = make_plan(config(), "cart_update", LEFT, None)
    assert plan == make_plan(config(exit_api=exit_api), "cart_update", LEFT, None)


def test_sender_is_the_template_or_the_channel_of_a_message() -> None:
    one = planned(TEMPLATE_STEP)
    assert [one.sender(number) for number in range(3)] == ["reminder", "plain", "channel sms"]
    assert planned(CHANNEL_STEP).sender(0) == "channel sms"


def with_unknown_keys(written: dict[str, Any]) -> dict[str, Any]:
    """A step as a newer release may write it into history."""
    definition = dict(written["definition"], priority="high")
    if "carousel" in definition:
        definition["carousel"] = {**definition["carousel"], "layout": "grid"}
    definition["fallbacks"] = [{**each, "priority": 1} for each in definition["fallbacks"]]
    plain = definition["fallbacks"][0]
    plain["carousel"] = {**plain["carousel"], "layout": "grid"}
    return {**written, "definition": definition, "sent_by": "newer release"}


@pytest.mark.parametrize("definition", [TEMPLATE_STEP, CHANNEL_STEP])
def test_planned_step_survives_json(definition: dict[str, Any]) -> None:
    one = planned(definition)
    assert PlannedStep.model_validate_json(one.model_dump_json()) == one
    assert "message" not in one.model_dump(mode="json")["definition"]


@pytest.mark.parametrize("definition", [TEMPLATE_STEP, CHANNEL_STEP])
def test_planned_step_of_a_newer_release_is_read_without_its_unknown_keys(
    definition: dict[str, Any],
) -> None:
    one = planned(definition)
    newer = with_unknown_keys(one.model_dump(mode="json"))
    assert PlannedStep.model_validate(newer) == one
    assert PlannedStep.model_validate_json(json.dumps(newer)) == one
    plan = JourneyPlan.model_validate_json(json.dumps({"steps": [newer], "priority": "high"}))
    assert plan == JourneyPlan(steps=[one])


@pytest.mark.parametrize("definition", [TEMPLATE_STEP, CHANNEL_STEP])
def test_planned_step_is_dumped_without_unknown_keys(definition: dict[str, Any]) -> None:
    one = planned(definition)
    newer = with_unknown_keys(one.model_dump(mode="json"))
    assert PlannedStep.model_validate(newer).model_dump(mode="json") == one.model_dump(mode="json")


@pytest.mark.parametrize("definition", [TEMPLATE_STEP, CHANNEL_STEP])
def test_unknown_keys_are_refused_in_a_configuration(definition: dict[str, Any]) -> None:
    newer = with_unknown_keys(planned(definition).model_dump(mode="json"))
    with pytest.raises(ValidationError) as caught:
        Step.model_validate(newer["definition"])
    assert {error["type"] for error in caught.value.errors()} == {"extra_forbidden"}


def test_planned_step_without_a_message_is_refused() -> None:
    written = planned(CHANNEL_STEP).model_dump(mode="json")
    del written["definition"]["channel"]
    with pytest.raises(ValidationError, match="template"):
        PlannedStep.model_validate(written)


def test_planned_step_with_a_variable_that_is_unknown_today_is_read() -> None:
    written = planned(CHANNEL_STEP).model_dump(mode="json")
    written["definition"]["fields"] = {"text": "{{ nick }}"}
    message = PlannedStep.model_validate(written).definition.message
    assert message == ChannelMessage(channel="sms", fields={"text": "{{ nick }}"})


def test_message_that_expires_at_its_due_time_is_expired_then() -> None:
    one = planned(step("1h", expires_after="0s"), quiet_hours=NIGHT)
    assert one.unsendable_reason(LEFT_AT) is None
    assert one.unsendable_reason(one.due_at) is Reason.EXPIRED


def test_plan_of_no_store_has_no_steps() -> None:
    assert JourneyPlan().steps == []


# Postponed by later events


def hours(after: float) -> datetime:
    return LEFT_AT + timedelta(hours=after)


@pytest.mark.parametrize(
    ("left_again", "wanted"), [(0, 2), (5, 7), (22, 24), (22.5, 24), (23.9, 24)]
)
def test_message_is_postponed_up_to_the_longest_age_after_the_trigger(
    left_again: float, wanted: float
) -> None:
    departure = Departure(hours(left_again), LEFT_AT, LEFT_AT)
    assert planned(step("2h"), departure=departure).wanted_at == hours(wanted)


@pytest.mark.parametrize("left_again", [0, 1, 23.9])
def test_message_that_was_due_later_than_that_is_not_postponed(left_again: float) -> None:
    departure = Departure(hours(left_again), LEFT_AT, LEFT_AT)
    assert planned(step("24h"), departure=departure).wanted_at == hours(24)
    assert planned(step("72h"), departure=departure).wanted_at == hours(72)


def test_longest_age_counts_from_the_trigger_not_from_when_the_customer_left() -> None:
    departure = Departure(left_at=hours(5), first_left_at=hours(1), trigger_at=hours(0))
    one = planned(step("2h"), departure=departure, max_event_age="4h")
    assert one.wanted_at == hours(4)


def test_quiet_hours_follow_the_postponed_time() -> None:
    departure = Departure(hours(10), LEFT_AT, LEFT_AT)  # 20:30 in Kolkata
    late = planned(step("1h"), departure=departure, quiet_hours=NIGHT)
    assert late.wanted_at == hours(11)
    assert late.due_at == datetime(2024, 10, 9, 3, 30, tzinfo=UTC)
    assert late.label == "message 1 of 1, due 09:00 Asia/Kolkata on 9 Oct"


moments = st.integers(0, 72 * 60).map(lambda minutes: LEFT_AT + timedelta(minutes=minutes))
spans = st.integers(0, 72 * 60).map(lambda minutes: timedelta(minutes=minutes))


@given(moments, moments, moments, spans, spans)
def test_wanted_time_is_between_its_first_and_its_last(
    trigger_at: datetime, left: datetime, again: datetime, after: timedelta, max_age: timedelta
) -> None:
    first, last = sorted([left, again])
    departure = Departure(last, first, trigger_at)
    wanted = departure.wanted_at(after, max_age)
    assert first + after <= wanted <= last + after
    assert wanted <= max(first + after, trigger_at + max_age)
    assert Departure(first, first, trigger_at).wanted_at(after, max_age) == first + after

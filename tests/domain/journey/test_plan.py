import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.journey.outcomes import Reason
from domain.journey.plan import JourneyPlan, PlannedStep, make_plan
from domain.messages.message import ChannelMessage
from domain.stores.config import LowerIntent, OnFailure
from domain.stores.plans import Step
from tests.domain.builders import config, step

LEFT_AT = datetime(2024, 10, 8, 5, 0, tzinfo=UTC)  # 10:30 in Kolkata
NIGHT = {"start": "21:00", "end": "09:00"}
CARDS = {"header_image": "{{ item.image_url }}", "cards": 2}
PLAIN = {"on": ["send_failed"], "template": "plain", "language": "en", "carousel": CARDS}
TO_SMS = {"on": ["unreachable"], "channel": "sms", "fields": {"text": "Hi"}}
TEMPLATE_STEP = step("1h", expires_after="6h", carousel=CARDS, fallbacks=[PLAIN, TO_SMS])
CHANNEL_STEP = {"after": "1h", "channel": "sms", "fallbacks": [PLAIN, TO_SMS]}


def planned(*steps: Mapping[str, Any], zone: str | None = None, **changes: object) -> PlannedStep:
    store = config(plans={"cart_update": list(steps)}, **changes)
    return make_plan(store, "cart_update", LEFT_AT, zone).steps[-1]


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
    assert make_plan(config(), "cart_update", LEFT_AT, None).steps == []


def test_plan_contains_the_stores_settings() -> None:
    store = config(
        lower_intent_events="postpone",
        exit_api={"url": "https://partner.example/x", "timeout": "3s", "on_failure": "send"},
    )
    plan = make_plan(store, "cart_update", LEFT_AT, None)
    assert plan.exit_check
    assert plan.exit_check_timeout == timedelta(seconds=3)
    assert plan.on_failure is OnFailure.SEND
    assert plan.lower_intent_events is LowerIntent.POSTPONE


def test_store_without_an_exit_api_has_no_exit_check() -> None:
    assert not make_plan(config(), "cart_update", LEFT_AT, None).exit_check


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


def test_plan_of_no_store_has_no_steps_and_no_exit_check() -> None:
    plan = JourneyPlan()
    assert (plan.steps, plan.exit_check, plan.already_handled) == ([], False, False)

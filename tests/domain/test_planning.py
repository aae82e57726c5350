from datetime import UTC, datetime, timedelta

import pytest

from domain.outcomes import Reason
from domain.planning import PlannedStep, make_plan
from domain.stores import LowerIntent, OnFailure
from tests.domain.making import config, step

LEFT_AT = datetime(2024, 10, 8, 5, 0, tzinfo=UTC)  # 10:30 in Kolkata
NIGHT = {"start": "21:00", "end": "09:00"}


def planned(*steps: dict[str, object], zone: str | None = None, **changes: object) -> PlannedStep:
    store = config(plans={"cart_update": list(steps)}, **changes)
    return make_plan(store, "cart_update", LEFT_AT, zone).steps[-1]


def test_delays_count_from_when_the_customer_left() -> None:
    second = planned(step("1h"), step("24h"))
    assert (second.number, second.of) == (2, 2)
    assert second.wanted_at == second.due_at == LEFT_AT + timedelta(hours=24)
    assert second.label == "message 2 of 2, due 10:30 Asia/Kolkata on 9 Oct"


def test_quiet_hours_are_the_stores_where_the_customers_zone_is_not_known() -> None:
    late = planned(step("11h"), quiet_hours=NIGHT)
    assert late.wanted_at == LEFT_AT + timedelta(hours=11)
    assert late.due_at == datetime(2024, 10, 9, 3, 30, tzinfo=UTC)


def test_customers_zone_comes_before_the_stores() -> None:
    late = planned(step("11h"), zone="Europe/Berlin", quiet_hours=NIGHT)
    assert late.due_at == late.wanted_at
    assert late.label == "message 1 of 1, due 18:00 Europe/Berlin"


def test_message_without_expiry_is_never_too_late() -> None:
    assert planned(step("1h")).hopeless(LEFT_AT + timedelta(days=300)) is None


def test_message_expires_counted_from_when_it_was_wanted() -> None:
    one = planned(step("1h", expires_after="6h"))
    assert one.expires_at == LEFT_AT + timedelta(hours=7)
    assert one.hopeless(LEFT_AT + timedelta(hours=7, milliseconds=-1)) is None
    assert one.hopeless(LEFT_AT + timedelta(hours=7)) is Reason.EXPIRED


@pytest.mark.parametrize(
    ("expires_after", "fate"),
    [
        ("6h", Reason.QUIET_HOURS),
        ("PT11H30M", Reason.QUIET_HOURS),  # it expires the instant that they end
        ("PT11H31M", None),
    ],
)
def test_message_that_quiet_hours_move_past_its_expiry_is_lost_to_them_from_the_start(
    expires_after: str, fate: Reason | None
) -> None:
    one = planned(step("11h", expires_after=expires_after), quiet_hours=NIGHT)
    assert one.hopeless(LEFT_AT) is fate


def test_kind_without_a_plan_has_no_steps() -> None:
    assert make_plan(config(), "cart_update", LEFT_AT, None).steps == []


def test_plan_carries_the_stores_rules() -> None:
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

"""A store's rules for the events of a journey."""

from datetime import timedelta

import pytest
from hypothesis import given

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import ORDER_CANCELLED, ORDER_REFUNDED, EventKind
from domain.journey.policy import JourneyPolicy, policy_of
from domain.stores.config import LowerIntent, Unplanned
from tests.domain.builders import CUSTOM, config, emptied, event, ordered, policies, policy, step

CART = event(EventKind.CART_UPDATE, 0)
CHECKOUT = event(EventKind.CHECKOUT_INITIATED, 0)
VIEW = event(EventKind.PRODUCT_VIEW, 0)


def test_policy_is_as_the_store_is_configured() -> None:
    store = config(
        plans={"product_view": [step("1h")], "cart_update": [step("1h")]},
        lower_intent_events="ignore",
        unplanned_events="exit",
        order_grace="5m",
        max_event_age="48h",
    )
    assert policy_of(store) == JourneyPolicy(
        planned_kinds=("cart_update", "checkout_initiated", "product_view"),
        lower_intent_events=LowerIntent.IGNORE,
        unplanned_events=Unplanned.EXIT,
        order_grace=timedelta(minutes=5),
        max_event_age=timedelta(hours=48),
    )


def test_policy_of_a_store_without_plans_is_the_default() -> None:
    assert policy_of(config()) == JourneyPolicy()


def test_checkout_may_be_a_trigger_by_the_plan_of_the_cart_unless_it_has_an_empty_one() -> None:
    carts = {"cart_update": [step("1h")]}
    assert policy_of(config(plans=carts)).is_planned(CHECKOUT)
    assert not policy_of(config(plans=carts | {"checkout_initiated": []})).is_planned(CHECKOUT)
    assert not policy_of(config(plans={"product_view": [step("1h")]})).is_planned(CHECKOUT)


@pytest.mark.parametrize("unplanned", Unplanned)
@pytest.mark.parametrize("one", [CART, emptied(0), ordered(0)])
def test_planned_kinds_orders_and_emptied_carts_always_matter(
    one: JourneyEvent, unplanned: Unplanned
) -> None:
    rules = policy(planned_kinds=("cart_update",), unplanned_events=unplanned)
    assert rules.matters(one)


@pytest.mark.parametrize("unplanned", Unplanned)
def test_emptied_cart_matters_without_a_plan_for_carts(unplanned: Unplanned) -> None:
    assert policy(planned_kinds=(), unplanned_events=unplanned).matters(emptied(0))


@pytest.mark.parametrize("unplanned", Unplanned)
def test_browsing_without_a_plan_matters_unless_it_is_ignored(unplanned: Unplanned) -> None:
    rules = policy(planned_kinds=("cart_update",), unplanned_events=unplanned)
    assert rules.matters(VIEW) is (unplanned is not Unplanned.IGNORE)
    assert rules.matters(CHECKOUT) is (unplanned is not Unplanned.IGNORE)


@pytest.mark.parametrize("unplanned", Unplanned)
@pytest.mark.parametrize("kind", [CUSTOM, ORDER_REFUNDED, ORDER_CANCELLED])
def test_other_names_without_a_plan_never_matter(kind: str, unplanned: Unplanned) -> None:
    assert not policy(unplanned_events=unplanned).matters(event(kind, 0))


def test_custom_kind_with_a_plan_matters() -> None:
    assert policy(planned_kinds=(CUSTOM,)).matters(event(CUSTOM, 0))


@pytest.mark.parametrize("unplanned", Unplanned)
@pytest.mark.parametrize("lower_intent", LowerIntent)
def test_effect_is_by_intent_with_a_plan_and_by_name_without(
    lower_intent: LowerIntent, unplanned: Unplanned
) -> None:
    rules = policy(
        planned_kinds=("cart_update",), lower_intent_events=lower_intent, unplanned_events=unplanned
    )
    assert rules.effect(CART) is lower_intent
    assert rules.effect(VIEW).value == rules.effect(CHECKOUT).value == unplanned.value
    assert rules.effect(event(CUSTOM, 0)) is LowerIntent.EXIT


@given(policies())
def test_policy_survives_json(rules: JourneyPolicy) -> None:
    assert JourneyPolicy.model_validate_json(rules.model_dump_json()) == rules

import pytest
from pydantic import ValidationError

from domain.events.kinds import (
    OPERATOR_EXIT,
    ORDER_KINDS,
    EventKind,
    intent_of,
    is_browsing,
    is_custom,
)
from tests.domain.builders import CUSTOM, config, step


def test_intent_grows_towards_buying() -> None:
    by_intent = [CUSTOM, *EventKind]
    ranks = [intent_of(kind) for kind in by_intent]
    assert ranks == sorted(set(ranks))


def test_only_a_kind_outside_the_guide_is_custom() -> None:
    assert is_custom(CUSTOM)
    assert not any(is_custom(kind) for kind in [*EventKind, *ORDER_KINDS, OPERATOR_EXIT])


def test_kinds_of_the_guide_but_an_order_are_browsing() -> None:
    browsing = {kind for kind in EventKind if is_browsing(kind)}
    assert browsing == {*EventKind} - {EventKind.ORDER_PLACED}
    assert not any(is_browsing(kind) for kind in [CUSTOM, *ORDER_KINDS, OPERATOR_EXIT])


def test_custom_kind_has_the_lowest_intent_unless_its_plan_sets_another() -> None:
    plain = config(plans={CUSTOM: [step("1h")]})
    raised = config(plans={CUSTOM: {"steps": [step("1h")], "intent": "cart_update"}})
    assert plain.intent(CUSTOM) == intent_of(CUSTOM) < intent_of(EventKind.COLLECTION_VIEW)
    assert raised.intent(CUSTOM) == intent_of(EventKind.CART_UPDATE)
    assert config().intent("unknown_kind") == intent_of(CUSTOM)


def test_plan_cannot_change_the_intent_of_a_kind_of_the_guide() -> None:
    plans = {"product_view": {"steps": [step("1h")], "intent": "checkout_initiated"}}
    assert config(plans=plans).intent("product_view") == intent_of(EventKind.PRODUCT_VIEW)


def test_plan_cannot_have_the_intent_of_an_order() -> None:
    with pytest.raises(ValidationError, match="intent"):
        config(plans={CUSTOM: {"steps": [step("1h")], "intent": "order_placed"}})

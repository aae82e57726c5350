import pytest
from pydantic import ValidationError

from domain.kinds import OPERATOR_EXIT, Kind, intent_of, is_custom
from tests.domain.making import CUSTOM, config, step


def test_intent_grows_towards_buying() -> None:
    closer_and_closer = [CUSTOM, *Kind]
    ranks = [intent_of(kind) for kind in closer_and_closer]
    assert ranks == sorted(set(ranks))


def test_only_what_the_guide_does_not_name_is_custom() -> None:
    assert is_custom(CUSTOM)
    assert not any(is_custom(kind) for kind in [*Kind, OPERATOR_EXIT])


def test_custom_kind_ranks_lowest_unless_its_plan_says_otherwise() -> None:
    plain = config(plans={CUSTOM: [step("1h")]})
    raised = config(plans={CUSTOM: {"steps": [step("1h")], "intent": "cart_update"}})
    assert plain.intent(CUSTOM) == intent_of(CUSTOM) < intent_of(Kind.COLLECTION_VIEW)
    assert raised.intent(CUSTOM) == intent_of(Kind.CART_UPDATE)
    assert config().intent("never_heard_of") == intent_of(CUSTOM)


def test_plan_cannot_move_a_kind_of_the_guide() -> None:
    plans = {"product_view": {"steps": [step("1h")], "intent": "checkout_initiated"}}
    assert config(plans=plans).intent("product_view") == intent_of(Kind.PRODUCT_VIEW)


def test_nothing_ranks_with_an_order() -> None:
    with pytest.raises(ValidationError, match="intent"):
        config(plans={CUSTOM: {"steps": [step("1h")], "intent": "order_placed"}})

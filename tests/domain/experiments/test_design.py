"""What a plan compares, and how long its people's orders count."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.experiments.design import Design, designs_of, followed_for
from domain.stores.config import StoreConfig
from domain.stores.plans import Plan
from tests.domain.stores.contract_example import contract_example

DAY = timedelta(days=1)


def step(after: str) -> dict[str, Any]:
    return {"after": after, "template": "cart_reminder", "language": "en"}


def plan(**keys: Any) -> Plan:
    return Plan.model_validate(keys)


def variants(*delays: list[str]) -> dict[str, Any]:
    return {
        name: {"weight": number, "steps": [step(each) for each in after]}
        for number, (name, after) in enumerate(zip("abc", delays, strict=False), start=1)
    }


def config(plans: dict[str, Any]) -> StoreConfig:
    return StoreConfig.model_validate(contract_example() | {"plans": plans})


def test_a_plan_without_holdout_and_variants_compares_nothing() -> None:
    assert Design.of_plan(plan(steps=[step("1h")])) is None
    assert Design.of_plan(plan(steps=[], holdout=0.1)) is None


def test_a_holdout_is_compared_with_the_messages() -> None:
    design = Design.of_plan(plan(steps=[step("1h")], holdout=0.25))
    assert design == Design(holdout=0.25)
    assert design.shares_at_claim() == {"holdout": 0.25, "messaged": 0.75}


def test_variants_share_what_is_not_held_out() -> None:
    design = Design.of_plan(plan(holdout=0.1, variants=variants(["1h"], ["1h"])))
    assert design is not None
    assert design.shares() == pytest.approx({"a": 1 / 3, "b": 2 / 3})
    assert design.shares_at_claim() == pytest.approx({"holdout": 0.1, "a": 0.3, "b": 0.6})


def test_without_a_holdout_every_first_claim_is_a_variants() -> None:
    design = Design.of_plan(plan(variants=variants(["1h"], ["1h"])))
    assert design is not None
    assert set(design.shares_at_claim()) == {"a", "b"}


@pytest.mark.parametrize(
    ("delays", "timing"),
    [
        ((["1h"], ["1h"]), False),
        ((["1h"], ["2h"]), True),
        ((["1h"], ["1h", "2h"]), True),
        ((["1h", "2h"], ["1h", "2h"]), False),
    ],
)
def test_variants_that_differ_in_delays_or_number_are_told_apart(
    delays: tuple[list[str], ...], *, timing: bool
) -> None:
    design = Design.of_plan(plan(variants=variants(*delays)))
    assert design is not None
    assert design.timing is timing


def test_only_plans_that_compare_something_have_a_design() -> None:
    found = designs_of(
        config(
            {
                "cart_update": {"steps": [step("1h")], "holdout": 0.1},
                "product_view": [step("1h")],
                "checkout_initiated": [],
            }
        )
    )
    assert found == {"cart_update": Design(holdout=0.1)}


def test_orders_count_from_the_first_message_to_the_window_after_the_last() -> None:
    assert followed_for(config({}), plan(steps=[step("1h"), step("25h")], holdout=0.1)) == 4 * DAY
    both = plan(variants=variants(["1h", "25h"], ["1h", "25h"]))
    assert followed_for(config({}), both) == 4 * DAY


def test_orders_of_variants_with_other_delays_count_from_the_plan_to_the_latest_message() -> None:
    both = plan(variants=variants(["1h"], ["48h"]))
    assert followed_for(config({}), both) == 5 * DAY


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"holdout": 0.1},
        {"holdout": -0.1, "steps": [step("1h")]},
        {"holdout": 0.95, "steps": [step("1h")]},
        {"steps": [step("1h")], "variants": variants(["1h"], ["1h"])},
        {"variants": variants(["1h"])},
        {"variants": {"holdout": {"steps": [step("1h")]}, "b": {"steps": [step("1h")]}}},
        {"variants": {"a": {"steps": []}, "b": {"steps": [step("1h")]}}},
        {"variants": {"a": {"steps": [step("2h"), step("1h")]}, "b": {"steps": [step("1h")]}}},
        {"variants": {"A!": {"steps": [step("1h")]}, "b": {"steps": [step("1h")]}}},
        {"variants": {"a": {"weight": 0, "steps": [step("1h")]}, "b": {"steps": [step("1h")]}}},
    ],
)
def test_a_plan_that_compares_nothing_sensible_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        plan(**wrong)


def test_the_steps_of_a_variant_that_is_gone_are_those_of_the_first() -> None:
    both = plan(variants=variants(["1h"], ["2h"]))
    assert both.steps_of("b") == both.variants["b"].steps
    assert both.steps_of("gone") == both.steps_of(None) == both.variants["a"].steps

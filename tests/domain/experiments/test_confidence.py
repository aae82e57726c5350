from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.experiments.confidence import (
    Interval,
    difference,
    standard_error,
    width_factor,
)
from domain.experiments.summary import ArmSummary


def orders(shoppers: int, ordered: int) -> ArmSummary:
    return ArmSummary.of_sums(shoppers, ordered, ordered)


arms = st.builds(
    lambda shoppers, share: orders(shoppers, max(10, round(shoppers * share))),
    st.integers(20, 100_000),
    st.floats(0.01, 0.9),
)


def between(treated: ArmSummary, control: ArmSummary) -> Interval:
    found = difference(treated, control)
    assert found
    return found


@given(arms, arms)
def test_an_interval_lies_around_the_difference_of_the_means(
    treated: ArmSummary, control: ArmSummary
) -> None:
    found = between(treated, control)

    assert found.difference == treated.mean - control.mean
    assert found.low < found.difference < found.high
    assert found.difference - found.low == pytest.approx(found.half_width)


@given(arms, arms)
def test_swapped_arms_turn_the_interval_around(treated: ArmSummary, control: ArmSummary) -> None:
    found, swapped = between(treated, control), between(control, treated)

    assert swapped.difference == -found.difference
    assert (swapped.low, swapped.high) == pytest.approx((-found.high, -found.low))


@given(arms, arms, st.integers(2, 50))
def test_an_interval_shrinks_with_the_shoppers(
    treated: ArmSummary, control: ArmSummary, times: int
) -> None:
    more = [replace(arm, shoppers=arm.shoppers * times) for arm in (treated, control)]

    assert between(*more).half_width < between(treated, control).half_width


@given(arms, arms)
def test_an_interval_for_any_day_is_wider_than_one_for_a_fixed_day(
    treated: ArmSummary, control: ArmSummary
) -> None:
    assert between(treated, control).half_width > 1.96 * standard_error(treated, control)


@given(arms, arms)
def test_who_may_be_wrong_more_often_gets_a_narrower_interval(
    treated: ArmSummary, control: ArmSummary
) -> None:
    strict = difference(treated, control, alpha=0.01)
    loose = difference(treated, control, alpha=0.2)

    assert strict
    assert loose
    assert strict.half_width > between(treated, control).half_width > loose.half_width


@given(arms, arms, st.floats(0.01, 1_000))
def test_another_currency_scales_the_interval(
    treated: ArmSummary, control: ArmSummary, rate: float
) -> None:
    scaled = [
        ArmSummary(arm.shoppers, arm.mean * rate, arm.variance * rate**2)
        for arm in (treated, control)
    ]

    assert between(*scaled).low == pytest.approx(between(treated, control).low * rate)


@pytest.mark.parametrize(
    "short",
    [orders(0, 0), orders(1, 1), orders(400, 9), orders(50, 50), ArmSummary.of_values([0] * 400)],
    ids=["no shopper", "one shopper", "nine orders", "no variance", "no order"],
)
def test_an_arm_of_which_too_little_is_known_gives_no_interval(short: ArmSummary) -> None:
    known = orders(400, 40)

    assert difference(known, short) is None
    assert difference(short, known) is None
    assert difference(known, orders(400, 10))


def test_one_large_amount_among_ten_is_too_little() -> None:
    skewed = ArmSummary.of_values([10] * 9 + [5_000] + [0] * 90)

    assert skewed.mean
    assert difference(orders(400, 40), skewed) is None


def test_the_interval_is_about_the_narrowest_for_the_expected_shoppers() -> None:
    widths = {
        expected: width_factor(1_000, expected=expected, alpha=0.05)
        for expected in (100, 500, 1_000, 2_000, 10_000)
    }

    assert min(widths, key=lambda expected: widths[expected]) == 1_000


def test_an_interval_on_one_side_of_zero_says_that_there_is_a_difference() -> None:
    assert Interval(2, 1, 3).excludes_zero
    assert Interval(-2, -3, -1).excludes_zero
    assert not Interval(1, -1, 3).excludes_zero
    assert not Interval(1, 0, 2).excludes_zero
    assert not Interval(-1, -2, 0).excludes_zero


def test_between_500_and_6000_shoppers_it_is_about_three_standard_errors_to_each_side() -> None:
    factors = [
        width_factor(shoppers, expected=1_000, alpha=0.05) for shoppers in range(500, 6_001, 50)
    ]

    assert 3.0 < min(factors) < max(factors) < 3.2

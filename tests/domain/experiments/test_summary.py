from statistics import mean, variance

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.experiments.summary import ArmSummary

amounts = st.lists(st.floats(0, 1e4) | st.just(0.0), min_size=2, max_size=60)


@given(amounts)
def test_an_arm_has_the_mean_and_the_variance_of_its_values(values: list[float]) -> None:
    arm = ArmSummary.of_values(values)

    assert arm.shoppers == len(values)
    assert arm.mean == pytest.approx(mean(values))
    assert arm.variance == pytest.approx(variance(values), rel=1e-9, abs=1e-9)


@given(amounts)
def test_sums_say_the_same_as_values(values: list[float]) -> None:
    by_values = ArmSummary.of_values(values)
    squares = sum(value * value for value in values)
    by_sums = ArmSummary.of_sums(len(values), sum(values), squares)

    assert by_sums.mean == pytest.approx(by_values.mean)
    assert by_sums.variance == pytest.approx(by_values.variance, rel=1e-6, abs=1e-6 * (1 + squares))


@pytest.mark.parametrize("values", [[], [3.0]])
def test_fewer_than_two_shoppers_have_no_variance(values: list[float]) -> None:
    by_values = ArmSummary.of_values(values)

    assert by_values == ArmSummary(len(values), sum(values), 0)
    assert by_values == ArmSummary.of_sums(len(values), sum(values), sum(v * v for v in values))


def test_a_variance_is_not_negative_for_rounding() -> None:
    assert ArmSummary.of_sums(3, 0.3, 0.03 - 1e-17).variance == 0


@given(st.integers(1, 5_000), st.data())
def test_shoppers_who_ordered_once_are_as_many_effective_orders(
    shoppers: int, data: st.DataObject
) -> None:
    ordered = data.draw(st.integers(0, shoppers))

    assert ArmSummary.of_sums(shoppers, ordered, ordered).effective_orders == ordered


def test_unequal_amounts_are_fewer_effective_orders() -> None:
    equal = ArmSummary.of_values([50] * 10 + [0] * 90)
    unequal = ArmSummary.of_values([1] * 9 + [491] + [0] * 90)

    assert equal.effective_orders == 10
    assert unequal.effective_orders == pytest.approx(1.04, abs=0.01)


def test_without_shoppers_or_orders_there_are_no_effective_orders() -> None:
    assert ArmSummary.of_values([]).effective_orders == 0
    assert ArmSummary.of_values([0] * 50).effective_orders == 0
    assert ArmSummary.of_values([0] * 50).effective_rate == 0


def test_of_a_rate_each_further_shopper_is_expected_to_order_at_it() -> None:
    assert ArmSummary.assumed(0.12).effective_rate == pytest.approx(0.12)
    assert ArmSummary.assumed(0.12).shoppers == 0
    assert ArmSummary.assumed(0.12).variance == pytest.approx(0.12 * 0.88)


@pytest.mark.parametrize("rate", [-0.01, 1.01])
def test_what_is_no_share_is_no_rate(rate: float) -> None:
    with pytest.raises(ValueError, match="rate"):
        ArmSummary.assumed(rate)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.experiments.winsorising import PERCENTILE, revenue_cap, winsorise

amounts = st.lists(st.floats(-100, 1e6), min_size=1, max_size=200)


@pytest.mark.parametrize(
    ("percentile", "cap"), [(95, 95), (94.5, 95), (50, 50), (100, 100), (0.1, 1)]
)
def test_the_cap_is_the_least_amount_that_so_many_buyers_do_not_exceed(
    percentile: float, cap: float
) -> None:
    assert revenue_cap([float(amount) for amount in range(100, 0, -1)], percentile) == cap


def test_shoppers_without_an_order_do_not_lower_the_cap() -> None:
    buyers = [10.0, 20.0, 30.0, 1_000.0]

    assert revenue_cap([*buyers, *[0.0] * 996, -5.0], 75) == revenue_cap(buyers, 75) == 30


def test_without_an_order_there_is_no_cap() -> None:
    assert revenue_cap([]) is None
    assert revenue_cap([0.0, -3.0]) is None
    assert winsorise([0.0, -3.0], None) == [0, -3]


@given(amounts)
def test_only_what_is_above_the_cap_is_cut(values: list[float]) -> None:
    cap = revenue_cap(values)
    cut = winsorise(values, cap)

    assert all(after in {before, cap} for before, after in zip(values, cut, strict=True))
    assert cap is None or max(cut) == cap
    above = sum(value > (cap or 0) for value in values)
    assert above <= (1 - PERCENTILE / 100) * sum(value > 0 for value in values)


@given(amounts, amounts)
def test_the_cap_does_not_depend_on_who_is_in_which_arm(
    treated: list[float], control: list[float]
) -> None:
    assert revenue_cap([*treated, *control]) == revenue_cap([*control, *treated])

import pytest

from domain.experiments.comparison import Comparison
from domain.experiments.confidence import Interval
from domain.experiments.planning import Setup
from domain.experiments.sentences import (
    ORDERS,
    describe_comparison,
    describe_plan,
    describe_split,
    describe_wait,
    revenue,
)
from domain.experiments.summary import ArmSummary


def comparison(
    interval: Interval | None, *, wanted: float = 0.02, weeks: float | None = 4.2
) -> Comparison:
    treated, control = ArmSummary(4_000, 0.121, 0.1), ArmSummary(1_000, 0.098, 0.1)
    return Comparison(treated, control, wanted, interval, weeks)


def orders(shoppers: int, ordered: int) -> ArmSummary:
    return ArmSummary.of_sums(shoppers, ordered, ordered)


def test_a_difference_is_told_with_its_interval() -> None:
    told = describe_comparison(ORDERS, comparison(Interval(0.023, 0.004, 0.042)))

    assert told == ("orders per 100 shoppers: 12.1 with, 9.8 without; difference 2.3 (0.4 to 4.2)")


def test_variants_are_called_by_their_names() -> None:
    arms = ("with a", "with b")
    told = describe_comparison(ORDERS, comparison(Interval(0.023, 0.004, 0.042)), arms)

    assert "12.1 with a, 9.8 with b" in told


def test_while_zero_is_possible_it_is_told_how_long_to_wait() -> None:
    told = describe_comparison(ORDERS, comparison(Interval(0.023, -0.004, 0.05)))

    assert told == (
        "orders per 100 shoppers: 12.1 with, 9.8 without; difference 2.3 (-0.4 to 5.0); "
        "not known yet, about 5 weeks to go"
    )


def test_a_difference_that_is_too_small_to_matter_is_ruled_out() -> None:
    told = describe_comparison(ORDERS, comparison(Interval(0.003, -0.011, 0.017)))

    assert told.endswith("difference 0.3 (-1.1 to 1.7); a difference of 2.0 or more is ruled out")


def test_without_an_interval_only_the_wait_is_told() -> None:
    assert describe_comparison(ORDERS, comparison(None)) == "not known yet, about 5 weeks to go"


@pytest.mark.parametrize(
    ("half_width", "told"),
    [
        (0.12, "12 with, 10 without; difference 2 (-10 to 14)"),
        (0.019, "12.1 with, 9.8 without; difference 2.3 (0.4 to 4.2)"),
        (0.0019, "12.10 with, 9.80 without; difference 2.30 (2.11 to 2.49)"),
    ],
)
def test_no_more_digits_are_told_than_are_known(half_width: float, told: str) -> None:
    interval = Interval(0.023, 0.023 - half_width, 0.023 + half_width)

    assert told in describe_comparison(ORDERS, comparison(interval))


def test_a_bound_just_below_zero_is_not_minus_nought() -> None:
    told = describe_comparison(ORDERS, comparison(Interval(0.019, -0.0001, 0.0381)))

    assert "(0.0 to 3.8)" in told


def test_revenue_is_told_in_its_currency() -> None:
    treated, control = ArmSummary(4_000, 121.4, 9e4), ArmSummary(1_000, 98.1, 9e4)
    interval = Interval(23.3, 4.1, 42.5)
    told = describe_comparison(
        revenue("INR"), Comparison(treated, control, 20, interval, weeks_to_go=None)
    )

    assert told == (
        "revenue per 100 shoppers in INR: 12,140 with, 9,810 without; difference 2,330 "
        "(410 to 4,250)"
    )


@pytest.mark.parametrize(
    ("weeks", "told"),
    [
        (None, "not known yet, and no time can be told"),
        (0, "not known yet, later than expected"),
        (0.2, "not known yet, about 1 week to go"),
        (1.01, "not known yet, about 2 weeks to go"),
        (104, "not known yet, about 104 weeks to go"),
        (105, "not known yet, more than two years to go"),
    ],
)
def test_a_wait_is_told_in_weeks(weeks: float | None, told: str) -> None:
    assert describe_wait(weeks) == told


@pytest.mark.parametrize(
    ("weeks", "told"),
    [
        (None, "no time can be told"),
        (0, "an answer takes about 1 week"),
        (7.3, "an answer takes about 8 weeks"),
        (104, "an answer takes about 104 weeks"),
        (104.5, "an answer would take more than two years"),
    ],
)
def test_a_plan_is_told_in_weeks(weeks: float | None, told: str) -> None:
    assert describe_plan(weeks) == told


def test_a_wrong_split_hides_the_result() -> None:
    told = describe_split({"with": 1_688, "without": 312}, {"with": 4, "without": 1})

    assert told == (
        "the split is not as it should be (with: 1,688 instead of 1,600; without: 312 instead of "
        "400): the result is hidden"
    )


def test_arms_are_compared_with_what_the_experiment_is_to_find() -> None:
    found = Comparison.of(orders(1_600, 240), orders(400, 40), 0.5, Setup(0.2), 280)

    assert found.wanted == pytest.approx(0.05)
    assert found.interval
    assert found.interval.difference == pytest.approx(0.05)
    assert found.weeks_to_go == pytest.approx(6.6, abs=0.1)
    assert not found.is_answered


def test_a_difference_or_its_absence_is_an_answer() -> None:
    setup = Setup(0.5)
    better = Comparison.of(orders(9_000, 1_350), orders(9_000, 900), 0.2, setup, 100)
    worse = Comparison.of(orders(9_000, 900), orders(9_000, 1_350), 0.2, setup, 100)
    equal = Comparison.of(orders(9_000, 900), orders(9_000, 900), 0.2, setup, 100)
    short = Comparison.of(orders(9, 1), orders(9, 1), 0.5, setup, 100)

    assert [each.is_answered for each in (better, worse, equal, short)] == [True, True, True, False]
    assert [each.is_ruled_out for each in (better, worse, equal, short)] == [
        False,
        False,
        True,
        False,
    ]


def test_a_worse_difference_than_wanted_may_still_be_possible() -> None:
    assert not comparison(Interval(-0.01, -0.03, 0.01)).is_ruled_out
    assert not comparison(Interval(0.01, -0.01, 0.03)).is_ruled_out


def test_the_setup_decides_the_interval() -> None:
    treated, control = orders(1_600, 240), orders(400, 40)
    usual = Comparison.of(treated, control, 0.5, Setup(0.2), 280).interval
    loose = Comparison.of(treated, control, 0.5, Setup(0.2, alpha=0.2), 280).interval
    larger = Comparison.of(treated, control, 0.5, Setup(0.2, expected=50_000), 280).interval

    assert usual
    assert loose
    assert larger
    assert loose.half_width < usual.half_width < larger.half_width

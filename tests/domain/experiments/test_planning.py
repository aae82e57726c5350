import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.experiments.confidence import difference
from domain.experiments.planning import (
    Setup,
    shoppers_needed,
    shoppers_to_answer,
    weeks_to_answer,
)
from domain.experiments.summary import ArmSummary

BASE, LIFTED = ArmSummary.assumed(0.1), ArmSummary.assumed(0.15)
shares = st.floats(0.02, 0.98)


@pytest.mark.parametrize(
    ("base", "lifted", "held_out", "needed"),
    [
        (0.10, 0.15, 0.05, 6_073),
        (0.10, 0.15, 0.10, 3_271),
        (0.10, 0.15, 0.20, 1_914),
        (0.10, 0.15, 0.50, 1_366),
        (0.08, 0.10, 0.05, 30_743),
        (0.08, 0.10, 0.10, 16_405),
        (0.08, 0.10, 0.20, 9_429),
        (0.08, 0.10, 0.50, 6_421),
    ],
)
def test_shoppers_for_one_look_on_a_fixed_day(
    base: float, lifted: float, held_out: float, needed: int
) -> None:
    assert shoppers_needed(base, lifted, held_out) == needed


def test_a_surer_answer_needs_more_shoppers() -> None:
    usual = shoppers_needed(0.1, 0.15, 0.2)

    assert shoppers_needed(0.1, 0.15, 0.2, power=0.9) > usual
    assert shoppers_needed(0.1, 0.15, 0.2, alpha=0.01) > usual
    assert shoppers_needed(0.15, 0.1, 0.8) == usual


@given(shares)
def test_looking_any_day_needs_more_shoppers_than_one_fixed_day(held_out: float) -> None:
    needed = shoppers_to_answer(LIFTED, BASE, 0.05, Setup(held_out))

    assert needed
    assert needed > shoppers_needed(0.1, 0.15, held_out)


@given(shares, st.floats(0.005, 0.05))
def test_at_even_power_it_is_where_half_the_width_becomes_the_wanted_difference(
    held_out: float, wanted: float
) -> None:
    setup = Setup(held_out, power=0.5)
    needed = shoppers_to_answer(LIFTED, BASE, wanted, setup)

    assert needed
    held = needed * held_out
    treated = ArmSummary(round(needed - held), LIFTED.mean, LIFTED.variance)
    control = ArmSummary(round(held), BASE.mean, BASE.variance)
    found = difference(treated, control)
    assert found is None or found.half_width <= wanted * 1.05
    if treated.shoppers * 0.15 > 15 and control.shoppers * 0.1 > 15:
        assert found
        assert found.half_width == pytest.approx(wanted, rel=0.05)


def test_one_shopper_fewer_would_not_do() -> None:
    needed = shoppers_to_answer(LIFTED, BASE, 0.05, Setup(0.2))

    assert needed == 3_830


def test_a_large_difference_still_needs_the_least_orders_of_each_arm() -> None:
    certain = ArmSummary.assumed(0.9)

    assert shoppers_to_answer(certain, BASE, 0.8, Setup(0.1)) == 10 / 0.1 / 0.1
    assert shoppers_to_answer(BASE, certain, 0.8, Setup(0.9)) == 10 / 0.1 / 0.1


@pytest.mark.parametrize(
    ("control", "wanted"), [(BASE, 0), (BASE, -0.1), (ArmSummary.assumed(0), 0.1), (BASE, 1e-9)]
)
def test_some_answers_never_come(control: ArmSummary, wanted: float) -> None:
    assert shoppers_to_answer(LIFTED, control, wanted, Setup(0.2)) is None
    assert weeks_to_answer(LIFTED, control, wanted, Setup(0.2), 1_000) is None


def test_weeks_before_an_experiment_begins() -> None:
    assert weeks_to_answer(LIFTED, BASE, 0.05, Setup(0.2), 383) == 10


def test_weeks_to_go_of_an_experiment_that_runs() -> None:
    treated = ArmSummary(1_532, LIFTED.mean, LIFTED.variance)
    control = ArmSummary(383, BASE.mean, BASE.variance)

    assert weeks_to_answer(treated, control, 0.05, Setup(0.2), 383) == 5


def test_an_answer_that_is_due_takes_no_more_weeks() -> None:
    treated = ArmSummary(8_000, LIFTED.mean, LIFTED.variance)
    control = ArmSummary(2_000, BASE.mean, BASE.variance)

    assert weeks_to_answer(treated, control, 0.05, Setup(0.2), 383) == 0


def test_without_shoppers_no_week_brings_an_answer() -> None:
    assert weeks_to_answer(LIFTED, BASE, 0.05, Setup(0.2), 0) is None


@pytest.mark.parametrize("held_out", [0, 1, -0.1, 1.1])
def test_a_setup_has_shoppers_in_both_arms(held_out: float) -> None:
    with pytest.raises(ValueError, match="share"):
        Setup(held_out)

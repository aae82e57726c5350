"""Intervals and splits beside those of ville 0.1.0.

The boundary of the interval and the Bayes factor of a split are the same mathematics, so they agree
as floats do. Two things differ, and the tests say how much:

- ville minimises the width for the expected number of shoppers exactly, equation 161 approximately;
- `AsymptoticABTest` weighs each shopper by the *intended* share of the arm and centres on past
  shoppers, where we compare the means of those who came. Both estimate the same difference.
"""

from math import log, log1p, sqrt
from typing import Any

import pytest

from domain.experiments.confidence import difference, width_factor
from domain.experiments.sample_ratio import sample_ratio_p
from tests.domain.experiments.recorded import arm, recorded

VILLE: dict[str, list[dict[str, Any]]] = recorded("ville")


def tuning(precision: float, alpha: float) -> float:
    """The expected shoppers that equation 161 turns into this precision of the mixture."""
    doubt = -2 * log(alpha)
    return precision * (doubt + log1p(doubt))


@pytest.mark.parametrize("case", VILLE["boundaries"])
def test_the_width_is_that_of_a_normal_mixture(case: dict[str, Any]) -> None:
    shoppers, alpha = case["shoppers"], case["alpha"]

    for precision, boundary in case["by_precision"].items():
        expected = tuning(float(precision), alpha)
        factor = width_factor(shoppers, expected=expected, alpha=alpha)
        assert factor * sqrt(shoppers) == pytest.approx(boundary, rel=1e-12)


@pytest.mark.parametrize("case", VILLE["boundaries"])
def test_the_approximate_tuning_costs_less_than_two_percent_of_width(case: dict[str, Any]) -> None:
    shoppers, alpha, expected = case["shoppers"], case["alpha"], case["expected"]

    width = width_factor(shoppers, expected=expected, alpha=alpha) * sqrt(shoppers)

    assert width == pytest.approx(case["own"], rel=0.02)
    if shoppers == expected:
        assert case["own"] <= width <= case["own"] * 1.0002


@pytest.mark.parametrize("case", VILLE["trials"])
def test_the_difference_of_means_is_about_what_ville_weighs_out(case: dict[str, Any]) -> None:
    found = difference(arm(case["treated"]), arm(case["control"]))
    estimate, low, high = case["interval"]

    assert found
    assert found.half_width == pytest.approx((high - low) / 2, rel=0.05)
    assert found.difference == pytest.approx(estimate, abs=found.half_width * 0.1)


@pytest.mark.parametrize("case", VILLE["splits"])
def test_a_split_is_as_suspicious_as_to_ville(case: dict[str, Any]) -> None:
    shares = (case["share"], 1 - case["share"])

    found = sample_ratio_p(case["counts"], shares, case["concentration"])

    if case["log_bayes_factor"] <= 0:
        assert found == pytest.approx(1, abs=1e-9)
    else:
        # Differences of lgamma: nine digits of the logarithm remain of a concentration of 10,000.
        assert -log(found) == pytest.approx(case["log_bayes_factor"], rel=1e-9, abs=1e-9)

"""The interval beside GrowthBook's: gbstats 0.8.0, `SequentialTwoSidedTTest`, absolute difference.

It is the same formula, so the agreement is that of floats. The one difference: gbstats gives an
interval where we say that too little is known.
"""

from typing import Any

import pytest

from domain.experiments.confidence import MIN_EFFECTIVE_ORDERS, difference
from tests.domain.experiments.recorded import arm, recorded

RELATIVE = 1e-9
CASES: list[dict[str, Any]] = recorded("gbstats")
KNOWN = [
    case
    for case in CASES
    if min(arm(case[name]).effective_orders for name in ("treated", "control"))
    >= MIN_EFFECTIVE_ORDERS
]
UNKNOWN = [case for case in CASES if case not in KNOWN]


def named(case: dict[str, Any]) -> str:
    return f"{case['name']}, {case['alpha']}, {case['expected']}"


def test_most_of_the_recorded_cases_have_an_interval() -> None:
    assert len(KNOWN) == 60
    assert len(UNKNOWN) == 30


@pytest.mark.parametrize("case", KNOWN, ids=named)
def test_the_interval_is_that_of_growthbook(case: dict[str, Any]) -> None:
    treated, control = arm(case["treated"]), arm(case["control"])

    found = difference(treated, control, expected=case["expected"], alpha=case["alpha"])

    assert found
    assert [found.difference, found.low, found.high] == pytest.approx(
        case["interval"], rel=RELATIVE
    )


@pytest.mark.parametrize("case", UNKNOWN, ids=named)
def test_growthbook_gives_an_interval_also_of_too_few_orders(case: dict[str, Any]) -> None:
    treated, control = arm(case["treated"]), arm(case["control"])

    assert difference(treated, control, expected=case["expected"], alpha=case["alpha"]) is None
    assert case["interval"][1] < case["interval"][2]

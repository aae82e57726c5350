"""What Meta charges: by category and country, as far as the store says."""

from decimal import Decimal

import pytest

from domain.stores.message_costs import MessageCosts

COSTS = MessageCosts.model_validate(
    {
        "currency": "INR",
        "rates": {"marketing": {"IN": "0.88", "other": 4}, "utility": {"IN": 0}},
    }
)


@pytest.mark.parametrize(
    ("category", "country", "rate"),
    [
        ("marketing", "IN", Decimal("0.88")),
        ("marketing", "US", Decimal(4)),
        ("marketing", None, Decimal(4)),
        ("utility", "IN", Decimal(0)),
        ("utility", "US", None),
        ("service", "IN", None),
        (None, None, None),
    ],
)
def test_a_rate_is_the_countrys_or_else_that_of_all_others(
    category: str | None, country: str | None, rate: Decimal | None
) -> None:
    assert COSTS.rate(category, country) == rate

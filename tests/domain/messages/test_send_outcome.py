from dataclasses import FrozenInstanceError, fields

import pytest

from domain.messages.send_outcome import (
    Accepted,
    ErrorCategory,
    NotSent,
    Refused,
    SendOutcome,
    Unknown,
)

OUTCOMES: list[SendOutcome] = [
    Accepted("wamid.1", "accepted", "919876543210"),
    Refused(ErrorCategory.THROTTLED, 130429, "Rate limit hit"),
    NotSent("connection refused"),
    Unknown("timeout"),
]


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda each: type(each).__name__)
def test_outcome_cannot_be_changed(outcome: SendOutcome) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(outcome, fields(outcome)[0].name, "another")


def test_details_of_an_outcome_may_be_absent() -> None:
    assert Accepted(None, "HTTP 202").recipient_id is None
    assert Refused(ErrorCategory.REFUSED, None, "x").details == ""
    assert Unknown("timeout").code is None


def test_error_category_is_read_by_its_name() -> None:
    assert ErrorCategory("template_held") is ErrorCategory.TEMPLATE_HELD
    assert len({category.value for category in ErrorCategory}) == len(ErrorCategory)

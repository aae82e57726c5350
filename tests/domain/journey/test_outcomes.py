"""What a closed journey says of the order that ended it."""

from typing import Any

import pytest

from domain.journey.outcomes import ClosedJourney, Outcome, Reason
from tests.domain.builders import NOON, at

FOUND = {"timestamp": at(5).isoformat(), "found_by": "exit_check"}


def closed(**changes: Any) -> ClosedJourney:
    values = {
        "run_id": "r1",
        "store_id": "denim",
        "customer_id": "c1",
        "outcome": Outcome.EXITED,
        "reason": Reason.ORDER_PLACED,
        "evidence": FOUND,
        "decisions": [],
        "closed_at": NOON,
    }
    return ClosedJourney.model_validate(values | changes)


def test_the_time_of_an_order_that_the_exit_check_found_is_known() -> None:
    assert closed().exit_found_order_at == at(5)


@pytest.mark.parametrize(
    "changes",
    [
        {"evidence": FOUND | {"found_by": "inbox"}},
        {"evidence": {"timestamp": FOUND["timestamp"]}},
        {"evidence": {"found_by": "exit_check"}},
        {"reason": Reason.CONSECUTIVE_EVENT},
        {"outcome": Outcome.SKIPPED},
    ],
)
def test_no_other_end_tells_of_such_an_order(changes: dict[str, Any]) -> None:
    assert closed(**changes).exit_found_order_at is None

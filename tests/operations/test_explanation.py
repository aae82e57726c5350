"""What a hold in the database adds to an explanation, and what the journey says itself."""

from datetime import timedelta
from typing import Any

import pytest

from domain.journey.identity import CustomerRef
from domain.journey.outcomes import Decision, Ending, Held, Outcome, Reason, Stage
from operations.explanation import Explanation, from_state
from tests.domain.builders import NOON, step
from tests.domain.journey.builders import buffering, waiting

CUSTOMER = CustomerRef("denim", "c1")
HELD = Held(reason=Reason.TEMPLATE_HELD, because="Meta answers 132015", template="t", since=NOON)
SECOND = timedelta(seconds=1)


def test_journey_says_itself_what_it_waits_for() -> None:
    state = waiting(step("1h"))
    state.held = HELD
    explanation = from_state(CUSTOMER, state, None)
    assert (explanation.stage, explanation.held) == (Stage.HELD, HELD)
    assert explanation.next_message_at is None
    assert explanation.model_dump(mode="json")["held"] == {
        "reason": "template_held",
        "because": "Meta answers 132015",
        "template": "t",
        "since": "2024-10-08T12:00:00Z",
    }


def test_closed_journey_waits_for_nothing() -> None:
    state = waiting(step("1h"))
    state.held = HELD
    state.end(Ending(outcome=Outcome.EXITED, reason=Reason.OPERATOR), NOON)
    explanation = from_state(CUSTOMER, state, None)
    assert (explanation.stage, explanation.held) == (Stage.CLOSED, None)


@pytest.mark.parametrize("due", [NOON, NOON - SECOND])
def test_hold_of_a_message_that_was_due_holds_the_journey(due: object) -> None:
    explanation = Explanation.model_validate(
        {"journey_id": "j", "stage": "waiting", "next_message_at": due}
    ).while_held(HELD)
    assert (explanation.stage, explanation.held) == (Stage.HELD, HELD)
    assert explanation.next_message_at is None


def test_hold_is_over_when_the_message_is_due_later() -> None:
    explanation = Explanation(journey_id="j", stage=Stage.WAITING, next_message_at=NOON + SECOND)
    assert explanation.while_held(HELD) == explanation


@pytest.mark.parametrize("stage", [Stage.BUFFERING, Stage.CLOSED, Stage.WAITING])
def test_journey_that_waits_for_no_message_is_not_held(stage: Stage) -> None:
    explanation = Explanation(journey_id="j", stage=stage)
    assert explanation.while_held(HELD) == explanation
    assert explanation.while_held(None) == explanation


def test_journey_that_says_it_is_held_has_no_next_message_even_without_a_hold() -> None:
    explanation = Explanation(journey_id="j", stage=Stage.HELD, next_message_at=NOON)
    assert explanation.while_held(HELD).held == HELD
    shown = explanation.while_held(None)
    assert (shown.stage, shown.held, shown.next_message_at) == (Stage.HELD, None, None)
    assert "held" not in shown.model_dump()


def test_explanation_of_a_buffering_journey_has_no_hold() -> None:
    assert "held" not in from_state(CUSTOMER, buffering(), "cart_update").model_dump()


def test_what_meta_said_is_joined_from_the_ledger() -> None:
    evidence = {"message_id": "m1", "meta_code": "131026"}
    decision = Decision(at=NOON, decision="message_skipped", because="x", evidence=evidence)
    explanation = Explanation(journey_id="j", stage=Stage.CLOSED, decisions=[decision])

    shown = explanation.with_messages([a_row(because="Undeliverable: no account")])

    assert shown.decisions[0].evidence == {**evidence, "meta_says": "Undeliverable: no account"}
    assert (shown.messages[0].because, shown.messages[0].error_code) == (
        "Undeliverable: no account",
        131026,
    )


@pytest.mark.parametrize(
    "row", [{"because": None}, {"error_code": 131049}, {"message_id": "other"}]
)
def test_what_the_ledger_has_of_something_else_is_not_joined(row: dict[str, Any]) -> None:
    evidence = {"message_id": "m1", "meta_code": "131026"}
    decision = Decision(at=NOON, decision="message_skipped", because="x", evidence=evidence)
    explanation = Explanation(journey_id="j", stage=Stage.CLOSED, decisions=[decision])

    assert explanation.with_messages([a_row(**row)]).decisions == [decision]


def test_a_hold_is_explained_as_the_database_has_it() -> None:
    state = waiting(step("1h"))
    state.held = HELD
    explanation = from_state(CUSTOMER, state, None)
    stored = HELD.model_copy(update={"because": "Meta answers 132015: Template is paused"})

    assert explanation.with_hold(stored).held == stored
    assert explanation.with_hold(None).held == HELD


def a_row(**changes: Any) -> dict[str, Any]:
    row = {
        "message_id": "m1",
        "step": 1,
        "template": "t",
        "status": "failed",
        "provider_id": None,
        "due_at": NOON,
        "sent_at": None,
        "fallback": 0,
        "fallback_because": None,
        "channel": "whatsapp",
        "because": "words",
        "error_code": 131026,
    }
    return {**row, **changes}

"""The current details that operators see in Temporal's Web UI."""

from domain.journey.delivery import apply_send_result
from domain.journey.outcomes import Ending, Held, Outcome, Reason
from domain.journey.ui_summary import AWAITING_FAILURES, current_details
from tests.domain.builders import NOON, step
from tests.domain.journey.builders import (
    SENT,
    SMS,
    TO_SMS,
    buffering,
    current_step,
    fall_back,
    waiting,
)


def test_details_of_a_buffering_journey_say_so() -> None:
    assert current_details(buffering()) == "### Buffering\n"


def test_details_name_the_trigger_and_every_decision_with_its_evidence() -> None:
    state = waiting(step("1h"))
    state.log.note(NOON, "held", Reason.STORE_PAUSED)
    headline, _, about, _, chosen, loaded, held = current_details(state).splitlines()
    assert headline == f"### Waiting: {current_step(state).label}: reminder"
    assert about == "About `cart_update` of 08 Oct 2024 11:59:00 UTC"
    assert chosen.startswith("- 08 Oct 12:00:00 **trigger_chosen**: latest event of the highest")
    assert "event_id `cart_update@-60`, event_name `cart_update`" in chosen
    assert loaded.startswith("- 08 Oct 12:00:00 **plan_loaded**: 1 message(s), due as listed (")
    assert held == "- 08 Oct 12:00:00 **held**: store_paused"


def test_details_of_a_closed_journey_name_its_outcome_and_reason() -> None:
    state = waiting(step("1h"))
    state.end(Ending(outcome=Outcome.EXITED, reason=Reason.ORDER_PLACED), NOON)
    assert current_details(state).splitlines()[0] == "### Closed: exited (order_placed)"


def test_details_of_a_held_journey_say_what_holds_it() -> None:
    state = waiting(step("1h"))
    state.hold(Held(reason=Reason.TEMPLATE_HELD, because="132015 paused", since=NOON))
    headline, *_, held = current_details(state).splitlines()
    assert headline == "### Held: 132015 paused"
    assert held == "- 08 Oct 12:00:00 **held**: template_held (because `132015 paused`)"


def test_details_say_what_a_journey_waits_for_after_its_last_message() -> None:
    state = waiting(step("1h", fallbacks=[TO_SMS]))
    apply_send_result(state, current_step(state), SENT, NOON)
    assert AWAITING_FAILURES in current_details(state)


def test_details_name_the_sender_of_the_current_message() -> None:
    state = waiting(step("1h", fallbacks=[{**SMS, "on": ["send_failed"]}]))
    fall_back(state, Reason.SEND_FAILED)
    assert "channel sms" in current_details(state).splitlines()[0]

"""Delivering a step's message: the exit check, sending, skipping, deferring, holding, the end."""

from datetime import timedelta

import pytest

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import EventKind
from domain.journey import delivery
from domain.journey.activity_results import (
    DeliverResult,
    ExitCheckResult,
    SendResult,
    SendStatus,
)
from domain.journey.delivery import (
    FIRST_DEFERRAL,
    GIVE_UP_AFTER,
    MAX_DEFERRAL,
    apply_delivery,
    apply_send_result,
    plan_done,
)
from domain.journey.later_events import Postpone
from domain.journey.outcomes import Ending, Held, Outcome, Reason, Stage, evidence_of
from domain.journey.pending import process_pending
from domain.journey.requests import deliver_request
from domain.journey.state import JourneyState
from tests.domain.builders import NOON, at, event, ordered, step
from tests.domain.journey.builders import (
    PLAIN,
    SENT,
    SMS,
    TO_SMS,
    current_message,
    current_step,
    fall_back,
    refused,
    waiting,
)

STEPS = [step("1h", body=["{{ customer.name }}"]), step("24h", body={"a": "b"})]


def ended(reason: Reason, outcome: Outcome = Outcome.SKIPPED) -> SendResult:
    evidence = {"message_id": "m1"}
    return SendResult(status=SendStatus.ENDED, reason=reason, outcome=outcome, evidence=evidence)


def checked(*found: JourneyEvent, failure: str | None = None) -> ExitCheckResult:
    """What the partner answered, among older events; or that it did not."""
    return ExitCheckResult(events=list(found), seen=5, asked_at=at(7), failure=failure)


def deliver(
    state: JourneyState, check: ExitCheckResult | None, send: SendResult | None = None
) -> Ending | Postpone | None:
    """What a delivery of the current message comes to."""
    result = DeliverResult(check=check, send=send)
    return apply_delivery(state, current_step(state), result, NOON)


# The exit check


def test_event_that_the_exit_check_found_ends_the_journey_with_its_evidence() -> None:
    state, checkout = waiting(*STEPS), event(EventKind.CHECKOUT_INITIATED, 10)
    decision = deliver(state, checked(checkout))
    assert isinstance(decision, Ending)
    assert decision.reason is Reason.CONSECUTIVE_EVENT
    assert decision.next_events == ()
    assert decision.evidence == {
        **evidence_of(checkout),
        "found_by": "exit_check",
        "recent_events": "5",
        "asked_at": at(7).isoformat(),
    }
    assert current_message(state) == (1, 0)


def test_message_is_sent_after_an_exit_check_that_found_nothing() -> None:
    state = waiting(*STEPS)
    assert deliver(state, checked(), SENT) is None
    passed, sent = state.decisions[-2:]
    assert (passed.decision, sent.decision) == ("exit_check_passed", "message_sent")
    assert passed.evidence == {
        "found_by": "exit_check",
        "recent_events": "5",
        "asked_at": at(7).isoformat(),
    }
    assert current_step(state).number == 2


def test_message_of_a_store_without_an_exit_api_is_sent_without_a_check() -> None:
    state = waiting(*STEPS)
    assert deliver(state, None, SENT) is None
    assert [each.decision for each in state.decisions[-2:]] == ["plan_loaded", "message_sent"]


def test_exit_check_may_postpone_the_journey() -> None:
    state, view = waiting(*STEPS, lower_intent_events="postpone"), event("product_view", 10)
    decision = deliver(state, checked(view))
    assert isinstance(decision, Postpone)
    assert (decision.left_at, decision.event) == (view.at, view)
    assert {"found_by", "asked_at", "recent_events"} == set(decision.evidence)
    assert current_message(state) == (1, 0)
    state.postpone(decision, NOON)
    assert state.decisions[-1].evidence["found_by"] == "exit_check"


def test_paused_store_holds_the_message_without_an_exit_check() -> None:
    state = waiting(*STEPS)
    paused = SendResult(
        status=SendStatus.HELD, reason=Reason.STORE_PAUSED, evidence={"because": "paused by Ann"}
    )
    assert deliver(state, None, paused) is None
    reason = Reason.STORE_PAUSED
    assert state.held == Held(reason=reason, because="paused by Ann", since=NOON)
    assert [each.decision for each in state.decisions[-2:]] == ["plan_loaded", "held"]
    assert current_message(state) == (1, 0)


@pytest.mark.parametrize(
    ("on_failure", "sent", "logged"),
    [
        ("send", SENT, ["exit_check_failed", "message_sent"]),
        ("skip", None, ["plan_loaded", "message_skipped"]),
    ],
)
def test_store_decides_on_a_failure_of_its_exit_api(
    on_failure: str, sent: SendResult | None, logged: list[str]
) -> None:
    exit_api = {"url": "https://partner.example/x", "on_failure": on_failure}
    state = waiting(*STEPS, exit_api=exit_api)
    assert deliver(state, checked(failure="HTTP 503"), sent) is None
    decisions = state.decisions[-2:]
    assert [each.decision for each in decisions] == logged
    failed = next(each for each in decisions if each.because == Reason.EXIT_API_UNAVAILABLE)
    assert (failed.evidence["failure"], failed.evidence["on_failure"]) == ("HTTP 503", on_failure)
    assert current_step(state).number == 2
    assert state.progress.messages_sent == (sent is not None)


def test_failure_of_our_own_defers_the_message() -> None:
    exit_api = {"url": "https://partner.example/x", "on_failure": "skip"}
    state = waiting(*STEPS, exit_api=exit_api)
    now = current_step(state).due_at
    assert apply_delivery(state, current_step(state), None, now) is None
    last = state.decisions[-1]
    assert (last.decision, last.because) == ("message_deferred", Reason.SEND_FAILED)
    assert state.next_due() == now + FIRST_DEFERRAL
    assert current_step(state).number == 1


# What was accepted meanwhile


def overtaken_by(*accepted: JourneyEvent) -> SendResult:
    return SendResult(status=SendStatus.OVERTAKEN, events=accepted)


def test_accepted_order_that_has_not_reached_the_journey_ends_it() -> None:
    state, order = waiting(*STEPS), ordered(10)
    decision = deliver(state, checked(), overtaken_by(order))
    assert isinstance(decision, Ending)
    assert (decision.outcome, decision.reason) == (Outcome.EXITED, Reason.ORDER_PLACED)
    assert decision.evidence == {**evidence_of(order), "found_by": "inbox"}
    assert (current_message(state), state.progress.messages_sent) == ((1, 0), 0)


def test_accepted_event_of_higher_intent_begins_the_next_journey() -> None:
    state, checkout = waiting(*STEPS), event(EventKind.CHECKOUT_INITIATED, 10)
    decision = deliver(state, None, overtaken_by(checkout))
    assert isinstance(decision, Ending)
    assert (decision.reason, decision.next_events) == (Reason.SUPERSEDED, (checkout,))


def test_accepted_event_may_postpone_the_journey() -> None:
    state, view = waiting(*STEPS, lower_intent_events="postpone"), event("product_view", 10)
    decision = deliver(state, checked(), overtaken_by(view))
    assert decision == Postpone(view.at, view, {"found_by": "inbox"})


def test_accepted_event_whose_signal_comes_later_is_processed_once() -> None:
    state = waiting(*STEPS, lower_intent_events="postpone")
    first, second = event("product_view", 10), event("product_view", 20)
    state.receive(first)
    deliver(state, None, overtaken_by(first, second))
    state.receive(second)
    assert state.pending == []
    assert process_pending(state, NOON) is None


def test_event_that_arrives_while_others_overtake_a_message_stays_pending() -> None:
    state, other = waiting(*STEPS), event("product_view", 20)
    state.receive(other)
    deliver(state, None, overtaken_by(ordered(10)))
    assert state.pending == [other]


def test_message_that_nothing_overtakes_by_this_journeys_rules_is_tried_again() -> None:
    state = waiting(*STEPS)
    now, earlier = current_step(state).due_at, event("product_view", -10)
    result = DeliverResult(send=overtaken_by(earlier))
    assert apply_delivery(state, current_step(state), result, now) is None
    assert state.decisions[-1].decision == "message_deferred"
    assert state.next_due() == now + FIRST_DEFERRAL


# The way through the plan


def test_plan_is_done_step_by_step() -> None:
    state = waiting(*STEPS)
    apply_send_result(state, current_step(state), SENT, NOON)
    assert current_step(state).number == 2
    delivery.skip(state, current_step(state), Reason.FREQUENCY_CAP, {"messages": "3"}, NOON)
    assert state.progress.next_step() is None
    done = Ending(outcome=Outcome.MESSAGED, reason=Reason.PLAN_DONE)
    assert plan_done(state.progress) == done


def test_plan_without_a_sent_message_was_skipped_for_its_last_reason() -> None:
    state = waiting(*STEPS)
    delivery.skip(state, current_step(state), Reason.EXPIRED, {}, NOON)
    delivery.skip(state, current_step(state), Reason.FREQUENCY_CAP, {"messages": "3"}, NOON)
    ending = plan_done(state.progress)
    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.FREQUENCY_CAP)
    assert ending.evidence["messages"] == "3"


def test_of_a_held_out_customer_that_is_the_reason_whatever_came_after() -> None:
    state = waiting(*STEPS)
    delivery.skip(state, current_step(state), Reason.WITHHELD, {"experiment": "exp-1"}, NOON)
    delivery.skip(state, current_step(state), Reason.FREQUENCY_CAP, {"messages": "3"}, NOON)
    ending = plan_done(state.progress)
    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.WITHHELD)
    assert ending.evidence["experiment"] == "exp-1"


# The result of sending


def test_message_that_may_have_gone_out_counts_as_sent() -> None:
    state = waiting(*STEPS)
    unknown = SendResult(status=SendStatus.UNKNOWN)
    assert apply_send_result(state, current_step(state), unknown, NOON) is None
    assert state.progress.messages_sent == 1
    assert state.decisions[-1].decision == "message_unconfirmed"


def test_skipped_message_is_logged_with_its_evidence() -> None:
    state = waiting(*STEPS)
    label = current_step(state).label
    capped = SendResult(
        status=SendStatus.SKIPPED, reason=Reason.FREQUENCY_CAP, evidence={"messages": "3"}
    )
    assert apply_send_result(state, current_step(state), capped, NOON) is None
    last = state.decisions[-1]
    assert (last.decision, last.because) == ("message_skipped", Reason.FREQUENCY_CAP)
    assert last.evidence == {"message": label, "messages": "3"}
    assert current_step(state).number == 2


def test_skipped_message_without_a_reason_has_failed() -> None:
    state = waiting(*STEPS)
    skipped = SendResult(status=SendStatus.SKIPPED)
    assert apply_send_result(state, current_step(state), skipped, NOON) is None
    assert state.decisions[-1].because == Reason.SEND_FAILED


@pytest.mark.parametrize(
    ("reason", "held_for"),
    [(Reason.TEMPLATE_HELD, Reason.TEMPLATE_HELD), (None, Reason.STORE_PAUSED)],
)
def test_held_message_holds_the_journey(reason: Reason | None, held_for: Reason) -> None:
    state = waiting(*STEPS)
    held = SendResult(status=SendStatus.HELD, reason=reason)
    assert apply_send_result(state, current_step(state), held, NOON) is None
    assert state.held == Held(reason=held_for, because=held_for, since=NOON)
    assert state.stage is Stage.HELD
    last = state.decisions[-1]
    assert (last.decision, last.because) == ("held", held_for)
    assert current_message(state) == (1, 0)


def test_held_template_is_named_with_what_holds_it() -> None:
    state = waiting(*STEPS)
    held = SendResult(
        status=SendStatus.HELD,
        reason=Reason.TEMPLATE_HELD,
        template="reminder",
        evidence={"because": "132015 paused"},
    )
    apply_send_result(state, current_step(state), held, NOON)
    because = "132015 paused"
    reason = Reason.TEMPLATE_HELD
    assert state.held == Held(reason=reason, because=because, template="reminder", since=NOON)
    assert state.decisions[-1].evidence == {"because": because, "template": "reminder"}


def test_held_message_with_a_fallback_is_not_held() -> None:
    state = waiting(step("1h", fallbacks=[{**PLAIN, "on": ["template_held"]}]))
    held = SendResult(status=SendStatus.HELD, reason=Reason.TEMPLATE_HELD)
    assert apply_send_result(state, current_step(state), held, NOON) is None
    assert (current_message(state), state.held) == ((1, 1), None)
    assert [each.decision for each in state.decisions][-1] == "fell_back"


def test_fallback_is_logged_with_its_failure_and_sender() -> None:
    state = waiting(step("1h", fallbacks=[{**SMS, "on": ["send_failed"]}]))
    failed = SendResult(
        status=SendStatus.SKIPPED, reason=Reason.SEND_FAILED, evidence={"code": "131000"}
    )
    apply_send_result(state, current_step(state), failed, NOON)
    last = state.decisions[-1]
    assert (last.decision, last.because) == ("fell_back", Reason.SEND_FAILED)
    label = current_step(state).label
    assert last.evidence == {"message": label, "to": "channel sms", "code": "131000"}


def test_message_sent_by_a_fallback_is_logged_with_its_sender() -> None:
    state = waiting(step("1h", fallbacks=[{**SMS, "on": ["send_failed"]}]))
    fall_back(state, Reason.SEND_FAILED)
    apply_send_result(state, current_step(state), SENT, NOON)
    assert state.decisions[-1].decision == "message_sent"
    assert state.decisions[-1].evidence["by"] == "channel sms"


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [(Reason.OPTED_OUT, Outcome.EXITED), (Reason.NO_ADDRESS, Outcome.SKIPPED)],
)
def test_ended_result_ends_the_journey(reason: Reason, outcome: Outcome) -> None:
    state = waiting(*STEPS)
    ending = apply_send_result(state, current_step(state), ended(reason, outcome), NOON)
    assert ending == Ending(outcome=outcome, reason=reason, evidence={"message_id": "m1"})


def test_unreachable_customer_ends_a_journey_without_channels() -> None:
    state = waiting(*STEPS)
    ending = apply_send_result(state, current_step(state), ended(Reason.UNREACHABLE), NOON)
    assert isinstance(ending, Ending)
    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.UNREACHABLE)


@pytest.mark.parametrize(
    "later", [step("2h", fallbacks=[TO_SMS]), {"after": "2h", **SMS}], ids=["fallback", "channel"]
)
def test_unreachable_customer_gets_a_later_step_by_channel(later: dict[str, object]) -> None:
    state = waiting(step("1h"), later)
    assert apply_send_result(state, current_step(state), ended(Reason.UNREACHABLE), NOON) is None
    assert state.decisions[-1].decision == "message_skipped"
    request = deliver_request(state, current_step(state))
    assert request.step.sender(request.fallback) == "channel sms"


def test_unreachable_customer_keeps_the_journey_open_while_a_failure_is_awaited() -> None:
    state = waiting(step("1h", fallbacks=[TO_SMS]), step("2h"))
    apply_send_result(state, current_step(state), SENT, NOON)
    later = NOON + timedelta(minutes=1)
    assert apply_send_result(state, current_step(state), ended(Reason.UNREACHABLE), later) is None
    assert state.progress.next_step() is None
    assert state.progress.fallback_window(later) == timedelta(minutes=14)


# Deferring


def test_deferred_message_is_due_then_and_is_skipped_in_the_end() -> None:
    state = waiting(*STEPS)
    due = current_step(state).due_at
    until = due + timedelta(minutes=5)
    delivery.defer(state, current_step(state), Reason.THROTTLED, until, due)
    assert state.next_due() == until
    assert state.progress.time_until(current_step(state), due) == timedelta(minutes=5)
    too_late = due + GIVE_UP_AFTER * 2
    delivery.defer(state, current_step(state), Reason.THROTTLED, too_late, due)
    assert current_step(state).number == 2
    assert state.next_due() == current_step(state).due_at


def test_deferred_result_defers_until_its_time() -> None:
    state, until = waiting(*STEPS), NOON + timedelta(hours=5)
    deferred = SendResult(
        status=SendStatus.DEFERRED, reason=Reason.THROTTLED, until=until, evidence={"code": "1"}
    )
    assert apply_send_result(state, current_step(state), deferred, NOON) is None
    assert state.next_due() == until
    last = state.decisions[-1]
    assert (last.decision, last.because) == ("message_deferred", Reason.THROTTLED)
    assert last.evidence == {"until": until.isoformat(), "code": "1"}


def test_result_deferred_for_too_long_skips_its_message() -> None:
    state, until = waiting(*STEPS), NOON + GIVE_UP_AFTER * 2
    label = current_step(state).label
    deferred = SendResult(status=SendStatus.DEFERRED, reason=Reason.THROTTLED, until=until)
    assert apply_send_result(state, current_step(state), deferred, NOON) is None
    last = state.decisions[-1]
    assert (last.decision, last.because) == ("message_skipped", Reason.THROTTLED)
    assert last.evidence == {"message": label, "deferrals": "0"}


def test_deferred_result_without_a_time_is_tried_again_now() -> None:
    state = waiting(*STEPS)
    now = current_step(state).due_at
    deferred = SendResult(status=SendStatus.DEFERRED)
    assert apply_send_result(state, current_step(state), deferred, now) is None
    assert state.progress.time_until(current_step(state), now) == timedelta(0)


def test_deferral_doubles_up_to_an_hour_until_the_message_is_skipped() -> None:
    state = waiting(*STEPS)
    first = now = current_step(state).due_at
    waits = []
    while current_step(state).number == 1:
        assert apply_delivery(state, current_step(state), None, now) is None
        if (due := state.progress.not_before) is not None:
            waits.append(due - now)
            now = due
    minutes = [1, 2, 4, 8, 16, 32]
    assert waits[: len(minutes)] == [timedelta(minutes=each) for each in minutes]
    assert set(waits[len(minutes) :]) == {MAX_DEFERRAL}
    assert GIVE_UP_AFTER - MAX_DEFERRAL < now - first <= GIVE_UP_AFTER
    last = state.decisions[-1]
    assert (last.decision, last.because) == ("message_skipped", Reason.SEND_FAILED)
    assert last.evidence["deferrals"] == str(len(waits))


def test_deferrals_of_one_step_do_not_count_for_the_next() -> None:
    state = waiting(*STEPS)
    now = current_step(state).due_at
    apply_delivery(state, current_step(state), None, now)
    apply_send_result(state, current_step(state), SENT, now)
    apply_delivery(state, current_step(state), None, now + timedelta(days=3))
    assert state.progress.deferrals == 1
    assert state.next_due() == now + timedelta(days=3) + FIRST_DEFERRAL


def test_fallback_does_not_inherit_the_deferral_of_the_message_before_it() -> None:
    state = waiting(step("1h", fallbacks=[{**SMS, "on": ["send_failed"]}]))
    apply_delivery(state, current_step(state), None, current_step(state).due_at)
    assert apply_send_result(state, current_step(state), refused(Reason.SEND_FAILED), NOON) is None
    assert (current_message(state), state.progress.not_before) == ((1, 1), None)
    assert state.progress.deferrals == 0


def test_message_is_deferred_for_two_days_at_most() -> None:
    state = waiting(*STEPS)
    now = current_step(state).due_at
    last = now + GIVE_UP_AFTER
    delivery.defer(state, current_step(state), Reason.THROTTLED, last, now)
    assert (current_message(state), state.next_due()) == ((1, 0), last)
    too_late = last + timedelta(milliseconds=1)
    delivery.defer(state, current_step(state), Reason.THROTTLED, too_late, now)
    assert current_message(state) == (2, 0)


def test_delivery_that_decided_nothing_is_tried_again_later() -> None:
    state = waiting(*STEPS)
    now = current_step(state).due_at
    assert apply_delivery(state, current_step(state), DeliverResult(), now) is None
    assert state.next_due() == now + FIRST_DEFERRAL


def test_message_that_is_only_tried_again_takes_no_fallback() -> None:
    state = waiting(step("1h", fallbacks=[{**SMS, "on": ["send_failed"]}]))
    later = current_step(state).due_at + timedelta(seconds=10)
    unsent = SendResult(status=SendStatus.DEFERRED, reason=Reason.SEND_FAILED, until=later)
    assert apply_send_result(state, current_step(state), unsent, current_step(state).due_at) is None
    assert (current_message(state), state.next_due()) == ((1, 0), later)

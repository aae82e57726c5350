"""Which of a step's messages is the current one, for any results of those before it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from domain.journey import delivery
from domain.journey.activity_results import SendResult, SendStatus
from domain.journey.delivery import apply_send_result, plan_done
from domain.journey.late_failures import process_failures
from domain.journey.later_events import Postpone
from domain.journey.outcomes import Ending, Reason
from domain.journey.plan import PlannedStep
from domain.journey.requests import deliver_request
from domain.journey.state import JourneyState
from domain.messages.fallbacks import Failure, TemplateFailure
from domain.messages.message import ChannelMessage
from tests.domain.builders import NOON, step
from tests.domain.journey.builders import (
    PLAIN,
    SENT,
    SMS,
    current_message,
    current_step,
    failure,
    fall_back,
    loaded,
    refused,
    waiting,
)


def failures_of(names: Any) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(get_args(names)), min_size=1, max_size=3, unique=True)


fallbacks = st.lists(
    st.one_of(
        failures_of(TemplateFailure).map(lambda on: {**PLAIN, "on": on}),
        failures_of(Failure).map(lambda on: {**SMS, "on": on}),
    ),
    max_size=4,
)
template_steps = fallbacks.map(lambda each: step("1h", fallbacks=each))
channel_steps = fallbacks.map(lambda each: {"after": "1h", **SMS, "fallbacks": each})
plans = st.lists(st.one_of(template_steps, channel_steps), min_size=1, max_size=3)
failure_reasons = st.sampled_from([Reason(name) for name in get_args(Failure)])
send_results = st.one_of(
    st.sampled_from([SENT, SendResult(status=SendStatus.UNKNOWN)]),
    st.builds(
        SendResult,
        status=st.sampled_from([SendStatus.SKIPPED, SendStatus.ENDED, SendStatus.HELD]),
        reason=failure_reasons,
    ),
)


@dataclass
class Attempt:
    """A message that a journey asked to send, and what became of it."""

    step: PlannedStep
    number: int
    because: Reason | None
    result: SendResult
    was_unreachable: bool
    late_failure: Reason | None = None


@dataclass
class Simulation:
    """A journey that goes through its plan with given results."""

    state: JourneyState
    attempts: list[Attempt] = field(default_factory=list)

    def run(self, results: Iterator[SendResult], late: Iterator[Reason | None]) -> Ending | None:
        progress = self.state.progress
        while (current := progress.next_step()) is not None:
            if (reason := progress.unsendable_reason(current, NOON)) is not None:
                delivery.skip(self.state, current, reason, {}, NOON)
                continue
            if (ending := self._send(current, next(results), next(late))) is not None:
                return ending
        return plan_done(progress)

    def _send(self, current: PlannedStep, result: SendResult, late: Reason | None) -> Ending | None:
        request = deliver_request(self.state, current)
        was_unreachable = self.state.progress.unreachable
        attempt = Attempt(current, request.fallback, request.because, result, was_unreachable)
        self.attempts.append(attempt)
        decision = apply_send_result(self.state, current, result, NOON)
        assert not isinstance(decision, Postpone)
        if self.state.held is not None:  # never resumed: the message is given up
            self.state.held = None
            delivery.skip(self.state, current, Reason.SEND_FAILED, {}, NOON)
            return None
        if decision is None and result.reason is None and late is not None:
            attempt.late_failure = late
            failed = failure(late, current.number, request.fallback)
            return process_failures(self.state, [failed], NOON)
        return decision


@given(
    plans, st.lists(send_results, max_size=40), st.lists(st.none() | failure_reasons, max_size=40)
)
def test_step_sends_one_message_at_a_time_and_each_once(
    steps: list[dict[str, Any]], results: list[SendResult], late: list[Reason | None]
) -> None:
    simulation = Simulation(waiting(*steps))
    simulation.run(iter([*results, *[SENT] * 40]), iter([*late, *[None] * 40]))

    for before, after in zip(simulation.attempts, simulation.attempts[1:], strict=False):
        assert after.step.number >= before.step.number
        if after.step.number == before.step.number:
            proof_of_failure = before.result.reason or before.late_failure
            assert proof_of_failure is not None
            if after.number != before.number:
                assert after.number > before.number
                assert after.because == proof_of_failure
            else:  # a day later
                assert before.late_failure is Reason.MARKETING_LIMIT


@given(plans, st.lists(send_results, max_size=40))
def test_each_fallback_is_for_the_failure_before_it(
    steps: list[dict[str, Any]], results: list[SendResult]
) -> None:
    simulation = Simulation(waiting(*steps))
    simulation.run(iter([*results, *[SENT] * 40]), iter([None] * 80))

    for each in simulation.attempts:
        definition = each.step.definition
        if each.number:
            assert each.because in definition.fallbacks[each.number - 1].on
        if each.was_unreachable:
            assert isinstance(definition.message_at(each.number), ChannelMessage)


def test_step_without_a_fallback_for_its_failure_is_skipped() -> None:
    state = waiting(step("1h", fallbacks=[{**PLAIN, "on": ["template_held"]}]))
    result = refused(Reason.TEMPLATE_REJECTED)
    assert apply_send_result(state, current_step(state), result, NOON) is None
    assert state.progress.next_step() is None
    assert "fell_back" not in [each.decision for each in state.decisions]


def test_failure_reported_after_the_window_has_no_fallback() -> None:
    state = waiting(step("1h", fallbacks=[{**SMS, "on": ["send_failed"]}], fallback_within="10m"))
    apply_send_result(state, current_step(state), SENT, NOON)
    late = NOON + timedelta(minutes=10)
    assert state.progress.fallback_window(late) == timedelta(0)
    process_failures(state, [failure(Reason.SEND_FAILED)], late)
    assert state.progress.next_step() is None


def test_marketing_limit_waits_a_day_only_without_a_channel_fallback() -> None:
    state = waiting(step("1h", fallbacks=[{**SMS, "on": ["marketing_limit"]}]))
    apply_send_result(state, current_step(state), SENT, NOON)
    process_failures(state, [failure(Reason.MARKETING_LIMIT)], NOON)
    assert current_message(state) == (1, 1)
    assert state.progress.not_before is None


def test_late_failure_of_a_replaced_message_changes_nothing() -> None:
    state = waiting(step("1h", fallbacks=[{**SMS, "on": ["send_failed"]}]))
    fall_back(state, Reason.SEND_FAILED)
    apply_send_result(state, current_step(state), SENT, NOON)
    process_failures(state, [failure(Reason.SEND_FAILED, fallback=0)], NOON)
    assert state.progress.next_step() is None


def test_reloaded_plan_may_have_fewer_fallbacks() -> None:
    state = waiting(step("1h", fallbacks=[{**SMS, "on": ["send_failed"]}]))
    fall_back(state, Reason.SEND_FAILED)
    state.follow(loaded(step("1h")), NOON)
    assert current_message(state) == (1, 0)


def test_reloaded_plan_may_have_the_fallback_at_another_place() -> None:
    to_sms = {**SMS, "on": ["send_failed"]}
    state = waiting(step("1h", fallbacks=[to_sms]))
    fall_back(state, Reason.SEND_FAILED)
    held = {**PLAIN, "on": ["template_held"]}
    state.follow(loaded(step("1h", fallbacks=[held, to_sms])), NOON)
    request = deliver_request(state, current_step(state))
    assert (request.fallback, request.because) == (2, Reason.SEND_FAILED)


def test_channel_step_falls_back_to_a_template_after_send_failed() -> None:
    state = waiting({"after": "1h", **SMS, "fallbacks": [{**PLAIN, "on": ["send_failed"]}]})
    fall_back(state, Reason.SEND_FAILED)
    assert current_message(state) == (1, 1)
    assert state.progress.summary(current_step(state)).endswith(": plain")
    apply_send_result(state, current_step(state), SENT, NOON)
    assert state.progress.next_step() is None


def test_channel_step_has_no_template_fallback_for_an_unreachable_customer() -> None:
    plain = {**PLAIN, "on": ["send_failed"]}
    state = waiting(step("1h"), {"after": "2h", **SMS, "fallbacks": [plain]}, step("3h"))
    unreachable = SendResult(status=SendStatus.ENDED, reason=Reason.UNREACHABLE)
    assert apply_send_result(state, current_step(state), unreachable, NOON) is None
    assert current_message(state) == (2, 0)
    result = refused(Reason.SEND_FAILED)
    assert apply_send_result(state, current_step(state), result, NOON) is None
    assert current_message(state) == (3, None)


def test_channel_step_awaits_no_late_failure() -> None:
    state = waiting({"after": "1h", **SMS, "fallbacks": [{**PLAIN, "on": ["send_failed"]}]})
    apply_send_result(state, current_step(state), SENT, NOON)
    assert state.progress.fallback_window(NOON) == timedelta(0)
    assert state.progress.awaited is None


def test_reloaded_plan_with_the_same_fallback_keeps_it() -> None:
    to_sms = {**SMS, "on": ["send_failed"]}
    state = waiting(step("1h", fallbacks=[to_sms, {**PLAIN, "on": ["send_failed"]}]))
    fall_back(state, Reason.SEND_FAILED)
    state.follow(loaded(step("1h", fallbacks=[to_sms])), NOON)
    assert current_message(state) == (1, 1)

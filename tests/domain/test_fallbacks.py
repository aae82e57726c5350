"""Which of a step's messages has its turn, whatever becomes of those before it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from domain.answers import MessageFailed, SendAnswer, SendStatus
from domain.buffer import Settled
from domain.fallbacks import Failure, OtherChannel, TemplateFailure
from domain.journey import JourneyState
from domain.kinds import Kind
from domain.outcomes import Ending, Reason
from domain.planning import PlannedStep, make_plan
from tests.domain.making import BUFFER, NOON, at, config, event, ordered, step

CART = event(Kind.CART_UPDATE, -60)
SMS = {"channel": "sms"}
PLAIN = {"template": "plain", "language": "en"}
SENT = SendAnswer(status=SendStatus.ACCEPTED)
CHANNELS = {"sms": {"url": "https://brand.example", "secret": "whsec_" + "A" * 32}}


def failures_of(names: Any) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(get_args(names)), min_size=1, max_size=3, unique=True)


fallbacks = st.lists(
    st.one_of(
        failures_of(TemplateFailure).map(lambda on: {**PLAIN, "on": on}),
        failures_of(Failure).map(lambda on: {**SMS, "on": on}),
    ),
    max_size=4,
)
plans = st.lists(fallbacks.map(lambda each: step("1h", fallbacks=each)), min_size=1, max_size=3)
failed = st.sampled_from([Reason(name) for name in get_args(Failure)])
answers = st.one_of(
    st.sampled_from([SENT, SendAnswer(status=SendStatus.UNKNOWN)]),
    st.builds(
        SendAnswer,
        status=st.sampled_from([SendStatus.SKIPPED, SendStatus.ENDED, SendStatus.HELD]),
        reason=failed,
    ),
)


def waiting(*steps: dict[str, Any]) -> JourneyState:
    state = JourneyState(store_id="denim", customer_id="c1", buffer=BUFFER)
    state.begin(Settled(CART, at(0)), NOON)
    store = config(plans={"cart_update": list(steps)}, channels=CHANNELS)
    assert state.follow(make_plan(store, CART.kind, at(0), None), NOON) is None
    return state


def turn(state: JourneyState) -> PlannedStep:
    planned = state.next_step()
    assert planned is not None
    return planned


def failure(reason: Reason, step_number: int = 1, fallback: int = 0) -> MessageFailed:
    return MessageFailed(
        message_id=f"m{step_number}.{fallback}",
        trigger_event_id=CART.event_id,
        step=step_number,
        fallback=fallback,
        reason=reason,
        at=NOON,
    )


def refused(reason: Reason) -> SendAnswer:
    return SendAnswer(status=SendStatus.SKIPPED, reason=reason)


@dataclass
class Tried:
    """What a journey asked to send, and what it was told before."""

    step: PlannedStep
    number: int
    why: Reason | None
    answer: SendAnswer
    was_unreachable: bool
    told: Reason | None = None


@dataclass
class Play:
    """A journey without anybody else in it."""

    state: JourneyState
    tries: list[Tried] = field(default_factory=list)

    def on(self, given: Iterator[SendAnswer], told: Iterator[Reason | None]) -> Ending | None:
        while (now := self.state.next_step()) is not None:
            if (reason := self.state.hopeless(now, NOON)) is not None:
                self.state.skip(now, reason, {}, NOON)
                continue
            if (ending := self._try(now, next(given), next(told))) is not None:
                return ending
        return self.state.plan_done()

    def _try(self, now: PlannedStep, answer: SendAnswer, told: Reason | None) -> Ending | None:
        number = self.state.turn_of(now) or 0
        why = self.state.send_request(now).because
        tried = Tried(now, number, why, answer, self.state.unreachable)
        self.tries.append(tried)
        if self.state.fall_back(now, answer.reason, answer.evidence, NOON):
            return None
        if answer.status is SendStatus.HELD:
            answer = refused(Reason.SEND_FAILED)  # held for ever, until somebody gives it up
        ending = self.state.take_answer(now, answer, NOON)
        if ending is None and answer.reason is None and told is not None:
            tried.told = told
            return self.state.hear_failures([failure(told, now.number, number)], NOON)
        return ending


@given(plans, st.lists(answers, max_size=40), st.lists(st.none() | failed, max_size=40))
def test_whatever_happens_one_message_of_a_step_at_a_time_and_each_once(
    steps: list[dict[str, Any]], given_answers: list[SendAnswer], told: list[Reason | None]
) -> None:
    play = Play(waiting(*steps))
    play.on(iter([*given_answers, *[SENT] * 40]), iter([*told, *[None] * 40]))

    for before, after in zip(play.tries, play.tries[1:], strict=False):
        assert after.step.number >= before.step.number
        if after.step.number == before.step.number:
            surely_nobody = before.answer.reason or before.told
            assert surely_nobody is not None
            if after.number != before.number:
                assert after.number > before.number
                assert after.why == surely_nobody
            else:  # a day later
                assert before.told is Reason.MARKETING_LIMIT


@given(plans, st.lists(answers, max_size=40))
def test_each_fallback_is_for_the_failure_that_led_there(
    steps: list[dict[str, Any]], given_answers: list[SendAnswer]
) -> None:
    play = Play(waiting(*steps))
    play.on(iter([*given_answers, *[SENT] * 40]), iter([None] * 80))

    for each in play.tries:
        message = each.step.step.message(each.number)
        if each.number:
            assert each.why in each.step.step.fallbacks[each.number - 1].on
        if each.was_unreachable:
            assert isinstance(message, OtherChannel)


def test_a_step_without_a_fallback_is_left_out_when_it_fails() -> None:
    state = waiting(step("1h", fallbacks=[{**PLAIN, "on": ["template_held"]}]))
    assert not state.fall_back(turn(state), Reason.TEMPLATE_REJECTED, {}, NOON)
    state.take_answer(turn(state), refused(Reason.TEMPLATE_REJECTED), NOON)
    assert state.next_step() is None


def test_a_failure_told_too_late_leads_to_no_fallback() -> None:
    state = waiting(step("1h", fallbacks=[{**SMS, "on": ["send_failed"]}], fallback_within="10m"))
    state.take_answer(turn(state), SENT, NOON)
    late = NOON + timedelta(minutes=10)
    assert state.watch(late) == timedelta(0)
    state.hear_failures([failure(Reason.SEND_FAILED)], late)
    assert state.next_step() is None


def test_marketing_limit_waits_a_day_only_where_no_channel_takes_over() -> None:
    state = waiting(step("1h", fallbacks=[{**SMS, "on": ["marketing_limit"]}]))
    state.take_answer(turn(state), SENT, NOON)
    state.hear_failures([failure(Reason.MARKETING_LIMIT)], NOON)
    assert (state.turn_of(turn(state)), state.not_before) == (1, None)


def test_a_failure_of_what_was_replaced_already_changes_nothing() -> None:
    state = waiting(step("1h", fallbacks=[{**SMS, "on": ["send_failed"]}]))
    assert state.fall_back(turn(state), Reason.SEND_FAILED, {}, NOON)
    state.take_answer(turn(state), SENT, NOON)
    state.hear_failures([failure(Reason.SEND_FAILED, fallback=0)], NOON)
    assert state.next_step() is None


def test_a_plan_loaded_again_may_have_fewer_fallbacks() -> None:
    state = waiting(step("1h", fallbacks=[{**SMS, "on": ["send_failed"]}]))
    assert state.fall_back(turn(state), Reason.SEND_FAILED, {}, NOON)
    state.follow(
        make_plan(config(plans={"cart_update": [step("1h")]}), CART.kind, NOON, None), NOON
    )
    assert state.turn_of(turn(state)) == 0


def test_who_buys_while_only_metas_word_is_waited_for_was_messaged() -> None:
    state = waiting(step("1h", fallbacks=[{**SMS, "on": ["unreachable"]}]))
    state.take_answer(turn(state), SENT, NOON)
    state.receive(ordered(60))
    ending = state.hear_news(NOON)
    assert isinstance(ending, Ending)
    assert ending.reason is Reason.PLAN_DONE

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import closing
from domain.answers import ExitCheckAnswer, SendAnswer, SendStatus
from domain.buffer import Settled
from domain.events import JourneyEvent
from domain.journey import JourneyState
from domain.kinds import OPERATOR_EXIT, Kind
from domain.later_events import Postpone
from domain.outcomes import Ending, Outcome, Reason, Stage
from domain.planning import PlannedStep, make_plan
from domain.progress import GIVE_UP_AFTER
from domain.stores import LowerIntent
from domain.turns import MOST_REMEMBERED
from tests.domain.making import BUFFER, NOON, at, config, event, journey_events, ordered, step

CART = event(Kind.CART_UPDATE, -60)
STORE = config(
    plans={"cart_update": [step("1h", body=["{{ customer.name }}"]), step("24h", body={"a": "b"})]},
    quiet_hours={"start": "21:00", "end": "09:00"},
)
SENT = SendAnswer(status=SendStatus.ACCEPTED)


def buffering() -> JourneyState:
    return JourneyState(store_id="denim", customer_id="c1", buffer=BUFFER)


def waiting(policy: LowerIntent = LowerIntent.EXIT) -> JourneyState:
    state = buffering()
    state.receive(CART)
    state.begin(Settled(CART, at(0)), NOON)
    store = STORE.model_copy(update={"lower_intent_events": policy})
    assert state.follow(make_plan(store, CART.kind, at(0), None), NOON) is None
    return state


def turn(state: JourneyState) -> PlannedStep:
    planned = state.next_step()
    assert planned is not None
    return planned


def test_event_received_twice_is_taken_in_once() -> None:
    state = buffering()
    for _ in range(2):
        state.receive(CART)
    assert state.pending == [CART]
    assert state.take_pending() == [CART]
    state.receive(CART)
    assert state.pending == []


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 500), max_size=450))
def test_memory_of_what_was_received_is_bounded(numbers: list[int]) -> None:
    state = buffering()
    for number in numbers:
        state.receive(event(Kind.PRODUCT_VIEW, number))
    assert len(state.seen) <= MOST_REMEMBERED
    latest = [f"{Kind.PRODUCT_VIEW}@{number}" for number in numbers[-1:]]
    assert set(latest) <= set(state.seen)


def test_decisions_are_bounded_and_the_newest_are_kept() -> None:
    state = buffering()
    for number in range(MOST_REMEMBERED + 5):
        state.note(NOON, "waited", str(number), {})
    assert len(state.decisions) == MOST_REMEMBERED
    assert state.decisions[-1].because == str(MOST_REMEMBERED + 4)


def test_stage_goes_from_buffering_over_waiting_to_closed() -> None:
    closed = waiting()
    closed.end(closed.plan_done(), NOON)
    stages = [state.stage for state in (buffering(), waiting(), closed)]
    assert stages == [Stage.BUFFERING, Stage.WAITING, Stage.CLOSED]


def test_buffering_journey_is_about_nothing_yet() -> None:
    with pytest.raises(ValueError, match="buffering"):
        buffering().subject()


def test_beginning_takes_the_buffer_away_and_says_why_the_trigger_was_chosen() -> None:
    state = waiting()
    assert (state.trigger, state.left_at, state.pending) == (CART, at(0), [])
    chosen = state.decisions[0]
    assert chosen.decision == "trigger_chosen"
    assert chosen.evidence["event_id"] == CART.event_id
    assert chosen.evidence["events_in_buffer"] == "1"


def test_kind_without_a_plan_is_skipped() -> None:
    ending = buffering().follow(make_plan(config(), CART.kind, at(0), None), NOON)
    assert ending is not None
    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.NO_PLAN)


def test_plan_is_done_step_by_step() -> None:
    state = waiting()
    state.take_answer(turn(state), SENT, NOON)
    assert turn(state).number == 2
    state.skip(turn(state), Reason.FREQUENCY_CAP, {"messages": "3"}, NOON)
    assert state.next_step() is None
    assert state.plan_done() == Ending(outcome=Outcome.MESSAGED, reason=Reason.PLAN_DONE)


def test_plan_of_which_nothing_was_sent_was_skipped_for_its_last_reason() -> None:
    state = waiting()
    state.skip(turn(state), Reason.EXPIRED, {}, NOON)
    state.skip(turn(state), Reason.FREQUENCY_CAP, {"messages": "3"}, NOON)
    ending = state.plan_done()
    assert (ending.outcome, ending.reason) == (Outcome.SKIPPED, Reason.FREQUENCY_CAP)
    assert ending.evidence["messages"] == "3"


def test_message_that_may_have_gone_out_counts_as_sent() -> None:
    state = waiting()
    state.take_answer(turn(state), SendAnswer(status=SendStatus.UNKNOWN), NOON)
    assert state.messages_sent == 1
    assert state.decisions[-1].decision == "message_unconfirmed"


def test_deferred_message_is_due_then_and_given_up_in_the_end() -> None:
    state = waiting()
    due = turn(state).due_at
    state.defer(turn(state), Reason.THROTTLED, due + timedelta(minutes=5), due)
    assert state.next_due() == due + timedelta(minutes=5)
    assert state.time_to(turn(state), due) == timedelta(minutes=5)
    state.defer(turn(state), Reason.THROTTLED, due + GIVE_UP_AFTER * 2, due)
    assert turn(state).number == 2
    assert state.next_due() == turn(state).due_at


def test_pushed_event_ends_the_journey() -> None:
    state = waiting()
    state.receive(ordered(10))
    assert state.has_news()
    verdict = state.hear_news(NOON)
    assert isinstance(verdict, Ending)
    assert verdict.reason is Reason.ORDER_PLACED
    assert not state.has_news()


def test_pushed_event_that_changes_nothing_is_written_down() -> None:
    state = waiting(LowerIntent.IGNORE)
    state.receive(event(Kind.PRODUCT_VIEW, 10))
    assert state.hear_news(NOON) is None
    assert state.decisions[-1].decision == "events_ignored"


def test_operators_exit_comes_before_everything_and_leaves_nothing_over() -> None:
    state = waiting()
    state.receive(ordered(10))
    state.request_exit(event(OPERATOR_EXIT, 20))
    verdict = state.hear_news(NOON)
    assert isinstance(verdict, Ending)
    assert verdict.reason is Reason.OPERATOR
    state.end(verdict, NOON)
    assert closing.left_over(state) == []


def test_partners_answer_stands_in_the_evidence() -> None:
    state = waiting()
    found = [event(Kind.CHECKOUT_INITIATED, 10)]
    verdict = state.hear_partner(ExitCheckAnswer(events=found, seen=5, asked_at=NOON), NOON)
    assert isinstance(verdict, Ending)
    assert verdict.reason is Reason.CONSECUTIVE_EVENT
    assert verdict.evidence["recent_events"] == "5"
    assert state.hear_partner(ExitCheckAnswer(seen=2), NOON) is None
    assert state.decisions[-1].decision == "exit_check_passed"


def test_postponed_journey_counts_from_the_later_event() -> None:
    state, view = waiting(LowerIntent.POSTPONE), event(Kind.PRODUCT_VIEW, 600)
    state.receive(view)
    verdict = state.hear_news(NOON)
    assert isinstance(verdict, Postpone)
    state.postpone(verdict, NOON)
    assert state.left_at == view.at


def test_superseding_event_and_what_arrived_meanwhile_begin_the_next_journey() -> None:
    state, newer = waiting(), event(Kind.CHECKOUT_INITIATED, 10)
    state.receive(newer)
    verdict = state.hear_news(NOON)
    assert isinstance(verdict, Ending)
    state.end(verdict, NOON)
    last = event(Kind.PRODUCT_VIEW, 20)
    state.receive(last)
    assert closing.left_over(state) == [newer, last]


@pytest.mark.parametrize("policy", LowerIntent)
def test_what_arrives_while_a_journey_closes_begins_the_next_one(policy: LowerIntent) -> None:
    state, view = waiting(policy), event(Kind.PRODUCT_VIEW, 30)
    state.end(state.plan_done(), NOON)
    for one in (event(Kind.PRODUCT_VIEW, -30), ordered(20), view):
        state.receive(one)
    assert closing.left_over(state) == [view]


@pytest.mark.parametrize("policy", LowerIntent)
def test_order_that_arrives_while_a_journey_closes_begins_nothing(policy: LowerIntent) -> None:
    state = waiting(policy)
    state.end(state.plan_done(), NOON)
    state.receive(ordered(20))
    assert closing.left_over(state) == []


def test_successor_begins_anew_but_remembers_what_was_received() -> None:
    state = waiting()
    following = closing.successor(state, [event(Kind.CHECKOUT_INITIATED, 10)])
    assert following.stage is Stage.BUFFERING
    assert (following.trigger, following.plan, following.decisions) == (None, None, [])
    following.receive(CART)
    assert CART not in following.pending


@settings(max_examples=100, deadline=None)
@given(
    st.lists(journey_events(), max_size=4),
    st.sampled_from(LowerIntent),
    st.lists(st.sampled_from(["sent", "skip", "defer"]), max_size=2),
    st.booleans(),
)
def test_state_survives_json(
    events: list[JourneyEvent], policy: LowerIntent, turns: list[str], closed: bool
) -> None:
    state = waiting(policy)
    for name in turns:
        take_turn(state, name)
    for one in events:
        state.receive(one)
    if closed:
        state.end(state.plan_done(), NOON)
    again = JourneyState.model_validate_json(state.model_dump_json())
    assert again == state
    assert closing.successor(again, events) == closing.successor(state, events)


def take_turn(state: JourneyState, name: str) -> None:
    now = turn(state).due_at
    if name == "sent":
        state.take_answer(turn(state), SENT, now)
    elif name == "skip":
        state.skip(turn(state), Reason.EXPIRED, {"why": "late"}, now)
    else:
        state.defer(turn(state), Reason.THROTTLED, now + timedelta(minutes=1), now)

"""What a buffer comes to when a store's database adds what was accepted, and what had a journey."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import EventKind
from domain.journey import closing
from domain.journey.activity_inputs import PlanRequest
from domain.journey.activity_results import LoadedPlan
from domain.journey.buffer import Settled
from domain.journey.later_events import JourneySubject, review
from domain.journey.outcomes import Ending, Reason
from domain.journey.plan import JourneyPlan
from domain.journey.policy import JourneyPolicy
from domain.journey.requests import first_plan_request
from domain.journey.state import JourneyState
from tests.domain.builders import (
    BUFFER,
    GRACE,
    at,
    event,
    journey_events,
    ordered,
    policies,
    policy,
)

LONG_AFTER = at(86_400)


@dataclass(frozen=True)
class Inbox:
    """The events that were accepted, and those of them that a closed journey took in."""

    accepted: Sequence[JourneyEvent]
    taken: Collection[str] = ()

    def load(self, request: PlanRequest, rules: JourneyPolicy) -> LoadedPlan:
        """What is known of a buffer: later events, orders from shortly before the trigger on."""
        known = set(request.buffered)
        later = [each for each in self.accepted if self._is_later(each, request)]
        return LoadedPlan(
            plan=JourneyPlan(),
            policy=rules,
            handled=tuple(known & set(self.taken)),
            accepted=tuple(each for each in later if each.event_id not in known),
        )

    def _is_later(self, one: JourneyEvent, request: PlanRequest) -> bool:
        if one.kind == EventKind.ORDER_PLACED:
            return one.at >= request.orders_since
        takes_back = one.empties_cart or one.event_id not in self.taken
        return one.at > request.buffered_since and takes_back


def find_trigger(
    inbox: Inbox, buffered: Sequence[JourneyEvent], rules: JourneyPolicy
) -> Settled | Ending:
    """As the workflow does, long after the buffer has passed."""
    state = JourneyState(store_id="denim", customer_id="c1", buffer=BUFFER, policy=rules)
    for one in buffered:
        state.receive(one)
    for _ in range(len(inbox.accepted) + 2):
        if not state.pending:
            return closing.already_handled(state)
        settled = state.rules.settle(state.pending, LONG_AFTER, BUFFER, rules)
        if isinstance(settled, Ending):
            return settled
        assert isinstance(settled, Settled)
        before = list(state.pending)
        state.amend_buffer(inbox.load(first_plan_request(state, settled), rules))
        if state.pending == before:
            return settled
    raise AssertionError("the buffer never settles")


@st.composite
def inboxes(draw: st.DrawFn) -> tuple[Inbox, list[JourneyEvent]]:
    """An inbox, and those of its events that reached the journey."""
    accepted = draw(
        st.lists(journey_events(), min_size=1, max_size=7, unique_by=lambda one: one.event_id)
    )
    buffered = draw(st.lists(st.sampled_from(accepted), min_size=1))
    taken = {each.event_id for each in accepted if draw(st.booleans())}
    return Inbox(accepted, taken), buffered


@settings(max_examples=300, deadline=None)
@given(inboxes(), policies())
def test_journey_begins_about_what_no_journey_had_and_nothing_accepted_took_back(
    both: tuple[Inbox, list[JourneyEvent]], rules: JourneyPolicy
) -> None:
    inbox, buffered = both
    found = find_trigger(inbox, buffered, rules)
    if isinstance(found, Settled):
        assert found.trigger.event_id not in inbox.taken
        subject = JourneySubject(found.trigger, found.left_at, rules)
        counts = [
            each for each in inbox.accepted if each.takes_back or each.event_id not in inbox.taken
        ]
        assert review(subject, counts) is None


@settings(max_examples=100, deadline=None)
@given(inboxes(), policies())
def test_events_delivered_twice_begin_no_second_journey(
    both: tuple[Inbox, list[JourneyEvent]], rules: JourneyPolicy
) -> None:
    inbox, buffered = both
    all_taken = Inbox(inbox.accepted, {each.event_id for each in inbox.accepted})
    assert isinstance(find_trigger(all_taken, buffered, rules), Ending)


def test_old_event_that_never_had_a_journey_has_one_though_a_later_journey_closed() -> None:
    old, newer = event(EventKind.CART_UPDATE, -9000), event(EventKind.CART_UPDATE, 0)
    inbox = Inbox([old, newer], taken={newer.event_id})
    assert find_trigger(inbox, [old], policy()) == Settled(old, old.at)


def test_order_that_ended_the_journey_before_takes_back_the_cart_synced_after_it() -> None:
    order, synced = ordered(0), event(EventKind.CART_UPDATE, 0.005)
    inbox = Inbox([order, synced], taken={order.event_id})
    ending = find_trigger(inbox, [synced], policy(order_grace=GRACE))
    assert isinstance(ending, Ending)
    assert ending.reason is Reason.ORDER_PLACED


def test_event_accepted_and_not_yet_delivered_is_the_trigger_if_it_is_higher() -> None:
    cart, checkout = event(EventKind.CART_UPDATE, 0), event(EventKind.CHECKOUT_INITIATED, 60)
    inbox = Inbox([cart, checkout])
    assert find_trigger(inbox, [cart], policy()) == Settled(checkout, checkout.at)


def test_what_was_before_the_last_message_comes_too_late_for_one() -> None:
    late, same = event(EventKind.CART_UPDATE, -60), event(EventKind.CART_UPDATE, 0)
    new = event(EventKind.PRODUCT_VIEW, 1)
    state = JourneyState(store_id="denim", customer_id="c1", buffer=BUFFER, policy=policy())
    for one in (late, same, new):
        state.receive(one)
    loaded = LoadedPlan(plan=JourneyPlan(), policy=policy(), messaged_up_to=at(0))
    state.amend_buffer(loaded)
    assert state.pending == [new]

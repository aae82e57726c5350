"""Journeys in a given state, and results of sending, that the tests of journeys are made of."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import strategies as st

from domain.events.kinds import EventKind
from domain.journey.activity_results import LoadedPlan, MessageFailed, SendResult, SendStatus
from domain.journey.buffer import Settled
from domain.journey.delivery import apply_send_result
from domain.journey.later_events import JourneySubject, Postpone, review, review_found
from domain.journey.outcomes import Ending, Outcome, Reason
from domain.journey.plan import Departure, PlannedStep, make_plan
from domain.journey.policy import policy_of
from domain.journey.state import JourneyState
from tests.domain.builders import (
    BUFFER,
    CUSTOM,
    NOON,
    PLANNED_KINDS,
    at,
    config,
    event,
    journey_events,
    policies,
    policy,
    step,
)

CART = event(EventKind.CART_UPDATE, -60)
SMS = {"channel": "sms"}
PLAIN = {"template": "plain", "language": "en"}
TO_SMS = {**SMS, "on": ["unreachable"]}
CHANNELS = {"sms": {"url": "https://brand.example", "secret": "whsec_" + "A" * 32}}
SENT = SendResult(status=SendStatus.ACCEPTED)

pushed_or_found = pytest.mark.parametrize("decide", [review, review_found], ids=["pushed", "found"])


def buffering(**changes: Any) -> JourneyState:
    """A journey that has received nothing yet; the changes are of the store's policy."""
    return JourneyState(store_id="denim", customer_id="c1", buffer=BUFFER, policy=policy(**changes))


def departed(left_at: datetime = NOON, first_left_at: datetime = NOON) -> Departure:
    """When the customer of an updated cart left."""
    return Departure(left_at, first_left_at, CART.at)


def loaded(
    *steps: dict[str, Any], departure: Departure | None = None, **changes: Any
) -> LoadedPlan:
    """The plan for an updated cart, of a store that plans all other kinds, too."""
    plans = {kind: [step("1h")] for kind in PLANNED_KINDS} | {CART.kind: list(steps)}
    store = config(**({"plans": plans, "channels": CHANNELS, "order_grace": "0s"} | changes))
    plan = make_plan(store, CART.kind, departure or departed(), None)
    return LoadedPlan(plan=plan, policy=policy_of(store))


def waiting(*steps: dict[str, Any], **changes: Any) -> JourneyState:
    """A journey about an updated cart, whose store has these steps and settings."""
    state = buffering()
    state.receive(CART)
    state.begin(Settled(CART, at(0)), NOON)
    assert state.follow(loaded(*steps, **changes), NOON) is None
    return state


def current_step(state: JourneyState) -> PlannedStep:
    current = state.progress.next_step()
    assert current is not None
    return current


def current_message(state: JourneyState) -> tuple[int, int | None]:
    """The number of the current step, and of its current message."""
    step = current_step(state)
    return step.number, state.progress.current_message(step)


def failure(reason: Reason, step_number: int = 1, fallback: int = 0) -> MessageFailed:
    return MessageFailed(
        message_id=f"m{step_number}.{fallback}",
        trigger_event_id=CART.event_id,
        step=step_number,
        fallback=fallback,
        reason=reason,
        at=NOON,
    )


def refused(reason: Reason) -> SendResult:
    return SendResult(status=SendStatus.SKIPPED, reason=reason)


def fall_back(state: JourneyState, reason: Reason) -> None:
    """The current message fails, and the step has a fallback for that."""
    assert apply_send_result(state, current_step(state), refused(reason), NOON) is None
    assert state.decisions[-1].decision == "fell_back"


def subject_about(kind: str, **changes: Any) -> JourneySubject:
    """A customer who left at 0, and did that a minute before; the changes are of the policy."""
    return JourneySubject(event(kind, -60, "trigger"), at(0), policy(**changes))


def only_carts(**changes: Any) -> JourneySubject:
    """As `subject_about` a cart; the store has no plan for anything else."""
    return subject_about(EventKind.CART_UPDATE, planned_kinds=(EventKind.CART_UPDATE,), **changes)


@st.composite
def any_subject(draw: st.DrawFn) -> JourneySubject:
    """Of any store that plans the trigger's kind. The customer left at 0."""
    kind = draw(st.sampled_from([*PLANNED_KINDS, CUSTOM]))
    trigger = event(kind, draw(st.integers(-5, 0)), "trigger")
    return JourneySubject(trigger, at(0), draw(policies(planned=kind)))


subjects = any_subject()
pushed = st.lists(journey_events(), max_size=6)


def exited(decision: Ending | Postpone | None) -> Ending:
    assert isinstance(decision, Ending)
    assert decision.outcome is Outcome.EXITED
    return decision

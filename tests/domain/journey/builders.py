"""Journeys in a given state, and results of sending, that the tests of journeys are made of."""

from typing import Any

from domain.events.kinds import EventKind
from domain.journey.activity_results import MessageFailed, SendResult, SendStatus
from domain.journey.buffer import Settled
from domain.journey.delivery import apply_send_result
from domain.journey.outcomes import Reason
from domain.journey.plan import JourneyPlan, PlannedStep, make_plan
from domain.journey.state import JourneyState
from tests.domain.builders import BUFFER, NOON, at, config, event

CART = event(EventKind.CART_UPDATE, -60)
SMS = {"channel": "sms"}
PLAIN = {"template": "plain", "language": "en"}
TO_SMS = {**SMS, "on": ["unreachable"]}
CHANNELS = {"sms": {"url": "https://brand.example", "secret": "whsec_" + "A" * 32}}
SENT = SendResult(status=SendStatus.ACCEPTED)


def buffering() -> JourneyState:
    return JourneyState(store_id="denim", customer_id="c1", buffer=BUFFER)


def plan_of(*steps: dict[str, Any], **changes: Any) -> JourneyPlan:
    store = config(plans={"cart_update": list(steps)}, channels=CHANNELS, **changes)
    return make_plan(store, CART.kind, at(0), None)


def waiting(*steps: dict[str, Any], **changes: Any) -> JourneyState:
    """A journey about an updated cart, whose store has these steps and settings."""
    state = buffering()
    state.receive(CART)
    state.begin(Settled(CART, at(0)), NOON)
    assert state.follow(plan_of(*steps, **changes), NOON) is None
    return state


def current_step(state: JourneyState) -> PlannedStep:
    step = state.progress.next_step()
    assert step is not None
    return step


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

"""What a journey asks its activities for, from the state that it is in."""

from domain.journey.activity_inputs import DeliverRequest, PlanRequest
from domain.journey.buffer import Settled
from domain.journey.later_events import JourneySubject
from domain.journey.plan import PlannedStep
from domain.journey.state import JourneyState


def first_plan_request(state: JourneyState, settled: Settled) -> PlanRequest:
    """Which plan to load when the buffer has settled."""
    subject = JourneySubject(settled.trigger, settled.left_at, state.policy)
    buffer = {
        "buffered": tuple(event.event_id for event in state.pending),
        "buffered_since": min(event.at for event in state.pending),
    }
    return _plan_request(state, subject).model_copy(update=buffer)


def postponed_plan_request(state: JourneyState) -> PlanRequest:
    """Which plan to load anew, when later events have moved `left_at`."""
    request, first = _plan_request(state, state.subject()), state.first_left_at
    return request.model_copy(update={"first_left_at": first or request.left_at})


def _plan_request(state: JourneyState, subject: JourneySubject) -> PlanRequest:
    return PlanRequest(
        store_id=state.store_id,
        customer_id=state.customer_id,
        trigger=subject.trigger,
        left_at=subject.left_at,
        first_left_at=subject.left_at,
        orders_since=subject.orders_since,
        buffered_since=subject.left_at,
    )


def deliver_request(state: JourneyState, step: PlannedStep) -> DeliverRequest:
    """What to deliver: the current message of a step."""
    subject, progress = state.subject(), state.progress
    number = progress.current_number(step)
    return DeliverRequest(
        store_id=state.store_id,
        customer_id=state.customer_id,
        rules_version=state.rules_version,
        trigger=subject.trigger,
        left_at=subject.left_at,
        policy=subject.policy,
        step=step,
        fallback=number,
        because=progress.because_of(number),
        waits_for_template=progress.waits_for_template(step),
        exit_check_timeout=progress.plan.exit_check_timeout,
        on_failure=progress.plan.on_failure,
        experiment_id=progress.plan.experiment_id,
        variant=progress.plan.variant,
        is_first=progress.messages_sent == 0,
    )

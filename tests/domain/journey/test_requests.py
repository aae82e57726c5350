"""What a journey asks its activities for."""

from datetime import timedelta

from domain.events.kinds import EventKind
from domain.journey.activity_inputs import DeliverRequest, PlanRequest
from domain.journey.buffer import Settled
from domain.journey.delivery import apply_send_result
from domain.journey.later_events import Postpone
from domain.journey.outcomes import Reason
from domain.journey.requests import deliver_request, first_plan_request, postponed_plan_request
from domain.stores.config import OnFailure
from tests.domain.builders import GRACE, NOON, at, event, step
from tests.domain.journey.builders import (
    CART,
    SENT,
    SMS,
    buffering,
    current_step,
    refused,
    waiting,
)

VIEW = event(EventKind.PRODUCT_VIEW, 600)


def test_first_plan_is_for_the_trigger_and_names_the_whole_buffer() -> None:
    state = buffering(order_grace=GRACE)
    for one in (CART, VIEW):
        state.receive(one)
    assert first_plan_request(state, Settled(CART, VIEW.at)) == PlanRequest(
        store_id="denim",
        customer_id="c1",
        trigger=CART,
        left_at=VIEW.at,
        first_left_at=VIEW.at,
        orders_since=CART.at - GRACE,
        buffered=(CART.event_id, VIEW.event_id),
        buffered_since=CART.at,
    )


def test_plan_of_a_postponed_journey_keeps_when_the_customer_left_first() -> None:
    state = waiting(step("1h"), order_grace="10m")
    for seconds in (600, 900):
        later = event(EventKind.PRODUCT_VIEW, seconds)
        state.postpone(Postpone(later.at, later), NOON)
    assert postponed_plan_request(state) == PlanRequest(
        store_id="denim",
        customer_id="c1",
        trigger=CART,
        left_at=at(900),
        first_left_at=at(0),
        orders_since=CART.at - GRACE,
        buffered_since=at(900),
    )


def test_journey_of_an_older_release_left_first_when_it_left_last() -> None:
    state = waiting(step("1h")).model_copy(update={"first_left_at": None})
    assert postponed_plan_request(state).first_left_at == at(0)


def test_delivery_is_of_the_current_message() -> None:
    state = waiting(step("1h"), step("2h", fallbacks=[{**SMS, "on": ["send_failed"]}]))
    apply_send_result(state, current_step(state), SENT, NOON)
    apply_send_result(state, current_step(state), refused(Reason.SEND_FAILED), NOON)
    request = deliver_request(state, current_step(state))
    assert (request.store_id, request.customer_id) == ("denim", "c1")
    assert (request.trigger.event_id, request.trigger.kind) == (CART.event_id, CART.kind)
    assert (request.step, request.fallback) == (current_step(state), 1)
    assert (request.because, request.waits_for_template) == (Reason.SEND_FAILED, True)


def test_delivery_judges_later_events_as_the_journey_does() -> None:
    exit_api = {"url": "https://partner.example/x", "timeout": "3s", "on_failure": "send"}
    state = waiting(step("1h"), exit_api=exit_api, lower_intent_events="ignore")
    state.postpone(Postpone(VIEW.at, VIEW), NOON)
    request = deliver_request(state, current_step(state))
    assert request.subject() == state.subject()
    assert request.rules_version == state.rules_version
    assert request.exit_check_timeout == timedelta(seconds=3)
    assert request.on_failure is OnFailure.SEND


def test_requests_survive_json() -> None:
    state = waiting(step("1h", fallbacks=[{**SMS, "on": ["send_failed"]}]))
    deliver, load = deliver_request(state, current_step(state)), postponed_plan_request(state)
    assert DeliverRequest.model_validate_json(deliver.model_dump_json()) == deliver
    assert PlanRequest.model_validate_json(load.model_dump_json()) == load

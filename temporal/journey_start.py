"""Starting a journey, and signalling an exit to one that is start-delayed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from temporalio.client import Client
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from domain.events.journey_event import JourneyEvent
from domain.journey.buffer import last_active
from domain.journey.identity import CustomerRef
from domain.journey.policy import JourneyPolicy, policy_of
from domain.journey.rules import NEWEST_RULES
from domain.journey.state import JourneyState
from domain.stores.config import StoreConfig
from workflows import names
from workflows.attributes import attributes_of
from workflows.queues import task_queue
from workflows.recovery_journey import RecoveryJourney


async def start_journey(
    client: Client,
    customer: CustomerRef,
    events: Sequence[JourneyEvent],
    config: StoreConfig,
    now: datetime,
) -> None:
    """Start a journey with these events, delayed until the buffer has passed.

    Raises:
        WorkflowAlreadyStartedError: the customer has an open journey.
    """
    state = _new_state(customer, config.buffer, policy_of(config))
    for event in events:
        state.receive(event)
    buffered_until = last_active(state.pending, state.policy) + config.buffer
    await client.start_workflow(
        RecoveryJourney.run,
        state,
        id=customer.journey_id,
        task_queue=task_queue(customer.store_id),
        start_delay=max(buffered_until - now, timedelta(0)) or None,
        id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
        search_attributes=attributes_of(state),
        priority=Priority(fairness_key=customer.store_id),
        static_summary=f"{events[0].kind} in {customer.store_id}",
        static_details=_details(customer, events[0]),
    )


async def wake_with_exit(client: Client, customer: CustomerRef, event: JourneyEvent) -> None:
    """Signal an exit to a journey that is start-delayed or in a backoff.

    Signal-with-start ends the delay, which a plain signal does not. It must not start anything: a
    journey that closed a moment ago stays closed.

    Raises:
        WorkflowAlreadyStartedError: the journey has closed.
    """
    state = _new_state(customer, timedelta(0), JourneyPolicy())
    await client.start_workflow(
        RecoveryJourney.run,
        state,
        id=customer.journey_id,
        task_queue=task_queue(customer.store_id),
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        start_signal=names.EXIT_REQUESTED,
        start_signal_args=[event],
        search_attributes=attributes_of(state),
    )


def _new_state(customer: CustomerRef, buffer: timedelta, policy: JourneyPolicy) -> JourneyState:
    return JourneyState(
        store_id=customer.store_id,
        customer_id=customer.customer_id,
        rules_version=NEWEST_RULES,
        buffer=buffer,
        policy=policy,
    )


def _details(customer: CustomerRef, event: JourneyEvent) -> str:
    """What the Web UI shows of a journey that is start-delayed."""
    return (
        f"Customer `{customer.customer_id}` of store `{customer.store_id}`\n\n"
        f"First event: `{event.kind}` `{event.event_id}` at {event.at:%d %b %Y %H:%M:%S} UTC"
    )

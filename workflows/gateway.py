"""Reaching journeys in Temporal: bring them events, end them, release them, look at them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel
from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowHandle,
)
from temporalio.client import WorkflowQueryFailedError as QueryFailed
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from domain.answers import MessageFailed
from domain.events import JourneyEvent
from domain.identity import journey_id
from domain.journey import JourneyState
from domain.outcomes import Stage
from workflows import attributes, names
from workflows.patience import (
    NotOpenError,
    TemporalAwayError,
    UndeliverableError,
    within_patience,
)
from workflows.queues import task_queue
from workflows.recovery_journey import RecoveryJourney
from workflows.search_attributes import are_registered


@dataclass(frozen=True)
class Customer:
    """Whose journey."""

    store_id: str
    customer_id: str

    @property
    def journey_id(self) -> str:
        """The workflow id of this customer's journeys."""
        return journey_id(self.store_id, self.customer_id)


@dataclass(frozen=True)
class OpenJourney:
    """A journey that runs, as far as it can be seen from outside."""

    stage: Stage
    kind: str | None
    next_message_at: datetime | None
    state: JourneyState | None
    """None while it buffers, which is spent asleep, and when no worker answers."""


class JourneyGateway:
    """The journeys of one Temporal namespace."""

    def __init__(self, client: Client) -> None:
        """Reach them through this client."""
        self._client = client

    async def bring(self, customer: Customer, event: JourneyEvent) -> bool:
        """Bring an event to the customer's open journey; False when there is none.

        A plain signal: unlike signal-with-start it leaves a buffering journey asleep.

        Raises:
            TemporalAwayError: it is not known whether the event arrived.
            UndeliverableError: this event is refused, such as for too many in one run.
        """
        return await self._tell(customer, RecoveryJourney.event_received, event)

    async def start(
        self, customer: Customer, event: JourneyEvent, buffer: timedelta, now: datetime
    ) -> bool:
        """Start a journey that sleeps until the buffer has passed; False when one is open.

        Raises:
            TemporalAwayError: it is not known whether the journey started.
        """
        state = JourneyState(
            store_id=customer.store_id, customer_id=customer.customer_id, buffer=buffer
        )
        state.receive(event)
        try:
            async with within_patience():
                await self._client.start_workflow(
                    RecoveryJourney.run,
                    state,
                    id=customer.journey_id,
                    task_queue=task_queue(customer.store_id),
                    start_delay=max(event.at + buffer - now, timedelta(0)) or None,
                    id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                    search_attributes=attributes.of(state),
                    priority=Priority(fairness_key=customer.store_id),
                    static_summary=f"{event.kind} in {customer.store_id}",
                    static_details=_first_words(customer, event),
                )
        except WorkflowAlreadyStartedError:
            return False
        return True

    async def end(self, customer: Customer, event: JourneyEvent) -> bool:
        """End the customer's open journey at once; False when there is none.

        Raises:
            TemporalAwayError: it is not known whether the exit arrived.
        """
        handle = self._handle(customer)
        try:
            async with within_patience():
                asleep = _stage(await handle.describe()) is Stage.BUFFERING
                if asleep:
                    await self._wake_with_exit(customer, event)
                else:
                    await handle.signal(RecoveryJourney.exit_requested, event)
        except (NotOpenError, WorkflowAlreadyStartedError):
            return False
        return True

    async def _wake_with_exit(self, customer: Customer, event: JourneyEvent) -> None:
        """Signal-with-start ends a start delay or a backoff, which a plain signal does not.

        It must not start anything: a journey that closed a moment ago stays closed.
        """
        state = JourneyState(
            store_id=customer.store_id, customer_id=customer.customer_id, buffer=timedelta(0)
        )
        await self._client.start_workflow(
            RecoveryJourney.run,
            state,
            id=customer.journey_id,
            task_queue=task_queue(customer.store_id),
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            start_signal=names.EXIT_REQUESTED,
            start_signal_args=[event],
            search_attributes=attributes.of(state),
        )

    async def release(self, customer: Customer) -> bool:
        """Tell a held journey that its store is resumed; False when none is open.

        Raises:
            TemporalAwayError: it is not known whether the journey heard.
        """
        return await self._tell(customer, RecoveryJourney.store_resumed)

    async def tell_failure(self, customer: Customer, failed: MessageFailed) -> bool:
        """Tell an open journey that a message of it could not be delivered; False: none is open.

        Raises:
            TemporalAwayError: it is not known whether the journey heard.
        """
        return await self._tell(customer, RecoveryJourney.message_failed, failed)

    async def _tell(
        self, customer: Customer, signal: Callable[..., None], *said: BaseModel
    ) -> bool:
        """Signal the customer's open journey; False when there is none."""
        handle = self._handle(customer)
        try:
            async with within_patience():
                await handle.signal(signal, args=said)
        except NotOpenError:
            return False
        return True

    def _handle(self, customer: Customer) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(customer.journey_id)

    async def look(self, customer: Customer) -> OpenJourney | None:
        """The customer's open journey, or None.

        Raises:
            TemporalAwayError: Temporal cannot be asked.
        """
        seen = await self._running(customer)
        if seen is None:
            return None
        stage = _stage(seen)
        return OpenJourney(
            stage=stage,
            kind=seen.typed_search_attributes.get(names.JOURNEY_KIND),
            next_message_at=seen.typed_search_attributes.get(names.NEXT_MESSAGE_AT),
            state=None if stage is Stage.BUFFERING else await self._state(customer),
        )

    async def is_home(self) -> bool:
        """Whether the namespace is one in which journeys may run at all.

        Raises:
            TemporalAwayError: Temporal cannot be asked.
        """
        async with within_patience():
            return await are_registered(self._client)

    async def is_open(self, customer: Customer) -> bool:
        """Whether the customer has an open journey.

        Raises:
            TemporalAwayError: Temporal cannot be asked.
        """
        return await self._running(customer) is not None

    async def _running(self, customer: Customer) -> WorkflowExecutionDescription | None:
        try:
            async with within_patience():
                seen = await self._handle(customer).describe()
        except NotOpenError:
            return None
        return seen if seen.status is WorkflowExecutionStatus.RUNNING else None

    async def _state(self, customer: Customer) -> JourneyState | None:
        """What the journey itself says; it takes a worker to say it."""
        handle = self._handle(customer)
        try:
            async with within_patience():
                return await handle.query(RecoveryJourney.status)
        except (QueryFailed, TemporalAwayError, UndeliverableError, NotOpenError):
            return None


def _stage(seen: WorkflowExecutionDescription) -> Stage:
    return Stage(seen.typed_search_attributes.get(names.JOURNEY_STAGE, Stage.BUFFERING.value))


def _first_words(customer: Customer, event: JourneyEvent) -> str:
    """What the Web UI shows of a journey that has not been awake yet."""
    return (
        f"Customer `{customer.customer_id}` of store `{customer.store_id}`\n\n"
        f"First event: `{event.kind}` `{event.event_id}` at {event.at:%d %b %Y %H:%M:%S} UTC"
    )

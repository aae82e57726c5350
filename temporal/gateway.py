"""The gateway to journeys in Temporal: start, signal, end, release and describe them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from temporalio.client import (
    Client,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowHandle,
)
from temporalio.client import WorkflowQueryFailedError as QueryFailed
from temporalio.exceptions import WorkflowAlreadyStartedError

from domain.events.journey_event import JourneyEvent
from domain.journey.activity_results import MessageFailed
from domain.journey.identity import CustomerRef
from domain.journey.outcomes import Stage
from domain.journey.state import JourneyState
from domain.stores.config import StoreConfig
from temporal.journey_start import start_journey, wake_with_exit
from temporal.rpc import NotOpenError, TemporalUnavailableError, UndeliverableError, temporal_call
from temporal.search_attributes import are_registered
from workflows import names
from workflows.recovery_journey import RecoveryJourney


@dataclass(frozen=True)
class OpenJourney:
    """An open journey as Temporal describes it."""

    stage: Stage
    kind: str | None
    next_message_at: datetime | None
    state: JourneyState | None
    """None while start-delayed or without a worker."""
    run_id: str


class JourneyGateway:
    """The journeys of one Temporal namespace.

    Every method raises `TemporalUnavailableError` when Temporal does not answer; it is not known
    then whether a signal or a start had an effect. A call that Temporal refuses, such as one signal
    too many for a run, raises `UndeliverableError`.
    """

    def __init__(self, client: Client) -> None:
        """Reach them through this client."""
        self._client = client

    async def signal_event(self, customer: CustomerRef, event: JourneyEvent) -> bool:
        """Signal an event to the customer's open journey; False when there is none.

        A plain signal: unlike signal-with-start it does not end a start delay.
        """
        return await self._signal(customer, RecoveryJourney.event_received, event)

    async def signal_events(self, customer: CustomerRef, events: Sequence[JourneyEvent]) -> bool:
        """As `signal_event`, for several events in their order, by one signal."""
        if len(events) == 1:
            return await self.signal_event(customer, events[0])
        return await self._signal(customer, RecoveryJourney.events_received, list(events))

    async def start(
        self,
        customer: CustomerRef,
        events: Sequence[JourneyEvent],
        config: StoreConfig,
        now: datetime,
    ) -> str | None:
        """Start a journey with these events, delayed until the buffer has passed.

        Returns:
            None when it was started; the run id of the customer's open journey when there is one.
        """
        try:
            async with temporal_call():
                await start_journey(self._client, customer, events, config, now)
        except WorkflowAlreadyStartedError as error:
            return error.run_id or ""
        return None

    async def request_exit(self, customer: CustomerRef, event: JourneyEvent) -> bool:
        """End the customer's open journey at once; False when there is none."""
        handle = self._handle(customer)
        try:
            async with temporal_call():
                if _stage(await handle.describe()) is Stage.BUFFERING:
                    await wake_with_exit(self._client, customer, event)
                else:
                    await handle.signal(RecoveryJourney.exit_requested, event)
        except (NotOpenError, WorkflowAlreadyStartedError):
            return False
        return True

    async def release(self, customer: CustomerRef) -> bool:
        """Signal a held journey that its store is resumed; False when none is open."""
        return await self._signal(customer, RecoveryJourney.store_resumed)

    async def signal_failure(self, customer: CustomerRef, failed: MessageFailed) -> bool:
        """Signal that a message could not be delivered; False when no journey is open."""
        return await self._signal(customer, RecoveryJourney.message_failed, failed)

    async def _signal(
        self,
        customer: CustomerRef,
        signal: Callable[..., None],
        *arguments: BaseModel | list[JourneyEvent],
    ) -> bool:
        handle = self._handle(customer)
        try:
            async with temporal_call():
                await handle.signal(signal, args=arguments)
        except NotOpenError:
            return False
        return True

    def _handle(self, customer: CustomerRef) -> WorkflowHandle[Any, Any]:
        return self._client.get_workflow_handle(customer.journey_id)

    async def describe(self, customer: CustomerRef) -> OpenJourney | None:
        """The customer's open journey, or None."""
        description = await self._running(customer)
        if description is None:
            return None
        stage = _stage(description)
        return OpenJourney(
            stage=stage,
            kind=description.typed_search_attributes.get(names.JOURNEY_KIND),
            next_message_at=description.typed_search_attributes.get(names.NEXT_MESSAGE_AT),
            state=None if stage is Stage.BUFFERING else await self._state(customer),
            run_id=description.run_id,
        )

    async def is_open(self, customer: CustomerRef) -> bool:
        """Whether the customer has an open journey."""
        return await self._running(customer) is not None

    async def any_open(self, store_id: str) -> bool:
        """Whether a journey of the store is open. One that was just started may be missing."""
        return await self._count(_open_of(store_id)) > 0

    async def open_by_stage(self, store_id: str) -> dict[Stage, int]:
        """How many journeys of the store are at which stage; a second or so behind.

        Temporal counts by one query a stage: it groups by no search attribute of ours.
        """
        of_store, stage = _open_of(store_id), names.JOURNEY_STAGE.name
        counted = {
            each: await self._count(f"{of_store} AND {stage} = '{each}'")
            for each in (Stage.WAITING, Stage.HELD)
        }
        buffering = await self._count(of_store) - sum(counted.values())
        return {Stage.BUFFERING: max(0, buffering), **counted}

    async def _count(self, query: str) -> int:
        async with temporal_call():
            return (await self._client.count_workflows(query)).count

    async def is_registered(self) -> bool:
        """Whether search attributes are registered; True if listing is forbidden."""
        async with temporal_call():
            return await are_registered(self._client)

    async def _running(self, customer: CustomerRef) -> WorkflowExecutionDescription | None:
        try:
            async with temporal_call():
                description = await self._handle(customer).describe()
        except NotOpenError:
            return None
        return description if description.status is WorkflowExecutionStatus.RUNNING else None

    async def _state(self, customer: CustomerRef) -> JourneyState | None:
        """The journey's own answer to a query; None without a worker."""
        handle = self._handle(customer)
        try:
            async with temporal_call():
                return await handle.query(RecoveryJourney.status)
        except (QueryFailed, TemporalUnavailableError, UndeliverableError, NotOpenError):
            return None


def _open_of(store_id: str) -> str:
    """The query for the open journeys of a store."""
    return (
        f"WorkflowType = '{names.WORKFLOW}' AND ExecutionStatus = 'Running'"
        f" AND {names.STORE_ID.name} = '{store_id}'"
    )


def _stage(description: WorkflowExecutionDescription) -> Stage:
    stage = description.typed_search_attributes.get(names.JOURNEY_STAGE, Stage.BUFFERING.value)
    return Stage(stage)

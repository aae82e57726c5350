"""Asking the partner, right before a message, whether the customer came back."""

from collections.abc import Sequence
from datetime import datetime

from temporalio import activity

from activities.errors import exit_api_unavailable
from clock import Clock
from domain.customers.identity import is_anonymous
from domain.events.journey_event import JourneyEvent
from domain.journey.activity_inputs import ExitCheckRequest
from domain.journey.activity_results import ExitCheckResult
from domain.journey.later_events import is_later
from domain.journey.routing import MAX_CLOCK_SKEW
from domain.stores.config import ExitApi
from partners.exit_api import ExitApiClient, ExitApiUnavailableError, RecentEvent
from storage import exit_api_state, holds, stores
from storage.database import Database
from storage.exit_api_state import ExitApiState
from storage.holds import Hold
from storage.stores import Store


class ExitCheck:
    """The partners' Journey Exit APIs."""

    def __init__(self, database: Database, exit_api: ExitApiClient, clock: Clock) -> None:
        """Ask through this client; the stores in this database name the URLs."""
        self._database = database
        self._exit_api = exit_api
        self._clock = clock

    @activity.defn
    async def exit_check(self, request: ExitCheckRequest) -> ExitCheckResult:
        """The events newer than `left_at` that the partner knows.

        A paused store's partner is not asked: the journey holds, and asks when it is resumed.

        Raises:
            ApplicationError: `ExitApiUnavailable`, when no readable answer came.
        """
        store = await self._store_or_hold(request)
        if store.paused or store.config.exit_api is None:
            return ExitCheckResult(held=store.paused)
        if is_anonymous(request.customer_id):
            because = "the partner gave this customer no customer_id to ask by"
            raise exit_api_unavailable(because, final=True)
        return await self._ask(store, store.config.exit_api, request)

    async def _ask(self, store: Store, api: ExitApi, request: ExitCheckRequest) -> ExitCheckResult:
        asked_at = self._clock()
        async with self._database.reading() as connection:
            known = await exit_api_state.read(connection, store.store_id, api)
        try:
            recent = await self._recent_events(api, request.customer_id, known, asked_at)
        except ExitApiUnavailableError as error:
            await self._record_failure(store, api, known, str(error))
            raise exit_api_unavailable(str(error)) from error
        await self._record_answer(store, api, known)
        later = _later_events(store, recent, request)
        return ExitCheckResult(events=later, seen=len(recent), asked_at=asked_at)

    async def _recent_events(
        self, api: ExitApi, customer_id: str, known: ExitApiState, asked_at: datetime
    ) -> list[RecentEvent]:
        recent = await self._exit_api.recent_events(
            api, customer_id, has_answered=known.has_answered
        )
        if any(event.timestamp > asked_at + MAX_CLOCK_SKEW for event in recent):
            raise ExitApiUnavailableError("answered with an event in the future")
        return recent

    async def _record_answer(self, store: Store, api: ExitApi, known: ExitApiState) -> None:
        now = self._clock()
        if known.lacks_answer(now):
            async with self._database.transaction() as connection:
                await exit_api_state.record_answer(connection, store.store_id, api, now)

    async def _record_failure(
        self, store: Store, api: ExitApi, known: ExitApiState, because: str
    ) -> None:
        now = self._clock()
        if known.lacks_failure(now):
            async with self._database.transaction() as connection:
                await exit_api_state.record_failure(connection, store.store_id, api, because, now)

    async def _store_or_hold(self, request: ExitCheckRequest) -> Store:
        """Read a paused store again, so that no resume comes between the look and the hold."""
        async with self._database.reading() as connection:
            store = await stores.existing(connection, request.store_id)
        if not store.paused:
            return store
        async with self._database.transaction() as connection:
            store = await stores.existing(connection, request.store_id, for_share=True)
            if store.paused:
                because = store.paused_because or "paused"
                hold = Hold(store.store_id, request.customer_id, self._clock())
                await holds.add(connection, hold, because)
        return store


def _later_events(
    store: Store, recent: Sequence[RecentEvent], request: ExitCheckRequest
) -> list[JourneyEvent]:
    known = (_journey_event(store, event) for event in recent)
    return [event for event in known if is_later(event, request.trigger_at, request.left_at)]


def _journey_event(store: Store, recent: RecentEvent) -> JourneyEvent:
    """The API gives no ids: name and time stand for one."""
    return JourneyEvent(
        event_id=f"exit-api:{recent.event_name}@{recent.timestamp.isoformat()}",
        kind=recent.event_name,
        at=recent.timestamp,
        intent=store.config.intent(recent.event_name),
    )

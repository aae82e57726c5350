"""Asking the partner, right before a message, whether the customer came back."""

from temporalio import activity

from activities.clock import Clock
from activities.errors import exit_api_unavailable
from activities.exit_api import ExitApiClient, RecentEvent
from domain.answers import ExitCheckAnswer
from domain.events import JourneyEvent
from domain.identity import is_anonymous
from domain.later_events import counts
from domain.questions import ExitCheckRequest
from domain.reception import FARTHEST_AHEAD
from storage import holds, stores
from storage.database import Database
from storage.holds import Hold
from storage.stores import Store


class ExitCheck:
    """The partners' Journey Exit APIs."""

    def __init__(self, database: Database, exit_api: ExitApiClient, clock: Clock) -> None:
        """Ask through this client whom the stores in this database name."""
        self._database = database
        self._exit_api = exit_api
        self._clock = clock

    @activity.defn
    async def exit_check(self, request: ExitCheckRequest) -> ExitCheckAnswer:
        """Which events newer than `left_at` the partner knows.

        A paused store's partner is not asked: the journey holds, and will ask when it goes on.

        Raises:
            ApplicationError: `ExitApiUnavailable`, when no readable answer came.
        """
        store = await self._store_or_hold(request)
        if store.paused or store.config.exit_api is None:
            return ExitCheckAnswer(held=store.paused)
        if is_anonymous(request.customer_id):
            because = "the partner gave this customer no customer_id to ask by"
            raise exit_api_unavailable(because, final=True)
        asked_at = self._clock()
        recent = await self._exit_api.recent_events(store.config.exit_api, request.customer_id)
        if any(event.timestamp > asked_at + FARTHEST_AHEAD for event in recent):
            raise exit_api_unavailable("told of an event that is yet to come")
        known = [_event(store, event) for event in recent]
        later = [event for event in known if counts(event, request.trigger_at, request.left_at)]
        return ExitCheckAnswer(events=later, seen=len(known), asked_at=asked_at)

    async def _store_or_hold(self, request: ExitCheckRequest) -> Store:
        """A paused store is looked at again, so that no resume slips in before the note."""
        async with self._database.reading() as connection:
            store = await stores.existing(connection, request.store_id)
        if not store.paused:
            return store
        async with self._database.transaction() as connection:
            store = await stores.existing(connection, request.store_id, keep=True)
            if store.paused:
                because = store.paused_because or "paused"
                hold = Hold(store.store_id, request.customer_id, self._clock())
                await holds.add(connection, hold, because)
        return store


def _event(store: Store, recent: RecentEvent) -> JourneyEvent:
    """The API names no ids: what and when stand for one."""
    return JourneyEvent(
        event_id=f"exit-api:{recent.event_name}@{recent.timestamp.isoformat()}",
        kind=recent.event_name,
        at=recent.timestamp,
        intent=store.config.intent(recent.event_name),
    )

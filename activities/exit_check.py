"""Asking the partner, right before a message, whether the customer came back."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from temporalio import activity

from activities import heartbeats
from activities.errors import exit_api_unavailable
from activities.metrics import CheckResult, DeliveryMetrics
from clock import Clock
from domain.customers.identity import partner_id
from domain.events.journey_event import JourneyEvent
from domain.events.partner_schema import posted_customer_id
from domain.journey.activity_inputs import DeliverRequest
from domain.journey.activity_results import ExitCheckResult
from domain.journey.later_events import later_events
from domain.journey.routing import MAX_CLOCK_SKEW
from domain.stores.config import ExitApi
from partners.egress import ForbiddenAddressError
from partners.exit_api import ExitApiClient, ExitApiUnavailableError, RecentEvent
from storage import exit_api_state
from storage.database import UNAVAILABLE_ERRORS, Database
from storage.exit_api_state import ExitApiState
from storage.stores import Store

MAX_TRIES: Final = 5
"""8 + 16 + 32 + 64 s apart: about 2 minutes, as long as a deployment at the partner. After the last
one the store's `on_failure` decides."""

FIRST_RETRY: Final = timedelta(seconds=8)
"""After a failed exit check, doubling."""

log = structlog.get_logger()


class ExitCheck:
    """The partners' Journey Exit APIs."""

    def __init__(
        self,
        database: Database,
        exit_api: ExitApiClient,
        clock: Clock,
        metrics: DeliveryMetrics,
    ) -> None:
        """Ask through this client; this database knows which of them have ever answered."""
        self._database = database
        self._exit_api = exit_api
        self._clock = clock
        self._metrics = metrics

    async def ask(
        self,
        store: Store,
        known: ExitApiState,
        request: DeliverRequest,
        body: Mapping[str, Any],
    ) -> ExitCheckResult | None:
        """What the partner knows that is later than `left_at`; None: the store has no Exit API.

        The result says so when no readable answer came in any attempt, or none can come.

        Args:
            store: whose partner is asked.
            known: of the store's Exit API.
            request: about which customer.
            body: of the trigger, as posted: it has the id by which the partner knows the customer.

        Raises:
            ApplicationError: no readable answer came, and it is worth asking again later.
        """
        api, asked_at = store.config.exit_api, self._clock()
        if api is None:
            return None
        asked = partner_id(store.hash_key, request.customer_id, posted_customer_id(body))
        if asked is None:
            because = "the partner gave this customer no customer_id to ask by, or it was erased"
            return ExitCheckResult(asked_at=asked_at, failure=because)
        bounded = api.model_copy(update={"timeout": min(api.timeout, request.exit_check_timeout)})
        try:
            with self._metrics.exit_check() as timed:
                recent = await self._recent_events(bounded, asked, known, asked_at)
                later = later_events(request.subject(), _journey_events(store, recent))
                timed.result = CheckResult.CAME_BACK if later else CheckResult.PASSED
        except ExitApiUnavailableError as error:
            await self._record_failure(store, api, known, error)
            return _failed(str(error), asked_at)
        await self._record_answer(store, api, known)
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
            async with _best_effort(), self._database.transaction() as connection:
                await exit_api_state.record_answer(connection, store.store_id, api, now)

    async def _record_failure(
        self, store: Store, api: ExitApi, known: ExitApiState, error: ExitApiUnavailableError
    ) -> None:
        now, because = self._clock(), str(error)
        if known.lacks_failure(now):
            cause = _cause_of(error)  # for operators alone: stores read `because`
            log.warning("no exit check", store_id=store.store_id, because=because, cause=cause)
            async with _best_effort(), self._database.transaction() as connection:
                await exit_api_state.record_failure(connection, store.store_id, api, because, now)


@asynccontextmanager
async def _best_effort() -> AsyncIterator[None]:
    """What is noted for operators must not cost a message."""
    try:
        yield
    except UNAVAILABLE_ERRORS as error:
        log.warning("state of an Exit API not recorded", because=type(error).__name__)


def _cause_of(error: ExitApiUnavailableError) -> str:
    """The type of what went wrong; of a host without an address, why it has none."""
    cause = error.__cause__
    if isinstance(cause, ForbiddenAddressError):
        cause = cause.__cause__ or cause
    return type(cause).__name__


def _failed(because: str, asked_at: datetime) -> ExitCheckResult:
    """Fail the attempt, or give up after the last try. Heartbeats carry how many tries failed."""
    failed = heartbeats.failed_exit_checks() + 1
    if failed == MAX_TRIES:
        return ExitCheckResult(asked_at=asked_at, failure=because)
    activity.heartbeat(failed)
    raise exit_api_unavailable(because, again_in=FIRST_RETRY * 2 ** (failed - 1))


def _journey_events(store: Store, recent: Sequence[RecentEvent]) -> list[JourneyEvent]:
    """The API gives no ids: name and time stand for one."""
    return [
        JourneyEvent(
            event_id=f"exit-api:{event.event_name}@{event.timestamp.isoformat()}",
            kind=event.event_name,
            at=event.timestamp,
            intent=store.config.intent(event.event_name),
        )
        for event in recent
    ]

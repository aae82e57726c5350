"""Notifying open journeys of what happened to their store, their messages or their customer.

A notification stays in the database until it was signalled. A second signal changes nothing.
"""

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from activities import template_runs
from activities.messaging_provider import CategoryOf
from activities.send_results import reason_of_failure
from domain.events.journey_event import JourneyEvent
from domain.events.kinds import LOWEST_INTENT, OPT_OUT
from domain.journey.activity_results import MessageFailed
from domain.journey.identity import CustomerRef
from domain.journey.outcomes import Reason
from domain.messages.pacing import MARKETING_LIMIT
from domain.messages.send_outcome import ErrorCategory
from domain.values.failure_places import places_of
from operations.background import run_concurrently
from storage import (
    aliases,
    failures,
    holds,
    inbox,
    messages,
    opt_outs,
    stores,
    suppressions,
    template_holds,
)
from storage.database import Database
from storage.failures import Failure
from storage.holds import Hold
from storage.opt_outs import OptOut
from storage.template_holds import ALL_LANGUAGES
from temporal.gateway import JourneyGateway
from temporal.rpc import UndeliverableError

BATCH = 500
log = structlog.get_logger()


class Notifier:
    """Releases held journeys, signals failed messages, ends journeys after an opt-out."""

    def __init__(
        self, database: Database, journeys: JourneyGateway, category_of: CategoryOf
    ) -> None:
        """Signal through this gateway what is pending in this database."""
        self._database = database
        self._journeys = journeys
        self._category_of = category_of

    async def release_held(self) -> None:
        """Release every journey whose store and template may send again.

        Raises:
            TemporalUnavailableError: after all were tried, for some Temporal was unavailable.
        """
        async with self._database.reading() as connection:
            held = await holds.releasable(connection, BATCH)
        await run_concurrently(self._release(hold) for hold in held)

    async def _release(self, hold: Hold) -> None:
        try:
            await self._journeys.release(CustomerRef(hold.store_id, hold.customer_id))
        except UndeliverableError as error:
            _log("journey cannot be released", error)
            return
        async with self._database.transaction() as connection:
            await holds.remove(connection, hold)

    async def signal_failures(self) -> None:
        """Signal open journeys that Meta could not deliver one of their messages.

        Raises:
            TemporalUnavailableError: after all were tried, for some Temporal was unavailable.
        """
        async with self._database.reading() as connection:
            pending = await failures.pending(connection, BATCH)
        await run_concurrently(self._signal_failure(failure) for failure in pending)

    async def _signal_failure(self, failure: Failure) -> None:
        failed = MessageFailed(
            message_id=failure.message_id,
            trigger_event_id=failure.trigger_event_id,
            step=failure.step,
            fallback=failure.fallback,
            reason=reason_of_failure(failure.error_code, self._category_of),
            at=failure.failed_at,
        )
        customer = CustomerRef(failure.store_id, failure.customer_id)
        is_open = await self._try_signal(customer, failed)
        async with self._database.transaction() as connection:
            await self._hold_others(connection, failure, failed.reason)
            if is_open and failed.reason is Reason.MARKETING_LIMIT:  # perhaps a day later
                again_at = failure.failed_at + MARKETING_LIMIT
                await messages.allow_again(connection, failure.message_id, again_at)
            await failures.remove(connection, failure.message_id)

    async def _try_signal(self, customer: CustomerRef, failed: MessageFailed) -> bool:
        try:
            return await self._journeys.signal_failure(customer, failed)
        except UndeliverableError as error:
            _log("journey cannot be signalled", error)
            return False

    async def end_opted_out(self) -> None:
        """End the open journeys of people who opted out.

        Raises:
            TemporalUnavailableError: after all were tried, for some Temporal was unavailable.
        """
        async with self._database.reading() as connection:
            pending = await opt_outs.pending(connection, BATCH)
        for opt_out in pending:
            await self._end_journeys(opt_out)

    async def _end_journeys(self, opt_out: OptOut) -> None:
        address = (opt_out.store_id, opt_out.address_hash)
        async with self._database.reading() as connection:
            person = await aliases.with_aliases(
                connection, opt_out.store_id, {opt_out.address_hash}
            )
            choice = await suppressions.standing(connection, opt_out.store_id, person)
            suppressed = choice is not None
            customers = await inbox.customers_of(connection, *address) if suppressed else []
        await run_concurrently(self._end(opt_out, customer_id) for customer_id in customers)
        async with self._database.transaction() as connection:
            await opt_outs.remove(connection, opt_out)

    async def _end(self, opt_out: OptOut, customer_id: str) -> None:
        """A journey that cannot be ended sends nothing either: the claim sees the suppression."""
        event = JourneyEvent(
            event_id=f"opt-out:{opt_out.address_hash}",
            kind=OPT_OUT,
            at=opt_out.created_at,
            intent=LOWEST_INTENT,
        )
        try:
            await self._journeys.request_exit(CustomerRef(opt_out.store_id, customer_id), event)
        except UndeliverableError as error:
            _log("journey cannot be ended", error)

    async def _hold_others(
        self, connection: AsyncConnection, failure: Failure, reason: Reason
    ) -> None:
        """Pause the store or hold the template, also after several failures in a row."""
        because, now = _for_operator(failure), failure.failed_at
        if reason is Reason.STORE_PAUSED:
            await stores.pause(connection, failure.store_id, now, because)
            log.error("store paused", store_id=failure.store_id, code=failure.error_code)
        elif failure.template is None or failure.error_code is None:
            return
        elif reason is Reason.TEMPLATE_HELD:
            await _hold_template(connection, failure, failure.template, because)
        elif self._category_of(failure.error_code) is ErrorCategory.TEMPLATE_MISMATCH:
            template = (failure.store_id, failure.template, failure.language or ALL_LANGUAGES)
            await template_runs.note(connection, template, failure.address_hash, because, now)


def _log(what: str, error: Exception) -> None:
    log.error(what, error=type(error).__name__, at=places_of(error))


def _for_operator(failure: Failure) -> str:
    words = f": {failure.because}" if failure.because else ""
    return f"Meta answers {failure.error_code}{words}"[:256]


async def _hold_template(
    connection: AsyncConnection, failure: Failure, template: str, because: str
) -> None:
    store_id, language = failure.store_id, failure.language or ALL_LANGUAGES
    await template_holds.add(
        connection, store_id, template, because, failure.failed_at, language=language
    )
    log.error("template held", store_id=store_id, template=template)

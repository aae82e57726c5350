"""Telling open journeys what happened to their store or their customer.

What is to be told stands in the database until it was told; telling twice does no harm.
"""

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from activities.verdicts import reason_of_failure
from domain.answers import MessageFailed
from domain.events import JourneyEvent
from domain.kinds import LOWEST_INTENT, OPT_OUT
from domain.outcomes import Reason
from domain.progress import AFTER_MARKETING_LIMIT
from storage import (
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
from workflows.gateway import Customer, JourneyGateway
from workflows.patience import UndeliverableError
from workflows.taking_turns import some_at_a_time

BATCH = 500
log = structlog.get_logger()


class Messenger:
    """Releases held journeys, tells of failed messages, ends those of people who opted out."""

    def __init__(self, database: Database, journeys: JourneyGateway) -> None:
        """Tell what stands in this database through this gateway."""
        self._database = database
        self._journeys = journeys

    async def release_held(self) -> None:
        """Let every journey go on whose store and template may send again.

        Raises:
            TemporalAwayError: after all were tried, for some Temporal was away.
        """
        async with self._database.reading() as connection:
            held = await holds.releasable(connection, BATCH)
        await some_at_a_time(self._release(hold) for hold in held)

    async def _release(self, hold: Hold) -> None:
        try:
            await self._journeys.release(Customer(hold.store_id, hold.customer_id))
        except UndeliverableError:
            log.exception("journey cannot be released")
        async with self._database.transaction() as connection:
            await holds.remove(connection, hold)

    async def tell_failures(self) -> None:
        """Tell open journeys which of their messages Meta could not deliver.

        Raises:
            TemporalAwayError: after all were tried, for some Temporal was away.
        """
        async with self._database.reading() as connection:
            waiting = await failures.untold(connection, BATCH)
        await some_at_a_time(self._tell_failure(failure) for failure in waiting)

    async def _tell_failure(self, failure: Failure) -> None:
        failed = MessageFailed(
            message_id=failure.message_id,
            trigger_event_id=failure.trigger_event_id,
            step=failure.step,
            fallback=failure.fallback,
            reason=reason_of_failure(failure.error_code),
            at=failure.failed_at,
        )
        heard = await self._heard(Customer(failure.store_id, failure.customer_id), failed)
        async with self._database.transaction() as connection:
            await _hold_others(connection, failure, failed.reason)
            if heard and failed.reason is Reason.MARKETING_LIMIT:  # a day later, perhaps
                again_at = failure.failed_at + AFTER_MARKETING_LIMIT
                await messages.allow_again(connection, failure.message_id, again_at)
            await failures.told(connection, failure.message_id)

    async def _heard(self, customer: Customer, failed: MessageFailed) -> bool:
        try:
            return await self._journeys.tell_failure(customer, failed)
        except UndeliverableError:
            log.exception("journey cannot be told")
            return False

    async def tell_opt_outs(self) -> None:
        """End the open journeys of whoever opted out since.

        Raises:
            TemporalAwayError: after all were tried, for some Temporal was away.
        """
        async with self._database.reading() as connection:
            waiting = await opt_outs.untold(connection, BATCH)
        for opt_out in waiting:
            await self._tell(opt_out)

    async def _tell(self, opt_out: OptOut) -> None:
        who = (opt_out.store_id, opt_out.address_hash)
        async with self._database.reading() as connection:
            stands = await suppressions.because(connection, *who) is not None
            customers = await inbox.customers_of(connection, *who) if stands else []
        await some_at_a_time(self._end(opt_out, customer_id) for customer_id in customers)
        async with self._database.transaction() as connection:
            await opt_outs.told(connection, opt_out)

    async def _end(self, opt_out: OptOut, customer_id: str) -> None:
        """The claim forbids messages in any case: who cannot be told is not told."""
        event = JourneyEvent(
            event_id=f"opt-out:{opt_out.address_hash}",
            kind=OPT_OUT,
            at=opt_out.created_at,
            intent=LOWEST_INTENT,
        )
        try:
            await self._journeys.end(Customer(opt_out.store_id, customer_id), event)
        except UndeliverableError:
            log.exception("journey cannot be ended")


async def _hold_others(connection: AsyncConnection, failure: Failure, reason: Reason) -> None:
    """What failed because of the template or the account would fail for others too."""
    because, now = f"Meta answers {failure.error_code}", failure.failed_at
    if reason is Reason.STORE_PAUSED:
        await stores.pause(connection, failure.store_id, now, because)
        log.error("store paused", store_id=failure.store_id, because=because)
    elif reason is Reason.TEMPLATE_HELD:
        await template_holds.add(connection, failure.store_id, failure.template, because, now)
        log.error("template held", store_id=failure.store_id, template=failure.template)

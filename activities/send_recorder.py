"""Recording what became of a message, with everything that follows from it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from activities import template_runs
from activities.settlement import Settlement
from clock import Clock
from storage import aliases, holds, messages, opt_outs, stores, template_failures, template_holds
from storage.aliases import Learned
from storage.database import Database
from storage.holds import Hold
from storage.messages import MessageStatus
from storage.template_holds import ALL_LANGUAGES

RECORD_WITHIN: Final = timedelta(seconds=10)
"""How long a database that is away is waited for in the activity; then the journey has the outcome
recorded, however long that takes."""

WRITE_TIMEOUT: Final = timedelta(seconds=5)
RETRY_INTERVAL: Final = timedelta(milliseconds=250)

log = structlog.get_logger()


@dataclass(frozen=True)
class SentTo:
    """Whom a message was for, as far as an outcome has consequences for others."""

    store_id: str
    customer_id: str
    address_hash: str
    template: str | None
    waits_for_template: bool
    language: str = ALL_LANGUAGES
    """Of the template; all, where the claim is older than languages in the ledger."""


class SendRecorder:
    """Writes outcomes into the ledger."""

    def __init__(
        self, database: Database, clock: Clock, *, within: timedelta = RECORD_WITHIN
    ) -> None:
        """Write to this database; wait `within` for it at most."""
        self._database = database
        self._clock = clock
        self._within = within

    async def is_recorded(self, to: SentTo, message_id: str, settlement: Settlement) -> bool:
        """Record an outcome; False if the database stays away for too long."""
        loop = asyncio.get_running_loop()
        give_up_at = loop.time() + self._within.total_seconds()
        while True:
            try:
                async with asyncio.timeout(WRITE_TIMEOUT.total_seconds()):
                    await self.record(to, message_id, settlement)
            except (SQLAlchemyError, OSError) as error:
                log.warning("outcome waits for the database", because=type(error).__name__)
            else:
                return True
            if loop.time() > give_up_at:
                return False
            await asyncio.sleep(RETRY_INTERVAL.total_seconds())

    async def record(self, to: SentTo, message_id: str, settlement: Settlement) -> None:
        """Record an outcome and its consequences, in one transaction. Idempotent."""
        now = self._clock()
        async with self._database.transaction() as connection:
            identities = settlement.known_as | {to.address_hash}
            # first the person, then the message: so a claim takes its locks
            if len(identities) > 1:
                await _learn(connection, Learned(to.store_id, identities, now))
            if settlement.suppress:
                because = "told by Meta"
                await opt_outs.opt_out_person(connection, to.store_id, identities, because, now)
            await messages.settle(connection, message_id, now, settlement.ledger)
            if settlement.pause_because is not None:
                await _pause_store(connection, to, settlement.pause_because, now)
            if settlement.hold_template_because is not None:
                await _hold_template(connection, to, settlement.hold_template_because, now)
            await _count_template(connection, to, settlement, now)


async def _learn(connection: AsyncConnection, learned: Learned) -> None:
    """Store by which ids the provider knows the person; an opt-out by any counts for all."""
    if await aliases.unknown(connection, [learned]):
        await opt_outs.learn(connection, [learned])


async def _pause_store(
    connection: AsyncConnection, to: SentTo, because: str, now: datetime
) -> None:
    await stores.pause(connection, to.store_id, now, because)
    await holds.add(connection, Hold(to.store_id, to.customer_id, now), because)
    log.error("store paused", store_id=to.store_id)


async def _hold_template(
    connection: AsyncConnection, to: SentTo, because: str, now: datetime
) -> None:
    if to.template is None:
        return
    await template_holds.add(
        connection, to.store_id, to.template, because, now, language=to.language
    )
    if to.waits_for_template:
        hold = Hold(to.store_id, to.customer_id, now)
        await holds.add(connection, hold, because, to.template, to.language)
    log.error("template held", store_id=to.store_id, template=to.template)


async def _count_template(
    connection: AsyncConnection, to: SentTo, settlement: Settlement, now: datetime
) -> None:
    """Hold a template that failed for several people in a row; one that was sent begins anew."""
    if to.template is None:
        return
    template = (to.store_id, to.template, to.language)
    if settlement.ledger.status is MessageStatus.ACCEPTED:
        await template_failures.clear(connection, template)
    elif settlement.template_mismatch is not None:
        because = settlement.template_mismatch
        await template_runs.note(connection, template, to.address_hash, because, now)

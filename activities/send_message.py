"""Sending one message, at most once: render, claim, post, and write down what became of it."""

import asyncio
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio import activity

from activities import letters, verdicts
from activities.channel_api import ChannelClient, ChannelOutcome
from activities.clock import Clock
from activities.errors import not_sent
from activities.letters import ForChannel, Letter
from activities.verdicts import Settlement
from domain.answers import SendAnswer
from domain.questions import SendRequest
from domain.rendering import RenderedMessage
from storage import claims, holds, messages, opt_outs, stores, template_holds
from storage.claims import Claim, Claimed
from storage.database import Database
from storage.holds import Hold
from whatsapp.client import WhatsAppClient
from whatsapp.outcomes import Outcome
from whatsapp.payload import template_payload

CLAIM_WITHIN = timedelta(seconds=5)
"""Later, Meta's 20 s might not be over before Temporal gives the attempt up and has another made,
which would find a claim without an outcome: unknown, out of nothing."""

log = structlog.get_logger()


class SendMessage:
    """Meta's Cloud API and the stores' channels, behind the ledger."""

    def __init__(
        self,
        database: Database,
        whatsapp: WhatsAppClient,
        channels: ChannelClient,
        clock: Clock,
    ) -> None:
        """Send through these clients what this database's ledger allows."""
        self._database = database
        self._whatsapp = whatsapp
        self._channels = channels
        self._clock = clock

    @activity.defn
    async def send_message(self, request: SendRequest) -> SendAnswer:
        """Send a message unless anything speaks against it, or it was sent before.

        Raises:
            ApplicationError: `NotSent`, when Meta provably has nothing and it may be tried again.
        """
        give_up_at = _loop_time() + CLAIM_WITHIN.total_seconds()
        letter = await letters.write(self._database, request, self._clock())
        if isinstance(letter, SendAnswer):
            return letter
        async with self._database.transaction() as connection:
            if _loop_time() > give_up_at:
                raise not_sent("the database was too busy for too long")
            claimed = await claims.claim(connection, letter.claim, self._clock())
        if not isinstance(claimed, Claimed):
            return verdicts.not_claimed(claimed)
        return await self._post(letter, claimed.message_id)

    async def _post(self, letter: Letter, message_id: str) -> SendAnswer:
        outcome = await self._hand_over(letter, message_id)
        attempt = activity.info().attempt
        settlement = verdicts.settle(outcome, message_id, self._clock(), attempt)
        await self._settle(letter, message_id, settlement)
        if isinstance(settlement.answer, SendAnswer):
            return settlement.answer
        raise settlement.answer

    async def _hand_over(self, letter: Letter, message_id: str) -> Outcome | ChannelOutcome:
        match letter.wording:
            case ForChannel() as wording:
                requested = letters.requested_message(letter, wording, message_id)
                return await self._channels.post(wording.channel, requested)
            case RenderedMessage() as message:
                number = letter.store.config.whatsapp
                return await self._whatsapp.send(
                    phone_number_id=number.phone_number_id,
                    access_token=number.access_token.get_secret_value(),
                    endpoint=number.endpoint,
                    payload=template_payload(message, letter.address, message_id),
                )

    async def _settle(self, letter: Letter, message_id: str, settlement: Settlement) -> None:
        """Write the outcome down, and everything that follows from it, in one transaction."""
        now, key = self._clock(), letter.claim.key
        async with self._database.transaction() as connection:
            await messages.settle(connection, message_id, now, settlement.ledger)
            if settlement.suppress:
                hashed = letter.claim.address_hash
                await opt_outs.opt_out(connection, key.store_id, hashed, "told by Meta", now)
            await self._hold(connection, letter.claim, settlement, now)

    async def _hold(
        self, connection: AsyncConnection, claim: Claim, settlement: Settlement, now: datetime
    ) -> None:
        """What would fail for every message of the store, or with the template, holds them."""
        key = claim.key
        hold = Hold(key.store_id, key.customer_id, now)
        if (because := settlement.pause_because) is not None:
            await stores.pause(connection, key.store_id, now, because)
            await holds.add(connection, hold, because)
            log.error("store paused", store_id=key.store_id, because=because)
        if claim.template and (because := settlement.hold_template_because) is not None:
            await template_holds.add(connection, key.store_id, claim.template, because, now)
            if claim.waits_for_template:
                await holds.add(connection, hold, because, claim.template)
            log.error("template held", store_id=key.store_id, template=claim.template)


def _loop_time() -> float:
    return asyncio.get_running_loop().time()

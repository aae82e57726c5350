"""Sending one message, at most once: compose, claim, send, and record what became of it."""

import asyncio
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio import activity

from activities import send_results
from activities.compose_message import (
    ChannelContent,
    OutgoingMessage,
    channel_request,
    compose_message,
)
from activities.errors import not_sent
from activities.messaging_provider import MessagingProvider
from activities.settlement import Attempt, Settlement
from clock import Clock
from domain.journey.activity_inputs import SendRequest
from domain.journey.activity_results import SendResult
from domain.messages.rendering import RenderedMessage
from domain.messages.send_outcome import SendOutcome
from partners.channels import ChannelClient
from storage import claim_transaction, holds, messages, opt_outs, stores, template_holds
from storage.claims import Claim, Claimed
from storage.database import Database
from storage.holds import Hold

CLAIM_WITHIN = timedelta(seconds=5)
"""Later, the provider's 20 s might not be over before Temporal times the attempt out and makes
another, which would find a claim without an outcome: unknown, without need."""

log = structlog.get_logger()


class SendMessage:
    """The messaging provider and the stores' channels, behind the ledger."""

    def __init__(
        self,
        database: Database,
        provider: MessagingProvider,
        channels: ChannelClient,
        clock: Clock,
    ) -> None:
        """Send through these clients what this database's ledger allows."""
        self._database = database
        self._provider = provider
        self._channels = channels
        self._clock = clock

    @activity.defn
    async def send_message(self, request: SendRequest) -> SendResult:
        """Send a message unless something speaks against it, or it was sent before.

        Raises:
            ApplicationError: `NotSent`, when nothing was sent, provably, and it may be retried.
        """
        claim_until = _loop_time() + CLAIM_WITHIN.total_seconds()
        message = await compose_message(self._database, request, self._clock())
        if isinstance(message, SendResult):
            return message
        async with self._database.transaction() as connection:
            if _loop_time() > claim_until:
                raise not_sent("the database was too busy for too long")
            claimed = await claim_transaction.claim(connection, message.claim, self._clock())
        if not isinstance(claimed, Claimed):
            return send_results.not_claimed(claimed, self._provider.category_of)
        return await self._send(message, claimed.message_id)

    async def _send(self, message: OutgoingMessage, message_id: str) -> SendResult:
        outcome = await self._request(message, message_id)
        says = "channel_says" if isinstance(message.content, ChannelContent) else "meta_says"
        attempt = Attempt(message_id, activity.info().attempt, self._clock(), says)
        settlement = send_results.settle(outcome, attempt)
        await self._record(message.claim, message_id, settlement)
        if isinstance(settlement.result, SendResult):
            return settlement.result
        raise settlement.result

    async def _request(self, message: OutgoingMessage, message_id: str) -> SendOutcome:
        match message.content:
            case ChannelContent() as content:
                requested = channel_request(message, content, message_id)
                return await self._channels.post(content.channel, requested)
            case RenderedMessage() as rendered:
                account = message.store.config.whatsapp
                return await self._provider.send(account, rendered, message.address, message_id)

    async def _record(self, claim: Claim, message_id: str, settlement: Settlement) -> None:
        """Record the outcome, and everything that follows from it, in one transaction."""
        now, key = self._clock(), claim.key
        async with self._database.transaction() as connection:
            await messages.settle(connection, message_id, now, settlement.ledger)
            if settlement.suppress:
                because = "told by Meta"
                await opt_outs.opt_out(connection, key.store_id, claim.address_hash, because, now)
            if settlement.pause_because is not None:
                await _pause_store(connection, claim, settlement.pause_because, now)
            if settlement.hold_template_because is not None:
                await _hold_template(connection, claim, settlement.hold_template_because, now)


async def _pause_store(
    connection: AsyncConnection, claim: Claim, because: str, now: datetime
) -> None:
    key = claim.key
    await stores.pause(connection, key.store_id, now, because)
    await holds.add(connection, Hold(key.store_id, key.customer_id, now), because)
    log.error("store paused", store_id=key.store_id, because=because)


async def _hold_template(
    connection: AsyncConnection, claim: Claim, because: str, now: datetime
) -> None:
    key = claim.key
    if claim.template is None:
        return
    await template_holds.add(connection, key.store_id, claim.template, because, now)
    if claim.waits_for_template:
        hold = Hold(key.store_id, key.customer_id, now)
        await holds.add(connection, hold, because, claim.template)
    log.error("template held", store_id=key.store_id, template=claim.template)


def _loop_time() -> float:
    return asyncio.get_running_loop().time()

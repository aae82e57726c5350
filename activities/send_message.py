"""Sending one message, at most once: claim, send, and record what became of it."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from temporalio import activity

from activities import heartbeats, send_results
from activities.compose_message import ChannelContent, OutgoingMessage
from activities.errors import not_sent
from activities.message_request import MessageRequests
from activities.metrics import DeliveryMetrics
from activities.send_recorder import SendRecorder, SentTo
from activities.settlement import Attempt
from activities.unrecorded import deferred, outcome_of, unrecorded
from clock import Clock
from domain.journey.activity_results import DeliverResult, SendResult
from domain.messages.send_outcome import NotSent, SendOutcome
from storage import claim_transaction
from storage.claims import Claim, Claimed, Forbidden, Overtaken, Paced, Stopped
from storage.database import UNAVAILABLE_ERRORS, Database
from storage.messages import Message

CLAIM_WITHIN: Final = timedelta(seconds=10)
"""After the exit check. Later, the provider's 20 s might not be over before Temporal times the
attempt out and makes another, which would find a claim without an outcome: unknown, without need.
"""


@dataclass(frozen=True)
class _Unconfirmed:
    """The database went away while it committed a claim: nothing was sent, provably."""

    message_id: str


NotClaimed = Message | Stopped | Overtaken | Forbidden | Paced


class MessageSender:
    """Requests of messages, behind the ledger."""

    def __init__(
        self,
        database: Database,
        requests: MessageRequests,
        recorder: SendRecorder,
        clock: Clock,
        metrics: DeliveryMetrics,
    ) -> None:
        """Request what this database's ledger allows."""
        self._database = database
        self._requests = requests
        self._recorder = recorder
        self._clock = clock
        self._metrics = metrics

    async def send(self, message: OutgoingMessage) -> DeliverResult:
        """Send a message unless something speaks against it, or it was sent before.

        Raises:
            ApplicationError: `NotSent`, when nothing was sent, provably, and it may be retried.
        """
        wanted = message.claim
        answer = await self._claim(wanted)
        self._metrics.count_claim(answer)
        match answer:
            case Claimed(message_id=message_id):
                outcome = await self._requests.send(message, message_id)
            case _Unconfirmed(message_id=message_id):
                outcome = NotSent("the database went away during the claim")
            case found:
                result = send_results.not_claimed(wanted, found, self._requests.category_of)
                return DeliverResult(send=result)
        return await self._settle(message, message_id, outcome)

    async def _claim(self, wanted: Claim) -> Claimed | _Unconfirmed | NotClaimed:
        if activity.is_worker_shutdown():
            raise not_sent("the worker stops")
        claimed = None
        try:
            async with (
                asyncio.timeout(CLAIM_WITHIN.total_seconds()),
                self._database.transaction() as connection,
            ):
                claimed = await claim_transaction.claim(connection, wanted, self._clock())
        except UNAVAILABLE_ERRORS:
            if not isinstance(claimed, Claimed):
                raise
            return _Unconfirmed(claimed.message_id)
        return claimed

    async def _settle(
        self, message: OutgoingMessage, message_id: str, outcome: SendOutcome
    ) -> DeliverResult:
        """Record the outcome, or have the journey do so when the database is back."""
        attempt = self._attempt(message, message_id)
        settlement = send_results.settle(outcome, attempt)
        if await self._recorder.is_recorded(_sent_to(message.claim), message_id, settlement):
            if isinstance(settlement.result, SendResult):
                return DeliverResult(send=settlement.result)
            raise settlement.result
        waits = message.claim.waits_for_template
        carried = unrecorded(outcome, attempt, waits_for_template=waits)
        plain = send_results.settle(outcome_of(carried), attempt)
        return DeliverResult(send=deferred(plain.result, carried), unrecorded=carried)

    def _attempt(self, message: OutgoingMessage, message_id: str) -> Attempt:
        says = "channel_says" if isinstance(message.content, ChannelContent) else "meta_says"
        number = activity.info().attempt - heartbeats.failed_exit_checks()
        key = message.store.hash_key
        return Attempt(message_id, number, self._clock(), says, message.claim.template, key)


def _sent_to(claim: Claim) -> SentTo:
    return SentTo(
        claim.key.store_id,
        claim.key.customer_id,
        claim.address_hash,
        claim.template,
        claim.waits_for_template,
        claim.language,
    )

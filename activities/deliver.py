"""Delivering one message: ask the partner, and where nothing speaks against it claim and send."""

from temporalio import activity

from activities import send_results, unrecorded
from activities.click_links import template_of
from activities.compose_message import OutgoingMessage, compose_message
from activities.exit_check import ExitCheck
from activities.heartbeats import beating
from activities.send_message import MessageSender
from activities.send_recorder import SendRecorder, SentTo
from activities.settlement import Attempt
from clock import Clock
from domain.journey.activity_inputs import DeliverRequest
from domain.journey.activity_results import (
    DeliverResult,
    ExitCheckResult,
    SendResult,
    SendStatus,
    UnrecordedOutcome,
)
from domain.journey.identity import CustomerRef
from domain.journey.outcomes import Reason
from domain.journey.rules import rules_of
from domain.stores.config import OnFailure
from storage import holds, journey_reads, messages, stores
from storage.database import Database
from storage.holds import Hold
from storage.stores import PAUSED_BY_OPERATOR
from storage.template_holds import ALL_LANGUAGES


class Deliver:
    """The delivery of journeys' messages."""

    def __init__(
        self,
        database: Database,
        exit_check: ExitCheck,
        sender: MessageSender,
        recorder: SendRecorder,
        clock: Clock,
    ) -> None:
        """Ask and send through these; stores and events are in this database."""
        self._database = database
        self._exit_check = exit_check
        self._sender = sender
        self._recorder = recorder
        self._clock = clock

    @activity.defn
    async def deliver(self, request: DeliverRequest) -> DeliverResult:
        """Send a message, unless the customer came back or anything else speaks against it.

        A paused store's partner is not asked: the journey holds, and asks when it is resumed.

        Raises:
            ApplicationError: `ExitApiUnavailable` or `NotSent`; it is worth another attempt.
        """
        async with beating():
            return await self._deliver(request)

    async def _deliver(self, request: DeliverRequest) -> DeliverResult:
        customer = CustomerRef(request.store_id, request.customer_id)
        async with self._database.reading() as connection:
            read = await journey_reads.for_delivery(connection, customer, request.trigger.event_id)
            template = await template_of(connection, request, read.store)
        if read.store.paused and (held := await self._hold(request)) is not None:
            return DeliverResult(send=held)
        check = await self._exit_check.ask(read.store, read.exit_api, request, read.body)
        if check is not None and _speaks_against(request, check):
            return DeliverResult(check=check)
        message = compose_message(request, read.store, read.body, self._clock(), template)
        result = await self._send(message)
        return result.model_copy(update={"check": check})

    async def _hold(self, request: DeliverRequest) -> SendResult | None:
        """Read a paused store again, so that no resume comes between the look and the hold."""
        async with self._database.transaction() as connection:
            store = await stores.existing(connection, request.store_id, for_share=True)
            if not store.paused:
                return None
            because = store.paused_because or PAUSED_BY_OPERATOR
            hold = Hold(store.store_id, request.customer_id, self._clock())
            await holds.add(connection, hold, because)
        return SendResult(
            status=SendStatus.HELD,
            reason=Reason.STORE_PAUSED,
            evidence={"because": store.paused_in_short},
        )

    async def _send(self, message: OutgoingMessage | SendResult) -> DeliverResult:
        if isinstance(message, SendResult):
            return DeliverResult(send=message)
        return await self._sender.send(message)

    @activity.defn
    async def record_send(self, carried: UnrecordedOutcome) -> None:
        """Record an outcome that could not be recorded when it came. Idempotent."""
        async with self._database.reading() as connection:
            row = await messages.get(connection, carried.message_id)
        if row is None:
            return  # the claim itself was not committed
        template = row["template"]
        attempt = Attempt(carried.message_id, 1, carried.at, "meta_says", template)
        settlement = send_results.settle(unrecorded.outcome_of(carried), attempt)
        to = SentTo(
            row["store_id"],
            row["customer_id"],
            row["address_hash"],
            template,
            carried.waits_for_template,
            row["language"] or ALL_LANGUAGES,
        )
        await self._recorder.record(to, carried.message_id, settlement)


def _speaks_against(request: DeliverRequest, check: ExitCheckResult) -> bool:
    """Whether the journey will end, move or leave the message out because of the exit check."""
    if check.failure is not None:
        return request.on_failure is OnFailure.SKIP
    return rules_of(request.rules_version).review_found(request.subject(), check.events) is not None

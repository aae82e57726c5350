"""The request that sends one claimed message: to the provider, or to the store's own channel."""

import structlog

from activities.compose_message import ChannelContent, OutgoingMessage, channel_request
from activities.messaging_provider import MessagingProvider
from activities.metrics import DeliveryMetrics, SentBy
from activities.unrecorded import kind_of
from clock import Clock
from domain.messages.rendering import RenderedMessage
from domain.messages.send_outcome import ErrorCategory, SendOutcome, Unknown
from domain.values.failure_places import places_of
from partners.channels import ChannelClient

log = structlog.get_logger()


class MessageRequests:
    """The messaging provider and the stores' channels, measured."""

    def __init__(
        self,
        provider: MessagingProvider,
        channels: ChannelClient,
        clock: Clock,
        metrics: DeliveryMetrics,
    ) -> None:
        """Request from these clients; `clock` tells how late a message is."""
        self._provider = provider
        self._channels = channels
        self._clock = clock
        self._metrics = metrics

    def category_of(self, error_code: int) -> ErrorCategory:
        """What one of the provider's error codes means."""
        return self._provider.category_of(error_code)

    async def send(self, message: OutgoingMessage, message_id: str) -> SendOutcome:
        """Request it once. Failures are outcomes, too: only cancellation is raised."""
        self._metrics.observe_lateness(self._clock() - message.claim.due_at)
        channel = isinstance(message.content, ChannelContent)
        with self._metrics.send(SentBy.CHANNEL if channel else SentBy.WHATSAPP) as timed:
            outcome = await self._request(message, message_id)
            timed.result = kind_of(outcome)
        return outcome

    async def _request(self, message: OutgoingMessage, message_id: str) -> SendOutcome:
        try:
            match message.content:
                case ChannelContent() as content:
                    requested = channel_request(message, content, message_id)
                    return await self._channels.post(content.channel, requested)
                case RenderedMessage() as rendered:
                    account = message.store.config.whatsapp
                    return await self._provider.send(account, rendered, message.address, message_id)
        except Exception as error:  # noqa: BLE001  # the failure is the outcome; it is logged
            return _unforeseen(error)


def _unforeseen(error: Exception) -> Unknown:
    """Neither its message nor its frames' values are logged: the address is among them."""
    kind = type(error).__name__
    log.error("sending failed unexpectedly", error=kind, at=places_of(error))
    return Unknown(f"failed unexpectedly: {kind}")

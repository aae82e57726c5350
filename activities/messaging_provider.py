"""What sending needs of a messaging provider. Meta's client is the first implementation."""

from collections.abc import Callable
from typing import Protocol

from domain.messages.rendering import RenderedMessage
from domain.messages.send_outcome import ErrorCategory, SendOutcome
from domain.stores.config import WhatsAppAccount

CategoryOf = Callable[[int], ErrorCategory]
"""What an error code in the ledger means; the provider's own table."""


class MessagingProvider(Protocol):
    """Sends template messages for stores."""

    def category_of(self, error_code: int) -> ErrorCategory:
        """What one of the provider's error codes means."""

    async def send(
        self, account: WhatsAppAccount, message: RenderedMessage, to: str, message_id: str
    ) -> SendOutcome:
        """Send a message once, without a retry. Failures are outcomes, too.

        Args:
            account: of the store at the provider.
            message: with nothing left to fill in.
            to: the phone number in E.164 form.
            message_id: the ledger's; statuses must carry it.
        """

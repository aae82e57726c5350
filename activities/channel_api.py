"""A store's own channel: one signed webhook, one outcome, never a second try by itself.

Signed as the Standard Webhooks specification says (`webhook-id`, `webhook-timestamp`,
`webhook-signature`); the id is the ledger's, so that whoever gets it twice sends it once.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
import standardwebhooks

from activities.clock import Clock
from activities.egress import ForbiddenAddressError, PinnedUrl, pin
from domain.channels import Channel, RequestedMessage, webhook_body
from whatsapp.client import UNSENT
from whatsapp.outcomes import NotSent, Unknown

LONGEST_CONNECT = timedelta(seconds=5)


@dataclass(frozen=True)
class Taken:
    """The channel has it, and sends it."""

    answered: str


@dataclass(frozen=True)
class Declined:
    """The channel does not send it, whatever is tried again."""

    because: str


ChannelOutcome = Taken | Declined | NotSent | Unknown


class ChannelClient:
    """Posts to stores' channels."""

    def __init__(self, http: httpx.AsyncClient, clock: Clock, *, allow_private: bool) -> None:
        """Post through this client.

        Args:
            http: without redirects: a channel's answer must not send us elsewhere.
            clock: tells the time that is signed.
            allow_private: let URLs be http or point at private addresses, for development.
        """
        self._http = http
        self._clock = clock
        self._allow_private = allow_private

    async def post(self, channel: Channel, requested: RequestedMessage) -> ChannelOutcome:
        """Post a message once. Failures are outcomes too: nothing but cancellation is raised."""
        try:
            async with asyncio.timeout(_connecting(channel)):
                target = await pin(str(channel.url), allow_private=self._allow_private)
        except ForbiddenAddressError as error:
            return NotSent(str(error))
        except (TimeoutError, httpx.InvalidURL) as error:
            return NotSent(f"no address: {type(error).__name__}")
        try:
            async with asyncio.timeout(channel.timeout.total_seconds()):
                return _outcome(await self._post(channel, target, requested))
        except UNSENT as error:
            return NotSent(f"no connection: {type(error).__name__}")
        except (httpx.HTTPError, OSError) as error:
            return Unknown(f"no answer: {type(error).__name__}")

    async def _post(self, channel: Channel, target: PinnedUrl, requested: RequestedMessage) -> int:
        now = self._clock()
        body = webhook_body(requested, now)
        request = self._http.build_request(
            "POST",
            target.url,
            headers={"Host": target.host, **_signed(channel, requested.message_id, body, now)},
            extensions={**target.extensions, "timeout": _timeout(channel)},
            content=body,
        )
        response = await self._http.send(request, stream=True)
        await response.aclose()
        return response.status_code


def _signed(channel: Channel, message_id: str, body: str, now: datetime) -> dict[str, str]:
    signer = standardwebhooks.Webhook(channel.secret.get_secret_value())
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signer.sign(message_id, now, body),
    }


def _connecting(channel: Channel) -> float:
    """In seconds, and well before the whole is over: without a connection nothing was sent."""
    return min(LONGEST_CONNECT, channel.timeout / 2).total_seconds()


def _timeout(channel: Channel) -> dict[str, float | None]:
    whole = channel.timeout.total_seconds()
    return httpx.Timeout(whole, connect=_connecting(channel)).as_dict()


def _outcome(status: int) -> ChannelOutcome:
    """429 is the one answer that asks for another try; of a 5xx nobody knows what was done."""
    said = f"HTTP {status}"
    if httpx.codes.is_success(status):
        return Taken(said)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return NotSent(f"throttled: {said}")
    if httpx.codes.is_server_error(status) or status == httpx.codes.REQUEST_TIMEOUT:
        return Unknown(said)
    return Declined(said)

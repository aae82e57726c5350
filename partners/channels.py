"""A store's own channel: one signed webhook, one outcome, no retry of its own.

Signed as the Standard Webhooks specification says (`webhook-id`, `webhook-timestamp`,
`webhook-signature`). The id is the ledger's: a receiver can deduplicate by it.
"""

import asyncio
from datetime import datetime, timedelta
from functools import partial

import httpx
import standardwebhooks

from clock import Clock
from domain.messages.channels import Channel, ChannelRequest, webhook_body
from domain.messages.send_outcome import (
    Accepted,
    ErrorCategory,
    NotSent,
    Refused,
    SendOutcome,
    Unknown,
)
from outbound_http.request_trace import RequestTrace
from partners.checked_addresses import CheckedAddresses
from partners.egress import (
    UNREACHABLE,
    ForbiddenAddressError,
    PinnedUrl,
    Resolve,
    pin,
    system_addresses,
)

MAX_CONNECT_TIME = timedelta(seconds=5)


class ChannelClient:
    """Posts to stores' channels."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        clock: Clock,
        *,
        allow_private: bool,
        resolve: Resolve = system_addresses,
    ) -> None:
        """Post through these connections.

        Args:
            http: as `partner_http` makes it.
            clock: gives the time that is signed.
            allow_private: let URLs be http or point at private addresses, for development.
            resolve: finds the addresses of their hosts.
        """
        self._http = http
        self._clock = clock
        self._pin = partial(
            pin, allow_private=allow_private, resolve=resolve, checked=CheckedAddresses()
        )

    async def post(self, channel: Channel, requested: ChannelRequest) -> SendOutcome:
        """Post a message once. Failures are outcomes, too: only cancellation is raised."""
        trace = RequestTrace()
        try:
            target = await self._pin(str(channel.url), within=_connect_time(channel))
            request = self._request(channel, target, requested, trace)
        except ForbiddenAddressError:
            return NotSent(UNREACHABLE)
        except Exception as error:  # noqa: BLE001  # the failure is the outcome
            return NotSent(f"no request: {type(error).__name__}")
        try:
            async with asyncio.timeout(channel.timeout.total_seconds()):
                return _outcome(await self._status(request))
        except Exception as error:  # noqa: BLE001  # the failure is the outcome
            return _failed(error, trace)

    def _request(
        self, channel: Channel, target: PinnedUrl, requested: ChannelRequest, trace: RequestTrace
    ) -> httpx.Request:
        now = self._clock()
        body = webhook_body(requested, now)
        return self._http.build_request(
            "POST",
            target.url,
            headers={"Host": target.host, **_signed(channel, requested.message_id, body, now)},
            extensions={**target.extensions, "timeout": _timeout(channel), "trace": trace},
            content=body,
        )

    async def _status(self, request: httpx.Request) -> int:
        response = await self._http.send(request, stream=True)
        await response.aclose()
        return response.status_code


def _failed(error: Exception, trace: RequestTrace) -> SendOutcome:
    if trace.proves_unsent(error):
        return NotSent(UNREACHABLE)
    return Unknown(f"no answer: {type(error).__name__}")


def _signed(channel: Channel, message_id: str, body: str, now: datetime) -> dict[str, str]:
    signer = standardwebhooks.Webhook(channel.secret.get_secret_value())
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signer.sign(message_id, now, body),
    }


def _connect_time(channel: Channel) -> timedelta:
    """Well before the whole timeout: a failure to connect proves that nothing was sent."""
    return min(MAX_CONNECT_TIME, channel.timeout / 2)


def _timeout(channel: Channel) -> dict[str, float | None]:
    whole = channel.timeout.total_seconds()
    return httpx.Timeout(whole, connect=_connect_time(channel).total_seconds()).as_dict()


def _outcome(status: int) -> SendOutcome:
    """Only 429 asks for another try; a 5xx does not prove that nothing was sent."""
    answer = f"HTTP {status}"
    if httpx.codes.is_success(status):
        return Accepted(None, answer)
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return NotSent(f"throttled: {answer}")
    if httpx.codes.is_server_error(status) or status == httpx.codes.REQUEST_TIMEOUT:
        return Unknown(answer)
    return Refused(ErrorCategory.REFUSED, None, answer)

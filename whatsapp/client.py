"""Meta's Cloud API as a messaging provider: one request, one outcome, no retry of its own."""

import asyncio
import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
from opentelemetry.trace import Tracer

from domain.messages.rendering import RenderedMessage
from domain.messages.send_outcome import ErrorCategory, NotSent, SendOutcome, Unknown
from domain.stores.config import WhatsAppAccount
from outbound_http.body import OversizedAnswerError, read_body
from outbound_http.client import Peer, outbound_client
from outbound_http.request_trace import RequestTrace
from whatsapp.errors import category_of
from whatsapp.payload import template_payload
from whatsapp.send_response import SendResponse, outcome_of

CONNECT_TIMEOUT = timedelta(seconds=5)
"""Generous for DNS, TCP and TLS; giving up here is safe, for nothing was written yet."""

REQUEST_TIMEOUT = timedelta(seconds=20)
"""Meta answers within a second or two. Giving up after the request was written makes the
outcome unknown for good, so this is far beyond what a slow answer takes."""

POOL_TIMEOUT = timedelta(seconds=5)
"""For a free connection; as safe to give up as connecting."""

KEEPALIVE_EXPIRY = timedelta(seconds=3)
"""An idle connection that the other side has just closed fails only after the request was
written to it, which is an unknown outcome without need. Old connections are not reused; common
servers close theirs after 5 s or more."""

MAX_CONNECTIONS = 200
"""Enough for several numbers at 80 messages a second with answers in under half a second."""

MAX_BYTES = 256 * 1024
"""An answer of Meta has a few hundred bytes."""

_TOKEN = re.compile(r"[^\x00-\x20\x7f]+")


def whatsapp_http(tracer: Tracer | None = None) -> httpx.AsyncClient:
    """The connections to Meta; the caller closes them."""
    timeout = httpx.Timeout(
        REQUEST_TIMEOUT.total_seconds(),
        connect=CONNECT_TIMEOUT.total_seconds(),
        pool=POOL_TIMEOUT.total_seconds(),
    )
    limits = httpx.Limits(
        max_connections=MAX_CONNECTIONS,
        max_keepalive_connections=MAX_CONNECTIONS,
        keepalive_expiry=KEEPALIVE_EXPIRY.total_seconds(),
    )
    return outbound_client(Peer("whatsapp", tracer), limits, timeout)


class CloudApiClient:
    """Sends template messages through the Cloud API."""

    def __init__(
        self, http: httpx.AsyncClient, base_url: str, *, timeout: timedelta = REQUEST_TIMEOUT
    ) -> None:
        """Send through these connections.

        Args:
            http: as `whatsapp_http` makes it.
            base_url: the API's address with its version, such as
                `https://graph.facebook.com/v26.0`.
            timeout: of one whole request, however steadily its answer drips.
        """
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._timeout = timeout

    def category_of(self, error_code: int) -> ErrorCategory:
        """What one of Meta's error codes means."""
        return category_of(error_code)

    async def send(
        self, account: WhatsAppAccount, message: RenderedMessage, to: str, message_id: str
    ) -> SendOutcome:
        """Send a message once. Failures are outcomes, too: only cancellation is raised.

        Args:
            account: of the store.
            message: with nothing left to fill in.
            to: the phone number in E.164 form.
            message_id: the ledger's; Meta repeats it in statuses.
        """
        return await self.post(
            phone_number_id=account.phone_number_id,
            access_token=account.access_token.get_secret_value(),
            endpoint=account.endpoint,
            payload=template_payload(message, to, message_id),
        )

    async def post(
        self, *, phone_number_id: str, access_token: str, endpoint: str, payload: dict[str, Any]
    ) -> SendOutcome:
        """Post a payload once, as `send` does."""
        if not _TOKEN.fullmatch(access_token):
            return NotSent("the access token has characters that a header cannot carry")
        trace = RequestTrace()
        try:
            url = f"{self._base_url}/{quote(phone_number_id, safe='')}/{endpoint}"
            request = self._request(url, access_token, payload, trace)
        except Exception as error:  # noqa: BLE001  # the failure is the outcome
            return NotSent(f"no request: {type(error).__name__}")
        try:
            async with asyncio.timeout(self._timeout.total_seconds()):
                response = await self._response(request)
            return outcome_of(response, access_token)
        except Exception as error:  # noqa: BLE001  # the failure is the outcome
            if trace.proves_unsent(error):
                return NotSent(f"no connection: {type(error).__name__}")
            return Unknown(f"no answer: {type(error).__name__}")

    def _request(
        self, url: str, access_token: str, payload: dict[str, Any], trace: RequestTrace
    ) -> httpx.Request:
        return self._http.build_request(
            "POST",
            url,
            headers={  # in bytes: what is not ASCII is Meta's to refuse
                b"Authorization": f"Bearer {access_token}".encode(),
                b"Content-Type": b"application/json",
                b"Accept-Encoding": b"identity",  # so that a small answer cannot unfold
            },
            content=json.dumps(payload),  # in ASCII: half a surrogate pair is Meta's to refuse
            extensions={"trace": trace},
        )

    async def _response(self, request: httpx.Request) -> SendResponse:
        response = await self._http.send(request, stream=True, follow_redirects=False)
        try:
            body = await read_body(response.aiter_bytes(), MAX_BYTES)
            return SendResponse(response.status_code, body)
        except OversizedAnswerError:
            return SendResponse(response.status_code, None)
        finally:
            await response.aclose()

"""The one place that talks to Meta: one request, one outcome, never a second try by itself."""

import asyncio
import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx

from whatsapp.answers import Answer, outcome_of
from whatsapp.outcomes import NotSent, Outcome, Refused, Sent, Unknown

__all__ = ["NotSent", "Outcome", "Refused", "Sent", "Unknown", "WhatsAppClient", "whatsapp_http"]

CONNECT_TIMEOUT = timedelta(seconds=5)
"""Generous for DNS, TCP and TLS; giving up here is safe, for nothing was written yet."""

WHOLE_TIMEOUT = timedelta(seconds=20)
"""Meta answers within a second or two. Giving up after the request was written makes the
outcome unknown for good, so this is far beyond what a slow answer takes."""

POOL_TIMEOUT = timedelta(seconds=5)
"""Waiting for a free connection; as safe to give up as connecting."""

KEEPALIVE_EXPIRY = timedelta(seconds=3)
"""An idle connection that the other side has just closed fails only after the request was
written to it, which is an unknown outcome out of nothing. Old connections are not reused; common
servers close theirs after 5 s or more."""

MOST_CONNECTIONS = 200
"""Enough for several numbers at 80 messages a second with answers in under half a second."""

MOST_BYTES = 256 * 1024
"""An answer of Meta has a few hundred bytes; what is larger is not one."""

UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""Failures before the first byte of the request."""

_TOKEN = re.compile(r"[^\x00-\x20\x7f]+")


def whatsapp_http() -> httpx.AsyncClient:
    """The connections to Meta: no proxies from the environment, no redirects; close it at the end.

    The token must not follow a redirect, nor go through a proxy that nobody configured here.
    """
    return httpx.AsyncClient(
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(
            WHOLE_TIMEOUT.total_seconds(),
            connect=CONNECT_TIMEOUT.total_seconds(),
            pool=POOL_TIMEOUT.total_seconds(),
        ),
        limits=httpx.Limits(
            max_connections=MOST_CONNECTIONS,
            max_keepalive_connections=MOST_CONNECTIONS,
            keepalive_expiry=KEEPALIVE_EXPIRY.total_seconds(),
        ),
    )


class WhatsAppClient:
    """Sends template messages through the Cloud API."""

    def __init__(
        self, http: httpx.AsyncClient, base_url: str, *, whole: timedelta = WHOLE_TIMEOUT
    ) -> None:
        """Take the connections and the API's address with its version.

        Args:
            http: the caller opens and closes it, and decides its timeouts (`whatsapp_http`).
            base_url: such as `https://graph.facebook.com/v26.0`.
            whole: how long one request may take altogether, however steadily it drips.
        """
        self._http = http
        self._base_url = base_url.rstrip("/")
        self._whole = whole

    async def send(
        self, *, phone_number_id: str, access_token: str, endpoint: str, payload: dict[str, Any]
    ) -> Outcome:
        """Post a message once. Failures are outcomes too: nothing but cancellation is raised."""
        if not _TOKEN.fullmatch(access_token):
            return NotSent("the access token has characters that a header cannot carry")
        url = f"{self._base_url}/{quote(phone_number_id, safe='')}/{endpoint}"
        try:
            async with asyncio.timeout(self._whole.total_seconds()):
                answer = await self._post(url, access_token, payload)
        except UNSENT as error:
            return NotSent(f"no connection: {type(error).__name__}")
        except (httpx.HTTPError, OSError) as error:
            return Unknown(f"no answer: {type(error).__name__}")
        return outcome_of(answer, access_token)

    async def _post(self, url: str, access_token: str, payload: dict[str, Any]) -> Answer:
        request = self._http.build_request(
            "POST",
            url,
            headers={  # in bytes: what is not ASCII is Meta's to refuse
                b"Authorization": f"Bearer {access_token}".encode(),
                b"Content-Type": b"application/json",
                b"Accept-Encoding": b"identity",  # so that a small answer cannot unfold
            },
            content=json.dumps(payload),  # in ASCII: half a surrogate pair is Meta's to refuse
        )
        response = await self._http.send(request, stream=True, follow_redirects=False)
        try:
            return Answer(response.status_code, await _bounded(response))
        finally:
            await response.aclose()


async def _bounded(response: httpx.Response) -> bytes | None:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)

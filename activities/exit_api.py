"""The partner's Journey Exit API, read tolerantly, trusted with nothing."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

import httpx
from pydantic import AfterValidator, BaseModel, Field, ValidationError

from activities.egress import ForbiddenAddressError, PinnedUrl, pin
from activities.errors import exit_api_unavailable
from domain.instants import has_utc
from domain.stores import ExitApi

MOST_CONNECTIONS = 100
MOST_BYTES = 256 * 1024
"""More than that is not an answer about a handful of events."""


MOST_NAME_CHARACTERS = 64


def _aware(at: datetime) -> datetime:
    """The guide always writes an offset; without one, UTC is what its samples use."""
    return has_utc(at if at.tzinfo else at.replace(tzinfo=UTC))


def _presentable(name: str) -> str:
    """It goes into decisions: cut, and what no database stores shown as a question mark."""
    cut = name[:MOST_NAME_CHARACTERS]
    return "".join(character if character.isprintable() else "?" for character in cut)


class RecentEvent(BaseModel):
    """One event of the answer; whatever else stands in it is not ours to judge."""

    event_name: Annotated[str, Field(min_length=1), AfterValidator(_presentable)]
    timestamp: Annotated[datetime, AfterValidator(_aware)]


class _Answer(BaseModel):
    recent_events: list[RecentEvent]


def partner_http() -> httpx.AsyncClient:
    """Connections to partners: no redirects, no proxies that nobody configured here.

    None is kept: two partners behind one address would share it, and its certificate.
    """
    return httpx.AsyncClient(
        trust_env=False,
        follow_redirects=False,
        limits=httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=0),
    )


class ExitApiClient:
    """Asks for a customer's recent events, in either form of the guide."""

    def __init__(self, http: httpx.AsyncClient, *, allow_private: bool) -> None:
        """Ask through this client.

        Args:
            http: without redirects: a partner's answer must not send us elsewhere.
            allow_private: let URLs be http or point at private addresses, for development.
        """
        self._http = http
        self._allow_private = allow_private

    async def recent_events(self, api: ExitApi, customer_id: str) -> list[RecentEvent]:
        """The customer's recent events, in no order that could be relied on. 404: there are none.

        Raises:
            ApplicationError: `ExitApiUnavailable`, when no readable answer came.
        """
        try:
            async with asyncio.timeout(api.timeout.total_seconds()):
                target = await pin(str(api.url), allow_private=self._allow_private)
                status, body = await self._ask(api, target, customer_id)
        except ForbiddenAddressError as error:
            raise exit_api_unavailable(str(error)) from error
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise exit_api_unavailable(f"no answer: {type(error).__name__}") from error
        if status == httpx.codes.NOT_FOUND:
            return []
        if status != httpx.codes.OK:
            raise exit_api_unavailable(f"answered HTTP {status}")
        return _read(body)

    async def _ask(self, api: ExitApi, target: PinnedUrl, customer_id: str) -> tuple[int, bytes]:
        request = self._http.build_request(
            "GET",
            target.url,
            headers={
                **_headers(api),
                b"Host": target.host.encode(),
                b"Accept-Encoding": b"identity",  # so that a small answer cannot unfold
            },
            extensions={**target.extensions, "timeout": _timeout(api)},
            **_parameters(api, customer_id),
        )
        response = await self._http.send(request, stream=True)
        try:
            return response.status_code, await _bounded(response)
        finally:
            await response.aclose()


def _headers(api: ExitApi) -> dict[bytes, bytes]:
    """In bytes: a value that is not ASCII is the partner's to judge."""
    return {name.encode(): value.get_secret_value().encode() for name, value in api.headers.items()}


def _timeout(api: ExitApi) -> dict[str, float | None]:
    return httpx.Timeout(api.timeout.total_seconds()).as_dict()


def _parameters(api: ExitApi, customer_id: str) -> dict[str, Any]:
    asked = {"customer_id": customer_id, "event_count": api.event_count}
    if api.style == "body":
        return {"json": asked}
    query = dict(api.url.query_params())
    return {"params": {**query, **asked}}


async def _bounded(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            raise exit_api_unavailable(f"answered more than {MOST_BYTES} bytes")
    return bytes(body)


def _read(body: bytes) -> list[RecentEvent]:
    try:
        return _Answer.model_validate_json(body).recent_events
    except ValidationError as error:
        wrong = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise exit_api_unavailable(f"unreadable answer: {wrong or 'not JSON'}") from error

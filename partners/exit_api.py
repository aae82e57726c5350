"""The partner's Journey Exit API. Its answer is read tolerantly and not trusted.

Many frameworks answer a wrong path with 404 and JSON. So a 404 means that the partner does not know
the customer only where the URL has proved to be the right one.
"""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any

import httpx
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from domain.stores.config import ExitApi
from domain.values.timestamps import require_utc
from outbound_http.body import OversizedAnswerError, read_body
from outbound_http.request_trace import RequestTrace
from partners.checked_addresses import CheckedAddresses
from partners.egress import UNREACHABLE, PinnedUrl, Resolve, pin, system_addresses

MAX_BYTES = 256 * 1024
"""Far more than an answer about 100 events, the maximum of `event_count`."""

MAX_NAME_CHARACTERS = 64


class ExitApiUnavailableError(Exception):
    """No readable answer came; the message says why, without personal data."""


def _aware(at: datetime) -> datetime:
    """The guide always writes an offset; without one, UTC is what its samples use."""
    return require_utc(at if at.tzinfo else at.replace(tzinfo=UTC))


def _printable(name: str) -> str:
    """Decisions quote it: cut it, and replace what a database cannot store."""
    cut = name[:MAX_NAME_CHARACTERS]
    return "".join(character if character.isprintable() else "?" for character in cut)


class RecentEvent(BaseModel):
    """One event of the answer; its other fields are not read."""

    event_name: Annotated[str, Field(min_length=1), AfterValidator(_printable)]
    timestamp: Annotated[datetime, AfterValidator(_aware)]


class _Answer(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)

    recent_events: list[RecentEvent]
    customer_id: str | None = None


_json_body = TypeAdapter[Any](dict[str, Any] | list[Any])
"""A text or a number alone could be anything, such as the words of a proxy."""


class ExitApiClient:
    """Asks for a customer's recent events, in either form of the guide."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        allow_private: bool,
        resolve: Resolve = system_addresses,
    ) -> None:
        """Ask through these connections.

        Args:
            http: as `partner_http` makes it.
            allow_private: let URLs be http or point at private addresses, for development.
            resolve: finds the addresses of their hosts.
        """
        self._http = http
        self._pin = partial(
            pin, allow_private=allow_private, resolve=resolve, checked=CheckedAddresses()
        )

    async def recent_events(
        self, api: ExitApi, customer_id: str, *, has_answered: bool
    ) -> list[RecentEvent]:
        """The customer's recent events, in no particular order.

        Args:
            api: the store's.
            customer_id: the partner's id of the customer.
            has_answered: whether this URL and style have answered 200 readably before. Then a 404
                with a JSON object or array means that there are no events.

        Raises:
            ExitApiUnavailableError: no readable answer about this customer came.
        """
        trace = RequestTrace()
        end = asyncio.get_running_loop().time() + api.timeout.total_seconds()
        try:
            target = await self._pin(str(api.url), within=api.timeout)
            async with asyncio.timeout_at(end):
                status, body = await self._ask(api, target, customer_id, trace)
        except OversizedAnswerError as error:
            raise ExitApiUnavailableError(str(error)) from error
        except Exception as error:  # the failure is the answer
            answer = f"no answer: {type(error).__name__}" if trace.began else UNREACHABLE
            raise ExitApiUnavailableError(answer) from error
        if status == httpx.codes.NOT_FOUND:
            return _unknown_customer(body, has_answered=has_answered)
        if status != httpx.codes.OK:
            raise ExitApiUnavailableError(f"answered HTTP {status}")
        return _read(body, customer_id)

    async def _ask(
        self, api: ExitApi, target: PinnedUrl, customer_id: str, trace: RequestTrace
    ) -> tuple[int, bytes]:
        request = self._http.build_request(
            "GET",
            target.url,
            headers={
                **_headers(api),
                b"Host": target.host.encode(),
                b"Accept-Encoding": b"identity",  # so that a small answer cannot unfold
            },
            extensions={**target.extensions, "timeout": _timeout(api), "trace": trace},
            **_parameters(api, customer_id),
        )
        response = await self._http.send(request, stream=True)
        try:
            return response.status_code, await read_body(response.aiter_raw(), MAX_BYTES)
        finally:
            await response.aclose()


def _headers(api: ExitApi) -> dict[bytes, bytes]:
    """In bytes, since a value need not be ASCII."""
    return {name.encode(): value.get_secret_value().encode() for name, value in api.headers.items()}


def _timeout(api: ExitApi) -> dict[str, float | None]:
    return httpx.Timeout(api.timeout.total_seconds()).as_dict()


def _parameters(api: ExitApi, customer_id: str) -> dict[str, Any]:
    asked = {"customer_id": customer_id, "event_count": api.event_count}
    if api.style == "body":
        return {"json": asked}
    query = dict(api.url.query_params())
    return {"params": {**query, **asked}}


def _unknown_customer(body: bytes, *, has_answered: bool) -> list[RecentEvent]:
    """No events, where a 404 tells that the partner does not know the customer."""
    try:
        _json_body.validate_json(body)
    except ValidationError as error:
        because = "answered HTTP 404 without JSON: taken for a wrong path"
        raise ExitApiUnavailableError(because) from error
    if not has_answered:
        because = "answered HTTP 404: taken for a wrong path until this URL has answered 200"
        raise ExitApiUnavailableError(because)
    return []


def _read(body: bytes, customer_id: str) -> list[RecentEvent]:
    try:
        answer = _Answer.model_validate_json(body)
    except ValidationError as error:
        wrong = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ExitApiUnavailableError(f"unreadable answer: {wrong or 'not JSON'}") from error
    if answer.customer_id not in (None, customer_id):
        raise ExitApiUnavailableError("answered about another customer_id")
    return answer.recent_events

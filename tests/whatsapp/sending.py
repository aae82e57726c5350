"""Sending in these tests, and steering the stand-in for Meta."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Protocol

import httpx
from fastapi import FastAPI, Request, Response

from domain.messages.rendering import RenderedMessage
from domain.messages.send_outcome import SendOutcome
from sandbox.server import serve
from whatsapp.client import REQUEST_TIMEOUT, CloudApiClient
from whatsapp.payload import template_payload

TOKEN = "EAAGsecret"
TO = "919876543210"
MESSAGE = RenderedMessage(template="cart_reminder", language="en_US", body=["Asha"])


class Send(Protocol):
    """Send one message to an address."""

    async def __call__(
        self,
        url: str,
        *,
        http: httpx.AsyncClient = ...,
        token: str = ...,
        endpoint: str = ...,
        whole: timedelta = ...,
    ) -> SendOutcome: ...


async def send_with(
    http: httpx.AsyncClient,
    url: str,
    *,
    token: str = TOKEN,
    endpoint: str = "messages",
    whole: timedelta = REQUEST_TIMEOUT,
) -> SendOutcome:
    """Send one message over the given connections."""
    return await CloudApiClient(http, url, timeout=whole).post(
        phone_number_id="1055",
        access_token=token,
        endpoint=endpoint,
        payload=template_payload(MESSAGE, TO, "journey-1/step-1"),
    )


async def fail(meta: httpx.AsyncClient, fault: str, **more: Any) -> None:
    """Have the stand-in for Meta fail at the next message."""
    accepted = await meta.post("/_sandbox/faults", json={"fault": fault, **more})
    assert accepted.status_code == 204, accepted.text


async def messages(meta: httpx.AsyncClient) -> list[dict[str, Any]]:
    """What reached a phone."""
    reached: list[dict[str, Any]] = (await meta.get("/_sandbox/messages")).json()
    return reached


@asynccontextmanager
async def answering(
    status: int, content: bytes | str = b"", headers: dict[str, str] | None = None
) -> AsyncIterator[str]:
    """A server that answers everything with one and the same."""
    app = FastAPI()

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    async def answer(path: str, request: Request) -> Response:
        del path, request
        return Response(content, status, headers)

    async with serve(app) as url:
        yield url

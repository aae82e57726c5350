"""Posting to a store's own channel over real HTTP: signed, once, and without trust."""

import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Response
from fastapi.responses import RedirectResponse
from pydantic import SecretStr

from clock import utc_now
from domain.messages.channels import Channel, ChannelRequest
from domain.messages.send_outcome import Accepted, ErrorCategory, NotSent, Refused, Unknown
from partners.channels import ChannelClient
from partners.http import partner_http
from sandbox.channel import SECRET, create_channel
from sandbox.server import serve

REQUESTED = ChannelRequest(
    message_id="m1",
    store_id="denim",
    customer={"customer_id": "c1", "email": "asha@example.com"},
    plan="cart_update",
    step=1,
    because="unreachable",
    fields={"text": "Your cart waits"},
)


@pytest.fixture
async def client() -> AsyncIterator[ChannelClient]:
    async with partner_http() as http:
        yield ChannelClient(http, utc_now, allow_private=True)


def channel(url: str, **changes: Any) -> Channel:
    return Channel.model_validate(
        {"url": f"{url}/sms", "secret": SECRET, "timeout": "2s", **changes}
    )


def accepted(answer: str) -> Accepted:
    return Accepted(None, answer)


def refused(answer: str) -> Refused:
    return Refused(ErrorCategory.REFUSED, None, answer)


def answering(answer: Response) -> FastAPI:
    app = FastAPI()

    @app.post("/sms")
    async def take() -> Response:
        return answer

    return app


async def test_a_message_is_signed_and_names_whom_it_is_for(client: ChannelClient) -> None:
    async with serve(create_channel()) as url, httpx.AsyncClient(base_url=url) as controls:
        assert await client.post(channel(url), REQUESTED) == accepted("HTTP 202")
        [taken] = (await controls.get("/_sandbox/messages")).json()

    assert taken["webhook_id"] == "m1"
    assert taken["body"]["type"] == "message.requested"
    assert taken["body"]["data"] == REQUESTED.model_dump()


async def test_another_secret_is_not_taken(client: ChannelClient) -> None:
    other = "whsec_" + "b3RoZXItc2FuZGJveC1zaWduaW5nLWtleS0x"
    async with serve(create_channel()) as url:
        assert await client.post(channel(url, secret=other), REQUESTED) == refused("HTTP 401")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, accepted("HTTP 200")),
        (204, accepted("HTTP 204")),
        (400, refused("HTTP 400")),
        (410, refused("HTTP 410")),
        (429, NotSent("throttled: HTTP 429")),
        (408, Unknown("HTTP 408")),
        (500, Unknown("HTTP 500")),
        (503, Unknown("HTTP 503")),
    ],
)
async def test_what_an_answer_proves(client: ChannelClient, status: int, outcome: object) -> None:
    async with serve(answering(Response(status_code=status))) as url:
        assert await client.post(channel(url), REQUESTED) == outcome


async def test_a_redirect_is_not_followed(client: ChannelClient) -> None:
    async with serve(create_channel()) as elsewhere, httpx.AsyncClient(base_url=elsewhere) as seen:
        async with serve(answering(RedirectResponse(f"{elsewhere}/sms"))) as url:
            assert await client.post(channel(url), REQUESTED) == refused("HTTP 307")
        assert (await seen.get("/_sandbox/messages")).json() == []


async def test_a_refused_connection_means_not_sent(client: ChannelClient) -> None:
    outcome = await client.post(channel("http://127.0.0.1:9"), REQUESTED)
    assert outcome == NotSent("could not be reached")


async def test_no_answer_in_time_means_unknown(client: ChannelClient) -> None:
    async with serve(create_channel()) as url, httpx.AsyncClient(base_url=url) as controls:
        await controls.post("/_sandbox/faults", json={"fault": "done_but_timeout"})
        outcome = await client.post(channel(url, timeout="300ms"), REQUESTED)
    assert outcome == Unknown("no answer: TimeoutError")


async def test_private_addresses_are_not_called() -> None:
    async with partner_http() as http:
        careful = ChannelClient(http, utc_now, allow_private=False)
        outcome = await careful.post(channel("https://127.0.0.1", timeout="200ms"), REQUESTED)
    assert outcome == NotSent("could not be reached")


@pytest.mark.parametrize("host", ["https://a..b", f"https://{'a' * 64}.example", "http://a:0"])
async def test_a_url_stored_before_it_was_checked_is_not_called(
    client: ChannelClient, host: str
) -> None:
    assert isinstance(await client.post(channel(host), REQUESTED), NotSent)


async def test_what_cannot_be_signed_is_not_sent(client: ChannelClient) -> None:
    unsignable = channel("http://127.0.0.1:9").model_copy(update={"secret": SecretStr("whsec_*")})
    outcome = await client.post(unsignable, REQUESTED)
    assert outcome == NotSent("no request: EmptyWebhookSecretError")


@pytest.mark.parametrize("began", [True, False])
async def test_a_failure_of_any_kind_is_unknown_once_the_request_was_begun(began: bool) -> None:
    async def fail(request: httpx.Request) -> httpx.Response:
        if began:
            await request.extensions["trace"]("http11.send_request_headers.started", {})
        raise RuntimeError

    async with httpx.AsyncClient(transport=httpx.MockTransport(fail)) as http:
        client = ChannelClient(http, utc_now, allow_private=True)
        outcome = await client.post(channel("http://127.0.0.1:9"), REQUESTED)
    expected = Unknown("no answer: RuntimeError")
    assert outcome == (expected if began else NotSent("could not be reached"))


async def test_the_time_that_is_signed_is_the_clocks() -> None:
    async with partner_http() as http, serve(create_channel()) as url:
        late = ChannelClient(http, lambda: datetime(2020, 1, 1, tzinfo=UTC), allow_private=True)
        assert await late.post(channel(url), REQUESTED) == refused("HTTP 401")


async def test_no_connection_in_time_means_not_sent(client: ChannelClient) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        outcome = await client.post(channel(url, timeout="600ms"), REQUESTED)
        for each in waiting:
            each.close()
    assert outcome == NotSent("could not be reached")


async def test_what_is_signed_is_what_is_sent(client: ChannelClient) -> None:
    asked = REQUESTED.model_copy(update={"fields": {"text": "₹ 1.499, आशा 😀"}})
    async with serve(create_channel()) as url, httpx.AsyncClient(base_url=url) as controls:
        assert await client.post(channel(url), asked) == accepted("HTTP 202")
        [taken] = (await controls.get("/_sandbox/messages")).json()
    assert taken["body"]["data"]["fields"] == asked.fields

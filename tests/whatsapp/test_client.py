import asyncio
import gzip
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest

from domain.messages.send_outcome import Accepted, NotSent, Unknown
from domain.stores.config import WhatsAppAccount
from outbound_http.client import Peer, outbound_client
from sandbox.user_ids import user_id_of
from tests.whatsapp.sending import MESSAGE, TO, TOKEN, Send, answering, fail, messages, send_with
from whatsapp.client import MAX_BYTES, CloudApiClient, whatsapp_http
from whatsapp.payload import template_payload

MOMENT = 0.05
HELLO = {"messages": [{"id": "wamid.1"}]}


def impatient() -> httpx.AsyncClient:
    return limited(timeouts=httpx.Timeout(5, read=MOMENT))


def limited(connections: int = 10, *, timeouts: httpx.Timeout) -> httpx.AsyncClient:
    """Connections as the product has them, with smaller limits."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    return outbound_client(Peer("whatsapp"), limits, timeouts)


@asynccontextmanager
async def raw(answer: bytes, *, then_close: bool) -> AsyncIterator[str]:
    """A server that answers each connection with these bytes."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        if not then_close:
            await reader.read()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_an_accepted_message_is_sent_and_named(
    send: Send, meta: httpx.AsyncClient, meta_url: str
) -> None:
    outcome = await send(meta_url)

    [message] = await messages(meta)
    assert outcome == Accepted(message["id"], "accepted", TO, (user_id_of(TO),))
    assert message["callback_data"] == "journey-1/step-1"


@pytest.mark.parametrize("endpoint", ["messages", "marketing_messages"])
async def test_the_store_chooses_the_endpoint(
    send: Send, meta: httpx.AsyncClient, meta_url: str, endpoint: str
) -> None:
    await send(f"{meta_url}/v26.0/", endpoint=endpoint)

    [message] = await messages(meta)
    assert message["path"] == f"/v26.0/1055/{endpoint}"


@pytest.mark.parametrize("endpoint", ["messages", "marketing_messages"])
async def test_number_token_and_endpoint_are_the_store_accounts(endpoint: str) -> None:
    account = WhatsAppAccount.model_validate(
        {"phone_number_id": "2066", "access_token": TOKEN, "endpoint": endpoint}
    )
    requests: list[httpx.Request] = []

    def accept(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=HELLO)

    async with httpx.AsyncClient(transport=httpx.MockTransport(accept)) as http:
        client = CloudApiClient(http, "https://meta.example/v26.0")
        outcome = await client.send(account, MESSAGE, f"+{TO}", "m1")

    [request] = requests
    assert outcome == Accepted("wamid.1", "accepted")
    assert str(request.url) == f"https://meta.example/v26.0/2066/{endpoint}"
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert json.loads(request.content) == template_payload(MESSAGE, TO, "m1")


async def test_the_persons_id_and_the_messages_status_are_metas(send: Send) -> None:
    answer = {
        "contacts": [{"input": "5511999999999", "wa_id": "551199999999"}],
        "messages": [{"id": "wamid.1", "message_status": "held_for_quality_assessment"}],
    }
    async with answering(200, json.dumps(answer)) as url:
        outcome = await send(url)

    assert outcome == Accepted("wamid.1", "held_for_quality_assessment", "551199999999")


@pytest.mark.parametrize("contacts", [None, [], [None], "x", [{"wa_id": 1}]])
async def test_an_id_is_enough_to_be_sent(send: Send, contacts: object) -> None:
    async with answering(200, json.dumps({**HELLO, "contacts": contacts})) as url:
        assert await send(url) == Accepted("wamid.1", "accepted")


async def test_a_refused_connection_proves_that_nothing_was_sent(send: Send) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    assert await send(f"http://127.0.0.1:{port}") == NotSent("no connection: ConnectError")


@pytest.mark.parametrize(
    "url", ["https://a..b", "https://" + "a" * 64, "nowhere", "https://a:99999"]
)
async def test_an_address_that_cannot_be_called_proves_that_nothing_was_sent(
    send: Send, url: str
) -> None:
    assert isinstance(await send(url), NotSent)


@pytest.mark.parametrize("began", [True, False])
async def test_a_failure_of_any_kind_is_unknown_once_the_request_was_begun(
    send: Send, began: bool
) -> None:
    async def fail(request: httpx.Request) -> httpx.Response:
        if began:
            await request.extensions["trace"]("http11.send_request_headers.started", {})
        raise RuntimeError

    async with httpx.AsyncClient(transport=httpx.MockTransport(fail)) as http:
        outcome = await send("https://meta.example", http=http)
    expected = Unknown("no answer: RuntimeError")
    assert outcome == (expected if began else NotSent("no connection: RuntimeError"))


async def test_no_connection_in_time_proves_that_nothing_was_sent(send: Send) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        async with limited(timeouts=httpx.Timeout(5, connect=MOMENT)) as hurried:
            url = f"http://127.0.0.1:{full.getsockname()[1]}"
            assert await send(url, http=hurried) == NotSent("no connection: ConnectTimeout")
        for each in waiting:
            each.close()


async def test_no_free_connection_in_time_proves_that_nothing_was_sent(send: Send) -> None:
    async with (
        raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", then_close=False) as url,
        limited(1, timeouts=httpx.Timeout(5, pool=MOMENT)) as single,
        single.stream("GET", url),
    ):
        assert await send(url, http=single) == NotSent("no connection: PoolTimeout")


async def test_a_token_that_no_header_carries_is_never_written_anywhere(
    send: Send, meta: httpx.AsyncClient, meta_url: str
) -> None:
    outcome = await send(meta_url, token="EAAG\nsecret")

    assert outcome == NotSent("the access token has characters that a header cannot carry")
    assert (await meta.get("/_sandbox/requests")).json() == []


async def test_an_answer_that_never_comes_is_unknown_though_the_message_went_out(
    send: Send, meta: httpx.AsyncClient, meta_url: str
) -> None:
    await fail(meta, "done_but_timeout")

    async with impatient() as http:
        assert await send(meta_url, http=http) == Unknown("no answer: ReadTimeout")
    assert len(await messages(meta)) == 1


async def test_an_answer_that_takes_too_long_altogether_is_unknown(
    send: Send, meta: httpx.AsyncClient, meta_url: str
) -> None:
    await fail(meta, "done_but_timeout")

    outcome = await send(meta_url, whole=timedelta(seconds=MOMENT))

    assert outcome == Unknown("no answer: TimeoutError")


@pytest.mark.parametrize("fault", ["server_error", "done_but_server_error"])
async def test_a_server_error_without_a_code_is_unknown(
    send: Send, meta: httpx.AsyncClient, meta_url: str, fault: str
) -> None:
    await fail(meta, fault)

    assert await send(meta_url) == Unknown("HTTP 500 without an error code")


async def test_a_connection_that_breaks_before_the_answer_is_unknown(send: Send) -> None:
    async with raw(b"", then_close=True) as url:
        assert await send(url) == Unknown("no answer: RemoteProtocolError")


async def test_a_connection_that_breaks_within_the_answer_is_unknown(send: Send) -> None:
    async with raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", then_close=True) as url:
        assert await send(url) == Unknown("no answer: RemoteProtocolError")


async def test_an_answer_that_stops_halfway_is_unknown(send: Send) -> None:
    async with (
        raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", then_close=False) as url,
        impatient() as http,
    ):
        assert await send(url, http=http) == Unknown("no answer: ReadTimeout")


async def test_what_is_not_http_is_unknown(send: Send) -> None:
    async with raw(b"220 mail.example ESMTP\r\n\r\n", then_close=True) as url:
        assert await send(url) == Unknown("no answer: RemoteProtocolError")


async def test_a_redirect_is_unknown_and_not_followed(
    send: Send, meta: httpx.AsyncClient, meta_url: str
) -> None:
    location = {"location": f"{meta_url}/1055/messages"}
    async with (
        answering(307, headers=location) as url,
        limited(timeouts=httpx.Timeout(5)) as following,
    ):
        following.follow_redirects = True
        outcomes = [await send(url), await send(url, http=following)]

    assert outcomes == [Unknown("HTTP 307 instead of an answer")] * 2
    assert (await meta.get("/_sandbox/requests")).json() == []


async def test_an_answer_beyond_256_kib_is_not_read_to_its_end(send: Send) -> None:
    padded = json.dumps({**HELLO, "padding": "x" * MAX_BYTES})
    async with answering(200, padded) as url:
        assert await send(url) == Unknown("accepted without a message id")


async def test_an_answer_that_is_compressed_all_the_same_is_read(send: Send) -> None:
    compressed = gzip.compress(json.dumps(HELLO).encode())
    async with answering(200, compressed, {"content-encoding": "gzip"}) as url:
        assert await send(url) == Accepted("wamid.1", "accepted")


async def test_the_environment_does_not_choose_a_proxy(
    meta_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async with whatsapp_http() as http:
        assert isinstance(await send_with(http, meta_url), Accepted)


async def test_a_client_sends_many_messages_over_its_connections(
    send: Send, meta: httpx.AsyncClient, meta_url: str
) -> None:
    outcomes = await asyncio.gather(*(send(meta_url) for _ in range(20)))

    assert {outcome.provider_id for outcome in outcomes if isinstance(outcome, Accepted)} == {
        message["id"] for message in await messages(meta)
    }
    assert len(outcomes) == len(await messages(meta))


async def test_half_a_surrogate_pair_is_left_for_meta_to_refuse(meta_url: str) -> None:
    async with whatsapp_http() as http:
        outcome = await CloudApiClient(http, meta_url).post(
            phone_number_id="1", access_token=TOKEN, endpoint="messages", payload={"to": "\ud800"}
        )

    assert getattr(outcome, "code", None) == 100

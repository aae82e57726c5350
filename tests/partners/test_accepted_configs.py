"""Whatever configuration is accepted, calling by it ends in a typed outcome.

Names are resolved to loopback, where a stand-in answers, and nothing else is ever called.
"""

import asyncio
import json
import socket
import string
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clock import utc_now
from domain.messages.channels import ChannelRequest
from domain.messages.rendering import RenderedMessage
from domain.messages.send_outcome import Accepted, NotSent, Refused, SendOutcome, Unknown
from domain.stores.config import StoreConfig
from domain.stores.config_parser import parse_config
from domain.values.problems import InvalidBodyError
from partners.channels import ChannelClient
from partners.egress import ForbiddenAddressError, check_url
from partners.exit_api import ExitApiClient, ExitApiUnavailableError
from partners.http import partner_http
from tests.domain.stores.contract_example import contract_example
from whatsapp.client import CloudApiClient, whatsapp_http

OUTCOMES = Accepted | NotSent | Refused | Unknown
ANSWERS = [
    b"",
    b"220 mail.example ESMTP\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{",
    b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    b'HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n{"recent_events": []}',
    b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nset-cookie: \xff=\xff; domain=.; expires=never\r\n\r\n\xff\xfe",
    b"HTTP/1.1 302 Found\r\nlocation: http://[::1\r\ncontent-length: 0\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nlocation: https://a..b/\r\ncontent-length: 0\r\n\r\n",
    b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\n[]",
    b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    b"HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n",
]

_getaddrinfo = socket.getaddrinfo


@dataclass
class StandIn:
    """Answers every connection, and runs what calls it."""

    runner: asyncio.Runner
    port: int = 0
    answer: bytes = field(default=b"")

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._handle, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            await reader.read(65_536)
            writer.write(self.answer)
            writer.close()
            await writer.wait_closed()


def resolve(host: str | bytes, port: int, *how: Any, **flags: Any) -> Any:
    """As `socket.getaddrinfo`, to loopback alone, and without asking anyone."""
    text = host.decode() if isinstance(host, bytes) else host
    text.encode("idna")
    try:
        numeric = ip_address(text)
    except ValueError:
        return _getaddrinfo("127.0.0.1", port, *how, **flags)
    if not numeric.is_loopback:
        raise socket.gaierror(socket.EAI_NONAME, "not in this test")
    return _getaddrinfo(host, port, *how, **flags)


@pytest.fixture(scope="module", name="stand_in")
def stand_in_on_loopback() -> Iterator[StandIn]:
    with pytest.MonkeyPatch.context() as patch, asyncio.Runner() as runner:
        patch.setattr(socket, "getaddrinfo", resolve)
        stand_in = StandIn(runner)
        server = runner.run(stand_in.start())
        yield stand_in
        server.close()


anything = st.text(st.characters(), max_size=20)
words = st.text(string.ascii_letters + string.digits + "-_", min_size=1, max_size=12)
odd_labels = st.sampled_from(["", "a" * 63, "a" * 64, "xn--a", "xn--mnchen-3ya", "faß", "%2e", "*"])
names = st.lists(words | words | odd_labels | st.text(max_size=4), min_size=1, max_size=4)
ADDRESSES = ["127.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "[fe80::1%25eth0]"]
hosts = names.map(".".join) | st.sampled_from(
    [*ADDRESSES, "localhost.", "shop.example", ".".join(["a" * 60] * 5)]
)


@st.composite
def urls(draw: st.DrawFn) -> str:
    """A URL with one place for the stand-in's port."""
    scheme = draw(st.sampled_from(["http", "http", "https", "HTTP"]))
    user = draw(st.sampled_from([*[""] * 6, "@", "user:secret@"]))
    port = draw(st.sampled_from(["", ":", ":0", ":1", *[":{port}"] * 6]))
    rest = draw(st.sampled_from(["", "/"])) + draw(anything)
    return f"{scheme}://{user}{draw(hosts)}{port}{rest}"


def accepted(stand_in: StandIn, **changes: Any) -> StoreConfig | None:
    """The configuration as `PUT` would accept it."""
    written = json.dumps(contract_example() | changes).replace("{port}", str(stand_in.port))
    try:
        config = parse_config(written)
        called = [config.exit_api, *config.channels.values()]
        for each in called:
            check_url(str(each.url if each else "https://x.example"), allow_private=True)
    except (InvalidBodyError, ForbiddenAddressError):
        return None
    return config


@given(
    url=urls(),
    style=st.sampled_from(["query", "body"]),
    headers=st.dictionaries(
        st.sampled_from(
            ["X-Key", "Host", "Cookie", "Expect", "Connection", "Content-Length", "9-"]
        ),
        words | anything,
        max_size=2,
    ),
    customer_id=anything,
    answer=st.sampled_from(ANSWERS),
    has_answered=st.booleans(),
)
@settings(max_examples=150)
def test_an_exit_check_ends_in_an_answer_or_in_none(
    stand_in: StandIn, url: str, answer: bytes, customer_id: str, has_answered: bool, **how: Any
) -> None:
    config = accepted(stand_in, exit_api={"url": url, "timeout": "1s", **how})
    stand_in.answer = answer

    async def ask(config: StoreConfig) -> None:
        assert config.exit_api is not None
        async with partner_http() as http:
            client = ExitApiClient(http, allow_private=True)
            with suppress(ExitApiUnavailableError):
                await client.recent_events(config.exit_api, customer_id, has_answered=has_answered)

    if config is not None:
        stand_in.runner.run(ask(config))


@given(
    url=urls(),
    key=st.binary(min_size=24, max_size=64),
    texts=st.dictionaries(anything, st.text(st.characters(exclude_categories=())), max_size=2),
    answer=st.sampled_from(ANSWERS),
)
@settings(max_examples=150)
def test_a_message_to_a_channel_ends_in_an_outcome(
    stand_in: StandIn, url: str, key: bytes, texts: dict[str, str], answer: bytes
) -> None:
    channel = {"url": url, "secret": "whsec_" + b64encode(key).decode(), "timeout": "1s"}
    config = accepted(stand_in, channels={"sms": channel})
    stand_in.answer = answer
    requested = ChannelRequest(
        message_id="m1",
        store_id="denim",
        customer=texts,
        plan="cart_update",
        step=1,
        because=None,
        fields=texts,
    )

    async def post(config: StoreConfig) -> SendOutcome:
        async with partner_http() as http:
            client = ChannelClient(http, utc_now, allow_private=True)
            return await client.post(config.channels["sms"], requested)

    if config is not None:
        assert isinstance(stand_in.runner.run(post(config)), OUTCOMES)


@given(
    account=st.fixed_dictionaries(
        {
            "phone_number_id": words | anything | st.sampled_from([".", "..", "1055…", "%2e"]),
            "access_token": words | anything,
            "endpoint": st.sampled_from(["messages", "marketing_messages"]),
        }
    ),
    text=st.text(st.characters(exclude_categories=())),
    base=st.sampled_from(["http://127.0.0.1:{port}", "http://127.0.0.1:1", "https://a..b"]),
    answer=st.sampled_from(ANSWERS),
)
@settings(max_examples=150)
def test_a_message_to_meta_ends_in_an_outcome(
    stand_in: StandIn, account: dict[str, str], text: str, base: str, answer: bytes
) -> None:
    config = accepted(stand_in, whatsapp=account)
    stand_in.answer = answer
    message = RenderedMessage(
        template="t", language="en", body=[text], header_image=text, button_url=text
    )

    async def send(config: StoreConfig) -> SendOutcome:
        async with whatsapp_http() as http:
            client = CloudApiClient(http, base.replace("{port}", str(stand_in.port)))
            return await client.send(config.whatsapp, message, "+919876543210", "m1")

    if config is not None:
        assert isinstance(stand_in.runner.run(send(config)), OUTCOMES)

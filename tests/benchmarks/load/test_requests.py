import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.load.connection import PostConnection, content_length
from benchmarks.load.plan import LoadPlan
from benchmarks.load.requests import Requests, customer_id
from domain.events.models import CartUpdate, event_adapter

PLAN = LoadPlan(
    host="127.0.0.1", port=1, path="/v1/stores/s/events", key="k%", connections=1, customers=9
)


def body_of(request: bytes) -> bytes:
    head, _, body = request.partition(b"\r\n\r\n")
    assert content_length(head) == len(body)
    return body


def test_a_request_posts_the_guides_event_of_its_customer() -> None:
    event = event_adapter.validate_json(body_of(Requests(PLAN).request(7, 3)))

    assert isinstance(event, CartUpdate)
    assert event.event_id == "e-00000007-003"
    assert event.customer.customer_id == customer_id(7)
    assert event.customer.phone == "+919800000007"
    assert abs(event.timestamp - datetime.now(UTC)) < timedelta(minutes=1)


def test_all_requests_of_a_plan_may_have_one_timestamp() -> None:
    at = datetime(2026, 11, 30, 12, tzinfo=UTC)
    body = json.loads(body_of(Requests(PLAN.model_copy(update={"at": at})).request(1, 0)))

    assert datetime.fromisoformat(body["timestamp"]) == at


def test_a_key_may_have_any_characters() -> None:
    assert b"Authorization: Bearer k%\r\n" in Requests(PLAN).request(0, 0)


def test_an_answer_without_a_length_has_no_body() -> None:
    assert content_length(b"HTTP/1.1 204 No Content\r\ndate: now") == 0


class Transport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False


async def test_an_answer_counts_when_all_of_it_has_come() -> None:
    connection, transport = PostConnection(), Transport()
    connection.connection_made(transport)
    posting = asyncio.create_task(connection.post(b"POST"))
    for part in (b"HTTP/1.1 202 Accepted\r\nContent-Le", b"ngth: 4\r\n\r\n{", b'"a"'):
        await asyncio.sleep(0)
        assert not posting.done()
        connection.data_received(part)

    assert await posting == 202
    assert transport.written == b"POST"


async def test_a_closed_connection_fails_its_request() -> None:
    connection = PostConnection()
    connection.connection_made(Transport())
    posting = asyncio.create_task(connection.post(b"POST"))
    await asyncio.sleep(0)
    connection.connection_lost(None)

    with pytest.raises(ConnectionError):
        await posting

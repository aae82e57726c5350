"""Asking a partner over real HTTP, in both forms, and reading tolerantly."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Response

from domain.stores.config import ExitApi
from partners.exit_api import MAX_BYTES, ExitApiClient, ExitApiUnavailableError, RecentEvent
from partners.http import partner_http
from sandbox.partner import create_partner
from sandbox.samples import sample
from sandbox.server import serve

PATH = "/fetch-user-events"


@pytest.fixture
async def partner() -> AsyncIterator[httpx.AsyncClient]:
    """The controls of a partner that wants a key."""
    app = create_partner(required_header=("X-Partner-Key", "open sesame"))
    async with serve(app) as url, httpx.AsyncClient(base_url=url, trust_env=False) as controls:
        yield controls


@pytest.fixture
async def client() -> AsyncIterator[ExitApiClient]:
    async with partner_http() as http:
        yield ExitApiClient(http, allow_private=True)


def api(url: Any, /, **changes: Any) -> ExitApi:
    config = {"url": f"{url}{PATH}", "headers": {"X-Partner-Key": "open sesame"}}
    return ExitApi.model_validate({**config, **changes})


def answering(body: str | bytes, status: int = 200) -> FastAPI:
    app = FastAPI()

    @app.get("/fetch-user-events")
    async def fetch_user_events() -> Response:
        return Response(body, status, media_type="application/json")

    return app


async def test_the_query_form_asks_as_the_guide_says(
    partner: httpx.AsyncClient, client: ExitApiClient
) -> None:
    await client.recent_events(api(partner.base_url, event_count=7), "c&1/ü")

    [asked] = (await partner.get("/_sandbox/requests")).json()
    assert asked["method"] == "GET"
    assert asked["query"] == {"customer_id": "c&1/ü", "event_count": "7"}
    assert asked["body"] is None


async def test_the_body_form_asks_as_the_guide_says(
    partner: httpx.AsyncClient, client: ExitApiClient
) -> None:
    await client.recent_events(api(partner.base_url, style="body"), "c-1")

    [asked] = (await partner.get("/_sandbox/requests")).json()
    assert asked["method"] == "GET"
    assert asked["query"] == {}
    assert asked["body"] == {"customer_id": "c-1", "event_count": 5}
    assert asked["headers"]["content-type"] == "application/json"


async def test_what_stands_in_the_url_already_is_kept(
    partner: httpx.AsyncClient, client: ExitApiClient
) -> None:
    with_shop = api(partner.base_url, url=f"{partner.base_url}{PATH}?shop=denim")

    await client.recent_events(with_shop, "c-1")

    [asked] = (await partner.get("/_sandbox/requests")).json()
    assert asked["query"]["shop"] == "denim"


async def test_without_the_stores_headers_the_partner_does_not_answer(
    partner: httpx.AsyncClient, client: ExitApiClient
) -> None:
    with pytest.raises(ExitApiUnavailableError, match="HTTP 401"):
        await client.recent_events(api(partner.base_url, headers={}), "c-1")


async def test_the_guides_own_answer_is_read(client: ExitApiClient) -> None:
    answer = answering(httpx.Request("GET", "http://x", json=sample("exit_api_response")).content)
    async with serve(answer) as url:
        events = await client.recent_events(api(url), "c-1")

    assert [event.event_name for event in events] == [
        "cart_update",
        "product_view",
        "collection_view",
    ]


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2024-10-09T12:00:35.858469+05:30", datetime(2024, 10, 9, 6, 30, 35, 858469, UTC)),
        ("2024-10-09T06:30:35Z", datetime(2024, 10, 9, 6, 30, 35, tzinfo=UTC)),
        ("2024-10-09 06:30:35", datetime(2024, 10, 9, 6, 30, 35, tzinfo=UTC)),
    ],
)
async def test_timestamps_are_read_with_any_offset(
    client: ExitApiClient, written: str, instant: datetime
) -> None:
    body = f'{{"recent_events": [{{"event_name": "wishlist", "timestamp": "{written}"}}], "x": 1}}'
    async with serve(answering(body)) as url:
        events = await client.recent_events(api(url), "c-1")

    assert events == [RecentEvent(event_name="wishlist", timestamp=instant)]


async def test_a_name_that_no_database_stores_is_made_printable(client: ExitApiClient) -> None:
    body = r'{"recent_events": [{"event_name": "a\u0000b", "timestamp": "2024-10-09T06:30:35Z"}]}'
    async with serve(answering(body)) as url:
        [event] = await client.recent_events(api(url), "c-1")

    assert event.event_name == "a?b"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        "{}",
        '{"recent_events": "none"}',
        '{"recent_events": [{"event_name": "cart_update"}]}',
        '{"recent_events": [{"event_name": "cart_update", "timestamp": "yesterday"}]}',
    ],
)
async def test_an_answer_that_might_hide_a_later_event_is_no_answer(
    client: ExitApiClient, body: str
) -> None:
    async with serve(answering(body)) as url:
        with pytest.raises(ExitApiUnavailableError, match="unreadable answer"):
            await client.recent_events(api(url), "c-1")


async def test_a_customer_whom_the_partner_does_not_know_has_no_events(
    client: ExitApiClient,
) -> None:
    async with serve(answering("{}", status=404)) as url:
        assert await client.recent_events(api(url), "c-1") == []


async def test_an_answer_beyond_the_limit_is_not_read_to_its_end(client: ExitApiClient) -> None:
    async with serve(answering(b" " * (MAX_BYTES + 1))) as url:
        with pytest.raises(ExitApiUnavailableError, match=str(MAX_BYTES)):
            await client.recent_events(api(url), "c-1")


async def test_a_redirect_is_not_followed(
    partner: httpx.AsyncClient, client: ExitApiClient
) -> None:
    await partner.post("/_sandbox/faults", json={"fault": "redirect", "times": 1})

    with pytest.raises(ExitApiUnavailableError, match="HTTP 307"):
        await client.recent_events(api(partner.base_url), "c-1")


async def test_nothing_private_is_asked_in_production() -> None:
    async with partner_http() as http:
        guarded = ExitApiClient(http, allow_private=False)
        with pytest.raises(ExitApiUnavailableError, match="ALLOW_PRIVATE_EGRESS"):
            await guarded.recent_events(api("https://127.0.0.1"), "c-1")

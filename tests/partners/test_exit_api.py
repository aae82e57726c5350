"""Asking a partner over real HTTP, in both forms, and reading tolerantly."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from domain.stores.config import ExitApi
from partners.egress import ForbiddenAddressError
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


async def ask(client: ExitApiClient, api: ExitApi, *, known: bool = False) -> list[RecentEvent]:
    """The recent events of `c-1`."""
    return await client.recent_events(api, "c-1", has_answered=known)


def answering(body: str | bytes, status: int = 200) -> FastAPI:
    app = FastAPI()

    @app.get("/fetch-user-events")
    async def fetch_user_events() -> Response:
        return Response(body, status, media_type="application/json")

    return app


async def test_the_query_form_asks_as_the_guide_says(
    partner: httpx.AsyncClient, client: ExitApiClient
) -> None:
    await client.recent_events(api(partner.base_url, event_count=7), "c&1/ü", has_answered=False)

    [asked] = (await partner.get("/_sandbox/requests")).json()
    assert asked["method"] == "GET"
    assert asked["query"] == {"customer_id": "c&1/ü", "event_count": "7"}
    assert asked["body"] is None


async def test_the_body_form_asks_as_the_guide_says(
    partner: httpx.AsyncClient, client: ExitApiClient
) -> None:
    await ask(client, api(partner.base_url, style="body"))

    [asked] = (await partner.get("/_sandbox/requests")).json()
    assert asked["method"] == "GET"
    assert asked["query"] == {}
    assert asked["body"] == {"customer_id": "c-1", "event_count": 5}
    assert asked["headers"]["content-type"] == "application/json"


async def test_what_stands_in_the_url_already_is_kept(
    partner: httpx.AsyncClient, client: ExitApiClient
) -> None:
    with_shop = api(partner.base_url, url=f"{partner.base_url}{PATH}?shop=denim")

    await ask(client, with_shop)

    [asked] = (await partner.get("/_sandbox/requests")).json()
    assert asked["query"]["shop"] == "denim"


async def test_without_the_stores_headers_the_partner_does_not_answer(
    partner: httpx.AsyncClient, client: ExitApiClient
) -> None:
    with pytest.raises(ExitApiUnavailableError, match="HTTP 401"):
        await ask(client, api(partner.base_url, headers={}))


async def test_the_guides_own_answer_is_read(client: ExitApiClient) -> None:
    guide = sample("exit_api_response")
    async with serve(answering(json.dumps(guide))) as url:
        events = await client.recent_events(api(url), guide["customer_id"], has_answered=False)

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
        events = await ask(client, api(url))

    assert events == [RecentEvent(event_name="wishlist", timestamp=instant)]


async def test_a_name_that_no_database_stores_is_made_printable(client: ExitApiClient) -> None:
    body = r'{"recent_events": [{"event_name": "a\u0000b", "timestamp": "2024-10-09T06:30:35Z"}]}'
    async with serve(answering(body)) as url:
        [event] = await ask(client, api(url))

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
        '{"recent_events": [], "customer_id": {"id": "c-1"}}',
        '{"recent_events": [], "customer_id": true}',
    ],
)
async def test_an_answer_that_might_hide_a_later_event_is_no_answer(
    client: ExitApiClient, body: str
) -> None:
    async with serve(answering(body)) as url:
        with pytest.raises(ExitApiUnavailableError, match="unreadable answer"):
            await ask(client, api(url))


@pytest.mark.parametrize("body", ["{}", '{"error": "no such customer"}', "[]"])
async def test_once_the_url_has_answered_a_404_with_json_means_no_events(
    client: ExitApiClient, body: str
) -> None:
    async with serve(answering(body, status=404)) as url:
        assert await ask(client, api(url), known=True) == []


async def test_until_the_url_has_answered_a_404_is_taken_for_a_wrong_path(
    client: ExitApiClient,
) -> None:
    """Many frameworks answer a wrong path so."""
    async with serve(answering('{"detail": "Not Found"}', status=404)) as url:
        with pytest.raises(ExitApiUnavailableError, match="HTTP 404: taken for a wrong path"):
            await ask(client, api(url))


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("body", ["", "<h1>Not Found</h1>", '"Not Found"', "404", "null", "{"])
async def test_a_404_without_a_json_object_or_array_is_taken_for_a_wrong_path(
    client: ExitApiClient, body: str, known: bool
) -> None:
    async with serve(answering(body, status=404)) as url:
        with pytest.raises(ExitApiUnavailableError, match="404 without JSON: taken for a wrong"):
            await ask(client, api(url), known=known)


@pytest.mark.parametrize("written", ['"customer_id": "c-1",', '"customer_id": null,', ""])
async def test_an_answer_may_name_the_customer_or_nobody(
    client: ExitApiClient, written: str
) -> None:
    async with serve(answering(f'{{{written} "recent_events": []}}')) as url:
        assert await ask(client, api(url)) == []


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("other", ['"c-2"', '"C-1"', '"c-1 "', '""', "1"])
async def test_an_answer_about_another_customer_is_no_answer(
    client: ExitApiClient, other: str, known: bool
) -> None:
    async with serve(answering(f'{{"customer_id": {other}, "recent_events": []}}')) as url:
        with pytest.raises(ExitApiUnavailableError, match="about another customer_id") as caught:
            await ask(client, api(url), known=known)
    assert "c-2" not in str(caught.value)


@pytest.mark.parametrize("written", ["7001", '"7001"', "123456789012345678901234567890"])
async def test_ids_are_compared_as_text(client: ExitApiClient, written: str) -> None:
    customer_id = written.strip('"')
    async with serve(answering(f'{{"customer_id": {written}, "recent_events": []}}')) as url:
        found = await client.recent_events(api(url), customer_id, has_answered=False)
    assert found == []


async def test_an_answer_beyond_the_limit_is_not_read_to_its_end(client: ExitApiClient) -> None:
    async with serve(answering(b" " * (MAX_BYTES + 1))) as url:
        with pytest.raises(ExitApiUnavailableError, match=str(MAX_BYTES)):
            await ask(client, api(url))


async def test_a_redirect_is_not_followed(
    partner: httpx.AsyncClient, client: ExitApiClient
) -> None:
    await partner.post("/_sandbox/faults", json={"fault": "redirect", "times": 1})

    with pytest.raises(ExitApiUnavailableError, match="HTTP 307"):
        await ask(client, api(partner.base_url))


@pytest.mark.parametrize(
    "changes",
    [{"url": "https://a..b/"}, {"headers": {"X-Key": "a\nb"}}, {"headers": {"Host": "x"}}],
)
async def test_what_was_stored_before_it_was_checked_is_not_answered(
    partner: httpx.AsyncClient, client: ExitApiClient, changes: dict[str, Any]
) -> None:
    with pytest.raises(ExitApiUnavailableError):
        await ask(client, api(partner.base_url, **changes))


async def test_no_cookie_of_one_partner_is_sent_to_another(client: ExitApiClient) -> None:
    received: list[dict[str, str]] = []
    app = FastAPI()

    @app.get(PATH)
    async def fetch_user_events(request: Request) -> Response:
        received.append(request.cookies)
        return Response('{"recent_events": []}', headers={"set-cookie": "session=1; path=/"})

    async with serve(app) as url:
        for key in ("of one store", "of another"):
            await ask(client, api(url, headers={"X-Partner-Key": key}))

    assert received == [{}, {}]


async def test_nothing_private_is_asked_in_production() -> None:
    async with partner_http() as http:
        guarded = ExitApiClient(http, allow_private=False)
        with pytest.raises(ExitApiUnavailableError, match="could not be reached"):
            await ask(guarded, api("https://127.0.0.1", timeout="100ms"))


async def test_a_refused_address_is_told_from_a_resolver_that_fails() -> None:
    async def fails(*_: object) -> list[str]:
        raise OSError

    async def hangs(*_: object) -> list[str]:
        await asyncio.Event().wait()
        return []

    async def private(*_: object) -> list[str]:
        return ["127.0.0.1"]

    causes = []
    async with partner_http() as http:
        for resolve in (private, fails, hangs):
            client = ExitApiClient(http, allow_private=False, resolve=resolve)
            with pytest.raises(ExitApiUnavailableError) as failed:
                await ask(client, api("https://partner.example", timeout="20ms"))
            assert isinstance(failed.value.__cause__, ForbiddenAddressError)
            causes.append(type(failed.value.__cause__.__cause__))
    assert causes == [type(None), OSError, TimeoutError]

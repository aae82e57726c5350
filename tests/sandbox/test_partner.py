from typing import Any

import httpx
import pytest

from sandbox.partner import create_partner
from sandbox.samples import sample
from sandbox.server import serve

URL = "/partner/fetch-user-events"
OLD = {"event_name": "product_view", "timestamp": "2026-01-01T10:00:00+00:00"}
NEW = {
    "event_name": "cart_update",
    "sub_event_name": "add_to_cart",
    "timestamp": "2026-01-01T16:00:00.858469+05:30",
}


async def put(sandbox: httpx.AsyncClient, *events: dict[str, str]) -> int:
    path = "/partner/_sandbox/customers/c1/events"
    return (await sandbox.put(path, json=list(events))).status_code


async def fail(sandbox: httpx.AsyncClient, fault: str, **more: Any) -> None:
    answer = await sandbox.post("/partner/_sandbox/faults", json={"fault": fault, **more})
    assert answer.status_code == 204


async def get(sandbox: httpx.AsyncClient, **query: Any) -> httpx.Response:
    return await sandbox.get(URL, params={"customer_id": "c1", **query})


async def received(sandbox: httpx.AsyncClient) -> list[dict[str, Any]]:
    requests: list[dict[str, Any]] = (await sandbox.get("/partner/_sandbox/requests")).json()
    return requests


async def test_the_answer_has_the_guides_form(sandbox: httpx.AsyncClient) -> None:
    guide = sample("exit_api_response")
    await put(sandbox, *guide["recent_events"])

    answer = (await get(sandbox)).json()

    assert answer["customer"].pop("customer_id") == answer.pop("customer_id") == "c1"
    del guide["customer_id"], guide["customer"]["customer_id"]
    assert answer == guide


async def test_both_forms_of_the_guide_are_answered_alike(sandbox: httpx.AsyncClient) -> None:
    await put(sandbox, OLD, NEW)
    query = {"customer_id": "c1", "event_count": 1}

    by_query = await get(sandbox, event_count=1)
    by_body = await sandbox.request("GET", URL, json=query)

    assert by_query.json() == by_body.json()
    assert by_query.json()["recent_events"] == [NEW]


async def test_events_are_answered_in_the_order_in_which_they_were_put(
    sandbox: httpx.AsyncClient,
) -> None:
    await put(sandbox, OLD, NEW, OLD)

    assert (await get(sandbox, event_count=2)).json()["recent_events"] == [OLD, NEW]


async def test_an_unknown_customer_has_no_events(sandbox: httpx.AsyncClient) -> None:
    answer = await get(sandbox, customer_id="c2")

    assert (answer.status_code, answer.json()["recent_events"]) == (200, [])


async def test_requests_are_listed(sandbox: httpx.AsyncClient) -> None:
    await sandbox.get(URL, params={"customer_id": "c1", "event_count": 3}, headers={"X-Key": "k"})
    await sandbox.request("GET", URL, json={"customer_id": "c2"})

    first, second = await received(sandbox)
    assert first["headers"]["x-key"] == "k"
    assert first["query"] == {"customer_id": "c1", "event_count": "3"}
    assert (first["method"], first["body"], first["event_count"]) == ("GET", None, 3)
    assert (second["query"], second["body"]) == ({}, {"customer_id": "c2"})
    assert second["customer_id"] == "c2"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"customer_id": 1}'])
async def test_a_request_without_a_customer_is_rejected(
    sandbox: httpx.AsyncClient, content: bytes
) -> None:
    assert (await sandbox.request("GET", URL, content=content)).status_code == 400


@pytest.mark.parametrize("timestamp", ["2026-01-01T10:00:00", "yesterday"])
async def test_an_event_needs_a_timestamp_with_an_offset(
    sandbox: httpx.AsyncClient, timestamp: str
) -> None:
    assert await put(sandbox, {"event_name": "x", "timestamp": timestamp}) == 422


@pytest.mark.parametrize(
    ("fault", "status"), [("down", 503), ("not_found", 404), ("redirect", 307), ("wrong", 200)]
)
async def test_a_fault_happens_once_by_default(
    sandbox: httpx.AsyncClient, fault: str, status: int
) -> None:
    await fail(sandbox, fault)

    broken, right = await get(sandbox), await get(sandbox)

    assert (broken.status_code, right.status_code) == (status, 200)
    assert isinstance(right.json()["recent_events"], list)


async def test_a_wrong_answer_is_json_of_another_form(sandbox: httpx.AsyncClient) -> None:
    await fail(sandbox, "wrong")

    assert not isinstance((await get(sandbox)).json()["recent_events"], list)


async def test_a_redirect_leads_to_the_right_answer(sandbox: httpx.AsyncClient) -> None:
    await fail(sandbox, "redirect")

    answer = await sandbox.get(URL, params={"customer_id": "c1"}, follow_redirects=True)

    assert answer.json()["customer_id"] == "c1"
    assert len(await received(sandbox)) == 2


async def test_a_slow_answer_is_the_right_one(sandbox: httpx.AsyncClient) -> None:
    await fail(sandbox, "slow", seconds=0.05)

    answer = await get(sandbox)

    assert answer.json()["customer_id"] == "c1"
    assert answer.elapsed.total_seconds() >= 0.05


async def test_a_slow_answer_can_be_too_slow(sandbox: httpx.AsyncClient) -> None:
    await fail(sandbox, "slow", seconds=60)

    with pytest.raises(httpx.ReadTimeout):
        await sandbox.get(URL, params={"customer_id": "c1"}, timeout=0.05)


async def test_a_huge_answer_has_more_than_two_mebibytes(sandbox: httpx.AsyncClient) -> None:
    await fail(sandbox, "huge")

    size = 0
    async with sandbox.stream("GET", URL, params={"customer_id": "c1"}) as answer:
        async for chunk in answer.aiter_bytes():
            size += len(chunk)
            if size > 2**21:
                break

    assert size > 2**21


async def test_a_reset_forgets_customers_requests_and_faults(sandbox: httpx.AsyncClient) -> None:
    await put(sandbox, OLD)
    await fail(sandbox, "down", times=5)
    await get(sandbox)

    await sandbox.delete("/partner/_sandbox")

    assert await received(sandbox) == []
    assert (await get(sandbox)).json()["recent_events"] == []


async def test_a_required_header_is_required() -> None:
    query = {"customer_id": "c1"}
    async with (
        serve(create_partner(required_header=("X-Partner-Key", "k1"))) as url,
        httpx.AsyncClient(base_url=url, params=query, trust_env=False) as client,
    ):
        statuses = [
            (await client.get("/fetch-user-events", headers=headers)).status_code
            for headers in ({}, {"X-Partner-Key": "k2"}, {"x-partner-key": "k1"})
        ]

    assert statuses == [401, 401, 200]

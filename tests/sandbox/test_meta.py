from typing import Any

import httpx
import pytest

from sandbox.user_ids import user_id_of
from tests.sandbox.messaging import TOKEN, body, post, request, text


async def received(sandbox: httpx.AsyncClient) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = (await sandbox.get("/_sandbox/requests")).json()
    return entries


async def reached(sandbox: httpx.AsyncClient) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = (await sandbox.get("/_sandbox/messages")).json()
    return messages


async def fail(sandbox: httpx.AsyncClient, **fault: Any) -> int:
    return (await sandbox.post("/_sandbox/faults", json=fault)).status_code


@pytest.mark.parametrize("path", ["/v26.0/1055/messages", "/1055/messages"])
async def test_a_message_is_answered_as_meta_does(sandbox: httpx.AsyncClient, path: str) -> None:
    answer = await post(sandbox, request(), path)

    message_id = answer["messages"][0]["id"]
    assert message_id.startswith("wamid.")
    assert answer == {
        "messaging_product": "whatsapp",
        "contacts": [
            {
                "input": "919876543210",
                "wa_id": "919876543210",
                "user_id": user_id_of("919876543210"),
            }
        ],
        "messages": [{"id": message_id, "message_status": "accepted"}],
    }


async def test_messages_that_reached_a_phone_are_listed(sandbox: httpx.AsyncClient) -> None:
    message = request(body(text("Asha")), biz_opaque_callback_data="journey-1")
    answer = await post(sandbox, message, "/v26.0/1055/marketing_messages")

    [found] = await reached(sandbox)
    del found["at"]
    assert found == {
        "id": answer["messages"][0]["id"],
        "path": "/v26.0/1055/marketing_messages",
        "to": "919876543210",
        "template": "hello",
        "callback_data": "journey-1",
        "body": message,
    }


async def test_the_ledger_has_everything_but_the_token(sandbox: httpx.AsyncClient) -> None:
    await post(sandbox, request())
    await post(sandbox, request(to="x"))
    await sandbox.post("/1055/messages", content=b"{", headers=TOKEN)

    entries = await received(sandbox)
    assert [entry["status"] for entry in entries] == [200, 400, 400]
    assert [entry["body"] for entry in entries] == [request(), request(to="x"), "{"]
    assert entries[1]["answer"]["error"]["code"] == 131009
    assert [entry["problem"] is None for entry in entries] == [True, False, False]
    assert "secret" not in str(entries)
    assert len(await reached(sandbox)) == 1


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic x"}])
async def test_without_a_token_nothing_is_sent(
    sandbox: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await sandbox.post("/1055/messages", json=request(), headers=headers)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == 190
    assert await reached(sandbox) == []


@pytest.mark.parametrize("path", ["/1055/media", "/v26.0/messages/", "/a/b/c/messages"])
async def test_other_paths_are_unknown(sandbox: httpx.AsyncClient, path: str) -> None:
    assert (await post(sandbox, request(), path))["error"]["code"] == 2500


async def test_an_error_has_metas_envelope(sandbox: httpx.AsyncClient) -> None:
    await fail(sandbox, fault="throttle")

    error = (await post(sandbox, request()))["error"]

    assert error.pop("fbtrace_id")
    assert error == {
        "message": "(#130429) Rate limit hit",
        "type": "OAuthException",
        "code": 130429,
        "error_data": {
            "messaging_product": "whatsapp",
            "details": "Cloud API message throughput has been reached",
        },
    }


async def test_a_fault_happens_as_often_as_its_times_say(sandbox: httpx.AsyncClient) -> None:
    await fail(sandbox, fault="server_error", times=2)

    for _ in range(3):
        await sandbox.post("/1055/messages", json=request(), headers=TOKEN)

    assert [entry["status"] for entry in await received(sandbox)] == [500, 500, 200]
    assert len(await reached(sandbox)) == 1


async def test_faults_happen_in_the_order_in_which_they_were_queued(
    sandbox: httpx.AsyncClient,
) -> None:
    await fail(sandbox, fault="error", code=131026)
    await fail(sandbox, fault="error", code=190)

    answers = [await post(sandbox, request()) for _ in range(2)]

    assert [answer["error"]["code"] for answer in answers] == [131026, 190]


async def test_a_fault_for_one_number_waits_for_it(sandbox: httpx.AsyncClient) -> None:
    await fail(sandbox, fault="error", code=131026, to="4915112345678")

    assert "messages" in await post(sandbox, request())
    assert "error" in await post(sandbox, request(to="4915112345678"))


async def test_a_wrong_request_uses_up_no_fault(sandbox: httpx.AsyncClient) -> None:
    await fail(sandbox, fault="throttle")

    assert (await post(sandbox, request(to="x")))["error"]["code"] == 131009
    assert (await post(sandbox, request()))["error"]["code"] == 130429


async def test_a_message_can_be_sent_and_answered_with_a_server_error(
    sandbox: httpx.AsyncClient,
) -> None:
    await fail(sandbox, fault="done_but_server_error")

    answer = await sandbox.post("/1055/messages", json=request(), headers=TOKEN)

    assert answer.status_code == 500
    assert len(await reached(sandbox)) == 1


async def test_a_message_can_be_sent_and_never_answered(sandbox: httpx.AsyncClient) -> None:
    await fail(sandbox, fault="done_but_timeout")

    with pytest.raises(httpx.ReadTimeout):
        await sandbox.post("/1055/messages", json=request(), headers=TOKEN, timeout=0.05)

    assert len(await reached(sandbox)) == 1
    assert [entry["status"] for entry in await received(sandbox)] == [None]


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"fault": "earthquake"},
        {"fault": "error"},
        {"fault": "throttle", "code": 1},
        {"fault": "throttle", "times": 0},
        {"fault": "throttle", "to": "+49"},
        {"fault": "throttle", "once": True},
    ],
)
async def test_an_invalid_fault_is_rejected(
    sandbox: httpx.AsyncClient, fault: dict[str, Any]
) -> None:
    assert await fail(sandbox, **fault) == 422


async def test_a_reset_forgets_requests_and_faults(sandbox: httpx.AsyncClient) -> None:
    await fail(sandbox, fault="throttle", times=9)
    await post(sandbox, request())

    await sandbox.delete("/_sandbox")

    assert await received(sandbox) == []
    assert "messages" in await post(sandbox, request())

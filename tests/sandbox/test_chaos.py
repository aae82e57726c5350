import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from sandbox.chaos import REFUSAL_CODES, ChaosPlan, ScheduledUpdate
from sandbox.chaos_updates import SentMessage
from sandbox.graph import GraphFailure
from sandbox.server import serve
from sandbox.webhook_payloads import UpdateField, WebhookUpdate, signature
from sandbox.webhook_sender import WebhookSender
from tests.sandbox.messaging import post, request

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PHONES = [f"9198765{number:05}" for number in range(500)]


def sent(to: str) -> SentMessage:
    return SentMessage("1055", to, "wamid.1", "ours", answered=True)


def update(content: Any) -> WebhookUpdate:
    return WebhookUpdate(phone_number_id="1055", field=UpdateField.STATUSES, content=content)


def before_answer(content: Any) -> ScheduledUpdate:
    return ScheduledUpdate(update(content), None)


def test_the_same_seed_draws_the_same_for_the_same_request() -> None:
    first, again, other = ChaosPlan(1), ChaosPlan(1), ChaosPlan(2)
    backwards = [(again.fault(to), again.answer_delay(to)) for to in reversed(PHONES)][::-1]
    assert [(first.fault(to), first.answer_delay(to)) for to in PHONES] == backwards
    assert [other.fault(to) for to in PHONES] != [fault for fault, _ in backwards]
    assert [first.updates(sent(to), NOW) for to in PHONES] == [
        again.updates(sent(to), NOW) for to in PHONES
    ]


def test_everything_that_can_fail_does() -> None:
    plan = ChaosPlan(1)
    faults = [fault for to in PHONES if (fault := plan.fault(to)) is not None]
    assert {fault.code for fault in faults} == {None, *REFUSAL_CODES}
    assert {fault.fault for fault in faults} == {*GraphFailure} - {GraphFailure.THROTTLE}

    updates = [each for to in PHONES for each in plan.updates(sent(to), NOW)]
    assert {each.update.field for each in updates} == {*UpdateField}
    assert {each.delay is None for each in updates} == {True, False}
    assert any(each.update.invalid for each in updates)
    assert any(each.update.opted_out for each in updates)


def contents(body: bytes) -> Iterator[Any]:
    """Every update of a notification."""
    for change in json.loads(body)["entry"][0]["changes"]:
        for field in UpdateField:
            yield from change["value"].get(field, [])


@asynccontextmanager
async def a_webhook(secret: str, *statuses: int) -> AsyncIterator[tuple[str, list[Any]]]:
    """A webhook that answers with these statuses, then with 200; and what it accepted."""
    app, accepted, answers = FastAPI(), list[Any](), iter(statuses)

    @app.post("/hook")
    async def hook(request: Request) -> Response:
        body = await request.body()
        if request.headers["x-hub-signature-256"] != signature(body, secret)["X-Hub-Signature-256"]:
            return Response(status_code=401)
        status = next(answers, 200)
        if status == httpx.codes.OK:
            accepted.extend(contents(body))
        return Response(status_code=status)

    async with serve(app) as url:
        yield f"{url}/hook", accepted


async def test_updates_before_the_answer_are_posted_at_once() -> None:
    async with a_webhook("app") as (url, accepted):
        sender = WebhookSender(url, "app", seed=4)
        await sender.send([before_answer("first"), before_answer("second")])
        assert accepted[:2] == ["first", "second"]
        assert [each.update.content for each in sender.delivered] == accepted
        await sender.close()


async def test_updates_not_answered_200_are_posted_again() -> None:
    async with a_webhook("app", 503, 500) as (url, accepted):
        sender = WebhookSender(url, "app", seed=4)
        await sender.send([before_answer("one"), ScheduledUpdate(update("other"), timedelta(0))])
        await sender.drain()
        assert sender.pending == 0
        assert set(accepted) == {"one", "other"}
        assert sorted(each.update.content for each in sender.delivered) == sorted(accepted)
        await sender.close()


async def test_the_stand_in_is_chaotic_until_it_is_reset(sandbox: httpx.AsyncClient) -> None:
    async with a_webhook("app") as (url, accepted):
        settings = {"seed": 1, "webhook_url": url, "app_secret": "app"}
        assert (await sandbox.put("/_sandbox/chaos", json=settings)).status_code == 204
        phones = [to for to in PHONES if ChaosPlan(1).fault(to) is None][:20]
        answers = await asyncio.gather(*(post(sandbox, request(to=to)) for to in phones))
        assert all("messages" in answer for answer in answers)
        updates = (await sandbox.get("/_sandbox/delivered_updates")).json()
        assert updates["delivered"]
        assert updates["pending"] > 0
        assert all(each["update"]["content"] in accepted for each in updates["delivered"])

    await sandbox.delete("/_sandbox")
    after_reset = (await sandbox.get("/_sandbox/delivered_updates")).json()
    assert after_reset == {"delivered": [], "pending": 0}


@pytest.mark.parametrize("url", ["https://graph.facebook.com/x", "http://127.0.0.1.evil.com/"])
async def test_a_chaotic_stand_in_posts_to_this_machine_alone(
    sandbox: httpx.AsyncClient, url: str
) -> None:
    settings = {"seed": 1, "webhook_url": url, "app_secret": "app"}
    assert (await sandbox.put("/_sandbox/chaos", json=settings)).status_code == 422

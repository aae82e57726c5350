"""The strange side of the stand-in: what it draws, and how it tells."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response

from sandbox.graph import GraphFailure
from sandbox.server import serve
from sandbox.strange import REFUSALS, Said, Sent, Strange
from sandbox.teller import Teller
from sandbox.telling import About, Update, signature
from tests.sandbox.messaging import post, request

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PEOPLE = [f"9198765{number:05}" for number in range(500)]


def sent(to: str) -> Sent:
    return Sent("1055", to, "wamid.1", "ours", answered=True)


def update(content: Any) -> Update:
    return Update(number="1055", about=About.STATUSES, content=content)


def test_same_seed_draws_the_same_for_the_same_request() -> None:
    first, again, other = Strange(1), Strange(1), Strange(2)
    backwards = [(again.fault(to), again.delay(to)) for to in reversed(PEOPLE)][::-1]
    assert [(first.fault(to), first.delay(to)) for to in PEOPLE] == backwards
    assert [other.fault(to) for to in PEOPLE] != [fault for fault, _ in backwards]
    assert [first.said_of(sent(to), NOW) for to in PEOPLE] == [
        again.said_of(sent(to), NOW) for to in PEOPLE
    ]


def test_everything_that_can_go_wrong_does() -> None:
    strange = Strange(1)
    faults = [fault for to in PEOPLE if (fault := strange.fault(to)) is not None]
    assert {fault.code for fault in faults} == {None, *REFUSALS}
    assert {fault.fault for fault in faults} == {*GraphFailure} - {GraphFailure.THROTTLE}

    said = [each for to in PEOPLE for each in strange.said_of(sent(to), NOW)]
    assert {each.update.about for each in said} == {*About}
    assert {each.after is None for each in said} == {True, False}
    assert any(each.update.rubbish for each in said)
    assert any(each.update.stops for each in said)


def contents(body: bytes) -> Iterator[Any]:
    """Every update of a notification."""
    for change in json.loads(body)["entry"][0]["changes"]:
        for about in About:
            yield from change["value"].get(about, [])


@asynccontextmanager
async def a_webhook(secret: str, *statuses: int) -> AsyncIterator[tuple[str, list[Any]]]:
    """A webhook that answers so, one after the other, then always 200; and what it took in."""
    app, heard, answers = FastAPI(), list[Any](), iter(statuses)

    @app.post("/hook")
    async def hook(request: Request) -> Response:
        body = await request.body()
        if request.headers["x-hub-signature-256"] != signature(body, secret)["X-Hub-Signature-256"]:
            return Response(status_code=401)
        status = next(answers, 200)
        if status == httpx.codes.OK:
            heard.extend(contents(body))
        return Response(status_code=status)

    async with serve(app) as url:
        yield f"{url}/hook", heard


async def test_what_comes_before_the_answer_is_told_at_once() -> None:
    async with a_webhook("app") as (url, heard):
        teller = Teller(url, "app", seed=4)
        await teller.tell([Said(update("first"), None), Said(update("second"), None)])
        assert heard[:2] == ["first", "second"]
        assert [told.update.content for told in teller.told] == heard
        await teller.close()


async def test_what_was_not_answered_200_is_told_again() -> None:
    async with a_webhook("app", 503, 500) as (url, heard):
        teller = Teller(url, "app", seed=4)
        await teller.tell([Said(update("one"), None), Said(update("other"), 0)])
        await teller.drained()
        assert teller.waiting == 0
        assert set(heard) == {"one", "other"}
        assert sorted(told.update.content for told in teller.told) == sorted(heard)
        await teller.close()


async def test_stand_in_is_strange_until_it_is_reset(sandbox: httpx.AsyncClient) -> None:
    async with a_webhook("app") as (url, heard):
        how = {"seed": 1, "webhook_url": url, "app_secret": "app"}
        assert (await sandbox.put("/_sandbox/strange", json=how)).status_code == 204
        people = [to for to in PEOPLE if Strange(1).fault(to) is None][:20]
        answers = await asyncio.gather(*(post(sandbox, request(to=to)) for to in people))
        assert all("messages" in answer for answer in answers)
        told = (await sandbox.get("/_sandbox/told")).json()
        assert told["told"]
        assert told["waiting"] > 0
        assert all(each["update"]["content"] in heard for each in told["told"])

    await sandbox.delete("/_sandbox")
    assert (await sandbox.get("/_sandbox/told")).json() == {"told": [], "waiting": 0}


@pytest.mark.parametrize("url", ["https://graph.facebook.com/x", "http://127.0.0.1.evil.com/"])
async def test_strange_stand_in_tells_nobody_but_this_machine(
    sandbox: httpx.AsyncClient, url: str
) -> None:
    how = {"seed": 1, "webhook_url": url, "app_secret": "app"}
    assert (await sandbox.put("/_sandbox/strange", json=how)).status_code == 422

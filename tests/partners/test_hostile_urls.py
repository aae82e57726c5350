"""No URL of a hostile corpus leads to a connection, and every refusal looks the same."""

import asyncio
import json
from datetime import timedelta

import httpx
import pytest
from pydantic import ValidationError

from clock import utc_now
from domain.messages.channels import Channel
from domain.messages.send_outcome import NotSent, SendOutcome
from domain.stores.config import ExitApi
from domain.values.problems import InvalidBodyError, Problem
from ingest.store_config import accept_config
from partners.channels import ChannelClient
from partners.egress import ForbiddenAddressError, check_url, pin
from partners.exit_api import ExitApiClient, ExitApiUnavailableError
from sandbox.channel import SECRET
from tests.domain.stores.contract_example import contract_example
from tests.partners.test_channels import REQUESTED
from tests.partners.url_corpus import CorpusUrl, corpus, listening

HOSTILE = corpus("hostile_urls.txt")
PUBLIC = corpus("public_urls.txt")
WITHIN = timedelta(seconds=1)
UNREACHABLE = "could not be reached"


async def ask(http: httpx.AsyncClient, hostile: CorpusUrl, *, allow_private: bool) -> str | None:
    """Why the exit check failed; None for what is no URL at all."""
    client = ExitApiClient(http, allow_private=allow_private, resolve=hostile.resolve)
    try:
        api = ExitApi.model_validate({"url": hostile.url, "timeout": WITHIN})
        await client.recent_events(api, "c-1", has_answered=False)
    except ValidationError:
        return None
    except ExitApiUnavailableError as error:
        return str(error)
    raise AssertionError("no listener answers")


async def post(http: httpx.AsyncClient, hostile: CorpusUrl) -> SendOutcome | None:
    """What became of a message; None for what is no URL at all."""
    client = ChannelClient(http, utc_now, allow_private=False, resolve=hostile.resolve)
    written = {"url": hostile.url, "secret": SECRET, "timeout": 2 * WITHIN}
    try:
        return await client.post(Channel.model_validate(written), REQUESTED)
    except ValidationError:
        return None


async def pinned(hostile: CorpusUrl) -> str:
    """The URL as written, without Pydantic's reading of it."""
    try:
        target = await pin(hostile.url, within=WITHIN, allow_private=False, resolve=hostile.resolve)
    except ForbiddenAddressError as error:
        return str(error)
    return f"{hostile.url!r} leads to {target.url}"


async def test_no_hostile_url_is_connected_to() -> None:
    assert len(HOSTILE) > 400
    async with listening() as (listeners, http):
        because, outcomes, refusals = await asyncio.gather(
            asyncio.gather(*(ask(http, each, allow_private=False) for each in HOSTILE)),
            asyncio.gather(*(post(http, each) for each in HOSTILE)),
            asyncio.gather(*(pinned(each) for each in HOSTILE)),
        )

    assert listeners.connections == 0
    assert set(because) == {UNREACHABLE, None}
    assert set(outcomes) == {NotSent(UNREACHABLE), None}
    assert set(refusals) == {str(ForbiddenAddressError())}


async def test_the_listeners_would_see_a_connection() -> None:
    some = HOSTILE[::4]
    async with listening() as (listeners, http):
        for each in some:
            await ask(http, each, allow_private=True)

    assert len(listeners.ports) > 1
    assert listeners.connections > len(some) / 2


def refusal(url: str) -> Problem | None:
    """What `PUT` says about this URL of an Exit API; None: it is accepted."""
    config = contract_example() | {"exit_api": {"url": url}, "plans": {}}
    try:
        accept_config(json.dumps(config).encode(), allow_private=False)
    except InvalidBodyError as error:
        [problem] = error.problems
        return problem
    return None


def test_put_refuses_every_url_that_is_hostile_by_itself_in_the_same_words() -> None:
    problems = [refusal(each.url) for each in HOSTILE if each.addresses is None]
    refused = [each for each in problems if each is not None]
    not_urls = {each.kind for each in refused if each.kind.startswith("url_")}
    others = {(each.kind, each.message) for each in refused if each.kind not in not_urls}

    assert len(refused) > 350
    assert not_urls == {"url_parsing", "url_scheme"}
    assert others == {("forbidden_address", str(ForbiddenAddressError()))}


@pytest.mark.parametrize("public", PUBLIC, ids=lambda each: each.url)
async def test_a_public_url_is_accepted_and_called(public: CorpusUrl) -> None:
    check_url(public.url, allow_private=False)
    assert refusal(public.url) is None
    target = await pin(public.url, within=WITHIN, allow_private=False, resolve=public.resolve)
    if public.addresses:
        assert target.url.host == public.addresses[0]


async def test_a_name_is_resolved_once_and_what_was_checked_is_called() -> None:
    answers = [["8.8.8.8"], ["127.0.0.1"]]

    async def rebinding(host: str, port: int) -> list[str]:
        del host, port
        return answers.pop(0)

    target = await pin(
        "https://rebinding.example/", within=WITHIN, allow_private=False, resolve=rebinding
    )

    assert target.url == "https://8.8.8.8/"
    assert answers == [["127.0.0.1"]]


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://private.example/",
        "https://unknown.example/",
        "https://silent.example/",
    ],
)
async def test_a_refusal_comes_when_the_time_of_the_resolver_is_over(url: str) -> None:
    answered = asyncio.Event()

    async def resolve(host: str, port: int) -> list[str]:
        del port
        if host == "silent.example":
            await asyncio.Event().wait()
        answered.set()
        if host == "unknown.example":
            raise OSError
        return ["10.0.0.8"]

    async def refused(within: timedelta) -> None:
        with pytest.raises(ForbiddenAddressError):
            await pin(url, within=within, allow_private=False, resolve=resolve)

    async with asyncio.TaskGroup() as group:
        patient = group.create_task(refused(timedelta(hours=1)))
        if url.startswith(("https://private", "https://unknown")):
            await answered.wait()
        for _ in range(10):
            await asyncio.sleep(0)
        assert not patient.done()
        patient.cancel()
    await refused(timedelta(milliseconds=20))


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening() as (proxy, _), listening() as (target, http):
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.ports['127.0.0.1']}")
        await ask(http, CorpusUrl("http://127.0.0.1/", None), allow_private=True)

    assert (proxy.connections, target.connections) == (0, 1)

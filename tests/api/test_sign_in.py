"""Signing in at a browser: the page, the cookie, and what ends a session."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.requests import Request

from api.ui.customer_references import reference_to
from api.ui.sign_in_attempts import MAX_FAILURES, MAX_PEERS, WINDOW, SignInAttempts
from tests.api.caller import (
    ADMIN,
    BASE_URL,
    Caller,
    connecting_to,
    now,
    running_api,
    settings_for,
    unused_address,
)
from tests.api.codec_caller import KEYS, WEB_UI, decode_by, signed_in

PAGE = "/ui/sign-in"
OWN = {"Origin": BASE_URL}


@asynccontextmanager
async def an_api(url: str, admin_token: str = ADMIN, **options: Any) -> AsyncIterator[Caller]:
    settings = settings_for(
        url, admin_token=admin_token, payload_keys=KEYS, temporal_ui_origin=WEB_UI
    )
    with unused_address() as address:
        async with running_api(settings, connecting_to(address), **options) as caller:
            yield caller


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('sign-in') / 'comeback.db'}"


@pytest.fixture(scope="module")
async def shared(url: str) -> AsyncIterator[Caller]:
    async with an_api(url) as caller:
        yield caller


@pytest.fixture
def api(shared: Caller) -> Caller:
    """An API, and a browser that is not signed in. Few wrong tokens: they are limited."""
    shared.http.cookies.clear()
    return shared


async def post_token(caller: Caller, token: str, **headers: str) -> httpx.Response:
    return await caller.http.post(PAGE, data={"token": token}, headers=OWN | headers)


async def test_the_page_is_a_form_without_scripts_that_no_other_site_can_frame(
    api: Caller,
) -> None:
    answer = await api.http.get(PAGE)

    assert answer.status_code == 200
    assert '<form class="stacked" method="post" action="../ui/sign-in">' in answer.text
    assert not re.search(r"<script|<style|\son\w+=|https?:", answer.text)
    assert answer.headers["cache-control"] == "no-store"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    for path in re.findall(r'href="\.\.(/[^"]+)"', answer.text):
        assert (await api.http.get(path)).status_code == 200


async def test_the_admin_token_starts_a_session(api: Caller) -> None:
    answer = await post_token(api, ADMIN)

    assert (answer.status_code, answer.headers["location"]) == (303, "../ui")
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Max-Age=43200", "Path=/"} <= set(cookie.split("; "))
    assert ADMIN not in cookie
    page = (await api.http.get(PAGE)).text
    assert "signed in as operator" in page
    assert f'href="{WEB_UI}"' in page


@pytest.mark.parametrize(("base", "secure"), [("https://api.test", True), (BASE_URL, False)])
async def test_over_https_the_cookie_is_never_sent_without(
    api: Caller, base: str, secure: bool
) -> None:
    answer = await api.http.post(base + PAGE, data={"token": ADMIN}, headers={"Origin": base})

    assert ("Secure" in answer.headers["set-cookie"].split("; ")) is secure


@pytest.mark.parametrize("token", ["", "wrong", ADMIN[:-1], f"{ADMIN}x", "\udcff", "é"])
async def test_another_token_starts_none(api: Caller, token: str) -> None:
    form = f"token={token.encode(errors='surrogateescape').decode('latin-1')}"
    answer = await api.http.post(PAGE, content=form.encode("latin-1"), headers=OWN)

    assert answer.status_code == 401
    assert "not the admin token" in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("origin", ["http://evil.example", "null", WEB_UI, "http://api.test.evil"])
@pytest.mark.parametrize("path", [PAGE, "/ui/sign-out"])
async def test_a_form_of_another_site_is_refused(api: Caller, path: str, origin: str) -> None:
    answer = await api.http.post(path, data={"token": ADMIN}, headers={"Origin": origin})

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 303), ("same-site", 403), ("cross-site", 403)]
)
async def test_what_the_browser_says_of_the_form_counts_though_a_proxy_changed_the_host(
    api: Caller, site: str, status: int
) -> None:
    page = {"Origin": "https://comeback.example", "Sec-Fetch-Site": site}

    answer = await api.http.post(PAGE, data={"token": ADMIN}, headers=page)

    assert answer.status_code == status


async def test_an_endless_form_is_refused(api: Caller) -> None:
    assert (await post_token(api, "x" * 5000)).status_code == 413


async def test_guessing_is_limited_for_a_minute_even_with_the_right_token(url: str) -> None:
    time = now()
    async with an_api(url, clock=lambda: time) as caller:
        for _ in range(MAX_FAILURES):
            assert (await post_token(caller, "wrong")).status_code == 401

        limited = await post_token(caller, ADMIN)
        time += WINDOW
        later = await post_token(caller, ADMIN)

    assert limited.status_code == 429
    assert limited.headers["retry-after"] == "60"
    assert "set-cookie" not in limited.headers
    assert later.status_code == 303


def test_one_address_that_guesses_does_not_keep_others_out() -> None:
    attempts = SignInAttempts(now)
    guessing, other = (request_of(f"192.0.2.{number}") for number in (1, 2))
    for _ in range(MAX_FAILURES):
        attempts.record_failure(guessing)

    assert attempts.are_too_many(guessing)
    assert not attempts.are_too_many(other)


def test_addresses_of_one_ipv6_network_guess_together() -> None:
    attempts = SignInAttempts(now)
    for number in range(MAX_FAILURES):
        attempts.record_failure(request_of(f"2001:db8:0:1::{number:x}"))

    assert attempts.are_too_many(request_of("2001:db8:0:1:ffff::1"))
    assert not attempts.are_too_many(request_of("2001:db8:0:2::1"))


async def test_guesses_that_arrive_together_are_limited_as_well(url: str) -> None:
    begun, proceed = asyncio.Semaphore(0), asyncio.Event()

    async def form() -> AsyncIterator[bytes]:
        begun.release()
        await proceed.wait()
        yield b"token=wrong"

    async with an_api(url) as caller:
        posts = [
            asyncio.create_task(caller.http.post(PAGE, content=form(), headers=OWN))
            for _ in range(MAX_FAILURES + 5)
        ]
        for _ in posts:
            await begun.acquire()
        proceed.set()
        answers = [(await post).status_code for post in posts]

    assert sorted(answers) == [401] * MAX_FAILURES + [429] * 5


def test_only_so_many_addresses_are_remembered() -> None:
    attempts = SignInAttempts(now)
    first = request_of("192.0.2.1")
    for _ in range(MAX_FAILURES):
        attempts.record_failure(first)
    for number in range(MAX_PEERS):
        attempts.record_failure(request_of(f"peer-{number}"))

    assert not attempts.are_too_many(first)


def request_of(host: str) -> Request:
    return Request({"type": "http", "client": (host, 1), "headers": []})


async def test_signing_out_makes_the_browser_forget(api: Caller) -> None:
    await post_token(api, ADMIN)

    answer = await api.http.post("/ui/sign-out", headers=OWN)

    assert (answer.status_code, answer.headers["location"]) == (303, "../ui/sign-in")
    assert not api.http.cookies
    assert "<form" in (await api.http.get(PAGE)).text


async def test_a_session_ends_after_twelve_hours(url: str) -> None:
    time = now()
    async with an_api(url, clock=lambda: time) as caller:
        headers = await signed_in(caller) | OWN
        time += timedelta(hours=12, seconds=-1)
        assert (await decode_by(caller, headers)).status_code == 200
        time += timedelta(seconds=1)
        assert (await decode_by(caller, headers)).status_code == 401
        assert "<form" in (await caller.http.get(PAGE, headers=headers)).text


async def test_another_admin_token_ends_every_session(url: str, api: Caller) -> None:
    headers = await signed_in(api) | OWN
    async with an_api(url, admin_token="the-next-token") as caller:
        assert (await decode_by(caller, headers)).status_code == 401


async def test_a_session_lasts_over_a_restart_and_in_other_processes(url: str, api: Caller) -> None:
    headers = await signed_in(api) | OWN
    async with an_api(url) as caller:
        assert (await decode_by(caller, headers)).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "",
        lambda _: "x",
        lambda _: ".",
        lambda _: "e30=.e30=",
        lambda _: "é.é",
        lambda cookie: cookie.partition(".")[0],
        lambda cookie: f"{cookie}.{cookie}",
        lambda cookie: cookie[:-6],
        lambda cookie: "A" + cookie[1:],
        lambda cookie: cookie.replace(".", ".A"),
    ],
)
async def test_a_changed_cookie_is_none(api: Caller, change: Any) -> None:
    name, _, value = (await signed_in(api))["Cookie"].partition("=")
    headers: dict[str, Any] = {**OWN, "Cookie": f"{name}={change(value)}".encode("latin-1")}

    assert (await decode_by(api, headers)).status_code == 401


async def test_a_session_opens_nothing_under_v1(api: Caller) -> None:
    shop = await api.new_store()
    headers = await signed_in(api) | OWN

    for method, path in (("GET", shop.path), ("PUT", shop.path), ("GET", "/v1/quarantine")):
        answer = await api.http.request(method, path, headers=headers, json={})
        assert answer.status_code == 401


async def post_key(caller: Caller, store_id: str, key: str) -> httpx.Response:
    return await caller.http.post(PAGE, data={"store": store_id, "token": key}, headers=OWN)


async def test_a_key_starts_a_session_of_its_store_and_of_no_other(api: Caller) -> None:
    shop, other = await api.new_store(), await api.new_store()

    for store_id, key in ((other.store_id, shop.key), (shop.store_id, ADMIN), ("No store", "x")):
        refused = await post_key(api, store_id, key)
        assert refused.status_code == 401
        assert "This is not a key of that store." in refused.text
    answer = await post_key(api, shop.store_id, shop.key)

    assert (answer.status_code, answer.headers["location"]) == (303, "../ui")
    assert shop.key not in answer.headers["set-cookie"]
    home = await api.http.get("/ui")
    assert (home.status_code, home.headers["location"]) == (303, f"./ui/stores/{shop.store_id}")
    assert f"signed in as {shop.store_id}" in (await api.http.get(PAGE)).text


async def test_a_reference_leads_to_a_customer_of_one_store_alone(api: Caller) -> None:
    shop, other = await api.new_store(), await api.new_store()
    await shop.post()
    await post_token(api, ADMIN)
    reference = reference_to(api.services.settings, shop.store_id, shop.customer_id)

    paths = {
        f"/ui/stores/{shop.store_id}/customers/{reference}": 200,
        f"/ui/stores/{other.store_id}/customers/{reference}": 404,
        f"/ui/stores/{shop.store_id}/customers/{reference[:-2]}": 404,
        f"/ui/stores/{shop.store_id}/customers/{shop.customer_id}": 404,
        f"/ui/stores/{shop.store_id}/people?figure=nothing": 404,
        f"/ui/stores/{shop.store_id}?from=2026-02-30": 404,
    }
    assert {path: (await api.http.get(path)).status_code for path in paths} == paths
    assert shop.customer_id not in reference

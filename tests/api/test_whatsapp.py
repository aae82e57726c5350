"""Meta's webhook: who calls is proved, or nobody is let in."""

from collections.abc import AsyncIterator

import pytest

from tests.api.calling import Caller, calling, connecting_to, settings_for
from tests.api.meta_calling import URL, signature

HANDSHAKE = {"hub.mode": "subscribe", "hub.verify_token": "verify", "hub.challenge": "1158201444"}


@pytest.fixture
async def meta(database_url: str, address: str) -> AsyncIterator[Caller]:
    settings = settings_for(database_url, meta_app_secret="app", meta_verify_token="verify")
    async with calling(settings, connecting_to(address)) as caller:
        yield caller


async def test_webhook_without_its_secrets_answers_503(caller: Caller) -> None:
    assert (await caller.http.get(URL, params=HANDSHAKE)).status_code == 503
    assert (await caller.http.post(URL, content=b"{}")).status_code == 503


@pytest.mark.parametrize("only", ["meta_app_secret", "meta_verify_token"])
async def test_one_of_two_secrets_is_not_enough(database_url: str, address: str, only: str) -> None:
    settings = settings_for(database_url, **{only: "x"})
    async with calling(settings, connecting_to(address)) as caller:
        assert (await caller.http.get(URL, params=HANDSHAKE)).status_code == 503
        assert (await caller.http.post(URL, content=b"{}")).status_code == 503


async def test_handshake_returns_the_challenge(meta: Caller) -> None:
    answer = await meta.http.get(URL, params=HANDSHAKE)
    assert (answer.status_code, answer.text) == (200, "1158201444")


@pytest.mark.parametrize("wrong", [{"hub.verify_token": "other"}, {"hub.mode": "unsubscribe"}])
async def test_handshake_with_another_token_is_refused(meta: Caller, wrong: dict[str, str]) -> None:
    answer = await meta.http.get(URL, params=HANDSHAKE | wrong)
    assert answer.status_code == 403
    assert (await meta.http.get(URL)).status_code == 403


async def test_signature_is_of_the_bytes_as_they_came(meta: Caller) -> None:
    for raw in ('{"entry": ["é"]}'.encode(), b'{"entry":[ ] }\n', b"\xff", b""):
        assert (await meta.http.post(URL, content=raw, headers=signature(raw))).status_code == 200
        other = raw + b" "
        answer = await meta.http.post(URL, content=other, headers=signature(raw))
        assert answer.status_code == 401


async def test_notification_nobody_signed_is_refused(meta: Caller) -> None:
    for headers in ({}, signature(b"{} "), signature(b"{}", "other"), {"X-Hub-Signature-256": "x"}):
        assert (await meta.http.post(URL, content=b"{}", headers=headers)).status_code == 401


async def test_notification_has_a_size(meta: Caller) -> None:
    assert (await meta.http.post(URL, content=b" " * (3 * 1024**2 + 1))).status_code == 413

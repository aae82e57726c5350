"""Meta's webhook: the handshake, and signatures of notifications."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.caller import Caller, connecting_to, running_api, settings_for
from tests.api.meta_caller import META_SETTINGS, URL, signature
from tests.databases import copy_of

HANDSHAKE = {"hub.mode": "subscribe", "hub.verify_token": "verify", "hub.challenge": "1158201444"}


@pytest.fixture(scope="module")
async def meta(
    address: str, migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Caller]:
    database_url = copy_of(migrated_sqlite, tmp_path_factory.mktemp("whatsapp"))
    settings = settings_for(database_url, **META_SETTINGS)
    async with running_api(settings, connecting_to(address)) as caller:
        yield caller


async def test_webhook_without_its_secrets_answers_503(caller: Caller) -> None:
    assert (await caller.http.get(URL, params=HANDSHAKE)).status_code == 503
    assert (await caller.http.post(URL, content=b"{}")).status_code == 503


@pytest.mark.parametrize("only", ["meta_app_secret", "meta_verify_token"])
async def test_webhook_with_one_of_two_secrets_answers_503(
    own_database_url: str, address: str, only: str
) -> None:
    settings = settings_for(own_database_url, **{only: "x"})
    async with running_api(settings, connecting_to(address)) as caller:
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


async def test_signature_is_of_the_bytes_as_posted(meta: Caller) -> None:
    for raw in ('{"entry": ["é"]}'.encode(), b'{"entry":[ ] }\n', b"\xff", b""):
        assert (await meta.http.post(URL, content=raw, headers=signature(raw))).status_code == 200
        other = raw + b" "
        answer = await meta.http.post(URL, content=other, headers=signature(raw))
        assert answer.status_code == 401


async def test_unsigned_notification_is_refused(meta: Caller) -> None:
    for headers in ({}, signature(b"{} "), signature(b"{}", "other"), {"X-Hub-Signature-256": "x"}):
        assert (await meta.http.post(URL, content=b"{}", headers=headers)).status_code == 401


async def test_notification_over_3_mb_is_refused(meta: Caller) -> None:
    raw = b" " * (3 * 1024**2 + 1)
    assert (await meta.http.post(URL, content=raw, headers=signature(raw))).status_code == 413
    assert (await meta.http.post(URL, content=raw)).status_code == 401

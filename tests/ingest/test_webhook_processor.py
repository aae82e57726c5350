"""Stored notifications are processed, also after a crash and when one of them fails."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from domain.customers.identity import keyed_hash
from ingest import meta_updates
from ingest.metrics import IngestMetrics
from ingest.update_results import RoutedUpdate, UpdateCounts
from ingest.webhook_processor import LEASE, WebhookProcessor
from storage import (
    message_reports,
    messages,
    opt_outs,
    quarantine,
    stores,
    suppressions,
    webhooks,
)
from storage.database import Database
from storage.secret_cipher import SecretKeyMissingError
from tests.api.caller import now
from tests.storage.builders import DETAILS, NOW, STORE, a_config, key
from tests.whatsapp.webhook_samples import change, notification, status, text

WA_ID = "919876543210"


def body(*updates: dict[str, Any]) -> bytes:
    metadata = {"phone_number_id": "1055"}
    return json.dumps(notification(change(metadata=metadata, statuses=list(updates)))).encode()


async def keep(database: Database, *bodies: bytes) -> None:
    async with database.transaction() as connection:
        for each in bodies:
            await webhooks.add(connection, each, now())


async def claimed(database: Database) -> str:
    async with database.transaction() as connection:
        await stores.put(connection, STORE, a_config(), NOW)
        return await messages.claim(connection, key(), DETAILS, NOW)


async def by_status(database: Database) -> dict[str, int]:
    async with database.reading() as connection:
        return await message_reports.by_status(connection)


def stop(words: str = "STOP") -> bytes:
    said = text(words, **{"from": WA_ID})
    metadata = {"phone_number_id": "1055"}
    return json.dumps(notification(change(metadata=metadata, messages=[said]))).encode()


async def is_suppressed(database: Database) -> bool:
    async with database.reading() as connection:
        store = await stores.existing(connection, STORE)
        hashed = keyed_hash(store.hash_key, f"+{WA_ID}")
        return await suppressions.because(connection, STORE, hashed) is not None


def said_by(words: str, **ids: str) -> bytes:
    said = {name: value for name, value in text(words).items() if name != "from"}
    metadata = {"phone_number_id": "1055"}
    return json.dumps(notification(change(metadata=metadata, messages=[{**said, **ids}]))).encode()


def processor(database: Database, clock: timedelta = timedelta(0)) -> WebhookProcessor:
    return WebhookProcessor(database, IngestMetrics(CollectorRegistry()), lambda: now() + clock)


async def test_notification_of_a_process_that_died_is_processed_after_its_lease(
    database: Database,
) -> None:
    message_id = await claimed(database)
    await keep(database, body(status("read", biz_opaque_callback_data=message_id)))
    async with database.transaction() as connection:
        await webhooks.lease_due(connection, now(), now() + LEASE, 10)
    assert await processor(database).sweep() == 0
    assert await processor(database, LEASE).sweep() == 1
    assert await by_status(database) == {"read": 1}
    async with database.reading() as connection:
        assert await webhooks.oldest(connection) is None


async def test_notification_processed_twice_is_quarantined_once(database: Database) -> None:
    await claimed(database)
    await keep(database, body({"id": "wamid.bad"}))
    async with database.transaction() as connection:
        (row,) = await webhooks.lease_due(connection, now(), now() + LEASE, 10)
    for each in (processor(database), processor(database)):
        await each.process([row])
    async with database.reading() as connection:
        assert await quarantine.size(connection) == 1


async def test_notification_that_fails_does_not_hold_up_the_rest(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = await claimed(database)
    apply_updates = meta_updates.apply_updates

    async def failing(
        database: Database, batch: Sequence[RoutedUpdate], at: datetime
    ) -> UpdateCounts:
        if any(getattr(each.update.content, "id", "") == "wamid.odd" for each in batch):
            raise ZeroDivisionError
        return await apply_updates(database, batch, at)

    monkeypatch.setattr(meta_updates, "apply_updates", failing)
    known = body(status("read", biz_opaque_callback_data=message_id))
    await keep(database, body(status("read", "wamid.odd")), known)
    assert await processor(database).sweep() == 2
    assert await by_status(database) == {"read": 1}
    async with database.reading() as connection:
        assert await quarantine.size(connection) == 1
        assert await webhooks.oldest(connection) is None


async def test_stop_is_applied_when_it_is_accepted_while_others_wait(database: Database) -> None:
    message_id = await claimed(database)
    accepting = processor(database)
    await accepting.accept(body(status("read", biz_opaque_callback_data=message_id)))
    assert await by_status(database) == {"claimed": 1}
    await accepting.accept(stop())
    assert await is_suppressed(database)
    assert await by_status(database) == {"claimed": 1}
    assert await accepting.sweep() == 1
    assert await by_status(database) == {"read": 1}


async def test_stop_that_cannot_be_applied_at_once_is_not_accepted_and_yet_applied_later(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await claimed(database)
    accepting = processor(database)

    async def unavailable(*_: object) -> UpdateCounts:
        raise ConnectionRefusedError

    with monkeypatch.context() as patched:
        patched.setattr(meta_updates, "apply_updates", unavailable)
        with pytest.raises(ConnectionRefusedError):
            await accepting.accept(stop())
    assert not await is_suppressed(database)
    assert await accepting.sweep() == 1
    assert await is_suppressed(database)
    assert await accepting.sweep() == 0


async def test_notification_that_cannot_be_processed_is_accepted_since_repeating_it_is_no_help(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await claimed(database)
    accepting = processor(database)

    async def odd(*_: object) -> UpdateCounts:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(meta_updates, "apply_updates", odd)
        await accepting.accept(stop())
    assert await accepting.sweep() == 1
    assert await is_suppressed(database)


async def test_a_crash_while_a_person_becomes_known_does_not_lose_their_opt_out(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await claimed(database)
    accepting = processor(database)
    await accepting.accept(said_by("STOP", from_user_id="IN.1"))

    async def unavailable(*_: object) -> bool:
        raise ConnectionRefusedError

    hello = {"from": WA_ID, "from_user_id": "IN.1"}
    with monkeypatch.context() as patched:
        patched.setattr(opt_outs, "carry_over", unavailable)
        with pytest.raises(ConnectionRefusedError):
            await accepting.accept(said_by("Hi", **hello))
    assert not await is_suppressed(database)
    assert await accepting.sweep() == 1
    assert await is_suppressed(database)


async def test_stop_to_a_store_whose_secrets_do_not_open_waits_for_their_key(
    database: Database, database_url: str
) -> None:
    with_key = Database(database_url, {"k1": b"k" * 32})
    await claimed(with_key)
    accepting = processor(database)

    with pytest.raises(SecretKeyMissingError):
        await accepting.accept(stop())
    await keep(database, b"{")
    assert await accepting.sweep() == 2
    async with database.reading() as connection:
        assert await quarantine.size(connection) == 1  # only what can be read by nobody

    assert await processor(with_key, LEASE).sweep() == 1
    assert await is_suppressed(with_key)
    await with_key.close()


async def test_a_store_whose_secrets_do_not_open_holds_up_no_stop_to_another(
    database: Database, database_url: str
) -> None:
    with_key = Database(database_url, {"k1": b"k" * 32})
    async with with_key.transaction() as connection:
        await stores.put(connection, "another", a_config(), NOW)
    await claimed(database)  # of the same number
    accepting = processor(database)

    with pytest.raises(SecretKeyMissingError):
        await accepting.accept(stop())
    assert await is_suppressed(database)
    async with database.reading() as connection:
        assert await webhooks.oldest(connection) is not None  # it waits for the other store

    assert await processor(with_key, LEASE).sweep() == 1
    await with_key.close()

"""Meta's updates about templates, applied to stores of their account."""

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from ingest import meta_updates
from ingest.update_results import UpdateResult
from operations import store_administration
from storage import claim_transaction, stores
from storage.claims import Forbidden, Refusal
from storage.database import Database
from storage.secret_cipher import SecretKeyMissingError
from storage.template_holds import HELD
from tests.operations.template_shop import WABA, TemplateShop, config_of, sale, template_shop
from tests.storage.builders import NOW, OTHER_STORE, STORE, a_claim
from whatsapp.webhook import parse

STATUS = "message_template_status_update"


@pytest.fixture(name="shop")
async def a_shop(database: Database) -> AsyncIterator[TemplateShop]:
    async with template_shop(database) as shop:
        await shop.register(sale())
        await shop.put(config_of())
        yield shop


def notification(
    field: str, at: datetime, waba_id: str = WABA, language: str = "en", **value: Any
) -> bytes:
    about = {"message_template_name": "sale", "message_template_language": language}
    change = {"field": field, "value": {"message_template_id": 1, **about, **value}}
    entry = {"id": waba_id, "time": int(at.timestamp()), "changes": [change]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


async def post(shop: TemplateShop, field: str, at: float = 0, **value: Any) -> UpdateResult:
    """Apply an update that Meta made so many seconds after the check."""
    body = notification(field, NOW + timedelta(seconds=at), **value)
    async with shop.database.reading() as connection:
        (batch,) = await meta_updates.route(connection, [parse(body)])
    now = NOW + timedelta(days=2)
    counts = await meta_updates.apply_updates(shop.database, batch, now)
    ((_, result),) = counts.results
    return result


async def warned(shop: TemplateShop) -> list[tuple[str, str]]:
    async with shop.database.reading() as connection:
        found = await store_administration.warnings_of(connection, STORE, config_of())
    return [(each.type, each.message) for each in found if each.type.startswith("template")]


@pytest.mark.parametrize("event", ["PAUSED", "DISABLED", "REJECTED"])
async def test_a_template_is_held_at_once_and_goes_on_when_it_is_approved(
    shop: TemplateShop, event: str
) -> None:
    held = await post(shop, STATUS, event=event, reason="NONE", other_info={"title": "WHY"})
    claim = a_claim()
    object.__setattr__(claim, "template", "sale")
    object.__setattr__(claim, "language", "en")
    async with shop.database.transaction() as connection:
        refused = await claim_transaction.claim(connection, claim, NOW)

    assert held is UpdateResult.CHANGED
    assert await shop.held() == [("sale", "en", f"Meta says {event} (WHY)")]
    assert refused == Forbidden(Refusal.TEMPLATE_HELD, {"because": HELD})
    assert await post(shop, STATUS, 60, event="APPROVED", reason="NONE") is UpdateResult.CHANGED
    assert await shop.held() == []


async def test_a_repeated_notification_changes_nothing(shop: TemplateShop) -> None:
    await post(shop, STATUS, 0, event="PAUSED")

    assert await post(shop, STATUS, 0, event="PAUSED") is UpdateResult.UNCHANGED


async def test_an_older_notification_that_comes_late_changes_nothing(shop: TemplateShop) -> None:
    await post(shop, STATUS, 60, event="PAUSED")

    assert await post(shop, STATUS, 30, event="APPROVED") is UpdateResult.UNCHANGED
    assert len(await shop.held()) == 1


async def test_a_language_is_known_in_either_spelling(shop: TemplateShop) -> None:
    await shop.put(config_of(language="en_US"))

    await post(shop, STATUS, event="PAUSED", language="en-US")

    assert [(name, language) for name, language, _ in await shop.held()] == [("sale", "en_US")]


@pytest.mark.parametrize("event", ["FLAGGED", "PENDING_DELETION", "IN_APPEAL", "LIMIT_EXCEEDED"])
async def test_other_events_are_shown_and_hold_nothing(shop: TemplateShop, event: str) -> None:
    assert await post(shop, STATUS, event=event, reason=None) is UpdateResult.CHANGED
    assert await warned(shop) == [("template_not_approved", f"Meta says {event}")]
    assert await shop.held() == []


async def test_a_changed_category_is_shown(shop: TemplateShop) -> None:
    field = "template_category_update"
    await post(shop, field, new_category="MARKETING", correct_category="UTILITY")
    assert await warned(shop) == [
        ("template_category_changing", "Meta will change MARKETING to UTILITY")
    ]

    await post(shop, field, previous_category="MARKETING", new_category="UTILITY")
    assert await warned(shop) == [("template_category_changed", "from MARKETING to UTILITY")]


async def test_low_quality_is_shown(shop: TemplateShop) -> None:
    field = "message_template_quality_update"
    await post(shop, field, previous_quality_score="YELLOW", new_quality_score="RED")
    assert [kind for kind, _ in await warned(shop)] == ["template_quality"]

    await post(shop, field, previous_quality_score="RED", new_quality_score="GREEN")
    assert await warned(shop) == []


async def test_every_store_of_the_account_that_uses_the_template_is_held(
    shop: TemplateShop,
) -> None:
    await shop.put(config_of(), OTHER_STORE)

    await post(shop, STATUS, event="PAUSED")

    assert [len(await shop.held(each)) for each in (STORE, OTHER_STORE)] == [1, 1]


async def test_a_store_that_cannot_be_read_keeps_no_other_from_a_hold(
    shop: TemplateShop, database_url: str
) -> None:
    await shop.put(config_of(), OTHER_STORE)
    with_key = Database(database_url, {"k1": b"k" * 32})
    async with with_key.transaction() as connection:
        await stores.put(connection, STORE, config_of(), NOW)
    await with_key.close()

    with pytest.raises(SecretKeyMissingError):
        await post(shop, STATUS, event="PAUSED")

    assert len(await shop.held(OTHER_STORE)) == 1


async def test_a_template_that_no_plan_uses_is_ignored(shop: TemplateShop) -> None:
    assert await post(shop, STATUS, event="PAUSED", language="de") is UpdateResult.IGNORED
    assert await shop.held() == []


@pytest.mark.parametrize("waba_id", ["7", "", "a b"])
async def test_an_account_that_no_store_names_is_counted_as_unmatched(
    shop: TemplateShop, waba_id: str
) -> None:
    assert await post(shop, STATUS, event="PAUSED", waba_id=waba_id) is UpdateResult.UNMATCHED


async def test_an_unreadable_update_about_a_template_is_quarantined(shop: TemplateShop) -> None:
    assert await post(shop, STATUS, event=None) is UpdateResult.QUARANTINED


async def test_a_list_that_lags_behind_does_not_hold_what_meta_approved_since(
    shop: TemplateShop,
) -> None:
    await post(shop, STATUS, event="PAUSED")
    await post(shop, STATUS, 60, event="APPROVED")
    await shop.register(sale("PAUSED"))

    await shop.checker.check(STORE)

    assert await shop.held() == []
    assert await warned(shop) == []

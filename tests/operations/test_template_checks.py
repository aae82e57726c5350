import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update

from operations import store_administration
from storage import stores, template_checks, template_holds
from storage.database import Database
from storage.tables import stores as stores_table
from storage.template_holds import HeldBy
from tests.operations.template_shop import TemplateShop, config_of, sale, template_shop
from tests.storage.builders import OTHER_STORE, STORE


@pytest.fixture(name="shop")
async def a_shop(database: Database) -> AsyncIterator[TemplateShop]:
    async with template_shop(database) as shop:
        yield shop


async def test_what_does_not_fit_is_warned_of_when_a_store_is_put(shop: TemplateShop) -> None:
    await shop.register(sale())

    assert await shop.put(config_of()) == []
    assert await shop.put(config_of(body=[])) == ["template_parameters"]
    assert await shop.put(config_of(template="gone")) == ["template_missing"]
    assert await shop.put(config_of(language="de")) == ["template_language_missing"]


async def test_a_store_without_the_accounts_id_is_not_checked(shop: TemplateShop) -> None:
    assert await shop.put(config_of(waba_id=None)) == []
    await shop.checker.check_due()

    assert await shop.listings() == 0


async def test_meta_that_cannot_be_asked_does_not_fail_a_put(shop: TemplateShop) -> None:
    await shop.register(sale())
    await shop.put(config_of())
    await shop.register(error=190)

    assert await shop.put(config_of(body=[])) == ["templates_unchecked", "template_parameters"]
    async with shop.database.reading() as connection:
        state = await template_checks.read(connection, STORE)
    assert (state.because, state.checked_at) == ("Meta answers 190", shop.clock())


async def test_another_account_begins_anew(shop: TemplateShop) -> None:
    await shop.register(sale())
    await shop.put(config_of())

    assert await shop.put(config_of(waba_id="7", body=[])) == ["templates_unchecked"]


@pytest.mark.parametrize("status", ["PAUSED", "DISABLED", "REJECTED"])
async def test_a_template_that_meta_holds_is_held_until_meta_approves_it(
    shop: TemplateShop, status: str
) -> None:
    await shop.register(sale(status))
    assert await shop.put(config_of()) == ["template_not_approved"]
    assert await shop.held() == [("sale", "en", f"Meta says {status}")]

    await shop.register(sale())
    shop.after(days=1)
    await shop.checker.check_due()

    assert await shop.held() == []


async def test_a_template_that_was_held_after_errors_waits_for_the_operator(
    shop: TemplateShop,
) -> None:
    await shop.register(sale())
    await shop.put(config_of())
    async with shop.database.transaction() as connection:
        await template_holds.add(
            connection, STORE, "sale", "3 people", shop.clock(), language="en", by=HeldBy.ERRORS
        )

    shop.after(days=1)
    await shop.checker.check_due()
    assert [name for name, _, _ in await shop.held()] == ["sale"]

    async with shop.database.transaction() as connection:
        await store_administration.resume(connection, STORE)
    assert await shop.held() == []


async def test_a_template_in_another_language_is_not_held(shop: TemplateShop) -> None:
    await shop.register(sale("PAUSED", language="de"), sale())

    assert await shop.put(config_of()) == []
    assert await shop.held() == []


async def test_every_store_is_checked_once_a_day_by_one_process(shop: TemplateShop) -> None:
    await shop.register(sale())
    for store_id in (STORE, OTHER_STORE):
        await shop.put(config_of(), store_id)
    before = await shop.listings()

    await shop.checker.check_due()
    assert await shop.listings() == before
    shop.after(days=1)
    await asyncio.gather(*(shop.checker.check_due() for _ in range(3)))
    assert await shop.listings() == before + 2
    await shop.checker.check_due()
    assert await shop.listings() == before + 2


async def test_a_check_that_failed_is_made_again_within_the_hour(shop: TemplateShop) -> None:
    await shop.register(error=4)
    await shop.put(config_of())
    await shop.register(sale("PAUSED"))

    shop.after(hours=1)
    await shop.checker.check_due()

    assert [name for name, _, _ in await shop.held()] == ["sale"]


async def test_a_check_whose_process_died_is_made_by_another(shop: TemplateShop) -> None:
    await shop.register(sale())
    await shop.put(config_of())
    before = await shop.listings()
    shop.after(days=1)
    async with shop.database.transaction() as connection:
        now = shop.clock()
        assert await template_checks.lease_due(connection, now, now) == STORE

    await shop.checker.check_due()

    assert await shop.listings() == before + 1


async def test_a_check_that_a_put_overtook_changes_nothing(shop: TemplateShop) -> None:
    await shop.register(sale("PAUSED"))
    await shop.put(config_of(waba_id=None))
    listed = await shop.checker.read(config_of())

    assert listed is not None
    async with shop.database.reading() as connection:
        assert (await stores.existing(connection, STORE)).config.whatsapp.waba_id is None
    await shop.checker.check(STORE)
    assert await shop.held() == []


async def test_a_store_that_cannot_be_read_does_not_hold_up_others(shop: TemplateShop) -> None:
    await shop.register(sale())
    for store_id in (STORE, OTHER_STORE):
        await shop.put(config_of(), store_id)
    async with shop.database.transaction() as connection:
        spoilt = update(stores_table).where(stores_table.c.store_id == STORE)
        await connection.execute(spoilt.values(config={}))
    await shop.register(sale("PAUSED"))

    shop.after(days=1)
    await shop.checker.check_due()

    assert [name for name, _, _ in await shop.held(OTHER_STORE)] == ["sale"]

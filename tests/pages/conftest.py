"""One browser for all tests of the pages, and three sites to look at."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser

from tests.api.caller import ADMIN, now
from tests.pages import contents
from tests.pages.browser import chromium, running_browser, visiting
from tests.pages.contents import DAY, MINUTE
from tests.pages.site import Site, serving

BRANDS = {
    "azure-denim": "Azure Denim",
    "bombay-linen": "Bombay Linen",
    "chai-house": "Chai House",
    "delhi-shoes": "Delhi Shoes",
    "eco-skin": "Eco Skin",
    "fig-and-fern": "Fig & Fern",
}


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    executable = chromium()
    if executable is None:
        pytest.skip("pages not tested: chromium is not installed (apt-get install chromium)")
    async with running_browser(executable) as running:
        yield running


@pytest.fixture(scope="session")
async def site_with_none(
    migrated_sqlite: Any, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """A store to which nothing has come."""
    async with serving(migrated_sqlite, tmp_path_factory.mktemp("empty")) as caller:
        yield Site("none", caller, await caller.new_store())


@pytest.fixture(scope="session")
async def site_with_some(
    migrated_sqlite: Any, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """Seven stores, of which some need a person, and a customer with a story."""
    at = now()
    async with serving(migrated_sqlite, tmp_path_factory.mktemp("some")) as caller:
        shop = await caller.new_store()
        await contents.add_stores(shop, BRANDS, at)
        names = [*BRANDS]
        await contents.add_events(shop, [*contents.last_events(names, at)])
        await contents.add_events(shop, [*contents.ignored_events(shop, 3, at)])
        await contents.close_journeys(shop, 2, at - DAY)
        await contents.add_quarantined(shop, 3, at)
        await contents.pause(shop, "delhi-shoes", "131042: the account's payment failed", at)
        await contents.hold_template(shop, "eco-skin", "Meta paused it: low quality", at)
        rows = [
            contents.a_message(store_id, number, at - number * 97 * MINUTE)
            for place, store_id in enumerate(names)
            for number in range(40 + 9 * place)
        ]
        await contents.add_messages(shop, rows)
        await contents.add_results(shop, 600, at - MINUTE)
        await contents.add_visits(shop, 400, at - MINUTE)
        await contents.add_experiment(shop, 1500, at)
        yield Site("some", caller, shop)


@pytest.fixture(scope="session")
async def site_with_thousand(
    migrated_sqlite: Any, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Site]:
    """A thousand of everything."""
    at = now()
    async with serving(migrated_sqlite, tmp_path_factory.mktemp("full")) as caller:
        shop = await caller.new_store()
        names = {f"store-{number:03}": f"Store {number:03}" for number in range(1000)}
        await contents.add_stores(shop, names, at)
        await contents.add_events(shop, [*contents.last_events([*names], at)])
        await contents.add_events(shop, [*contents.ignored_events(shop, 1000, at)])
        await contents.close_journeys(shop, 150, at - DAY)
        await contents.add_quarantined(shop, 1000, at)
        await contents.add_results(shop, 6000, at - MINUTE)
        yield Site("thousand", caller, shop)


@pytest.fixture
def site(request: pytest.FixtureRequest) -> Site:
    """The site of this name."""
    found: Site = request.getfixturevalue(f"site_with_{request.param}")
    return found


@pytest.fixture(scope="session")
async def operators_cookies(browser: Browser, site_with_none: Site) -> Any:
    """The cookies of an operator who signed in at the form. They count for every site."""
    async with visiting(browser, site_with_none.base) as visitor:
        await visitor.sign_in(ADMIN)
        return await visitor.page.context.cookies()

"""What people come to the pages for, done in a browser, also without a mouse."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from storage import stores
from tests.api.caller import ADMIN, now
from tests.pages import contents
from tests.pages.browser import Visitor, visiting
from tests.pages.contents import CUSTOMER
from tests.pages.site import Site, serving


@pytest.fixture
async def own_site(migrated_sqlite: Any, tmp_path: Any) -> AsyncIterator[Site]:
    """A site that a test may change."""
    async with serving(migrated_sqlite, tmp_path) as caller:
        yield Site("own", caller, await caller.new_store())


@pytest.fixture
async def operator(
    browser: Browser, own_site: Site, operators_cookies: Any
) -> AsyncIterator[Visitor]:
    """An operator at the site, signed in."""
    async with visiting(browser, own_site.base, cookies=operators_cookies) as visitor:
        yield visitor


@pytest.fixture
async def stranger(browser: Browser, own_site: Site) -> AsyncIterator[Visitor]:
    """A visitor who is not signed in."""
    async with visiting(browser, own_site.base) as visitor:
        yield visitor


async def press(visitor: Visitor, name: str) -> None:
    await visitor.page.get_by_role("button", name=name).click()


async def test_the_store_that_needs_a_person_is_the_first(
    browser: Browser, site_with_some: Site, operators_cookies: Any
) -> None:
    async with visiting(browser, site_with_some.base, cookies=operators_cookies) as visitor:
        await visitor.open("/ui")
        first = visitor.page.locator("#stores tbody tr").first

        await expect(first).to_contain_text("Delhi Shoes")
        await expect(first).to_contain_text("act now")
        await expect(first).to_contain_text("the account's payment failed. 3 journeys wait.")
        await visitor.page.get_by_label("Show only").fill("linen")
        shown = visitor.page.locator("#stores tbody tr:visible")
        await expect(shown).to_have_count(1)
        await expect(shown).to_contain_text("Bombay Linen")
        assert visitor.complaints == []


async def test_a_paused_store_is_resumed_where_it_is_looked_at(
    operator: Visitor, own_site: Site
) -> None:
    await operator.open(own_site.of_store())
    await press(operator, "Pause the store")
    await expect(operator.page.get_by_text("No message is sent; journeys wait.")).to_be_visible()
    await press(operator, "Resume sending")
    await expect(operator.page.get_by_role("button", name="Pause the store")).to_be_visible()


@pytest.mark.parametrize("typed", [CUSTOMER, "+91 98765 43210", "9876543210", " Asha@Example.com"])
async def test_why_a_person_got_nothing_is_found_by_what_is_known_of_them(
    operator: Visitor, own_site: Site, typed: str
) -> None:
    person = {"phone": "+919876543210", "email": "asha@example.com", "customer_id": CUSTOMER}
    view = own_site.shop.event("collection_view", customer=person, customer_id=CUSTOMER)
    assert (await own_site.shop.post(view)).json()["status"] == "ignored"

    await operator.open(own_site.of_store("/customers"))
    await operator.page.get_by_label("Customer id").fill(typed)
    await operator.page.keyboard.press("Enter")

    await expect(operator.page.get_by_role("heading", name=f"Customer {CUSTOMER}")).to_be_visible()
    text = await operator.text()
    assert "This customer never had a journey." in text
    assert "no plan for collection_view" in text
    address = operator.page.url
    assert not any(part in address for part in (CUSTOMER, "9876543210", "asha", "example.com"))


async def test_a_customer_of_whom_nothing_is_known_is_not_found(
    operator: Visitor, own_site: Site
) -> None:
    await operator.open(own_site.of_store("/customers"))
    await operator.page.get_by_label("Customer id").fill("+919999999999")
    await press(operator, "Look up")

    await expect(operator.page.get_by_role("status")).to_contain_text("No customer of this store")
    assert "9999999999" not in operator.page.url


async def test_a_story_says_what_was_sent_and_why_no_more(
    operator: Visitor, own_site: Site
) -> None:
    await contents.close_journeys(own_site.shop, 1, now())
    await operator.open(own_site.of_customer(CUSTOMER))

    text = await operator.text()
    assert "Sent: message 1 (delivered). The journey ended because an order was placed." in text
    assert "Asked the partner: nothing speaks against the message" in text
    link = operator.page.get_by_role("link", name="Open in Temporal")
    assert f"journey%3A{own_site.shop.store_id}%3A{CUSTOMER}" in str(
        await link.get_attribute("href")
    )


async def test_what_the_second_message_brought_leads_to_the_people_behind_it(
    operator: Visitor, own_site: Site
) -> None:
    await contents.add_results(own_site.shop, 60, now() - timedelta(hours=4))
    await operator.open(own_site.of_store())
    await operator.page.get_by_role("link", name="60 days").click()
    second = operator.page.locator("#steps tbody tr").nth(1)
    await expect(second).to_contain_text("message 2")
    read = second.get_by_role("link", name="of message 2 of cart_update read")
    count = int((await read.inner_text()).split(maxsplit=1)[0])
    await read.click()

    rows = operator.page.locator("#people tbody tr")
    await expect(rows).to_have_count(count)
    await rows.first.get_by_role("link").click()
    await expect(operator.page.get_by_role("heading", name="Customer buyer-")).to_be_visible()


async def test_people_who_ordered_after_a_message_are_listed(
    operator: Visitor, own_site: Site
) -> None:
    await contents.add_results(own_site.shop, 30, now() - timedelta(hours=4))
    await operator.open(own_site.of_store())
    ordered = operator.page.locator("ol.funnel li").last.get_by_role("link")
    count = int((await ordered.inner_text()).split(maxsplit=1)[0])
    await ordered.click()

    await expect(operator.page.locator("#people tbody tr")).to_have_count(count)
    assert count > 0


async def test_an_experiment_is_started_and_ended(operator: Visitor, own_site: Site) -> None:
    await operator.open(own_site.of_store("/experiments"))
    await expect(operator.page.get_by_text("No experiment has run yet.")).to_be_visible()
    await operator.page.get_by_text("Start one: changed the cart…").click()
    await operator.page.get_by_label("20 %").first.check()
    await press(operator, "Start the experiment")
    await expect(operator.page.get_by_text("running", exact=True)).to_be_visible()
    assert await holdout(own_site) == 0.2
    await operator.page.get_by_text("End the holdout…").click()
    await press(operator, "End it")
    await expect(operator.page.get_by_text("ended", exact=True)).to_be_visible()
    assert await holdout(own_site) == 0


async def holdout(site: Site) -> float:
    """Of the cart's plan, as the store's configuration says, whose token is still there."""
    async with site.caller.database.reading() as connection:
        store = await stores.existing(connection, site.shop.store_id)
    token = store.config.whatsapp.access_token.get_secret_value()
    assert token == site.shop.config["whatsapp"]["access_token"]
    return store.config.plans["cart_update"].holdout


async def test_erasing_a_customer_is_confirmed_first(operator: Visitor, own_site: Site) -> None:
    await contents.close_journeys(own_site.shop, 1, now())
    await operator.open(own_site.of_customer(CUSTOMER))
    await operator.page.get_by_text("Erase…").click()
    await operator.page.get_by_label("Erase this customer").check()
    await operator.page.get_by_role("button", name="Erase", exact=True).click()

    await expect(operator.page.get_by_role("heading", name="Erased")).to_be_visible()
    await expect(operator.page.get_by_text("1 message and")).to_be_visible()


async def test_a_body_is_retried_and_discarded(operator: Visitor, own_site: Site) -> None:
    await own_site.shop.post({"event_name": "cart_update"})
    await operator.open("/ui/quarantine")
    await operator.page.get_by_role("link", name="Event 1").click()
    await press(operator, "Retry")
    await expect(operator.page.get_by_role("heading", name="Still wrong")).to_be_visible()
    await operator.page.get_by_text("Discard…").click()
    await operator.page.get_by_role("button", name="Discard", exact=True).click()
    await expect(operator.page.get_by_text("Nothing is quarantined.")).to_be_visible()


async def test_a_store_sees_itself_only_until_its_key_is_ended(
    stranger: Visitor, own_site: Site
) -> None:
    shop, other = own_site.shop, await own_site.caller.new_store()
    key = (await shop.operator("POST", "/keys")).json()
    await stranger.sign_in(key["api_key"], shop.store_id)

    assert stranger.page.url == own_site.base + own_site.of_store()
    links = await stranger.page.get_by_role("navigation").get_by_role("link").all_inner_texts()
    assert links == ["Results", "Experiments", "Customers"]
    for path in (f"/ui/stores/{other.store_id}", "/ui/quarantine", "/ui/stores/no-such"):
        await stranger.open(path)
        assert "You may not see this page." in await stranger.text()
    await shop.operator("DELETE", f"/keys/{key['key_id']}")
    await stranger.open(own_site.of_store())
    assert stranger.page.url == f"{own_site.base}/ui/sign-in"


async def test_signing_out_ends_at_the_form(operator: Visitor, own_site: Site) -> None:
    await operator.open("/ui")
    await press(operator, "Sign out")
    await expect(operator.page.get_by_role("button", name="Sign in")).to_be_visible()
    await operator.open("/ui/quarantine")
    assert operator.page.url == f"{own_site.base}/ui/sign-in"


async def test_all_is_reached_by_the_keyboard(stranger: Visitor, own_site: Site) -> None:
    await own_site.shop.post({"event_name": "cart_update"})
    await stranger.open("/ui/sign-in")
    await stranger.press_until("Tab", "Admin token, or the store's key")
    await stranger.page.keyboard.type(ADMIN)
    await stranger.press_until("Tab", "Sign in")
    await stranger.page.keyboard.press("Enter")
    await stranger.page.wait_for_url("**/ui")

    await stranger.press_until("Tab", "Skip to the content", most=1)
    await stranger.page.keyboard.press("Enter")
    await stranger.press_until("Tab", "Show only", most=2)
    await stranger.press_until("Tab", "Denim Co", most=3)
    await stranger.page.keyboard.press("Enter")
    await stranger.page.wait_for_url("**/ui/stores/*")
    await stranger.press_until("Tab", "Customers", most=10)
    await stranger.page.keyboard.press("Enter")
    await stranger.page.wait_for_url("**/customers")
    await stranger.press_until("Tab", "Customer id, number or e-mail address", most=10)
    await stranger.press_until("Tab", "Look up", most=1)

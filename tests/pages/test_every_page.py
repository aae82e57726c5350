"""Every page, with nothing, something and a thousand rows: usable by all, asking no other host."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, ViewportSize

from tests.pages.browser import DESK, PHONE, Scheme, visiting
from tests.pages.contents import CUSTOMER
from tests.pages.site import Site

PICTURES = os.environ.get("PAGE_IMAGES")
"""The folder into which pictures for the documentation are taken, such as `docs/images`."""

PAGES: dict[str, Callable[[Site], str]] = {
    "stores": lambda _: "/ui",
    "results": lambda site: site.of_store(),
    "people": lambda site: site.of_store("/people?figure=delivered"),
    "experiments": lambda site: site.of_store("/experiments"),
    "customers": lambda site: site.of_store("/customers"),
    "customer": lambda site: site.of_customer(CUSTOMER),
    "quarantine": lambda _: "/ui/quarantine",
    "quarantined": lambda _: "/ui/quarantine/1",
    "signed-in": lambda _: "/ui/sign-in",
}
LOOKS: dict[str, tuple[Scheme, ViewportSize]] = {"desk": ("light", DESK), "phone": ("dark", PHONE)}
SEEN = [
    *((name, "some", look) for name in PAGES for look in LOOKS),
    *((name, "none", "phone") for name in PAGES if name not in {"signed-in", "quarantined"}),
    *((name, "thousand", "desk") for name in ("stores", "results", "people", "quarantine")),
    ("customer", "thousand", "desk"),
]


@pytest.mark.parametrize(("name", "site", "look"), SEEN, indirect=["site"])
async def test_page_is_usable_by_all_and_asks_no_other_host(
    browser: Browser, site: Site, operators_cookies: Any, name: str, look: str
) -> None:
    scheme, size = LOOKS[look]
    async with visiting(browser, site.base, scheme, size, operators_cookies) as visitor:
        await visitor.open(PAGES[name](site))
        problems = await visitor.problems(with_colours=site.name != "thousand")
        if PICTURES and site.name == "some":
            await visitor.page.screenshot(path=Path(PICTURES) / f"page-{name}-{look}.png")
    if (site.name, name) == ("none", "customer"):  # no such customer
        problems = [each for each in problems if "404" not in each]
    assert problems == []

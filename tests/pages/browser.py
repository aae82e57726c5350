"""Chromium as Debian installs it, and what every page must be like in it."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

AXE = (Path(__file__).with_name("axe") / "axe.min.js").read_text()
DESK = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=375, height=740)
MILLISECONDS = 10_000
"""A page that takes longer is broken."""

Scheme = Literal["light", "dark"]


def chromium() -> str | None:
    """Where Chromium is installed; None: it is not."""
    return shutil.which("chromium")


@asynccontextmanager
async def running_browser(executable: str) -> AsyncIterator[Browser]:
    """A browser without a window. Root may not use its sandbox."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Visitor:
    """A person at a browser, and what the browser complained of."""

    page: Page
    base: str
    complaints: list[str] = field(default_factory=list)

    async def open(self, path: str) -> None:
        await self.page.goto(self.base + path)

    async def sign_in(self, token: str, store_id: str = "") -> None:
        await self.open("/ui/sign-in")
        await self.page.get_by_label("Store id").fill(store_id)
        await self.page.get_by_label("Admin token").fill(token)
        await self.page.get_by_role("button", name="Sign in").click()
        await self.page.get_by_role("button", name="Sign out").wait_for()

    async def text(self) -> str:
        return await self.page.get_by_role("main").inner_text()

    async def press_until(self, key: str, name: str, most: int = 40) -> None:
        """Press a key until what has the focus has this name."""
        for _ in range(most):
            await self.page.keyboard.press(key)
            if await self.page.evaluate(_FOCUSED) == name:
                return
        raise AssertionError(f"{name} is not reached by {most} times {key}")

    async def problems(self, *, with_colours: bool = True) -> list[str]:
        """What is wrong with the page: complaints, barriers, and whether it is too wide.

        Colours take most of the time, and a thousand rows have those of one.
        """
        await self.page.evaluate(AXE)
        rules = {"color-contrast": {"enabled": with_colours}}
        options = {"resultTypes": ["violations"], "rules": rules}
        found: dict[str, Any] = await self.page.evaluate("options => axe.run(options)", options)
        barriers = [
            f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found["violations"]
        ]
        wide = ["wider than the window"] if await self.page.evaluate(_TOO_WIDE) else []
        return [*self.complaints, *barriers, *wide]

    def listen(self) -> None:
        """Write down errors, and requests to other hosts."""
        self.page.on("console", lambda said: self._note(said.type == "error", said.text))
        self.page.on("pageerror", lambda error: self._note(True, str(error)))
        self.page.on(
            "request", lambda sent: self._note(not sent.url.startswith(self.base), sent.url)
        )

    def _note(self, wrong: bool, what: str) -> None:
        if wrong:
            self.complaints.append(what)


_FOCUSED = """() => {
  const at = document.activeElement;
  const label = at.labels && at.labels.length ? at.labels[0].textContent : at.textContent;
  return (at.getAttribute("aria-label") || label).trim();
}"""
_TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@asynccontextmanager
async def visiting(
    browser: Browser,
    base: str,
    scheme: Scheme = "light",
    size: ViewportSize = DESK,
    cookies: Any = None,
) -> AsyncIterator[Visitor]:
    """A visitor with a browser of its own: signed in by these cookies, or not."""
    context = await browser.new_context(color_scheme=scheme, viewport=size, reduced_motion="reduce")
    context.set_default_timeout(MILLISECONDS)
    if cookies:
        await context.add_cookies(cookies)
    visitor = Visitor(await context.new_page(), base)
    visitor.listen()
    try:
        yield visitor
    finally:
        await context.close()

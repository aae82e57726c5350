"""The page at `/docs`: all that it loads comes from here."""

import re
from urllib.parse import urljoin

import pytest

from tests.api.caller import BASE_URL, Caller

PAGE = f"{BASE_URL}/docs"
LINK = re.compile(r"""(?:\b(?:src|href)=|\burl:\s*)["']([^"']*)["']""")


async def text(caller: Caller, url: str) -> str:
    answer = await caller.http.get(url)
    assert answer.status_code == 200, url
    return answer.text


async def links(caller: Caller) -> list[str]:
    """What a browser loads: of the page, and of the script that reads `openapi.json`."""
    script = f"{BASE_URL}/static/docs.js"
    found = LINK.findall(await text(caller, PAGE)) + LINK.findall(await text(caller, script))
    return [urljoin(PAGE, link) for link in found]


async def test_all_that_the_page_loads_is_here(caller_without_temporal: Caller) -> None:
    loaded = await links(caller_without_temporal)
    assert [link.removeprefix(BASE_URL) for link in loaded] == [
        "/static/swagger-ui/favicon-32x32.png",
        "/static/swagger-ui/swagger-ui.css",
        "/static/swagger-ui/swagger-ui-bundle.js",
        "/static/docs.js",
        "/openapi.json",
    ]
    for link in loaded:
        answer = await caller_without_temporal.http.get(link)
        assert answer.status_code == 200, link
        assert answer.content, link


async def test_page_names_no_other_host_and_has_no_script_inline(
    caller_without_temporal: Caller,
) -> None:
    for url in (PAGE, f"{BASE_URL}/static/docs.js"):
        assert not re.search(r"https?:|[\"']//", await text(caller_without_temporal, url)), url
    assert not re.search(
        r"<script(?! src=)|<style|\son\w+=", await text(caller_without_temporal, PAGE)
    )


async def test_policy_lets_a_browser_load_from_here_alone(caller_without_temporal: Caller) -> None:
    policy = (await caller_without_temporal.http.get(PAGE)).headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "http" not in policy


async def test_stylesheet_loads_nothing_from_elsewhere(caller_without_temporal: Caller) -> None:
    css = await text(caller_without_temporal, f"{BASE_URL}/static/swagger-ui/swagger-ui.css")
    assert "@import" not in css
    assert set(re.findall(r"\burl\([\"']?(.{5})", css)) == {"data:"}


@pytest.mark.parametrize("path", ["/redoc", "/docs/oauth2-redirect", "/static/%2e%2e/app.py"])
async def test_nothing_else_is_served(caller_without_temporal: Caller, path: str) -> None:
    assert (await caller_without_temporal.http.get(path)).status_code == 404

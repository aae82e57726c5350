"""Meta's list of an account's templates: `GET /{waba_id}/message_templates`.

From Meta's pages "Template management" and "Template components" (2026). Pages are followed by
their cursor, never by the URL that Meta gives for the next one: the token goes to our own address
alone.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
from pydantic import ValidationError
from pydantic_core import from_json

from domain.messages.approved_templates import ApprovedTemplate
from domain.stores.config import WhatsAppAccount
from outbound_http.body import OversizedAnswerError, read_body
from whatsapp.template_models import ErrorAnswer, TemplatePage, to_template

FIELDS = (
    "name,language,status,category,previous_category,correct_category,quality_score,"
    "rejected_reason,components"
)
PAGE_SIZE = 200
MAX_PAGES = 35
"""An account has 6,000 templates at most."""

MAX_BYTES = 4 * 1024 * 1024
"""Of one page: a carousel of ten cards has about 10 KB."""

AT_ONCE = timedelta(seconds=5)
"""For all pages, while an operator waits for the answer."""

IN_BACKGROUND = timedelta(seconds=60)


class TemplatesUnavailableError(Exception):
    """Meta does not list the templates; the message says why, without Meta's words."""


class TemplateList:
    """Lists templates."""

    def __init__(self, http: httpx.AsyncClient, base_url: str) -> None:
        """List through these connections.

        Args:
            http: as `whatsapp_http` makes it.
            base_url: the API's address with its version.
        """
        self._http = http
        self._base_url = base_url.rstrip("/")

    async def read(
        self, account: WhatsAppAccount, within: timedelta = AT_ONCE
    ) -> list[ApprovedTemplate]:
        """Every template of the store's account.

        Args:
            account: of the store, with a `waba_id`.
            within: how long all pages may take.

        Raises:
            TemplatesUnavailableError: it cannot be had, or not in time.
        """
        try:
            async with asyncio.timeout(within.total_seconds()):
                return [each async for page in self._pages(account) for each in _templates(page)]
        except (httpx.HTTPError, httpx.InvalidURL, OSError, OversizedAnswerError) as error:
            raise TemplatesUnavailableError(f"no answer: {type(error).__name__}") from None

    async def _pages(self, account: WhatsAppAccount) -> AsyncIterator[TemplatePage]:
        after: str | None = None
        for _ in range(MAX_PAGES):
            page = await self._page(account, after)
            yield page
            after = page.after
            if after is None:
                return
        raise TemplatesUnavailableError(f"more than {MAX_PAGES} pages")

    async def _page(self, account: WhatsAppAccount, after: str | None) -> TemplatePage:
        parameters = {"fields": FIELDS, "limit": str(PAGE_SIZE)}
        request = self._http.build_request(
            "GET",
            f"{self._base_url}/{quote(account.waba_id or '', safe='')}/message_templates",
            params=parameters if after is None else {**parameters, "after": after},
            headers={  # in bytes: what is not ASCII is Meta's to refuse
                b"Authorization": f"Bearer {account.access_token.get_secret_value()}".encode(),
                b"Accept-Encoding": b"identity",  # so that a small answer cannot unfold
            },
        )
        response = await self._http.send(request, stream=True, follow_redirects=False)
        try:
            return _read(response.status_code, await read_body(response.aiter_bytes(), MAX_BYTES))
        finally:
            await response.aclose()


def _read(status: int, body: bytes) -> TemplatePage:
    content = _json(body)
    try:
        if httpx.codes.is_success(status):
            return TemplatePage.model_validate(content)
        code = ErrorAnswer.model_validate(content).error.code
    except ValidationError:
        raise TemplatesUnavailableError(f"HTTP {status} without a list") from None
    raise TemplatesUnavailableError(f"Meta answers {code}")


def _templates(page: TemplatePage) -> list[ApprovedTemplate]:
    return [to_template(listed) for listed in page.data]


def _json(body: bytes) -> Any:
    try:
        return from_json(body)
    except ValueError:
        return None

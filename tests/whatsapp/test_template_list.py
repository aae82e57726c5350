import json
from typing import Any

import httpx
import pytest

from domain.messages.approved_templates import ApprovedTemplate, TemplateButton, TemplateParts
from domain.stores.config import WhatsAppAccount
from sandbox.templates import Account
from tests.whatsapp.sending import answering
from whatsapp.client import whatsapp_http
from whatsapp.template_list import PAGE_SIZE, TemplateList, TemplatesUnavailableError

WABA = "600000000000001"
ACCOUNT = WhatsAppAccount.model_validate(
    {"phone_number_id": "1055", "access_token": "token", "waba_id": WABA}
)
EVERYTHING: dict[str, Any] = {
    "name": "sale",
    "language": "en",
    "status": "APPROVED",
    "category": "MARKETING",
    "quality_score": {"score": "GREEN", "date": 1_790_000_000},
    "rejected_reason": "NONE",
    "components": [
        {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["x"]}},
        {"type": "BODY", "text": "{{first_name}}, {{ amount }} waits for {{first_name}}"},
        {"type": "FOOTER", "text": "{{1}}"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "URL", "text": "Open", "url": "https://store.example/{{1}}"},
                {"type": "COPY_CODE", "text": "Copy"},
                {"type": "QUICK_REPLY", "text": "Stop promotions"},
            ],
        },
        {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"has_expiration": True}},
        {"type": "CAROUSEL", "cards": [{"components": [{"type": "BODY", "text": "{{1}}"}]}]},
    ],
}


def plain(name: str) -> dict[str, Any]:
    body = {"type": "BODY", "text": "hello"}
    return {"name": name, "language": "en", "status": "APPROVED", "components": [body]}


async def register(meta: httpx.AsyncClient, *templates: dict[str, Any], **changes: Any) -> None:
    account = Account(waba_id=WABA, templates=list(templates), **changes)
    answer = await meta.put("/_sandbox/templates", json=account.model_dump())
    assert answer.status_code == 204


async def read(url: str, account: WhatsAppAccount = ACCOUNT) -> list[ApprovedTemplate]:
    async with whatsapp_http() as http:
        return await TemplateList(http, url).read(account)


async def why_not(url: str, account: WhatsAppAccount = ACCOUNT) -> str:
    with pytest.raises(TemplatesUnavailableError) as error:
        await read(url, account)
    return str(error.value)


async def test_every_part_of_a_template_is_read(meta: httpx.AsyncClient, meta_url: str) -> None:
    await register(meta, EVERYTHING)

    (template,) = await read(meta_url)

    assert template == ApprovedTemplate(
        name="sale",
        language="en",
        status="APPROVED",
        category="MARKETING",
        quality="GREEN",
        parts=TemplateParts(
            body=("first_name", "amount"),
            header="IMAGE",
            buttons=(
                TemplateButton(kind="URL", variable=True, url="https://store.example/"),
                TemplateButton(kind="COPY_CODE", variable=True),
                TemplateButton(kind="QUICK_REPLY"),
            ),
        ),
        cards=(TemplateParts(body=("1",)),),
        expires=True,
    )


async def test_every_page_of_the_list_is_read(meta: httpx.AsyncClient, meta_url: str) -> None:
    names = [f"t{number}" for number in range(2 * PAGE_SIZE + 1)]
    await register(meta, *map(plain, names))

    assert [each.name for each in await read(meta_url)] == names
    assert (await meta.get("/_sandbox/template_listings")).json() == 3


async def test_a_refusal_is_told_by_its_code_alone(meta: httpx.AsyncClient, meta_url: str) -> None:
    await register(meta, error=190)

    assert await why_not(meta_url) == "Meta answers 190"
    unknown = ACCOUNT.model_copy(update={"waba_id": "7"})
    assert await why_not(meta_url, unknown) == "Meta answers 33"


@pytest.mark.parametrize(
    ("status", "body", "because"),
    [
        (200, "<html>", "HTTP 200 without a list"),
        (200, '{"data": [{"name": "t"}]}', "HTTP 200 without a list"),
        (503, '{"error": "?"}', "HTTP 503 without a list"),
        (302, "{}", "HTTP 302 without a list"),
    ],
)
async def test_what_is_no_list_is_none(status: int, body: str, because: str) -> None:
    async with answering(status, body) as url:
        assert await why_not(url) == because


async def test_a_list_without_an_end_is_given_up() -> None:
    endless = {"data": [], "paging": {"next": "https://x.example", "cursors": {"after": "a"}}}
    async with answering(200, json.dumps(endless)) as url:
        assert (await why_not(url)).startswith("more than ")


async def test_meta_that_does_not_answer_is_unavailable() -> None:
    assert await why_not("http://127.0.0.1:9") == "no answer: ConnectError"

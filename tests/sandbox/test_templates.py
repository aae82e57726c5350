"""The stand-in's templates: what a message is refused for, and the updates that it posts."""

import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from domain.messages.rendering import RenderedMessage
from sandbox.server import serve
from sandbox.webhook_payloads import signature
from whatsapp.payload import template_payload

WABA = "600000000000001"
LISTED: dict[str, Any] = {
    "name": "sale",
    "language": "en",
    "status": "APPROVED",
    "components": [
        {"type": "HEADER", "format": "IMAGE"},
        {"type": "BODY", "text": "{{1}}, {{2}}"},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "url": "https://x.example/{{1}}"}]},
    ],
}
FITS = {
    "template": "sale",
    "language": "en",
    "body": ["a", "b"],
    "header_image": "https://x.example/a.png",
    "button_url": "c",
}


async def code_of(sandbox: httpx.AsyncClient, **changes: Any) -> int | None:
    """The code with which a message is refused; None: it is taken."""
    rendered = RenderedMessage.model_validate({**FITS, **changes})
    payload = template_payload(rendered, "+919876543210", "ours")
    headers = {"Authorization": "Bearer token"}
    answer = await sandbox.post("/1055/messages", json=payload, headers=headers)
    refused = answer.json().get("error")
    return refused and int(refused["code"])


async def register(sandbox: httpx.AsyncClient, **changes: Any) -> None:
    account = {"waba_id": WABA, "templates": [{**LISTED, **changes}]}
    (await sandbox.put("/_sandbox/templates", json=account)).raise_for_status()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"template": "gone"}, 132001),
        ({"language": "de"}, 132001),
        ({"body": ["a"]}, 132000),
        ({"header_image": None}, 132012),
        ({"button_url": None}, 131008),
        ({"button_url": None, "coupon_code": "A"}, 132018),
        ({"coupon_code": "A"}, 132018),
    ],
)
async def test_a_message_is_held_against_its_template(
    sandbox: httpx.AsyncClient, changes: dict[str, Any], code: int | None
) -> None:
    await register(sandbox)

    assert await code_of(sandbox, **changes) == code


async def test_named_parameters_have_the_templates_names(sandbox: httpx.AsyncClient) -> None:
    await register(sandbox, components=[{"type": "BODY", "text": "{{name}}"}])
    plain = {"header_image": None, "button_url": None}

    assert await code_of(sandbox, body={"name": "a"}, **plain) is None
    assert await code_of(sandbox, body={"other": "a"}, **plain) == 132012
    assert await code_of(sandbox, body=["a"], **plain) == 132012


@pytest.mark.parametrize(
    ("status", "code"), [("PAUSED", 132015), ("DISABLED", 132016), ("PENDING", 132001)]
)
async def test_a_template_that_is_not_approved_is_refused(
    sandbox: httpx.AsyncClient, status: str, code: int
) -> None:
    await register(sandbox, status=status)

    assert await code_of(sandbox) == code


async def test_without_templates_nothing_is_checked(sandbox: httpx.AsyncClient) -> None:
    assert await code_of(sandbox, template="gone") is None


async def test_an_update_is_posted_signed(sandbox: httpx.AsyncClient) -> None:
    received = list[tuple[bytes, str]]()
    app = FastAPI()

    @app.post("/hook")
    async def hook(request: Request) -> None:
        received.append((await request.body(), request.headers["x-hub-signature-256"]))

    async with serve(app) as url:
        update = {
            "webhook_url": f"{url}/hook",
            "app_secret": "secret",
            "waba_id": WABA,
            "field": "message_template_status_update",
            "value": {"event": "PAUSED"},
        }
        answer = await sandbox.post("/_sandbox/template_updates", json=update)

    ((body, signed),) = received
    assert answer.json() == 200
    assert signed == signature(body, "secret")["X-Hub-Signature-256"]
    (entry,) = json.loads(body)["entry"]
    assert (entry["id"], entry["changes"][0]["value"]) == (WABA, {"event": "PAUSED"})


async def test_a_list_needs_a_token_and_its_path(sandbox: httpx.AsyncClient) -> None:
    await register(sandbox)
    headers = {"Authorization": "Bearer token"}

    without = await sandbox.get(f"/v26.0/{WABA}/message_templates")
    listed = await sandbox.get(f"/v26.0/{WABA}/message_templates", headers=headers)
    elsewhere = await sandbox.get("/v26.0/anything", headers=headers)

    assert without.json()["error"]["code"] == 190
    assert [each["name"] for each in listed.json()["data"]] == ["sale"]
    assert elsewhere.json()["error"]["code"] == 2500

"""The routes of the stand-in's templates: Meta's list, and control of it by tests."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from sandbox.graph import INVALID_TOKEN, UNKNOWN_PATH
from sandbox.graph_errors import GraphError
from sandbox.templates import DEFAULT_LIMIT, Account, Templates
from sandbox.webhook_payloads import signature

_PATH = re.compile(r"(v\d+\.\d+/)?(?P<account>[^/]+)/message_templates")


class TemplateUpdate(BaseModel):
    """An update about a template, and where it is posted."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    webhook_url: Annotated[str, Field(pattern=r"^http://(127\.0\.0\.1|localhost)(:\d+)?/\S*$")]
    """On loopback: a stand-in posts to no other machine."""
    app_secret: Annotated[str, Field(min_length=1)]
    waba_id: str
    field: Annotated[str, Field(pattern="template")]
    value: dict[str, Any]


def template_list(templates: Templates) -> APIRouter:
    """Meta's list."""
    router = APIRouter()

    @router.get("/{path:path}")
    async def listed(
        path: str, request: Request, limit: int = DEFAULT_LIMIT, after: str | None = None
    ) -> Response:
        try:
            return JSONResponse(_page(templates, path, request, limit, after))
        except GraphError as error:
            return JSONResponse(error.envelope, error.status)

    return router


def _page(
    templates: Templates, path: str, request: Request, limit: int, after: str | None
) -> dict[str, Any]:
    known = _PATH.fullmatch(path)
    if known is None:
        raise GraphError(UNKNOWN_PATH, f"/{path}")
    if not request.headers.get("authorization", "").startswith("Bearer "):
        raise GraphError(INVALID_TOKEN, "An access token is required")
    return templates.page(known["account"], limit, after)


def template_control(templates: Templates) -> APIRouter:
    """What tests set, and updates that are posted at their word."""
    router = APIRouter()

    @router.put("/templates", status_code=204)
    async def put(account: Account) -> None:
        templates.put(account)

    @router.get("/template_listings")
    async def listings() -> int:
        return templates.listings

    @router.post("/template_updates")
    async def post_update(update: TemplateUpdate) -> int:
        return await _post(update)

    return router


async def _post(update: TemplateUpdate) -> int:
    """Post a signed notification; the status of its answer."""
    change = {"field": update.field, "value": update.value}
    time = int(datetime.now(UTC).timestamp())
    entry = [{"id": update.waba_id, "time": time, "changes": [change]}]
    async with httpx.AsyncClient(trust_env=False) as http:
        request = http.build_request(
            "POST",
            update.webhook_url,
            json={"object": "whatsapp_business_account", "entry": entry},
        )
        request.headers.update(signature(request.content, update.app_secret))
        return (await http.send(request)).status_code

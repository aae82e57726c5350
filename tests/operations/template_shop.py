"""A store whose templates are checked at the stand-in for Meta."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from domain.stores.config import StoreConfig
from operations import store_administration
from operations.template_checks import TemplateChecker
from sandbox.ledger import Ledger
from sandbox.meta import create_meta
from sandbox.server import serve
from storage import template_holds
from storage.database import Database
from tests.storage.builders import NOW, STORE, a_config
from whatsapp.client import whatsapp_http
from whatsapp.template_list import TemplateList

WABA = "600000000000001"
STEP = {"after": "1h", "template": "sale", "language": "en", "body": ["{{ customer.name }}"]}


def sale(status: str = "APPROVED", **changes: Any) -> dict[str, Any]:
    body = {"type": "BODY", "text": "Hello {{1}}"}
    listed = {"name": "sale", "language": "en", "category": "MARKETING", "components": [body]}
    return {**listed, "status": status, **changes}


def config_of(waba_id: str | None = WABA, **step: Any) -> StoreConfig:
    account = {"phone_number_id": "1055", "access_token": "token", "waba_id": waba_id}
    return a_config(whatsapp=account, plans={"cart_update": [{**STEP, **step}]})


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class TemplateShop:
    database: Database
    meta: httpx.AsyncClient
    checker: TemplateChecker
    clock: Clock = field(default_factory=Clock)

    async def register(self, *templates: dict[str, Any], **changes: Any) -> None:
        account = {"waba_id": WABA, "templates": list(templates), **changes}
        assert (await self.meta.put("/_sandbox/templates", json=account)).status_code == 204

    async def put(self, config: StoreConfig, store_id: str = STORE) -> list[str]:
        """The types of the warnings."""
        listed = await self.checker.read(config)
        async with self.database.transaction() as connection:
            now = self.clock()
            await store_administration.put(connection, store_id, config, now, listed)
            found = await store_administration.warnings_of(connection, store_id, config)
        return [each.type for each in found if each.type.startswith("template")]

    async def held(self, store_id: str = STORE) -> list[tuple[str, str, str]]:
        async with self.database.reading() as connection:
            rows = await template_holds.listed(connection, store_id)
        return [(row["template"], row["language"], row["because"]) for row in rows]

    async def listings(self) -> int:
        return int((await self.meta.get("/_sandbox/template_listings")).text)

    def after(self, **passed: float) -> None:
        self.clock.now += timedelta(**passed)


@asynccontextmanager
async def template_shop(database: Database) -> AsyncIterator[TemplateShop]:
    async with (
        serve(create_meta(Ledger())) as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as meta,
        whatsapp_http() as http,
    ):
        clock = Clock()
        checker = TemplateChecker(database, TemplateList(http, url), clock)
        yield TemplateShop(database, meta, checker, clock)

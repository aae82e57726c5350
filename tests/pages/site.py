"""An API on loopback with stores to look at: none, some as in a picture, or a thousand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from api.app import create_app
from api.ui.customer_references import reference_to
from sandbox.server import serve
from tests.api.caller import Caller, Shop, connecting_to, settings_for, unused_address
from tests.databases import copy_of

WEB_UI = "http://temporal.test:8233"


@dataclass(frozen=True)
class Site:
    """An API, and the store that its pages are about."""

    name: str
    caller: Caller
    shop: Shop

    @property
    def base(self) -> str:
        return str(self.caller.http.base_url).rstrip("/")

    def of_store(self, path: str = "") -> str:
        return f"/ui/stores/{self.shop.store_id}{path}"

    def of_customer(self, customer_id: str, path: str = "") -> str:
        settings = self.caller.services.settings
        reference = reference_to(settings, self.shop.store_id, customer_id)
        return self.of_store(f"/customers/{reference}{path}")


@asynccontextmanager
async def serving(migrated: Path, folder: Path) -> AsyncIterator[Caller]:
    """An API on loopback; Temporal is unavailable to it."""
    url = copy_of(migrated, folder)
    with unused_address() as nowhere:
        app = create_app(
            settings_for(url, temporal_ui_origin=WEB_UI), connect=connecting_to(nowhere)
        )
        async with serve(app) as base, httpx.AsyncClient(base_url=base, trust_env=False) as http:
            assert (await http.get("/health/live")).status_code == 200
            yield Caller(http, app.state.services)

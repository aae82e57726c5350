"""The routers of the pages, in the order in which their routes are asked."""

from typing import Final

from fastapi import APIRouter

from api.ui import customers, quarantine, results, sign_in, stores

ROUTERS: Final[tuple[APIRouter, ...]] = (
    sign_in.router,
    stores.router,
    results.router,
    customers.router,
    quarantine.router,
)

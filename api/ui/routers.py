"""The routers of the pages, in the order in which their routes are asked."""

from typing import Final

from fastapi import APIRouter

from api.ui import customers, experiments, quarantine, results, sign_in, stores

ROUTERS: Final[tuple[APIRouter, ...]] = (
    sign_in.router,
    stores.router,
    results.router,
    experiments.router,
    customers.router,
    quarantine.router,
)

"""The API's composition root: `uvicorn api.app:app`."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from activities.clock import Clock, utc_now
from api import customers, events, health, journeys, quarantine, stores, whatsapp
from api.access_log import keep_access_log_discreet
from api.errors import tell_errors
from api.limits import MOST_IN_FLIGHT, DiscreetFailures, InFlightLimit
from api.metrics import Metrics, TimedRequests
from api.openapi import DescribedApi
from api.services import Connect, connect_lazily, open_services
from settings import Settings, load_settings


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock = utc_now,
    connect: Connect = connect_lazily,
    most_in_flight: int = MOST_IN_FLIGHT,
) -> FastAPI:
    """Make an application; it connects to everything when it starts.

    Args:
        settings: of this process; read from the environment when not given.
        clock: tells the time.
        connect: makes the Temporal client.
        most_in_flight: requests answered at the same time; more are turned away.
    """
    settings = settings or load_settings()
    if settings.admin_token is None:
        sys.exit("environment variable ADMIN_TOKEN: must be set, or nobody could register a store")
    known, metrics = settings, Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(known, clock, metrics, connect) as app.state.services:
            yield

    app = DescribedApi(title="Comeback", lifespan=lifespan)
    for audience in (events, stores, journeys, customers, quarantine, whatsapp, health):
        app.include_router(audience.router)
    tell_errors(app)
    keep_access_log_discreet()
    app.add_middleware(InFlightLimit, most=most_in_flight)
    app.add_middleware(DiscreetFailures)
    app.add_middleware(TimedRequests, metrics=metrics)
    return app


def __getattr__(name: str) -> Any:
    """Make `app` only for who asks for it: the environment is not read by an import."""
    if name == "app":
        return create_app()
    raise AttributeError(name)

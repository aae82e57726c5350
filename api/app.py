"""The API's composition root: `uvicorn api.app:app`."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from api import (
    codec,
    customers,
    events,
    health,
    journeys,
    quarantine,
    results,
    store_overview,
    stores,
    suppressions,
    whatsapp,
)
from api.access_log import silence_uvicorn
from api.admission import DEFAULT_LIMITS, Admission, AdmissionLimits
from api.ambiguous_heads import AmbiguousHeads
from api.bodies import UnauthenticatedBodies
from api.client_address import ForwardedClients
from api.docs_page import serve_docs
from api.errors import add_error_handlers
from api.failures import RedactedFailures
from api.methods import name_all_methods
from api.metrics import TimedRequests
from api.openapi import DescribedApi
from api.refused_events import RefusedEvents
from api.store_limits import StoreLimits
from api.tracing import NO_TELEMETRY, TracedRequests
from api.ui.routers import ROUTERS as PAGE_ROUTERS
from api.ui.sign_in_attempts import SignInAttempts
from bootstrap import Connect, open_services
from clock import Clock, utc_now
from operations.logs import keep_values_out_of_logs
from operations.telemetry import Telemetry
from operations.tracing import start_tracing
from settings import Settings, load_settings


def create_app(
    settings: Settings | None = None,
    *,
    clock: Clock = utc_now,
    connect: Connect | None = None,
    limits: AdmissionLimits = DEFAULT_LIMITS,
) -> FastAPI:
    """Make an application; it connects to database and Temporal when it starts.

    Args:
        settings: of this process; read from the environment when not given.
        clock: the current time.
        connect: makes another Temporal client than the environment says.
        limits: of requests in flight; more are answered 429.
    """
    settings = settings or load_settings()
    if settings.admin_token is None:
        sys.exit("environment variable ADMIN_TOKEN: must be set, or no store can be registered")
    configured = settings
    telemetry = Telemetry(tracing=start_tracing("comeback-api", on=settings.traces))

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        opened = open_services(configured, clock, telemetry, connect)
        async with opened as app.state.services:
            yield

    app = DescribedApi(
        title="Comeback",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # such an answer names the host that the caller names
        telemetry=NO_TELEMETRY,
    )
    app.state.registry = telemetry.registry
    app.state.store_limits = StoreLimits(settings.api_processes)
    app.state.signed_bodies = UnauthenticatedBodies(total=128, of_a_peer=32)
    app.state.meta_bodies = UnauthenticatedBodies(total=64, of_a_peer=16)  # of 3 MB at most
    app.state.checks = health.Checks()
    app.state.sign_in_attempts = SignInAttempts(clock)
    for module in (
        *(events, store_overview, stores, suppressions, journeys, results),
        *(customers, quarantine, whatsapp, health),
    ):
        app.include_router(module.router)
    app.include_router(codec.router)
    for router in PAGE_ROUTERS:
        app.include_router(router)
    serve_docs(app)
    add_error_handlers(app)
    name_all_methods(app)
    silence_uvicorn()
    keep_values_out_of_logs()
    _add_middleware(app, settings, limits, telemetry)
    return app


def _add_middleware(
    app: FastAPI, settings: Settings, limits: AdmissionLimits, telemetry: Telemetry
) -> None:
    """Add what every request passes, the innermost first."""
    [route] = events.router.routes
    app.add_middleware(RefusedEvents, limits=app.state.store_limits, route=route)
    app.add_middleware(codec.CodecCors, origin=settings.temporal_ui_origin)
    app.add_middleware(Admission, limits=limits)
    app.add_middleware(RedactedFailures)
    app.add_middleware(ForwardedClients, trusted=settings.trusted_proxies)
    app.add_middleware(AmbiguousHeads)
    app.add_middleware(TimedRequests, registry=telemetry.registry)
    if telemetry.tracing.tracer is not None:
        app.add_middleware(TracedRequests, tracer=telemetry.tracing.tracer)


def __getattr__(name: str) -> Any:
    """Make `app` on access: importing this module does not read the environment."""
    if name == "app":
        return create_app()
    raise AttributeError(name)

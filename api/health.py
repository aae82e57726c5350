"""For monitoring: liveness, readiness, metrics."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry

from api.dependencies import ServicesDep
from api.errors import UNAVAILABLE_ERRORS
from api.metrics import DatabaseGauges, TemporalGauges, exposition
from bootstrap import Services
from operations.single_flight import SingleFlight
from storage import gauges, inbox, stores, webhooks
from storage.secret_cipher import SecretCipherError
from temporal.health import check_temporal, has_worker

CHECK_TIMEOUT = timedelta(seconds=2)
MAX_POLL_AGE = timedelta(seconds=75)
"""An idle worker polls every 60 seconds: Temporal lets a poll wait so long."""

OK = "ok"
router = APIRouter(tags=["health"])


@dataclass(frozen=True)
class Checks:
    """Checks under way. Callers need no key, so they share one, however many they are."""

    ready: SingleFlight[dict[str, str]] = field(default_factory=SingleFlight)
    metrics: SingleFlight[bytes] = field(default_factory=SingleFlight)


async def _checks(request: Request) -> Checks:
    checks: Checks = request.app.state.checks
    return checks


ChecksDep = Annotated[Checks, Depends(_checks)]


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Whether the process is up."""
    return {"status": OK}


@router.get(
    "/health/ready",
    responses={503: {"model": dict[str, str], "description": "Names what is missing"}},
)
async def ready(services: ServicesDep, checks: ChecksDep, response: Response) -> dict[str, str]:
    """Whether database and Temporal answer, and a worker polls."""
    parts = await checks.ready.result(lambda: _check_parts(services))
    response.status_code = 200 if set(parts.values()) == {OK} else 503
    return parts


async def _check_parts(services: Services) -> dict[str, str]:
    database, temporal, worker = await asyncio.gather(
        _result(_check_database(services)),
        _result(check_temporal(services.temporal)),
        _result(_check_worker(services)),
    )
    return {"database": database, "temporal": temporal, "worker": worker}


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request, services: ServicesDep, checks: ChecksDep) -> Response:
    """Prometheus's text format."""
    registry = request.app.state.registry
    text = await checks.metrics.result(lambda: _exposition(services, registry))
    return Response(text, media_type=CONTENT_TYPE_LATEST)


async def _exposition(services: Services, registry: CollectorRegistry) -> bytes:
    counted = await asyncio.gather(_read_gauges(services), _read_temporal(services))
    return exposition(registry, *counted)


async def _result(check: Awaitable[str | None]) -> str:
    """`ok`, or what is wrong, without internals such as addresses."""
    try:
        async with asyncio.timeout(CHECK_TIMEOUT.total_seconds()):
            return await check or OK
    except UNAVAILABLE_ERRORS:
        return "not reachable"


async def _check_database(services: Services) -> str | None:
    await services.database.ping()
    try:
        async with services.database.reading() as connection:
            await stores.last_changed(connection)
    except SecretCipherError:
        return "SECRET_KEYS has no key for the secrets of the store that changed last"
    return None


async def _check_worker(services: Services) -> str | None:
    since = services.clock() - MAX_POLL_AGE
    return None if await has_worker(services.temporal, since) else "no worker is polling"


async def _read_gauges(services: Services) -> DatabaseGauges:
    try:
        async with (
            asyncio.timeout(CHECK_TIMEOUT.total_seconds()),
            services.database.reading(long=True) as connection,
        ):
            now = services.clock()
            oldest = await webhooks.oldest(connection) or now
            event = await inbox.oldest_waiting(connection) or now
            counts = await gauges.read_gauges(connection)
    except UNAVAILABLE_ERRORS:
        return DatabaseGauges()
    return DatabaseGauges(counts, max(now - oldest, timedelta(0)), max(now - event, timedelta(0)))


async def _read_temporal(services: Services) -> TemporalGauges:
    temporal, worker = await asyncio.gather(
        _result(check_temporal(services.temporal)), _result(_check_worker(services))
    )
    return TemporalGauges(temporal == OK, worker == OK)

"""Wiring: settings become clients, the database, activities and services.

The API, the worker, the command line and the benchmarks share it, so that an object is put
together in one place.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from prometheus_client import CollectorRegistry
from temporalio.client import Client

from activities.deliver import Deliver
from activities.exit_check import ExitCheck
from activities.message_request import MessageRequests
from activities.metrics import DeliveryMetrics
from activities.outcome import Outcomes
from activities.plan import Plans
from activities.send_message import MessageSender
from activities.send_recorder import RECORD_WITHIN, SendRecorder
from clock import Clock, utc_now
from ingest.customer_delivery import CustomerDelivery
from ingest.dispatcher import Dispatcher
from ingest.intake import Intake
from ingest.metrics import DispatchMetrics, IngestMetrics
from ingest.order_signals import OrderSignals
from ingest.quarantine_retry import QuarantineRetry
from ingest.store_cache import StoreCache
from ingest.webhook_processor import WebhookProcessor
from operations.customer_data import CustomerData
from operations.customer_keys import CustomerIdSetting
from operations.explain import Explainer
from operations.history import HistoryReader
from operations.notifier import Notifier
from operations.telemetry import Telemetry
from operations.template_checks import TemplateChecker
from partners.channels import ChannelClient
from partners.exit_api import ExitApiClient
from partners.http import partner_http
from partners.resolver import system_resolver
from settings import Settings
from storage.database import Database
from storage.migrate import upgrade_in_thread
from storage.reencryption import take_over
from temporal.client import connect
from temporal.gateway import JourneyGateway
from temporal.observation import Observation
from temporal.search_attributes import register_when_available
from temporal.workers import JourneyActivities
from whatsapp.client import REQUEST_TIMEOUT, CloudApiClient, whatsapp_http
from whatsapp.errors import category_of
from whatsapp.template_list import TemplateList

log = structlog.get_logger()

Connect = Callable[[Mapping[str, bytes]], Awaitable[Client]]
"""Makes a Temporal client that encrypts payloads with these keys."""


@dataclass(frozen=True)
class Timeouts:
    """How long sending waits."""

    provider: timedelta = REQUEST_TIMEOUT
    """For one request to Meta."""
    record_within: timedelta = RECORD_WITHIN
    """For a database that is away, to record an outcome."""


DEFAULT_TIMEOUTS = Timeouts()


@dataclass(frozen=True)
class Services:
    """What routes work with; it lives as long as the application."""

    settings: Settings
    clock: Clock
    database: Database
    temporal: Client
    metrics: IngestMetrics
    journeys: JourneyGateway
    stores: StoreCache
    intake: Intake
    webhooks: WebhookProcessor
    quarantine: QuarantineRetry
    explainer: Explainer
    history: HistoryReader
    customer_data: CustomerData
    templates: TemplateChecker
    customer_ids: CustomerIdSetting


async def connect_lazily(
    keys: Mapping[str, bytes], observation: Observation | None = None
) -> Client:
    """Connect with the first call, so that events are accepted while Temporal is unavailable."""
    return await connect(keys, lazy=True, observation=observation)


@asynccontextmanager
async def open_database(
    url: str, secret_keys: Mapping[str, bytes] | None = None
) -> AsyncIterator[Database]:
    """A database with the schema of this version, whose plain secrets are taken over by the keys.

    Raises:
        DatabaseUnavailableError: it cannot be reached.
        SecretCipherError: a secret of a store cannot be opened by these keys.
    """
    await upgrade_in_thread(url)
    database = Database(url, secret_keys)
    try:
        await take_over(database)
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def open_activities(
    database: Database,
    settings: Settings,
    clock: Clock = utc_now,
    *,
    timeouts: Timeouts = DEFAULT_TIMEOUTS,
    telemetry: Telemetry | None = None,
) -> AsyncIterator[JourneyActivities]:
    """The activities of journeys, with open connections to Meta and partners.

    Args:
        database: where they read and write.
        settings: where Meta is, and whether private addresses may be called.
        clock: tells the time in which journeys live.
        timeouts: of requests to Meta, and of recording what came of them.
        telemetry: counts exit checks and sends, and traces their requests.
    """
    telemetry = telemetry or Telemetry()
    allow_private, tracer = settings.allow_private_egress, telemetry.tracing.tracer
    metrics = DeliveryMetrics(telemetry.registry)
    async with (
        whatsapp_http(tracer) as meta,
        partner_http(tracer) as partners,
        system_resolver() as resolve,
    ):
        provider = CloudApiClient(meta, settings.whatsapp_api_url, timeout=timeouts.provider)
        # Receivers compare a signature's time with their own clock, so `clock` does not apply.
        channels = ChannelClient(partners, utc_now, allow_private=allow_private, resolve=resolve)
        exit_api = ExitApiClient(partners, allow_private=allow_private, resolve=resolve)
        recorder = SendRecorder(database, clock, within=timeouts.record_within)
        requests = MessageRequests(provider, channels, clock, metrics)
        sender = MessageSender(database, requests, recorder, clock, metrics)
        exit_check = ExitCheck(database, exit_api, clock, metrics)
        yield JourneyActivities(
            plans=Plans(database, clock),
            deliver=Deliver(database, exit_check, sender, recorder, clock),
            outcomes=Outcomes(database, clock),
        )


def make_dispatcher(  # noqa: PLR0913  # what a dispatcher is made of
    database: Database,
    gateway: JourneyGateway,
    clock: Clock,
    *,
    stores: StoreCache | None = None,
    metrics: IngestMetrics | None = None,
    timing: DispatchMetrics | None = None,
) -> Dispatcher:
    """The dispatcher of accepted events."""
    orders = OrderSignals(database, gateway, metrics)
    cache = stores or StoreCache(database)
    deliveries = CustomerDelivery(database, gateway, orders, cache, clock)
    return Dispatcher(database, deliveries, clock, timing)


def make_notifier(database: Database, client: Client) -> Notifier:
    """The notifier of open journeys."""
    return Notifier(database, JourneyGateway(client), category_of)


@asynccontextmanager
async def open_template_checker(
    database: Database, settings: Settings, clock: Clock
) -> AsyncIterator[TemplateChecker]:
    """The checks of stores' templates, with open connections to Meta."""
    async with whatsapp_http() as meta:
        yield TemplateChecker(database, TemplateList(meta, settings.whatsapp_api_url), clock)


def make_intake(
    database: Database,
    gateway: JourneyGateway,
    clock: Clock,
    *,
    stores: StoreCache | None = None,
    metrics: IngestMetrics | None = None,
) -> Intake:
    """The intake of events, and the dispatcher behind it."""
    counters = metrics or IngestMetrics(CollectorRegistry())
    dispatcher = make_dispatcher(
        database, gateway, clock, stores=stores, metrics=counters, timing=counters.timing
    )
    return Intake(database, dispatcher, counters, clock)


@asynccontextmanager
async def open_services(
    settings: Settings,
    clock: Clock,
    telemetry: Telemetry,
    connect_temporal: Connect | None,
) -> AsyncIterator[Services]:
    """Everything that the API works with, and what runs beside its requests.

    Args:
        settings: of this process.
        clock: the current time.
        telemetry: of this process.
        connect_temporal: makes another client than the environment says; it is not observed.

    Raises:
        DatabaseUnavailableError: the database cannot be reached.
        SecretCipherError: a secret of a store cannot be opened by SECRET_KEYS.
    """
    if not settings.payload_keys:
        log.warning("PAYLOAD_KEYS is not set: Temporal stores payloads unencrypted")
    if not settings.secret_keys:
        log.warning("SECRET_KEYS is not set: the database has stores' tokens and keys unencrypted")
    async with (
        open_database(settings.database, settings.secret_keys) as database,
        open_template_checker(database, settings, clock) as templates,
        _open_client(settings, telemetry, connect_temporal) as temporal,
    ):
        metrics = IngestMetrics(telemetry.registry)
        services = _services(settings, clock, database, temporal, metrics, templates)
        registering = register_when_available(temporal)
        async with _in_background(registering), _in_background(services.webhooks.run()):
            try:
                yield services
            finally:
                await services.intake.close()


@asynccontextmanager
async def _open_client(
    settings: Settings, telemetry: Telemetry, connect: Connect | None
) -> AsyncIterator[Client]:
    if connect is not None:
        yield await connect(settings.payload_keys)
        return
    async with telemetry.observation() as observation:
        yield await connect_lazily(settings.payload_keys, observation)


def _services(  # noqa: PLR0913, PLR0917  # what services are made of
    settings: Settings,
    clock: Clock,
    database: Database,
    temporal: Client,
    metrics: IngestMetrics,
    templates: TemplateChecker,
) -> Services:
    gateway, cache = JourneyGateway(temporal), StoreCache(database)
    intake = make_intake(database, gateway, clock, stores=cache, metrics=metrics)
    webhooks = WebhookProcessor(database, metrics, clock)
    explainer = Explainer(database, gateway)
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        temporal=temporal,
        metrics=metrics,
        journeys=gateway,
        stores=cache,
        intake=intake,
        webhooks=webhooks,
        quarantine=QuarantineRetry(database, intake, metrics, clock),
        explainer=explainer,
        history=HistoryReader(database, gateway, explainer),
        customer_data=CustomerData(database, intake.exit, webhooks.process_or_quarantine),
        templates=templates,
        customer_ids=CustomerIdSetting(database, gateway, clock),
    )


@asynccontextmanager
async def _in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

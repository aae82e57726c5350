"""Everything of one customer's journeys but Temporal, HTTP and processes: all code is true."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

import httpx
from prometheus_client import CollectorRegistry
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.deliver import Deliver
from activities.outcome import Outcomes
from activities.plan import Plans
from bootstrap import make_dispatcher
from domain.stores.config import StoreConfig
from ingest.intake import Intake
from ingest.metrics import IngestMetrics
from ingest.webhook_processor import WebhookProcessor
from operations.notifier import Notifier
from sandbox.samples import fresh
from storage import stores
from storage.database import Database
from storage.tables import inbox, journeys
from temporal.gateway import JourneyGateway
from temporal.rpc import TemporalUnavailableError
from tests.activities.deliveries import delivering
from tests.journey_model.killing import Killed
from tests.journey_model.simulated_temporal import (
    ScheduledActivity,
    SimulatedGateway,
    SimulatedTemporal,
)
from tests.journey_model.spec import CAP, EXPIRES, Requested, Spec
from tests.outages import Outage
from tests.storage.builders import CUSTOMER, NOW, STORE, a_config
from tests.whatsapp.webhook_samples import change, notification, text
from whatsapp.errors import category_of
from workflows import policies

DIGITS: Final = "919876543210"
PARTNER: Final = "http://127.0.0.1:9/events"
RETRY_AFTER: Final = timedelta(minutes=1)
RECORD_WITHIN: Final = timedelta(milliseconds=20)
ANSWERS: Final[dict[str, tuple[int, Any]]] = {
    "accepted": (200, {"messages": [{"id": "wamid.1"}]}),
    "throttled": (429, {"error": {"code": 130429}}),
    "unreachable": (400, {"error": {"code": 131026}}),
    "not now": (400, {"error": {"code": 131049}}),
    "opted out": (400, {"error": {"code": 131050}}),
    "unclear": (500, {"error": {"code": 131000}}),
}
MAY_BE_SENT: Final = frozenset({"accepted", "unclear", "no answer"})
FAILURES: Final = (*ANSWERS, "no answer", "refused")


def configuration() -> StoreConfig:
    """Two messages for each kind, quiet hours, a cap, and a partner who is asked."""
    steps = [
        {
            "after": after,
            "expires_after": f"{EXPIRES.seconds // 3600}h",
            "template": f"step_{number}",
            "language": "en",
            "body": ["{{ event.event_id }}"],
        }
        for number, after in enumerate(("30m", "3h"), start=1)
    ]
    return a_config(
        buffer="15m",
        exit_api={"url": PARTNER},
        quiet_hours={"start": "22:00", "end": "08:00"},
        frequency_cap={"messages": CAP, "per": "1d"},
        plans=dict.fromkeys(("cart_update", "product_view", "collection_view"), steps),
    )


class Streamed(httpx.AsyncByteStream):
    """An answer that is read as it comes, as those of partners are."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        await asyncio.sleep(0)
        yield self._content


@dataclass
class World:
    """The product around one customer, and the model that watches it."""

    database: Database
    outage: Outage
    temporal: SimulatedTemporal = field(default_factory=lambda: SimulatedTemporal(NOW))
    spec: Spec = field(default_factory=Spec)
    answer: str = "accepted"
    partner_events: list[dict[str, str]] = field(default_factory=list)
    partner_is_down: bool = False
    bodies: list[bytes] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    closed: int = 0
    gateway_to: Callable[[SimulatedTemporal], JourneyGateway] = SimulatedGateway

    def __post_init__(self) -> None:
        """Wire the product as `bootstrap` does."""
        clock = self.clock
        metrics = IngestMetrics(CollectorRegistry())
        gateway = self.gateway_to(self.temporal)
        self.http = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        self.dispatcher = make_dispatcher(self.database, gateway, clock, metrics=metrics)
        self.intake = Intake(self.database, self.dispatcher, metrics, clock)
        self.notifier = Notifier(self.database, gateway, category_of)
        self.webhooks = WebhookProcessor(self.database, metrics, clock)
        self.activities = {
            Plans: Plans(self.database, clock),
            Outcomes: Outcomes(self.database, clock),
            Deliver: delivering(self.database, self.http, clock, RECORD_WITHIN),
        }

    def clock(self) -> datetime:
        """The time."""
        return self.temporal.now

    # What happens outside

    async def post(self, kind: str, late: timedelta) -> None:
        """The partner posts a new event."""
        number = len(self.bodies)
        named = "cart_update" if kind == "emptied" else kind
        sample = {"cart_update": "cart_update.add_to_cart", "order_placed": "product_view"}
        changes: dict[str, Any] = {"event_name": named, "phone": f"+{DIGITS}"}
        changes["organization_id"] = "org"
        if kind == "emptied":
            changes["event_data"] = {"empty_cart": True}
        if kind == "order_placed":
            changes["event_data"] = {"order_id": f"order-{number}"}
        event = fresh(
            sample.get(named, named),
            event_id=f"e{number}",
            customer_id=CUSTOMER,
            at=self.temporal.now - late,
            **changes,
        )
        self.bodies.append(json.dumps(event).encode())
        await self.repost(number, kind)

    async def repost(self, number: int, kind: str = "") -> None:
        """The partner posts an event, perhaps once more."""
        async with self.database.reading() as connection:
            store = await stores.existing(connection, STORE)
        raw = self.bodies[number]
        receipt = await self.intake.accept_posted(store, raw)
        await self.intake.delivered()
        if receipt.status == "accepted":
            at = datetime.fromisoformat(json.loads(raw)["timestamp"])
            self.spec.accept(receipt.event_id, kind, at, self.temporal.now)

    async def exit(self) -> None:
        """An operator ends the journey."""
        async with self.database.reading() as connection:
            store = await stores.existing(connection, STORE)
        self.temporal.fails = ""
        await self.intake.exit(store, CUSTOMER)
        await self.intake.delivered()
        self.spec.exits.append(self.spec.tick())

    async def stop(self) -> None:
        """The customer writes STOP."""
        said = text("STOP", **{"from": DIGITS})
        changed = change(metadata={"phone_number_id": "1055"}, messages=[said])
        await self.webhooks.accept(json.dumps(notification(changed)).encode())
        self.spec.stopped = True

    async def pause(self) -> None:
        """An operator pauses the store."""
        async with self.database.transaction() as connection:
            await stores.pause(connection, STORE, self.temporal.now, "paused by the operator")
        self.spec.paused = True

    async def resume(self) -> None:
        """An operator resumes the store."""
        self.spec.paused = False
        async with self.database.transaction() as connection:
            await stores.resume(connection, STORE)

    def partner_learns(self, kind: str) -> None:
        """The partner knows an event that is not pushed to us."""
        at = self.temporal.now
        self.partner_events.append({"event_name": kind, "timestamp": at.isoformat()})
        if kind == "order_placed":
            self.spec.partner_has_order_at = at
        else:
            self.spec.partner_has_cart_at = at

    def partner_goes(self, *, down: bool) -> None:
        """The partner fails from here on, or answers."""
        self.partner_is_down = self.spec.partner_failed = down

    # What runs beside the journeys

    async def sweep(self) -> None:
        """Dispatcher and notifier do what is due."""
        for work in (
            self.dispatcher.sweep,
            self.notifier.release_held,
            self.notifier.end_opted_out,
            self.notifier.signal_failures,
        ):
            try:
                await work()
            except TemporalUnavailableError:
                continue

    async def pass_time(self, time: timedelta) -> None:
        """The clock goes on, event by event."""
        until = self.temporal.now + time
        while (wake := self.temporal.next_wake()) is not None and self.temporal.now < wake <= until:
            await self.temporal.pass_time(wake - self.temporal.now)
        await self.temporal.pass_time(until - self.temporal.now)

    async def work(self, dies_at: int | None = None) -> None:
        """A worker makes an attempt at the scheduled activity, and may die in it."""
        run = self.temporal.run
        activity = None if run is None else run.activity
        if activity is None or activity.result.done() or self._must_wait(activity):
            return
        await self._attempt(activity, dies_at)
        await self._note_closings()

    def _must_wait(self, activity: ScheduledActivity) -> bool:
        return activity.not_before is not None and self.temporal.now < activity.not_before

    async def _attempt(self, activity: ScheduledActivity, dies_at: int | None) -> None:
        environment = ActivityEnvironment()
        environment.info = replace(
            environment.info, attempt=activity.attempt, heartbeat_details=activity.heartbeat
        )
        environment.on_heartbeat = lambda *details: setattr(activity, "heartbeat", details)

        async def killable() -> Any:
            coroutine = getattr(self._owner(activity), activity.method.__name__)(activity.request)
            return await Killed(coroutine, dies_at, self.outage.begin)

        task = asyncio.ensure_future(environment.run(killable))
        outcome: Any = (await asyncio.gather(task, return_exceptions=True))[0]
        self.outage.end()
        if isinstance(outcome, BaseException):
            await self._again(activity, outcome)
        else:
            await self.temporal.complete(activity, outcome)

    def _owner(self, activity: ScheduledActivity) -> Any:
        """The object of that activity's class."""
        name = activity.method.__qualname__.partition(".")[0]
        return next(each for kind, each in self.activities.items() if kind.__name__ == name)

    async def _again(self, activity: ScheduledActivity, error: BaseException) -> None:
        """Temporal tries again, by the policy; any failure but these is a bug."""
        known = (ApplicationError, SQLAlchemyError, OSError, asyncio.CancelledError)
        assert isinstance(error, known), repr(error)
        is_delivery = activity.method.__name__ == "deliver"
        if is_delivery and activity.attempt == policies.DELIVER.maximum_attempts:
            await self.temporal.fail(activity)
            return
        delay = getattr(error, "next_retry_delay", None) or RETRY_AFTER
        activity.attempt += 1
        activity.not_before = self.temporal.now + delay

    async def _note_closings(self) -> None:
        closed = await self.count_journeys()
        for _ in range(closed - self.closed):
            self.spec.closings.append(self.spec.tick())
        self.closed = closed

    async def count_journeys(self) -> int:
        """How many journeys have closed."""
        return await self._count(select(func.count()).select_from(journeys))

    async def undelivered(self) -> int:
        """How many events have not reached a journey, and wait to."""
        waits = inbox.c.dispatched_at.is_(None)
        return await self._count(select(func.count()).select_from(inbox).where(waits))

    async def _count(self, query: Any) -> int:
        async with self.database.reading() as connection:
            return int((await connection.execute(query)).scalar_one())

    # Partner and Meta

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)  # a place to die at
        if request.url.path == "/events":
            return self._answer_of_partner()
        return await self._answer_of_meta(json.loads(request.content))

    def _answer_of_partner(self) -> httpx.Response:
        if self.partner_is_down:
            return httpx.Response(HTTPStatus.SERVICE_UNAVAILABLE)
        content = {"customer_id": CUSTOMER, "recent_events": self.partner_events}
        return httpx.Response(HTTPStatus.OK, stream=Streamed(json.dumps(content).encode()))

    async def _answer_of_meta(self, body: dict[str, Any]) -> httpx.Response:
        if self.answer == "refused":
            raise httpx.ConnectError("refused")
        [component] = body["template"]["components"]
        requested = Requested(
            event_id=component["parameters"][0]["text"],
            step=int(body["template"]["name"].removeprefix("step_")),
            now=self.temporal.now,
            may_be_sent=self.answer in MAY_BE_SENT,
        )
        self.wrong += [f"{requested}: {each}" for each in self.spec.wrong_with(requested)]
        self.spec.requests.append(requested)
        self.spec.stopped = self.spec.stopped or self.answer == "opted out"
        await asyncio.sleep(0)  # another one
        if self.answer == "no answer":
            raise httpx.ReadTimeout("no answer")
        status, content = ANSWERS[self.answer]
        return httpx.Response(status, json=content)

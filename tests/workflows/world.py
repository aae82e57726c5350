"""One store, one customer and the whole world around them, all of it real, on loopback."""

import asyncio
import itertools
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from temporalio import activity
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from domain.customers.identity import keyed_hash
from domain.events.journey_event import JourneyEvent
from domain.events.models import event_adapter
from domain.journey.identity import CustomerRef
from domain.journey.outcomes import ClosedJourney, Ending, Stage
from domain.journey.state import JourneyState
from domain.stores.config import StoreConfig
from ingest.dispatcher import Dispatcher
from ingest.event_parser import ParsedEvent
from ingest.event_routing import Obstacles, prepare, route
from ingest.intake import Intake
from ingest.receipts import Receipt
from operations import store_administration
from operations.notifier import Notifier
from sandbox import samples
from storage import (
    inbox,
    journeys,
    message_reports,
    opt_outs,
    statuses,
    stores,
    suppressions,
    tables,
)
from storage.database import Database
from storage.inbox import InboxRow
from storage.messages import MessageStatus
from storage.status_rules import StatusUpdate
from storage.stores import Store
from temporal.gateway import JourneyGateway
from tests.storage import builders
from workflows.recovery_journey import RecoveryJourney

_numbers = itertools.count(1)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
CART_STEP = {
    "after": "1h",
    "template": "cart_reminder",
    "language": "en",
    "body": ["{{ customer.name | default: 'there' }}", "{{ event_data.price.amount }}"],
    "button_url": "{{ event_data.cart_link | url_path }}",
}
LAST_CALL = {"after": "24h", "template": "cart_last_call", "language": "en"}
LOOKING = {
    "after": "2h",
    "template": "still_looking",
    "language": "en",
    "body": ["{{ event_data.title }}"],
}


def virtual_now() -> datetime:
    """An activity's time: that of its workflow, however far its clock was skipped."""
    now: datetime = activity.info().started_time
    return now


def real_now() -> datetime:
    """The time outside of journeys."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class World:
    """What all shops share."""

    environment: WorkflowEnvironment
    database: Database
    sandbox: httpx.AsyncClient
    intake: Intake
    dispatcher: Dispatcher
    notifier: Notifier

    @property
    def client(self) -> Client:
        return self.environment.client

    async def shop(self, **changes: Any) -> "Shop":
        """A new store with a new customer."""
        number = next(_numbers)
        of_its_own = {"phone_number_id": f"number-{number}", "access_token": "token"}
        config = self.config(**{"whatsapp": of_its_own, **changes})
        async with self.database.transaction() as connection:
            store = await stores.put(connection, f"shop-{number}", config, real_now())
        assert store is not None
        phone = f"+9198765{number:05}"
        return Shop(self, store, CustomerRef(store.store_id, f"c-{number}"), phone)

    def config(self, **changes: Any) -> StoreConfig:
        """A store with a two-step cart plan, whose partner is the sandbox."""
        whole = {
            "organization_id": "21j2h3ef-56e0-4a1c-81ad-ff84j3615e22",
            "name": "Denim Co",
            "timezone": "Asia/Kolkata",
            "default_region": "IN",
            "buffer": "15m",
            "exit_api": {"url": f"{self.sandbox.base_url}/partner/fetch-user-events"},
            "whatsapp": {"phone_number_id": "1055", "access_token": "token"},
            "plans": {"cart_update": [CART_STEP, LAST_CALL], "product_view": [LOOKING]},
        }
        return StoreConfig.model_validate({**whole, **changes})


@dataclass
class Shop:
    """One store and one customer of it."""

    world: World
    store: Store
    customer: CustomerRef
    phone: str
    now: datetime = field(default_factory=lambda: real_now().replace(microsecond=0))
    events: int = 0

    @property
    def gateway(self) -> JourneyGateway:
        return JourneyGateway(self.world.client)

    async def latest_event(self) -> JourneyEvent:
        """What the inbox knows of the event that arrived last."""
        async with self.world.database.reading() as connection:
            row = await inbox.latest(connection, self.customer.store_id, self.customer.customer_id)
        assert row is not None
        return row.event

    async def does(self, name: str, /, at: timedelta = timedelta(0), **changes: Any) -> Receipt:
        """The customer does something, `at` from the beginning; the partner posts it."""
        return await self.posts(self.body(name, at, **changes))

    def body(self, name: str, at: timedelta, /, **changes: Any) -> dict[str, Any]:
        """The next event of the customer, as the partner writes it."""
        self.events += 1
        whole: dict[str, Any] = {
            "event_id": f"e{self.events}",
            "customer_id": self.customer.customer_id,
            "at": self.now + at,
            "phone": self.phone,
        }
        return samples.fresh(name, **whole | changes)

    async def does_unnoticed(self, name: str, /, at: timedelta, **changes: Any) -> None:
        """As `does`; the event is accepted and not yet delivered: Temporal is behind."""
        await self._accept(self.body(name, at, **changes))

    async def does_unsignalled(self, name: str, /, at: timedelta, **changes: Any) -> None:
        """As `does`, as one of very many events: the journey reads it from the inbox."""
        row = await self._accept(self.body(name, at, **changes), signalled=False)
        await self.world.dispatcher.deliver([row])
        await self.world.dispatcher.marked()

    async def _accept(self, body: Mapping[str, Any], **changes: Any) -> InboxRow:
        parsed = ParsedEvent(event_adapter.validate_python(body), body)
        async with self.world.database.transaction() as connection:
            new = route(prepare(self.store, parsed), Obstacles(), real_now())
            row = await builders.store(connection, replace(new, **changes), real_now(), real_now())
        assert row is not None
        return row

    async def gets_again(self, event: JourneyEvent) -> None:
        """The journey is given an event that was delivered before, or one is started for it."""
        if not await self.gateway.signal_event(self.customer, event):
            await self.gateway.start(self.customer, [event], self.store.config, self.now)

    async def posts(self, body: Mapping[str, Any]) -> Receipt:
        event = event_adapter.validate_python(body)
        receipt = await self.world.intake.accept(self.store, event, body)
        await self.world.intake.delivered()
        return receipt

    async def partner_knows(self, *events: tuple[str, timedelta]) -> None:
        """The partner's Exit API will answer with these."""
        recent = [
            {"event_name": name, "timestamp": (self.now + at).isoformat()} for name, at in events
        ]
        path = f"/partner/_sandbox/customers/{self.customer.customer_id}/events"
        (await self.world.sandbox.put(path, json=recent)).raise_for_status()

    async def partner_fails(self, fault: str, times: int) -> None:
        await self.world.sandbox.post(
            "/partner/_sandbox/faults", json={"fault": fault, "times": times, "seconds": 30}
        )

    async def meta_fails(self, fault: str, times: int = 1, code: int | None = None) -> None:
        what = {"fault": fault, "times": times, "code": code, "to": self.phone.lstrip("+")}
        sent = {name: value for name, value in what.items() if value is not None}
        (await self.world.sandbox.post("/_sandbox/faults", json=sent)).raise_for_status()

    async def messages(self) -> list[dict[str, Any]]:
        """What reached the customer's phone, as Meta got it."""
        return await self._at_meta("/_sandbox/messages")

    async def requests(self) -> list[dict[str, Any]]:
        """What Meta was asked to send to the customer, in any outcome."""
        return await self._at_meta("/_sandbox/requests")

    async def channel_fails(self, fault: str, times: int = 1) -> None:
        what = {"fault": fault, "times": times}
        (await self.world.sandbox.post("/channels/_sandbox/faults", json=what)).raise_for_status()

    async def by_channel(self) -> list[dict[str, Any]]:
        """What the store's own channels were asked to send to the customer."""
        taken = (await self.world.sandbox.get("/channels/_sandbox/messages")).json()
        asked = [each["body"]["data"] for each in taken]
        return [each for each in asked if each["customer"]["phone"] == self.phone]

    async def ledger(self) -> list[dict[str, Any]]:
        """The messages about the first event, with every column."""
        return await self.ledger_of("e1")

    async def ledger_of(self, event_id: str) -> list[dict[str, Any]]:
        """The messages about an event, with every column."""
        whose = (self.customer.store_id, self.customer.customer_id)
        async with self.world.database.reading() as connection:
            return await message_reports.for_trigger(connection, *whose, event_id)

    async def meta_reports_failure(self, code: int) -> None:
        """Meta reports that the last message failed, and the journey is signalled."""
        await self.meta_reports(MessageStatus.FAILED, code)
        await self.world.notifier.signal_failures()

    async def meta_reports(
        self, status: MessageStatus, code: int | None = None, which: int = -1
    ) -> None:
        """Meta reports a status, twice; of the last message by default."""
        sent = (await self.ledger())[which]
        whose = frozenset({self.store.store_id})
        update = StatusUpdate(
            sent["message_id"], sent["provider_id"], whose, status, error_code=code
        )
        async with self.world.database.transaction() as connection:
            await statuses.apply(connection, [update, update], real_now())

    async def templates(self) -> list[str]:
        return [body["template"]["name"] for body in await self.messages()]

    async def _at_meta(self, path: str) -> list[dict[str, Any]]:
        answer = await self.world.sandbox.get(path)
        bodies = [entry["body"] for entry in answer.json()]
        return [body for body in bodies if body.get("to") == self.phone.lstrip("+")]

    async def exit_checks(self) -> int:
        """How often the partner was asked about the customer."""
        asked = (await self.world.sandbox.get("/partner/_sandbox/requests")).json()
        return sum(each["customer_id"] == self.customer.customer_id for each in asked)

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        return self.world.client.get_workflow_handle_for(
            RecoveryJourney.run, self.customer.journey_id
        )

    async def forward(self, by: timedelta) -> None:
        """Let virtual time pass for the open journey."""
        await self.world.environment.fast_forward(self.handle, by)

    async def state(self) -> JourneyState:
        return await self.handle.query(RecoveryJourney.status)

    async def ends(self) -> Ending:
        """Let the journey, and those that follow from it, go on to the end."""
        try:
            await self.world.environment.fast_forward(self.handle)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # it may have ended already
                raise
        return Ending.model_validate(await self.handle.result())

    async def result(self) -> Ending:
        """The end of a journey that needs no skipping of time."""
        return Ending.model_validate(await asyncio.wait_for(self.handle.result(), 30))

    async def reaches(self, stage: Stage) -> None:
        """Wait, a few seconds at most, until the open journey is at a stage."""
        async with asyncio.timeout(20):
            while (  # noqa: ASYNC110  # Temporal notifies no caller
                seen := await self.gateway.describe(self.customer)
            ) is None or seen.stage != stage:
                await asyncio.sleep(0.05)

    async def run_ids(self) -> list[str]:
        """The runs that the last journey continued from, and its own, newest first."""
        found, run_id = [], (await self.handle.describe()).run_id
        while run_id:
            found.append(run_id)
            handle = self.world.client.get_workflow_handle(self.customer.journey_id, run_id=run_id)
            started = (await handle.fetch_history()).events[0]
            run_id = started.workflow_execution_started_event_attributes.continued_execution_run_id
        return found

    async def reset_to_first_task(self) -> None:
        """What an operator's `temporal workflow reset --type FirstWorkflowTask` does."""
        await self.world.client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=self.world.client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=self.customer.journey_id),
                workflow_task_finish_event_id=await self._first_task_event(),
                reason="test",
                request_id=uuid.uuid4().hex,
            )
        )

    async def _first_task_event(self) -> int:
        history = await self.handle.fetch_history()
        return next(
            event.event_id
            for event in history.events
            if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
        )

    async def change(self, **changes: Any) -> None:
        """The operator replaces the configuration, keeping all but this."""
        config = self.store.config.model_copy(
            update={name: getattr(self.world.config(**changes), name) for name in changes}
        )
        async with self.world.database.transaction() as connection:
            await stores.put(connection, self.store.store_id, config, real_now())
        self.store = await self.stored()

    async def stored(self) -> Store:
        async with self.world.database.reading() as connection:
            return await stores.existing(connection, self.store.store_id)

    async def closed_run(self, run_id: str) -> ClosedJourney:
        """How one run of the customer's journeys is kept."""
        async with self.world.database.reading() as connection:
            mine = tables.journeys.c.run_id == run_id
            found = await connection.execute(tables.journeys.select().where(mine))
            row = dict(found.mappings().one())
        return ClosedJourney.model_validate(
            {name: row[name] for name in ClosedJourney.model_fields}
        )

    async def closed(self) -> ClosedJourney:
        """How the last journey is kept."""
        async with self.world.database.reading() as connection:
            kept = await journeys.latest(
                connection, self.customer.store_id, self.customer.customer_id
            )
        assert kept is not None
        return kept

    async def decisions(self) -> list[str]:
        return [decision.decision for decision in (await self.closed()).decisions]

    async def suppress(self) -> None:
        hashed = keyed_hash(self.store.hash_key, self.phone)
        async with self.world.database.transaction() as connection:
            await suppressions.add(connection, self.store.store_id, hashed, "said STOP", real_now())

    async def opt_out(self) -> None:
        """As `suppress`, and the open journeys are signalled."""
        hashed = keyed_hash(self.store.hash_key, self.phone)
        async with self.world.database.transaction() as connection:
            await opt_outs.opt_out(connection, self.store.store_id, hashed, "said STOP", real_now())
        await self.world.notifier.end_opted_out()

    async def pause(self) -> None:
        async with self.world.database.transaction() as connection:
            because = stores.PAUSED_BY_OPERATOR
            await stores.pause(connection, self.store.store_id, real_now(), because)

    async def resume(self) -> None:
        async with self.world.database.transaction() as connection:
            await store_administration.resume(connection, self.store.store_id)
        await self.world.notifier.release_held()


def order(shop: Shop, at: timedelta) -> dict[str, Any]:
    """The customer buys, `at` from the beginning of the test."""
    body = samples.fresh(
        "product_view",
        event_id=f"order-{at}",
        customer_id=shop.customer.customer_id,
        at=shop.now + at,
        phone=shop.phone,
    )
    return {**body, "event_name": "order_placed", "event_data": {"total": 600}}

"""No statement reads a table that grows from end to end, on PostgreSQL with a million rows.

The product's own code is called, every statement that it executes is recorded, and PostgreSQL says
how it reads its tables for it.
"""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from hashlib import md5
from typing import Any

import httpx
import pytest

from domain.journey.identity import CustomerRef
from ingest.dispatcher import BATCH
from storage import customer_orders, engagement, inbox_batch, stores
from storage.contacts import Contacts, Sharing
from storage.database import MAX_COUNTED, Database
from storage.engagement import Click
from storage.exit_found_orders import add_exit_found
from storage.inbox_batch import MAX_LOOKED_AT
from storage.migrate import upgrade
from storage.order_people import person_of
from storage.orders import add as add_orders
from storage.orders import add_changes
from tests.api.caller import Caller, connecting_to, running_api, settings_for, unused_address
from tests.api.meta_caller import META_SETTINGS, Meta, echo
from tests.databases import fresh_postgresql
from tests.journey_model.world import World, configuration
from tests.outages import outages
from tests.storage.builders import CUSTOMER, NOW, STORE, lease
from tests.storage.grown_database import COUNTED, EAGER, SMALL, fill
from tests.storage.one_customer import OneCustomersGateway
from tests.storage.query_plans import Plan, Planner, Statement, recorded
from tests.storage.test_orders import a_refund, an_order
from tests.storage.test_orders import found as exit_found
from tests.whatsapp.webhook_samples import change, text
from tests.whatsapp.webhook_samples import notification as changed

pytestmark = pytest.mark.slow
NUMBER = "1055"
KNOWN = "c2"
"""A customer with events, messages and journeys."""

MESSAGES = [
    md5(f"message{number}".encode()).hexdigest() for number in (8, 10)
]  # as the rows have them
STATUSES = [echo(MESSAGES[0], "read"), echo(MESSAGES[1], "failed")]
ANSWER = text("STOP", context={"id": "wamid.8"})
METADATA = {"display_phone_number": "1555", "phone_number_id": NUMBER}
A_MONTH = {"from": (NOW - timedelta(days=30)).isoformat(), "to": NOW.isoformat()}
PAGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/metrics", {}),
    (f"/v1/stores/{STORE}", {}),
    (f"/v1/stores/{STORE}/journeys/{KNOWN}", {}),
    (f"/v1/stores/{STORE}/journeys/{KNOWN}", {"history": "true"}),
    (f"/v1/stores/{STORE}/journeys/{EAGER}", {"history": "true"}),
    (f"/v1/stores/{STORE}/messages", {}),
    (f"/v1/stores/{STORE}/messages", A_MONTH | {"status": "unknown"}),
    (f"/v1/stores/{STORE}/stats", {}),
    (f"/v1/stores/{STORE}/quarantine", {}),
    ("/v1/quarantine", {}),
    ("/v1/quarantine", {"store_id": STORE, "source": "event"}),
    ("/v1/quarantine", {"phone_number_id": NUMBER, "source": "status"}),
)


@pytest.fixture(scope="module")
def grown() -> Iterator[str]:
    """The URL of a database with a million events and messages."""
    with fresh_postgresql() as url:
        upgrade(url)
        yield url


@pytest.fixture(scope="module")
async def database(grown: str) -> AsyncIterator[Database]:
    database = Database(grown)
    async with database.transaction() as connection:
        await stores.put(connection, STORE, configuration(), NOW)
    fill(grown)
    yield database
    await database.close()


@pytest.fixture(scope="module")
def planner(grown: str) -> Iterator[Planner]:
    with closing(Planner(grown)) as planner:
        yield planner


@asynccontextmanager
async def served(url: str) -> AsyncIterator[Caller]:
    """The API at the time of the rows, while Temporal is unavailable."""
    settings = settings_for(url, **META_SETTINGS)
    with unused_address() as unused:
        api = running_api(settings, connecting_to(unused), clock=lambda: NOW)
        async with api as caller:
            yield caller


def scans(planner: Planner, statements: Sequence[Statement]) -> list[Plan]:
    """The plans that read a table that grows from end to end."""
    assert statements, "nothing was recorded"
    plans = (plan for each in statements for plan in planner.plans(each))
    return [plan for plan in plans if plan.scanned() - _may_be_scanned(plan.statement)]


def _may_be_scanned(statement: Statement) -> frozenset[str]:
    counts = "count(*)" in statement.sql and MAX_COUNTED in statement.parameters.values()
    return SMALL | COUNTED if counts else SMALL


def shown(plans: Sequence[Plan]) -> str:
    return "\n\n".join(map(str, plans))


class GrownWorld(World):
    """A world that counts nothing itself."""

    async def count_journeys(self) -> int:
        return 0


async def _live(world: World) -> None:
    """A customer fills a cart, is messaged, buys, and writes STOP."""
    await world.post("cart_update", timedelta(0))
    await world.post("product_view", timedelta(0))
    for _ in range(8):
        await world.pass_time(timedelta(minutes=10))
        await world.work()
    assert world.spec.requests, "no message was sent"
    await world.sweep()
    await world.post("order_placed", timedelta(0))
    await world.exit()
    await world.work()
    await world.stop()
    await world.sweep()


async def test_no_path_of_an_event_or_a_message_scans(database: Database, planner: Planner) -> None:
    with outages() as outage:
        world = GrownWorld(database, outage, gateway_to=OneCustomersGateway)
        with world.temporal.as_workflow_module(), recorded() as statements:
            await _live(world)
    found = {name for each in statements for name in ("messages", "journeys") if name in each.sql}
    assert found == {"messages", "journeys"}
    assert not (scanning := scans(planner, statements)), shown(scanning)


async def test_no_page_scans(database: Database, grown: str, planner: Planner) -> None:
    del database
    answers: list[httpx.Response] = []
    async with served(grown) as caller:
        with recorded() as statements:
            for path, query in PAGES:
                answers.append(await caller.operator("GET", path, params=query))
    assert {each.status_code for each in answers} == {200, 503}, "503: Temporal may have a journey"
    assert not (scanning := scans(planner, statements)), shown(scanning)


async def test_no_update_of_meta_scans(database: Database, grown: str, planner: Planner) -> None:
    del database
    async with served(grown) as caller:
        meta = Meta(caller)
        with recorded() as statements:
            notification = changed(
                change(metadata=METADATA, statuses=STATUSES, messages=[text("STOP"), ANSWER])
            )
            assert (await meta.send(json.dumps(notification).encode())).status_code == 200
            await caller.services.webhooks.sweep()
            path = f"/v1/stores/{STORE}/suppressions/+919876543210"
            assert (await caller.operator("PUT", path)).status_code == 204
            assert (await caller.operator("DELETE", path)).status_code == 204
    assert not (scanning := scans(planner, statements)), shown(scanning)


async def test_no_path_of_an_order_scans(database: Database, planner: Planner) -> None:
    order = an_order(order_id="new", customer_id=KNOWN, people=frozenset({KNOWN, "c4"}))
    numbers = Contacts(frozenset({"number"}), frozenset({"email"}))
    async with database.transaction() as connection:
        with recorded() as statements:
            await add_orders(connection, [order], NOW)
            await add_changes(connection, [a_refund()], NOW)
            await engagement.add_clicks(connection, [Click(STORE, "a" * 16, NOW)], NOW)
            await engagement.add_reply(connection, "wamid.8", [STORE], NOW, NOW)
            await add_exit_found(connection, exit_found(60, KNOWN), "key", NOW)
            nobody = Sharing(frozenset(), Contacts())
            await person_of(connection, STORE, KNOWN, numbers, nobody)
            await customer_orders.stored(connection, STORE, KNOWN)
            await customer_orders.erase(connection, STORE, KNOWN)
            assert await customer_orders.is_known(connection, STORE, KNOWN)
        await connection.rollback()
    assert not (scanning := scans(planner, statements)), shown(scanning)


async def test_lease_reads_little_more_of_a_backlog_than_its_batch(
    database: Database, planner: Planner
) -> None:
    with recorded() as statements:
        assert len(await lease(database, NOW, BATCH)) == BATCH
    plans = [planner.executed(each) for each in statements if each.sql.startswith("SELECT inbox")]
    assert all(plan.rows_read() <= 3 * BATCH for plan in plans), shown(plans)


async def test_little_is_read_to_accept_one_more_of_very_many_events(
    database: Database, planner: Planner
) -> None:
    customers = [CustomerRef(STORE, EAGER), CustomerRef(STORE, CUSTOMER)]
    async with database.reading() as connection:
        with recorded() as statements:
            facts = await inbox_batch.facts_of(connection, customers)
    assert facts[customers[0]].may_be_open
    assert not facts[customers[1]].may_be_open
    [plan] = [planner.executed(each) for each in statements]
    assert plan.rows_read() <= 3 * MAX_LOOKED_AT, str(plan)

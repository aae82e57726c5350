from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from domain.journey.activity_results import SendResult, SendStatus
from domain.journey.identity import CustomerRef
from domain.journey.outcomes import Reason
from domain.stores.config import StoreConfig
from storage import stores
from storage.database import Database
from tests.activities.deliveries import delivering, first_delivery
from tests.storage.builders import NOW, STORE, a_config, accept, an_event, later

STEP = {"after": "1h", "template": "reminder", "language": "en"}


def accepted(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"messages": [{"id": "wamid.1"}]})


def too_many_to_one_person(_: httpx.Request) -> httpx.Response:
    return httpx.Response(400, json={"error": {"code": 131056, "message": "pair rate limit"}})


async def send(
    database: Database,
    config: StoreConfig,
    person: int,
    *,
    now: datetime = NOW,
    environment: ActivityEnvironment | None = None,
) -> SendResult:
    """One message, each person having a phone of their own, all at the same instant."""
    customer_id, event = f"c{person}", an_event(f"e{person}")
    body = {"customer": {"phone": f"+91987654321{person}"}}
    await accept(database, event, customer_id=customer_id, body=body)
    request = first_delivery(CustomerRef(STORE, customer_id), config, event)
    async with httpx.AsyncClient(transport=httpx.MockTransport(accepted)) as http:
        activity = delivering(database, http, lambda: now)
        result = await (environment or ActivityEnvironment()).run(activity.deliver, request)
    assert result.send is not None
    return result.send


def _now() -> datetime:
    return NOW


async def test_a_number_sends_as_fast_as_its_store_says(database: Database) -> None:
    number = {"phone_number_id": "1055", "access_token": "token", "messages_per_second": 1}
    config = a_config(whatsapp=number, plans={"cart_update": [STEP]})
    async with database.transaction() as connection:
        await stores.put(connection, STORE, config, NOW)

    first, second = [await send(database, config, person) for person in range(2)]

    assert first.status is SendStatus.ACCEPTED
    assert (second.status, second.reason) == (SendStatus.DEFERRED, Reason.THROTTLED)
    assert second.until == later(1)


async def test_a_message_that_expired_while_no_worker_took_it_is_not_sent(
    database: Database,
) -> None:
    config = a_config(plans={"cart_update": [{**STEP, "expires_after": "1h"}]})
    async with database.transaction() as connection:
        await stores.put(connection, STORE, config, NOW)
    result = await send(database, config, 1, now=later(5 * 3600))
    assert (result.status, result.reason) == (SendStatus.SKIPPED, Reason.EXPIRED)


async def test_a_message_whose_turn_comes_in_quiet_hours_waits_for_their_end(
    database: Database,
) -> None:
    quiet = {"start": "21:00", "end": "09:00"}
    config = a_config(plans={"cart_update": [STEP]}, quiet_hours=quiet)
    async with database.transaction() as connection:
        await stores.put(connection, STORE, config, NOW)

    result = await send(database, config, 1, now=later(5 * 3600))

    assert (result.status, result.reason) == (SendStatus.DEFERRED, Reason.QUIET_HOURS)
    assert result.until == datetime(2024, 10, 9, 3, 30, tzinfo=UTC)


async def test_a_worker_that_stops_claims_nothing(database: Database) -> None:
    config = a_config(plans={"cart_update": [STEP]})
    async with database.transaction() as connection:
        await stores.put(connection, STORE, config, NOW)
    environment = ActivityEnvironment()
    environment.worker_shutdown()
    with pytest.raises(ApplicationError, match="the worker stops"):
        await send(database, config, 1, environment=environment)


def unanswered(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


@pytest.mark.parametrize(("failed_before", "gives_up"), [((), False), ((3,), False), ((4,), True)])
async def test_five_exit_checks_must_fail_however_many_attempts_there_were(
    database: Database, failed_before: tuple[int, ...], *, gives_up: bool
) -> None:
    exit_api = {"url": "http://127.0.0.1:9/events", "on_failure": "skip"}
    config = a_config(plans={"cart_update": [STEP]}, exit_api=exit_api)
    async with database.transaction() as connection:
        await stores.put(connection, STORE, config, NOW)
    customer, event = CustomerRef(STORE, "c1"), an_event("e1")
    await accept(database, event, body={"customer": {"phone": "+919876543211"}})
    environment, carried = ActivityEnvironment(), list[Any]()
    environment.info = replace(environment.info, attempt=6, heartbeat_details=failed_before)
    environment.on_heartbeat = lambda *details: carried.extend(details)
    async with httpx.AsyncClient(transport=httpx.MockTransport(unanswered)) as http:
        activity = delivering(database, http, _now)
        request = first_delivery(customer, config, event)
        if gives_up:
            result = await environment.run(activity.deliver, request)
            assert result.check is not None
            assert result.check.failure == "could not be reached"
            return
        with pytest.raises(ApplicationError, match="could not be reached"):
            await environment.run(activity.deliver, request)
    assert carried == [sum(failed_before) + 1]


async def test_failed_exit_checks_do_not_lengthen_the_wait_for_metas_pair_limit(
    database: Database,
) -> None:
    config = a_config(plans={"cart_update": [STEP]})
    async with database.transaction() as connection:
        await stores.put(connection, STORE, config, NOW)
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=5, heartbeat_details=(4,))

    await accept(database, an_event("e1"), body={"customer": {"phone": "+919876543211"}})
    request = first_delivery(CustomerRef(STORE, "c1"), config, an_event("e1"))
    async with httpx.AsyncClient(transport=httpx.MockTransport(too_many_to_one_person)) as http:
        activity = delivering(database, http, _now)
        with pytest.raises(ApplicationError) as raised:
            await environment.run(activity.deliver, request)

    assert raised.value.next_retry_delay == timedelta(seconds=4)

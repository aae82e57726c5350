"""What Meta answered is not forgotten when the database is away, at whichever statement."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.deliver import Deliver
from activities.send_recorder import RECORD_WITHIN
from domain.journey.activity_results import DeliverResult, SendStatus
from domain.journey.identity import CustomerRef
from domain.journey.outcomes import Outcome, Reason
from storage import messages, opt_outs, stores, suppressions, tables, template_holds
from storage.database import Database
from storage.stores import Store
from tests.activities.deliveries import delivering, first_delivery
from tests.outages import Outage, outages
from tests.storage.builders import CUSTOMER, NOW, STORE, a_config, accept, an_event

STEP = {"after": "1h", "template": "reminder", "language": "en"}
PHONE = "+919876543210"
MAX_STATEMENTS = 7
"""More than any transaction of a delivery has."""

GIVES_UP_WITHIN = timedelta(milliseconds=100)
"""How long a database that stays away is waited for; one that comes back has its usual time."""


@dataclass(frozen=True)
class Answer:
    """What Meta answers, and what must come of it whenever it is recorded."""

    status: int
    body: dict[str, Any]
    result: SendStatus
    ledger: str
    reason: Reason | None = None

    def response(self) -> httpx.Response:
        return httpx.Response(self.status, json=self.body)


def error(code: int) -> dict[str, Any]:
    return {"error": {"code": code, "message": f"about {PHONE}", "error_data": {"details": "x"}}}


ACCEPTED = Answer(200, {"messages": [{"id": f"wamid.{PHONE}"}]}, SendStatus.ACCEPTED, "accepted")
THROTTLED = Answer(429, error(130429), SendStatus.DEFERRED, "not_sent", Reason.SEND_FAILED)
OPTED_OUT = Answer(400, error(131050), SendStatus.ENDED, "failed", Reason.OPTED_OUT)
ACCOUNT = Answer(403, error(131031), SendStatus.HELD, "not_sent", Reason.STORE_PAUSED)
TEMPLATE = Answer(400, error(132015), SendStatus.HELD, "not_sent", Reason.TEMPLATE_HELD)
UNCLEAR = Answer(500, error(131000), SendStatus.UNKNOWN, "unknown")
ANSWERS = (ACCEPTED, THROTTLED, OPTED_OUT, ACCOUNT, TEMPLATE, UNCLEAR)
by_name = pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: str(answer.body)[:24])


@dataclass
class Scene:
    """One message about to be delivered, and a Meta that answers so."""

    database: Database
    activity: Deliver
    outage: Outage
    requests: list[httpx.Request]

    async def deliver(self) -> DeliverResult:
        config = a_config(plans={"cart_update": [STEP]})
        request = first_delivery(CustomerRef(STORE, CUSTOMER), config, an_event("e1"))
        return await ActivityEnvironment().run(self.activity.deliver, request)

    async def record(self, result: DeliverResult) -> None:
        """What the journey does until it succeeds."""
        assert result.unrecorded is not None
        await ActivityEnvironment().run(self.activity.record_send, result.unrecorded)

    async def ledger(self) -> dict[str, Any]:
        async with self.database.reading() as connection:
            found = await connection.execute(select(tables.messages))
            return dict(found.mappings().one())

    async def store(self) -> Store:
        async with self.database.reading() as connection:
            return await stores.existing(connection, STORE)

    async def suppressed(self) -> bool:
        row = await self.ledger()
        async with self.database.reading() as connection:
            because = await suppressions.because(connection, STORE, row["address_hash"])
            signalled = await opt_outs.pending(connection, 10)
        assert bool(because) is bool(signalled)
        return because is not None

    async def template_held(self) -> bool:
        async with self.database.reading() as connection:
            return await template_holds.because(connection, STORE, "reminder") is not None

    async def shows(self, answer: Answer) -> None:
        """Everything that follows from an answer has happened."""
        assert (await self.ledger())["status"] == answer.ledger
        assert await self.suppressed() is (answer is OPTED_OUT)
        assert (await self.store()).paused is (answer is ACCOUNT)
        assert await self.template_held() is (answer is TEMPLATE)


@asynccontextmanager
async def scene(
    database: Database,
    answer: Answer,
    at_answer: Callable[[Outage], None],
    record_within: timedelta = GIVES_UP_WITHIN,
    **options: bool,
) -> AsyncIterator[Scene]:
    """A scene whose database may go away just as Meta answers."""
    async with database.transaction() as connection:
        await stores.put(connection, STORE, a_config(plans={"cart_update": [STEP]}), NOW)
    body = {"customer": {"phone": PHONE}}
    await accept(database, an_event("e1"), customer_id=CUSTOMER, body=body)
    requests: list[httpx.Request] = []
    with outages(**options) as outage:

        def answers(request: httpx.Request) -> httpx.Response:
            requests.append(request)
            at_answer(outage)
            return answer.response()

        async with httpx.AsyncClient(transport=httpx.MockTransport(answers)) as http:
            activity = delivering(database, http, lambda: NOW, record_within=record_within)
            yield Scene(database, activity, outage, requests)


def nothing(_: Outage) -> None:
    """The database stays."""


@by_name
@pytest.mark.parametrize("statement", range(MAX_STATEMENTS))
async def test_outcome_is_recorded_when_the_database_is_back_at_once(
    database: Database, answer: Answer, statement: int
) -> None:
    def goes_away_once(outage: Outage) -> None:
        outage.begin(statement, 1)

    async with scene(database, answer, goes_away_once, RECORD_WITHIN) as here:
        if answer is THROTTLED:
            with pytest.raises(ApplicationError, match="Meta answers 130429"):
                await here.deliver()
        else:
            result = await here.deliver()
            assert result.send is not None
            assert (result.send.status, result.send.reason) == (answer.result, answer.reason)
            assert result.unrecorded is None
        here.outage.end()
        await here.shows(answer)


@by_name
@pytest.mark.parametrize("statement", range(MAX_STATEMENTS))
async def test_outcome_goes_by_way_of_the_journey_when_the_database_stays_away(
    database: Database, answer: Answer, statement: int
) -> None:
    async with scene(database, answer, lambda outage: outage.begin(statement)) as here:
        try:
            result = await here.deliver()
        except ApplicationError:
            assert (answer, here.outage.failures) == (THROTTLED, 0)
            return
        assert result.send is not None
        assert (result.send.status, result.send.reason) == (answer.result, answer.reason)
        here.outage.end()
        if here.outage.failures:
            for _ in range(2):  # it may be repeated
                await here.record(result)
        await here.shows(answer)


@by_name
async def test_journey_carries_neither_metas_id_nor_its_words(
    database: Database, answer: Answer
) -> None:
    async with scene(database, answer, Outage.begin) as here:
        result = await here.deliver()
        here.outage.end()
        carried = result.model_dump_json()
        assert PHONE.removeprefix("+") not in carried
        assert "about" not in carried
        assert result.unrecorded is not None
        assert result.unrecorded.code == answer.body.get("error", {}).get("code")


async def test_status_webhook_brings_the_id_of_a_message_that_was_recorded_late(
    database: Database,
) -> None:
    async with scene(database, ACCEPTED, Outage.begin) as here:
        result = await here.deliver()
        here.outage.end()
        await here.record(result)
        row = await here.ledger()
        assert (row["status"], row["provider_id"]) == ("accepted", None)
        assert row["sent_at"] == NOW


@pytest.mark.parametrize("lost", [False, True], ids=["not committed", "answer lost"])
@pytest.mark.parametrize("statement", range(18))
async def test_outage_before_the_request_sends_nothing_and_the_next_attempt_sends_once(
    database: Database, statement: int, *, lost: bool
) -> None:
    async with scene(database, ACCEPTED, nothing, RECORD_WITHIN, commits_are_lost=lost) as here:
        here.outage.begin(statement, 1)
        try:
            result = await here.deliver()
        except (ApplicationError, OperationalError):
            assert here.requests == []
            here.outage.end()
            result = await here.deliver()
        here.outage.end()
        assert len(here.requests) == 1
        assert result.send is not None
        assert (result.send.status, result.send.outcome) == (SendStatus.ACCEPTED, Outcome.SKIPPED)
        await here.shows(ACCEPTED)


async def test_outcome_of_a_claim_that_never_was_is_no_error(database: Database) -> None:
    async with scene(database, ACCEPTED, Outage.begin) as here:
        result = await here.deliver()
        here.outage.end()
        assert result.unrecorded is not None
        other = result.unrecorded.model_copy(update={"message_id": "unknown"})
        await ActivityEnvironment().run(here.activity.record_send, other)
        async with database.reading() as connection:
            assert await messages.get(connection, "unknown") is None

"""Journeys explained and ended, with real journeys on a real server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import pytest
from temporalio.testing import WorkflowEnvironment

from activities.channel_api import ChannelClient
from activities.clock import utc_now
from activities.exit_api import ExitApiClient, partner_http
from activities.exit_check import ExitCheck
from activities.outcome import Outcomes
from activities.plan import Plans
from activities.send_message import SendMessage
from domain.outcomes import ClosedJourney, Outcome, Reason
from sandbox.app import create_sandbox
from sandbox.server import serve
from storage import inbox, journeys
from storage.database import Database
from tests.api.calling import (
    ADMIN,
    Caller,
    Shop,
    bearer,
    calling,
    connecting_to,
    now,
    settings_for,
    unused_address,
)
from whatsapp.client import WhatsAppClient, whatsapp_http
from workflows.polling import polling

KEYS = {
    "journey_id",
    "kind",
    "stage",
    "outcome",
    "reason",
    "trigger",
    "next_message_at",
    "decisions",
    "messages",
}
STEP = {"template": "cart_reminder", "language": "en"}


@pytest.fixture
async def sandbox_url() -> AsyncIterator[str]:
    async with serve(create_sandbox()) as url:
        yield url


@asynccontextmanager
async def at_work(
    temporal: WorkflowEnvironment, database: Database, sandbox_url: str
) -> AsyncIterator[None]:
    """A worker is at work, and Meta is the sandbox."""
    async with (
        partner_http() as partners,
        whatsapp_http() as meta,
        polling(
            temporal.client,
            Plans(database),
            ExitCheck(database, ExitApiClient(partners, allow_private=True), utc_now),
            SendMessage(
                database,
                WhatsAppClient(meta, sandbox_url),
                ChannelClient(partners, utc_now, allow_private=True),
                utc_now,
            ),
            Outcomes(database),
        ),
    ):
        yield


@pytest.fixture
async def working(
    temporal: WorkflowEnvironment, database: Database, sandbox_url: str
) -> AsyncIterator[None]:
    async with at_work(temporal, database, sandbox_url):
        yield


async def quick_shop(caller: Caller, *afters: str, **parts: Any) -> Shop:
    """A store without a buffer, quiet hours or a partner to ask; its steps have these parts."""
    steps = [STEP | parts | {"after": after} for after in afters]
    return await caller.new_store(
        buffer="0ms",
        exit_api=None,
        quiet_hours=None,
        whatsapp={"phone_number_id": "1055", "access_token": "token"},
        plans={"cart_update": steps},
    )


async def explained(shop: Shop, stage: str) -> dict[str, Any]:
    """The explanation, once the journey has come to a stage."""
    for _ in range(1000):
        answer = await shop.get(f"journeys/{shop.customer_id}")
        explanation: dict[str, Any] = answer.json()
        if answer.status_code == 200 and explanation["stage"] == stage:
            return explanation
    raise AssertionError(f"{explanation} never was {stage}")


async def test_buffering_journey_shows_the_latest_event(shop: Shop) -> None:
    await shop.post(shop.event("product_view", ago=5))
    event = shop.event(ago=1)
    await shop.post(event)
    answer = await shop.get(f"journeys/{shop.customer_id}")
    explanation = answer.json()
    assert answer.status_code == 200
    assert set(explanation) == KEYS
    assert explanation["journey_id"] == f"journey:{shop.store_id}:{shop.customer_id}"
    assert (explanation["stage"], explanation["kind"]) == ("buffering", "cart_update")
    assert explanation["trigger"]["event_id"] == event["event_id"]
    assert set(explanation["trigger"]) == {"event_id", "kind", "at", "intent", "empties_cart"}
    assert explanation["decisions"] == explanation["messages"] == []
    assert explanation["outcome"] is explanation["reason"] is explanation["next_message_at"] is None


@pytest.mark.usefixtures("working")
async def test_waiting_journey_shows_its_decisions_and_the_next_message(caller: Caller) -> None:
    shop = await quick_shop(caller, "1h")
    event = shop.event()
    await shop.post(event)
    explanation = await explained(shop, "waiting")
    assert set(explanation) == KEYS
    assert explanation["trigger"]["event_id"] == event["event_id"]
    assert explanation["next_message_at"] is not None
    noted = [each["decision"] for each in explanation["decisions"]]
    assert noted == ["trigger_chosen", "plan_loaded"]
    assert set(explanation["decisions"][0]) == {"at", "decision", "because", "evidence"}


@pytest.mark.usefixtures("working")
async def test_operator_ends_a_waiting_journey(caller: Caller) -> None:
    shop = await quick_shop(caller, "1h")
    await shop.post()
    await explained(shop, "waiting")
    answer = await shop.operator("POST", f"/journeys/{shop.customer_id}/exit")
    journey_id = f"journey:{shop.store_id}:{shop.customer_id}"
    assert answer.status_code == 202
    assert answer.json() == {"journey_id": journey_id, "status": "accepted"}
    explanation = await explained(shop, "closed")
    assert set(explanation) == KEYS
    assert (explanation["outcome"], explanation["reason"]) == ("exited", "operator")
    again = await shop.operator("POST", f"/journeys/{shop.customer_id}/exit")
    assert again.status_code == 404


@pytest.mark.usefixtures("working")
async def test_store_ends_a_buffering_journey_with_its_own_key(shop: Shop) -> None:
    await shop.post()
    exited = await shop.caller.http.post(f"{shop.journey_path}/exit", headers=bearer(shop.key))
    assert exited.status_code == 202
    assert (await explained(shop, "closed"))["reason"] == "operator"


@pytest.mark.usefixtures("working")
async def test_a_fallback_says_what_it_is_instead_of(caller: Caller) -> None:
    plain = {"on": ["missing_merge_field"], "template": "plain", "language": "en"}
    shop = await quick_shop(caller, "0ms", body=["{{ customer.nick }}"], fallbacks=[plain])
    await shop.post()
    (message,) = (await explained(shop, "closed"))["messages"]
    assert (message["template"], message["fallback"]) == ("plain", 1)
    assert message["fallback_because"] == "missing_merge_field"
    assert "channel" not in message
    (listed,) = (await shop.get("messages")).json()["messages"]
    assert (listed["fallback"], listed["channel"]) == (1, "whatsapp")


@pytest.mark.usefixtures("working")
async def test_closed_journey_shows_its_messages_and_is_counted(caller: Caller) -> None:
    shop = await quick_shop(caller, "0ms")
    await shop.post()
    explanation = await explained(shop, "closed")
    assert (explanation["outcome"], explanation["reason"]) == ("messaged", "plan_done")
    (message,) = explanation["messages"]
    assert set(message) == {"step", "template", "status", "provider_id", "due_at", "sent_at"}
    assert (message["step"], message["status"]) == (1, "accepted")
    listed = (await shop.get("messages")).json()
    assert [each["provider_id"] for each in listed["messages"]] == [message["provider_id"]]
    assert "address_hash" not in listed["messages"][0]
    stats = (await shop.get("stats")).json()
    assert set(stats) == {"from", "to", "plans"}
    assert stats["plans"] == {
        "cart_update": {
            "journeys": {"messaged": {"plan_done": 1}},
            "steps": {"1": {"accepted": 1}},
        }
    }


@pytest.mark.usefixtures("working")
async def test_new_journey_is_shown_rather_than_the_closed_one(caller: Caller) -> None:
    shop = await quick_shop(caller, "0ms")
    await shop.post(shop.event(ago=10))
    await explained(shop, "closed")
    assert (await shop.operator("PUT", json=shop.config | {"buffer": "15m"})).status_code == 200
    event = shop.event()
    await shop.post(event)
    explanation = await explained(shop, "buffering")
    assert explanation["trigger"]["event_id"] == event["event_id"]


async def test_waiting_journey_without_a_worker_is_told_by_its_search_attributes(
    caller: Caller, temporal: WorkflowEnvironment, database: Database, sandbox_url: str
) -> None:
    shop = await quick_shop(caller, "1h")
    async with at_work(temporal, database, sandbox_url):
        await shop.post()
        due = (await explained(shop, "waiting"))["next_message_at"]
    explanation = await explained(shop, "waiting")
    assert (explanation["kind"], explanation["trigger"]) == ("cart_update", None)
    assert explanation["next_message_at"][:19] == due[:19]


@pytest.mark.parametrize(
    "customer_id", ["a/b", "a/exit", "a b?c#d%e", "jos\u00e9", "'\";--", "/", "\U0001f456"]
)
async def test_customer_ids_may_have_any_characters(caller: Caller, customer_id: str) -> None:
    shop = await caller.new_store()
    await shop.post(shop.event(customer_id=customer_id))
    path = f"journeys/{quote(customer_id, safe='')}"
    answer = await shop.get(path)
    assert answer.status_code == 200
    assert answer.json()["journey_id"] == f"journey:{shop.store_id}:{customer_id}"
    assert (await shop.operator("POST", f"/{path}/exit")).status_code == 202


async def test_who_never_came_has_no_journey(shop: Shop) -> None:
    assert (await shop.get("journeys/nobody")).status_code == 404
    assert (await shop.operator("POST", "/journeys/nobody/exit")).status_code == 404
    await shop.post(shop.event("collection_view"))
    assert (await shop.get(f"journeys/{shop.customer_id}")).status_code == 404
    assert (await shop.get("journeys/no%00body")).status_code == 422


async def test_only_the_operator_and_the_store_itself_see_its_journeys(
    caller: Caller, shop: Shop
) -> None:
    other = await caller.new_store()
    await shop.post()
    answers = [
        await caller.http.get(shop.journey_path, headers=headers)
        for headers in ({}, bearer(other.key), bearer("ck_a_b"))
    ]
    answers.append(await caller.http.get("/v1/stores/nobody/stats", headers=bearer(shop.key)))
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert (await shop.operator("GET", f"/journeys/{shop.customer_id}")).status_code == 200
    assert (await caller.operator("GET", "/v1/stores/nobody/stats")).status_code == 404


async def test_undelivered_event_is_about_to_start_a_journey(lonely_shop: Shop) -> None:
    event = lonely_shop.event()
    await lonely_shop.post(event)
    explanation = await explained(lonely_shop, "buffering")
    assert explanation["trigger"]["event_id"] == event["event_id"]


async def test_exit_stands_while_temporal_is_away(lonely_shop: Shop) -> None:
    await lonely_shop.post()
    exited = await lonely_shop.operator("POST", f"/journeys/{lonely_shop.customer_id}/exit")
    assert exited.status_code == 202


async def test_nothing_is_claimed_of_journeys_only_temporal_knows(lonely_shop: Shop) -> None:
    answer = await lonely_shop.get("journeys/nobody")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


async def close(database: Database, shop: Shop) -> None:
    closed = ClosedJourney(
        run_id=f"run-{shop.customer_id}",
        store_id=shop.store_id,
        customer_id=shop.customer_id,
        trigger=None,
        outcome=Outcome.EXITED,
        reason=Reason.ORDER_PLACED,
        evidence={},
        decisions=[],
        closed_at=now(),
    )
    async with database.transaction() as connection:
        await journeys.record(connection, closed)


async def test_closed_journey_is_known_while_temporal_is_away(
    lonely_shop: Shop, database: Database
) -> None:
    await close(database, lonely_shop)
    explanation = await explained(lonely_shop, "closed")
    assert (explanation["kind"], explanation["reason"]) == (None, "order_placed")
    assert (await lonely_shop.get("stats")).json()["plans"] == {
        "none": {"journeys": {"exited": {"order_placed": 1}}, "steps": {}}
    }


async def test_closed_journey_does_not_stand_for_an_open_one_that_cannot_be_seen(
    caller: Caller, database: Database, database_url: str
) -> None:
    shop = await caller.new_store()
    await close(database, shop)
    await shop.post()
    with unused_address() as nobody:
        async with calling(settings_for(database_url), connecting_to(nobody)) as blind:
            answer = await blind.http.get(shop.journey_path, headers=bearer(ADMIN))
    assert answer.status_code == 503


async def test_journey_about_an_undelivered_event_follows_the_closed_one(
    lonely_shop: Shop, database: Database
) -> None:
    await close(database, lonely_shop)
    await lonely_shop.post()
    assert (await explained(lonely_shop, "buffering"))["kind"] == "cart_update"
    async with database.reading() as connection:
        assert await inbox.backlog(connection) == 1

"""A store's funnel, and the people behind its figures."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from domain.events.kinds import OPERATOR_EXIT
from domain.journey.outcomes import ClosedJourney, Outcome, Reason
from domain.journey.routing import Delivery, Routing
from storage import funnel_counts, journeys, people_behind, stores
from storage.database import Database
from storage.funnel_counts import Ending, Ignored, Unsent
from storage.messages import MessageStatus
from storage.people_behind import Behind, Person
from storage.tables import messages
from tests.pages.contents import a_message
from tests.storage.builders import NOW, STORE, a_config, accept, an_event, later

PERIOD = (STORE, NOW - timedelta(days=1), NOW + timedelta(days=1))
BEFORE = NOW - timedelta(days=2)


def closed(name: str, reason: Reason, **changes: Any) -> ClosedJourney:
    values = {
        "run_id": name,
        "store_id": STORE,
        "customer_id": name,
        "trigger": an_event(f"cart-{name}"),
        "outcome": Outcome.EXITED,
        "reason": reason,
        "evidence": {},
        "decisions": [],
        "closed_at": NOW,
    }
    return ClosedJourney.model_validate(values | changes)


def to(name: str, at: Any = NOW, **columns: Any) -> dict[str, Any]:
    """A message of a customer's journey."""
    usual = {"message_id": f"m-{name}", "customer_id": name, "trigger_event_id": f"cart-{name}"}
    return a_message(STORE, 0, at, **(usual | columns))


@pytest.fixture
async def store(database: Database) -> Database:
    """Journeys that ended before and after a message, and messages that did not go out."""
    rows = [
        to("ann", status=MessageStatus.READ, clicked_at=NOW),
        to("ben", later(5), status=MessageStatus.FAILED, because="131026"),
        to("cat", later(9), status=MessageStatus.UNKNOWN, step=2, template=None, channel="sms"),
        to("old", BEFORE),
    ]
    ended = [
        closed("ann", Reason.ORDER_PLACED),
        closed("ben", Reason.ORDER_PLACED),
        closed("cat", Reason.PLAN_DONE, outcome=Outcome.MESSAGED),
        closed("dan", Reason.CART_EMPTIED, trigger=None),
        closed("old", Reason.ORDER_PLACED, closed_at=BEFORE),
    ]
    async with database.transaction() as connection:
        await stores.put(connection, STORE, a_config(), NOW)
        for each in ended:
            await journeys.record(connection, each)
        for row in rows:
            await connection.execute(insert(messages).values(**row))
    ignored = Routing(Delivery.STORE_ONLY, "no plan for wished")
    await accept(database, an_event("e1", "wished"), routing=ignored)
    await accept(database, an_event("e2"))
    await accept(database, an_event("x", OPERATOR_EXIT))
    return database


async def test_journeys_are_counted_by_how_they_ended_before_and_after_a_message(
    store: Database,
) -> None:
    async with store.reading() as connection:
        found = await funnel_counts.endings(connection, *PERIOD)

    assert sorted(found, key=str) == [
        Ending("cart_update", "exited", "order_placed", messaged=False, journeys=1),
        Ending("cart_update", "exited", "order_placed", messaged=True, journeys=1),
        Ending("cart_update", "messaged", "plan_done", messaged=True, journeys=1),
        Ending(None, "exited", "cart_emptied", messaged=False, journeys=1),
    ]


async def test_what_came_and_what_was_not_sent_is_counted_with_its_reason(store: Database) -> None:
    async with store.reading() as connection:
        assert await funnel_counts.events(connection, *PERIOD) == 2
        assert await funnel_counts.due(connection, *PERIOD) == 3
        assert await funnel_counts.ignored(connection, *PERIOD) == [
            Ignored("no plan for wished", 1)
        ]
        assert await funnel_counts.unsent(connection, *PERIOD) == [
            Unsent(MessageStatus.FAILED, "131026", 1)
        ]


@pytest.mark.parametrize(
    ("which", "customers"),
    [
        ({"figure": "due"}, ["cat", "ben", "ann"]),
        ({"figure": "messaged"}, ["cat", "ann"]),
        ({"figure": "unconfirmed"}, ["cat"]),
        ({"figure": "read"}, ["ann"]),
        ({"figure": "clicked"}, ["ann"]),
        ({"figure": "replied"}, []),
        ({"figure": "undelivered", "reason": "131026"}, ["ben"]),
        ({"figure": "due", "step": 2}, ["cat"]),
        ({"figure": "due", "template": "sms"}, ["cat"]),
        ({"figure": "due", "template": "cart_reminder", "language": "en"}, ["ben", "ann"]),
        ({"figure": "due", "plan": "product_view"}, []),
        ({"figure": "due", "variant": "a"}, []),
        ({"figure": "without_message"}, ["ben", "dan"]),
        ({"figure": "after_message", "outcome": "messaged", "reason": "plan_done"}, ["cat"]),
        ({"figure": "without_message", "plan": "cart_update"}, ["ben"]),
        ({"figure": "ignored"}, ["c1"]),
        ({"figure": "ignored", "reason": "too old"}, []),
    ],
)
async def test_the_people_behind_a_figure_are_those_that_it_counts(
    store: Database, which: dict[str, Any], customers: list[str]
) -> None:
    behind = Behind(start=PERIOD[1], end=PERIOD[2], **which)
    async with store.reading() as connection:
        found = await people_behind.people(connection, STORE, behind, 0, 10)

    assert [each.customer_id for each in found] == customers


async def test_people_are_listed_page_by_page(store: Database) -> None:
    behind = Behind("due", PERIOD[1], PERIOD[2])
    async with store.reading() as connection:
        found = await people_behind.people(connection, STORE, behind, 1, 1)

    assert found == [Person("ben", 1, later(5))]

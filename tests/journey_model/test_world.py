"""The simulated world does what it is meant to: messages go out, and the model sees wrong ones."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from storage import stores
from storage.database import Database
from tests.journey_model.spec import Requested, Spec
from tests.journey_model.world import World, configuration
from tests.outages import outages
from tests.storage.builders import NOW, STORE

NOON = NOW + timedelta(hours=15)
"""In India, and no quiet hour is near."""

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def world(database: Database) -> AsyncIterator[World]:
    async with database.transaction() as connection:
        await stores.put(connection, STORE, configuration(), NOW)
    with outages() as outage:
        world = World(database, outage)
        world.temporal.now = NOON
        with world.temporal.as_workflow_module():
            yield world
        await world.http.aclose()


async def live(world: World, hours: int) -> None:
    for _ in range(4 * hours):
        await world.pass_time(timedelta(minutes=15))
        await world.sweep()
        await world.work()


async def test_a_customer_who_leaves_gets_both_messages(world: World) -> None:
    await world.post("cart_update", timedelta(0))
    await live(world, 5)

    assert [(each.event_id, each.step) for each in world.spec.requests] == [("e0", 1), ("e0", 2)]
    assert (world.temporal.run, world.closed, world.wrong) == (None, 1, [])


def request(event_id: str = "cart", step: int = 1, *, after: timedelta = timedelta(hours=1)) -> Any:
    return Requested(event_id, step, NOON + after, may_be_sent=True)


def accept(model: Spec, event_id: str, kind: str, at: datetime) -> None:
    """An event that is answered as soon as it happens."""
    model.accept(event_id, kind, at, at)


def spec() -> Spec:
    """A cart at noon, of which nothing speaks against the first message."""
    model = Spec()
    accept(model, "cart", "cart_update", NOON)
    return model


def test_a_message_that_is_right_is_not_reported() -> None:
    assert spec().wrong_with(request()) == []


def test_the_model_sees_wrong_messages() -> None:
    wrong: dict[str, Callable[[Spec], object]] = {
        "about": lambda model: accept(model, "cart2", "cart_update", NOON + MINUTE),
        "order": lambda model: accept(model, "order", "order_placed", NOON - timedelta(minutes=9)),
        "emptied": lambda model: accept(model, "empty", "emptied", NOON + MINUTE),
        "STOP": lambda model: setattr(model, "stopped", True),
        "paused": lambda model: setattr(model, "paused", True),
        "exit": lambda model: model.exits.append(model.tick()),
        "before": lambda model: model.requests.append(request()),
        "of an order": lambda model: setattr(model, "partner_has_order_at", NOON),
        "of a newer cart": lambda model: setattr(model, "partner_has_cart_at", NOON + MINUTE),
        "partner could": lambda model: setattr(model, "partner_failed", True),
    }
    for words, happens in wrong.items():
        model = spec()
        happens(model)
        assert any(words in each for each in model.wrong_with(request())), words


@pytest.mark.parametrize("hours", [0, 14, 8], ids=["too early", "at night", "too late"])
def test_the_model_sees_messages_at_the_wrong_time(hours: int) -> None:
    assert spec().wrong_with(request(after=timedelta(hours=hours))) != []


def test_an_event_of_the_buffers_time_that_comes_after_the_buffer_speaks_against_nothing() -> None:
    model = spec()
    accept(model, "view", "product_view", NOON + timedelta(minutes=5))
    at, buffer_over = NOON + timedelta(minutes=3), NOON + timedelta(minutes=20)
    model.accept("too late", "cart_update", at, buffer_over)
    assert model.wrong_with(request(after=timedelta(minutes=40))) == []
    model.accept("in time", "cart_update", at, buffer_over - timedelta(seconds=1))
    assert model.wrong_with(request(after=timedelta(minutes=40))) != []

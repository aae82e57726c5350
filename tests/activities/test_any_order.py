"""Whatever the order in which events are accepted and delivered, and messages claimed."""

import asyncio
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import EventKind, intent_of
from storage import stores
from storage.database import Database
from tests.activities.simulated_journey import Sent, SimulatedJourneys
from tests.databases import copy_of
from tests.storage.builders import NOW, STORE, a_config

STEP = {"after": "15m", "template": "reminder", "language": "en"}
GRACE = timedelta(minutes=10)
PLANNED = ("cart_update", "product_view", "collection_view")
CONFIG = a_config(plans={kind: [STEP] for kind in PLANNED})
LAST_STEPS = 60
"""More than any journey of these examples takes to its end."""

kinds = st.sampled_from([*PLANNED, "checkout_initiated", EventKind.ORDER_PLACED, "emptied"])
accepts = st.tuples(st.just("accept"), kinds, st.integers(0, 40))
others = st.sampled_from([("deliver",), ("go_on",), ("go_on",)])
again = st.tuples(st.just("again"), st.integers(0, 9))
orders = st.lists(st.one_of(accepts, others, again), min_size=4, max_size=18)


def event(number: int, kind: str, minute: int) -> JourneyEvent:
    named = EventKind.CART_UPDATE if kind == "emptied" else kind
    return JourneyEvent(
        event_id=f"e{number}",
        kind=named,
        at=NOW + timedelta(minutes=minute),
        intent=intent_of(named),
        empties_cart=kind == "emptied",
    )


async def simulate(url: str, order: list[tuple[str, ...]]) -> SimulatedJourneys:
    """Take the steps in this order; then Temporal gets everything, and the journeys go on."""
    database = Database(url)
    try:
        async with database.transaction() as connection:
            await stores.put(connection, STORE, CONFIG, NOW)
        journeys = SimulatedJourneys(database, CONFIG)
        for number, (step, *what) in enumerate(order):
            if step == "accept":
                await journeys.accept(event(number, str(what[0]), int(what[1])))
            elif step == "again":
                journeys.deliver_again(int(what[0]))
            else:
                await (journeys.deliver if step == "deliver" else journeys.go_on)()
        for _ in range(LAST_STEPS):
            await journeys.deliver()
            await journeys.go_on()
        assert (journeys.state, journeys.undelivered) == (None, [])
        return journeys
    finally:
        await database.close()


def run(migrated: Path, order: list[tuple[str, ...]]) -> SimulatedJourneys:
    with TemporaryDirectory() as folder:
        return asyncio.run(simulate(copy_of(migrated, Path(folder)), order))


def speaks_against(sent: Sent, one: JourneyEvent) -> bool:
    """Whether a message about this trigger is wrong, given that this event was accepted."""
    if one.kind == EventKind.ORDER_PLACED:
        return one.at >= sent.trigger.at - GRACE
    if one.empties_cart and sent.trigger.kind in ("cart_update", "checkout_initiated"):
        return one.at > sent.left_at
    return one.at > sent.left_at and one.event_id not in sent.taken


@settings(max_examples=60)
@given(orders)
def test_no_message_goes_out_against_anything_that_was_accepted(
    migrated_sqlite: Path, order: list[tuple[str, ...]]
) -> None:
    journeys = run(migrated_sqlite, order)
    for sent in journeys.sent:
        assert not [one.event_id for one in sent.accepted if speaks_against(sent, one)]


BUFFERED_AND_DELIVERED_AGAIN = [
    ("accept", "cart_update", 0),
    ("accept", "cart_update", 5),
    ("deliver",),
    ("deliver",),
    *[("go_on",)] * 6,
    ("again", 0),
]


@settings(max_examples=40)
@given(orders)
@example(BUFFERED_AND_DELIVERED_AGAIN)
def test_no_event_is_messaged_about_twice_and_what_came_last_is_not_lost(
    migrated_sqlite: Path, order: list[tuple[str, ...]]
) -> None:
    journeys = run(migrated_sqlite, order)
    assert not [sent for sent in journeys.sent if sent.trigger.event_id in sent.taken]
    about = [sent.trigger.event_id for sent in journeys.sent]
    assert len(about) == len(set(about))
    started = [one for one in journeys.accepted if one.kind != EventKind.ORDER_PLACED]
    stops = [one for one in journeys.accepted if one.empties_cart or one not in started]
    if started and not stops:
        assert max(sent.left_at for sent in journeys.sent) == max(one.at for one in started)

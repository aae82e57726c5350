from datetime import datetime

from domain.events.journey_event import JourneyEvent
from domain.journey.outcomes import ClosedJourney, Decision, Outcome, Reason
from storage import journeys
from storage.database import Database
from tests.storage.builders import CUSTOMER, NOW, OTHER_STORE, STORE, an_event, later


def closed(
    run_id: str,
    at: datetime = NOW,
    trigger: JourneyEvent | None = None,
    reason: Reason = Reason.PLAN_DONE,
) -> ClosedJourney:
    return ClosedJourney(
        run_id=run_id,
        store_id=STORE,
        customer_id=CUSTOMER,
        trigger=trigger,
        outcome=Outcome.MESSAGED if reason is Reason.PLAN_DONE else Outcome.EXITED,
        reason=reason,
        evidence={"event_id": "e9"},
        decisions=[Decision(at=NOW, decision="message_sent", because="message 1 of 1")],
        closed_at=at,
    )


async def record(database: Database, *ended: ClosedJourney) -> None:
    async with database.transaction() as connection:
        for journey in ended:
            await journeys.record(connection, journey)


async def latest(database: Database, store_id: str = STORE) -> ClosedJourney | None:
    async with database.reading() as connection:
        return await journeys.latest(connection, store_id, CUSTOMER)


async def test_run_that_closes_again_is_recorded_as_it_closed_last(registered: Database) -> None:
    again = closed("r1", later(), trigger=an_event("e2"), reason=Reason.OPERATOR)
    await record(registered, closed("r1", trigger=an_event("e1")), closed("r0"), again, again)
    async with registered.reading() as connection:
        listed = await journeys.listed(connection, STORE, CUSTOMER, None, 10)
    assert listed == [again, closed("r0")]
    assert await latest(registered, OTHER_STORE) is None


async def test_latest_is_the_one_that_closed_last(registered: Database) -> None:
    await record(registered, closed("r2", later(5)), closed("r1", later(1)))
    found = await latest(registered)
    assert found is not None
    assert found.run_id == "r2"


async def test_pages_list_every_closed_journey_once_the_newest_first(registered: Database) -> None:
    ended = [closed(f"r{number}", later(number // 2)) for number in range(5)]
    await record(registered, *ended)
    shown: list[ClosedJourney] = []
    before = None
    async with registered.reading() as connection:
        for _ in range(3):
            page = await journeys.listed(connection, STORE, CUSTOMER, before, 2)
            shown += page
            before = (page[-1].closed_at, page[-1].run_id)
        assert await journeys.listed(connection, STORE, CUSTOMER, before, 2) == []
        assert await journeys.listed(connection, OTHER_STORE, CUSTOMER, None, 2) == []
    assert shown == ended[::-1]


async def test_journeys_are_counted_by_kind_outcome_and_reason(registered: Database) -> None:
    about = an_event("e1")
    await record(
        registered,
        closed("r1", trigger=about),
        closed("r2", later(1), about),
        closed("r3", later(2), about, Reason.ORDER_PLACED),
        closed("r4", later(3), about),
    )
    async with registered.reading() as connection:
        counted = await journeys.counted(connection, STORE, NOW, later(3))
    assert [tuple(row.values()) for row in counted] == [
        ("cart_update", "exited", "order_placed", 1),
        ("cart_update", "messaged", "plan_done", 2),
    ]

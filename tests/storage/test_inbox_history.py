from domain.events.kinds import OPERATOR_EXIT
from domain.journey.routing import Delivery, Routing
from storage import inbox_delivery, inbox_history
from storage.database import Database
from storage.inbox_history import IgnoredEvent
from tests.storage.builders import (
    CUSTOMER,
    NOW,
    OTHER_STORE,
    STORE,
    accept,
    an_event,
    later,
)

IGNORED = Routing(Delivery.STORE_ONLY, "no plan for wished")
UNLESS_OPEN = Routing(Delivery.SIGNAL_ONLY, "no plan for product_view")


async def ignored(
    database: Database, store_id: str = STORE, before: int | None = None, limit: int = 10
) -> list[IgnoredEvent]:
    async with database.reading() as connection:
        return await inbox_history.ignored(connection, store_id, CUSTOMER, before, limit)


async def deliver(database: Database, event_id: str, *, to_open_journey: bool) -> None:
    row = await accept(database, an_event(event_id), routing=UNLESS_OPEN)
    assert row is not None
    async with database.transaction() as connection:
        await inbox_delivery.mark_dispatched(
            connection, [row.id], NOW, to_open_journey=to_open_journey
        )


async def test_only_what_no_journey_has_was_ignored(registered: Database) -> None:
    await accept(registered, an_event("wished", at=later(-60)), routing=IGNORED)
    await deliver(registered, "found none", to_open_journey=False)
    await deliver(registered, "found one", to_open_journey=True)
    await accept(registered, an_event("waits for Temporal"), routing=UNLESS_OPEN)
    await accept(registered, an_event("started one"))
    await accept(registered, an_event("another person's"), routing=IGNORED, customer_id="c2")
    found = await ignored(registered)
    assert [each.event_id for each in found] == ["found none", "wished"]
    assert (found[1].because, found[1].at, found[1].received_at) == (
        "no plan for wished",
        later(-60),
        NOW,
    )
    assert await ignored(registered, OTHER_STORE) == []


async def test_pages_list_every_ignored_event_once_the_last_to_arrive_first(
    registered: Database,
) -> None:
    for number in range(5):
        await accept(registered, an_event(f"e{number}"), routing=IGNORED)
    shown: list[str] = []
    before = None
    for _ in range(3):
        page = await ignored(registered, before=before, limit=2)
        shown += [each.event_id for each in page]
        before = page[-1].id
    assert shown == ["e4", "e3", "e2", "e1", "e0"]
    assert await ignored(registered, before=before) == []


async def test_operators_exit_is_no_event(registered: Database) -> None:
    async def has_any(store_id: str = STORE) -> bool:
        async with registered.reading() as connection:
            return await inbox_history.has_any(connection, store_id, CUSTOMER)

    await accept(registered, an_event("x", OPERATOR_EXIT), routing=IGNORED)
    assert await ignored(registered) == []
    assert not await has_any()
    await accept(registered, an_event("e1"))
    assert await has_any()
    assert not await has_any(OTHER_STORE)

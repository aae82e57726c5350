"""All stores at a glance, as operators ask for them by HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.api.caller import Caller, Shop, now
from tests.databases import both_databases
from tests.pages import contents


async def overview(caller: Caller, query: str = "") -> dict[str, Any]:
    answer = await caller.operator("GET", f"/v1/stores{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def state_of(shop: Shop) -> dict[str, Any]:
    stores = (await overview(shop.caller))["stores"]
    [found] = [each for each in stores if each["store_id"] == shop.store_id]
    return dict(found)


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is asked of databases while the block runs, the look for waiting webhooks apart."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT") and "FROM webhooks" not in statement:
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@both_databases
async def test_two_hundred_stores_cost_as_many_queries_as_one(
    caller_without_temporal: Caller,
) -> None:
    shop = await caller_without_temporal.new_store()
    with statements() as of_one:
        await overview(caller_without_temporal, "?open_journeys=false")
    names = {f"store-{number:03}": f"Store {number}" for number in range(199)}
    at = now()
    await contents.add_stores(shop, names, at)
    await contents.add_events(shop, [*contents.last_events([*names], at)])
    await contents.pause(shop, "store-150", "131042: the account's payment failed", at)
    await contents.hold_template(shop, "store-077", "Meta paused it", at)

    with statements() as of_all:
        found = (await overview(caller_without_temporal, "?open_journeys=false"))["stores"]

    assert len(of_all) == len(of_one)
    assert len(found) == 200
    first = [(each["store_id"], each["urgency"]) for each in found[:4]]
    assert first == [
        ("store-077", "act"),
        ("store-150", "act"),
        (shop.store_id, "look"),
        ("store-000", "fine"),
    ]


async def test_store_has_what_came_of_its_events(shop: Shop) -> None:
    await shop.post()
    await shop.post({})
    found = await state_of(shop)

    assert (found["backlog"], found["quarantined"], found["unknown"]) == (0, 1, 0)
    assert found["last_event_at"] is not None
    assert found["last_message_at"] is None
    assert found["needs"] == ["1 body could not be read: see Quarantine."]


async def test_open_journeys_are_counted_by_stage(shop: Shop) -> None:
    await shop.post()
    counted: list[Any] = []
    for _ in range(200):  # Temporal lists a journey soon after its start
        counted.append((await state_of(shop))["open_journeys"])
        if counted[-1]["buffering"]:
            break

    assert counted[-1] == {"buffering": 1, "waiting": 0, "held": 0}


async def test_open_journeys_are_not_known_without_temporal(shop_without_temporal: Shop) -> None:
    await shop_without_temporal.post()
    found = await state_of(shop_without_temporal)

    assert found["open_journeys"] is None
    assert found["backlog"] == 1

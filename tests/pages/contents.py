"""What the stores of a site have: written to the tables as the product writes it."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, update

from domain.journey.outcomes import ClosedJourney, Decision, Outcome, Reason
from storage import holds, journeys, template_holds
from storage.holds import Hold
from storage.messages import MessageStatus
from storage.result_tables import assignments, experiments, order_people, orders
from storage.tables import inbox, messages, quarantine, stores
from storage.tables import journeys as journeys_table
from tests.api.caller import Shop
from tests.storage.builders import a_config, an_event

CUSTOMER = "shopper-1042"
PHONE = "+919876543210"
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


async def add_stores(shop: Shop, names: Mapping[str, str], now: datetime) -> None:
    """Further stores, by id and name."""
    config = a_config().model_dump(mode="json")
    rows = [
        {
            "store_id": store_id,
            "config": config | {"name": name},
            "phone_number_id": "1055",
            "hash_key": "0" * 64,
            "created_at": now,
            "updated_at": now,
        }
        for store_id, name in names.items()
    ]
    async with shop.database.transaction() as connection:
        await connection.execute(insert(stores), rows)


async def add_events(shop: Shop, rows: list[dict[str, Any]]) -> None:
    """Events in the inbox; the columns that a test does not name are those of an ignored one."""
    usual = {
        "kind": "product_view",
        "intent": 2,
        "empties_cart": False,
        "delivery": "keep",
        "ignored_because": "no plan for product_view",
        "body": {},
        "attempts": 0,
    }
    async with shop.database.transaction() as connection:
        await connection.execute(insert(inbox), [usual | row for row in rows])


def ignored_events(shop: Shop, count: int, now: datetime) -> Iterator[dict[str, Any]]:
    for number in range(count):
        at = now - number * MINUTE
        yield {
            "store_id": shop.store_id,
            "event_id": f"view-{number}",
            "customer_id": CUSTOMER,
            "at": at,
            "received_at": at,
            "dispatched_at": at,
        }


def last_events(store_ids: list[str], now: datetime) -> Iterator[dict[str, Any]]:
    """One recent event of each store."""
    for number, store_id in enumerate(store_ids):
        at = now - number * MINUTE
        yield {
            "store_id": store_id,
            "event_id": f"last-{store_id}",
            "customer_id": f"of-{store_id}",
            "at": at,
            "received_at": at,
            "dispatched_at": at,
        }


def a_message(store_id: str, number: int, at: datetime, **columns: Any) -> dict[str, Any]:
    """A row of the ledger."""
    usual = {
        "message_id": f"{store_id}-{number}"[-32:],
        "store_id": store_id,
        "customer_id": CUSTOMER,
        "trigger_event_id": f"cart-{number}",
        "step": 1,
        "kind": "cart_update",
        "template": "cart_reminder",
        "language": "en",
        "address_hash": "hash",
        "status": MessageStatus.DELIVERED,
        "because": None,
        "error_code": None,
        "due_at": at,
        "claimed_at": at,
        "sent_at": at,
        "updated_at": at,
    }
    return usual | columns


async def add_messages(shop: Shop, rows: list[dict[str, Any]]) -> None:
    async with shop.database.transaction() as connection:
        await connection.execute(insert(messages), rows)


async def add_quarantined(shop: Shop, count: int, now: datetime) -> None:
    wrong = [
        {"type": "missing", "loc": ["body", "customer"], "msg": "Field required"},
        {"type": "datetime", "loc": ["body", "timestamp"], "msg": "needs an offset from UTC"},
    ]
    rows = [
        {
            "store_id": shop.store_id,
            "source": "event",
            "body": '{"event_name": "cart_update", "timestamp": "2026-11-30T10:00:00"}',
            "errors": wrong,
            "received_at": now - number * MINUTE,
        }
        for number in range(count)
    ]
    async with shop.database.transaction() as connection:
        await connection.execute(insert(quarantine), rows)


async def close_journeys(shop: Shop, count: int, now: datetime) -> None:
    """Journeys of the customer that ended: each got its first message, and then came an order."""
    for number in range(count):
        async with shop.database.transaction() as connection:
            await journeys.record(connection, _closed(shop, number, now - number * DAY))
    rows = [a_message(shop.store_id, number, now - number * DAY) for number in range(count)]
    await add_messages(shop, rows)


def _closed(shop: Shop, number: int, at: datetime) -> ClosedJourney:
    trigger = an_event(f"cart-{number}", at=at - timedelta(hours=2))
    asked = {"asked_at": at.isoformat(), "recent_events": "3"}
    order = {"event_id": f"order-{number}", "event_name": "order_placed"}
    told: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("trigger_chosen", "latest event of the highest intent in the buffer", {}),
        ("plan_loaded", "2 message(s), due as listed", {"message 1": at.isoformat()}),
        ("exit_check_passed", "the partner knows of no later event that ends the journey", asked),
        ("message_sent", "message 1", {"message_id": f"{shop.store_id}-{number}"}),
        ("exited", "order_placed", order),
    )
    return ClosedJourney(
        run_id=f"{shop.store_id}-{number}",
        store_id=shop.store_id,
        customer_id=CUSTOMER,
        trigger=trigger,
        left_at=trigger.at,
        outcome=Outcome.EXITED,
        reason=Reason.ORDER_PLACED,
        evidence=order,
        decisions=[
            Decision(at=at + place * MINUTE, decision=decision, because=because, evidence=evidence)
            for place, (decision, because, evidence) in enumerate(told)
        ],
        closed_at=at + timedelta(hours=1),
    )


async def pause(shop: Shop, store_id: str, because: str, now: datetime) -> None:
    async with shop.database.transaction() as connection:
        await connection.execute(
            update(stores)
            .where(stores.c.store_id == store_id)
            .values(paused_at=now, paused_because=because)
        )
        for number in range(3):
            hold = Hold(store_id, f"waits-{number}", now)
            await holds.add(connection, hold, because)


async def hold_template(shop: Shop, store_id: str, because: str, now: datetime) -> None:
    async with shop.database.transaction() as connection:
        await template_holds.add(connection, store_id, "cart_reminder", because, now)


async def add_results(shop: Shop, people: int, now: datetime) -> None:
    """Sixty days of messages of two steps, some of them clicked, and orders that followed."""
    sent: list[dict[str, Any]] = []
    bought: list[dict[str, Any]] = []
    for number in range(people):
        at = now - number % 60 * DAY - number * MINUTE / 10
        customer = f"buyer-{number}"
        steps = (1, 2)[: 1 + number % 2]
        sent += [_to_buyer(shop, customer, number, step, at) for step in steps]
        if number % 5 == 0:
            bought.append(_order(shop, customer, number, at + timedelta(hours=3)))
    await add_messages(shop, sent)
    await _add_orders(shop, bought)


async def _add_orders(shop: Shop, rows: list[dict[str, Any]]) -> None:
    names = ("store_id", "order_key", "customer_id")
    people = [{name: each[name] for name in names} for each in rows]
    async with shop.database.transaction() as connection:
        await connection.execute(insert(orders), rows)
        await connection.execute(insert(order_people), people)


def _to_buyer(shop: Shop, customer: str, number: int, step: int, at: datetime) -> dict[str, Any]:
    is_failed, is_read = number % 11 == 0, number % 3 == 0
    reached = MessageStatus.READ if is_read else MessageStatus.DELIVERED
    return a_message(
        shop.store_id,
        number,
        at,
        message_id=f"b{number}s{step}",
        customer_id=customer,
        trigger_event_id=f"left-{number}",
        step=step,
        template=("cart_reminder", "cart_last_call")[step - 1],
        status=MessageStatus.FAILED if is_failed else reached,
        because="131026: message undeliverable" if is_failed else None,
        delivered_at=None if is_failed else at,
        read_at=at if is_read and not is_failed else None,
        clicked_at=at if number % 9 == 0 else None,
    )


def _order(shop: Shop, customer: str, number: int, at: datetime) -> dict[str, Any]:
    return {
        "store_id": shop.store_id,
        "order_key": f"order-{number}",
        "order_id": f"order-{number}",
        "customer_id": customer,
        "found_by": "event",
        "placed_at": at,
        "state_at": at,
        "amount": (1200 + number) * 1_000_000,
        "currency": "INR",
        "received_at": at,
    }


async def add_experiment(shop: Shop, people: int, now: datetime) -> None:
    """An experiment of forty days: a fifth is held out; more of the others order."""
    experiment = {
        "store_id": shop.store_id,
        "experiment_id": "exp-1",
        "kind": "cart_update",
        "design": {"holdout": 0.2, "variants": {}, "timing": False},
        "followed_for": 3 * 86_400,
        "percentile": 0.99,
        "started_at": now - 40 * DAY,
        "ended_at": None,
    }
    assigned, bought = [], []
    for number in range(people):
        at = now - 40 * DAY + number * 36 * DAY / people
        customer, held_out = f"shopper-{number}", number % 5 == 0
        assigned.append(
            {
                "store_id": shop.store_id,
                "experiment_id": "exp-1",
                "person": f"person-{number}",
                "customer_id": customer,
                "held_out": held_out,
                "claimed_at": at,
            }
        )
        if number % 100 < (12 if held_out else 31):
            bought.append(_order(shop, customer, 100_000 + number, at + timedelta(hours=5)))
    async with shop.database.transaction() as connection:
        await connection.execute(insert(experiments), experiment)
        await connection.execute(insert(assignments), assigned)
    await _add_orders(shop, bought)


async def add_visits(shop: Shop, count: int, now: datetime) -> None:
    """Events of a week, and of every third person a journey that ended before a message."""
    reasons = [Reason.ORDER_PLACED, Reason.CONSECUTIVE_EVENT, Reason.FREQUENCY_CAP]
    events, ended = [], []
    for number in range(count):
        at = now - number % 7 * DAY - number * MINUTE / 10
        who = {"store_id": shop.store_id, "customer_id": f"visitor-{number}"}
        arrived = {"at": at, "received_at": at, "dispatched_at": at}
        because = None if number % 4 else "no plan for collection_view"
        events.append({**who, **arrived, "event_id": f"visit-{number}", "ignored_because": because})
        if number % 3 == 0:
            reason = reasons[number % 5 % 3]
            is_skipped = reason is Reason.FREQUENCY_CAP
            outcome = Outcome.SKIPPED if is_skipped else Outcome.EXITED
            journey = {"run_id": f"run-{number}", "kind": "cart_update", "reason": reason}
            kept = {"outcome": outcome, "evidence": {}, "decisions": [], "closed_at": at}
            ended.append({**who, **journey, **kept})
    await add_events(shop, events)
    async with shop.database.transaction() as connection:
        await connection.execute(insert(journeys_table), ended)

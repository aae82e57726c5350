"""Events of the last days as the inbox keeps them, and bodies that could not be read."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from cli.demo.sample.orders import Row
from cli.demo.sample.run import MOMENT
from cli.demo.sample.shop import CART, PRODUCT, STORE_ID, SampleShop
from cli.demo.sample.visits import RECENT_DAYS
from domain.customers.identity import email_hash
from domain.events.kinds import EventKind, intent_of
from domain.events.orders import MILLIONTHS
from domain.journey.outcomes import ClosedJourney, Reason
from domain.journey.routing import Delivery
from sandbox.samples import fresh

_SAMPLES: Final = {CART: "cart_update.add_to_cart", PRODUCT: "product_view"}
_IGNORED: Final = 3
"""Of an hour's worth of events, this many about a collection, for which there is no plan."""


def inbox_rows(
    shop: SampleShop,
    closed: Iterable[ClosedJourney],
    orders: Iterable[Row],
    phones: Mapping[int, str],
) -> list[Row]:
    """What began the journeys of the last days, their orders, and what was ignored."""
    since = shop.now - timedelta(days=RECENT_DAYS)
    numbers = {f"made-up-{shopper:04}": phone for shopper, phone in phones.items()}
    recent = [each for each in closed if each.trigger and each.trigger.at >= since]
    rows = [
        *(_trigger(shop, each, numbers.get(each.customer_id)) for each in recent),
        *(
            _order(shop, each)
            for each in orders
            if _was_posted(each) and each["placed_at"] >= since
        ),
        *_ignored(shop, recent, numbers),
    ]
    return sorted(rows, key=lambda row: (row["received_at"], row["event_id"]))


def _was_posted(order: Row) -> bool:
    return order["event_id"] is not None


def _trigger(shop: SampleShop, journey: ClosedJourney, phone: str | None) -> Row:
    trigger = journey.trigger
    if trigger is None:
        raise LookupError("the journey has no trigger")
    known = None if journey.reason is Reason.NO_ADDRESS else phone
    of = (trigger.event_id, journey.customer_id, trigger.at, known)
    body = _body(shop, _SAMPLES[trigger.kind], *of)
    return _row(shop, body, trigger.at, Delivery.SIGNAL_OR_START) | {"taken_by": journey.run_id}


def _order(shop: SampleShop, order: Row) -> Row:
    at, token = order["placed_at"], order["click_token"]
    body = _body(shop, "product_view", order["event_id"], order["customer_id"], at, None)
    body["event_name"] = EventKind.ORDER_PLACED.value
    body["event_data"] = {
        "order_id": order["order_id"],
        "price": {"amount": order["amount"] / MILLIONTHS, "currency": order["currency"]},
        "landing_url": "https://shop.example/" + (f"?cb={token}" if token else ""),
    }
    return _row(shop, body, at, Delivery.SIGNAL_ONLY)


def _ignored(
    shop: SampleShop, recent: Iterable[ClosedJourney], numbers: Mapping[str, str]
) -> Iterator[Row]:
    """Some shoppers looked at a collection when their journey was over."""
    for number, journey in enumerate(recent):
        at = journey.closed_at + timedelta(minutes=20)
        if number % _IGNORED or at > shop.now - MOMENT:
            continue
        of = (f"{journey.run_id}-later", journey.customer_id, at, numbers.get(journey.customer_id))
        because = {"ignored_because": "no plan for collection_view"}
        body = _body(shop, "collection_view", *of)
        yield _row(shop, body, at, Delivery.SIGNAL_ONLY) | because


def _body(  # noqa: PLR0913, PLR0917  # what an event consists of
    shop: SampleShop,
    sample: str,
    event_id: str,
    customer_id: str,
    at: datetime,
    phone: str | None,
) -> dict[str, Any]:
    body = fresh(
        sample,
        event_id=event_id,
        customer_id=customer_id,
        at=at,
        name="Made-up shopper",
        email=f"{customer_id}@example.com",
        phone=phone,
    )
    return body | {"organization_id": shop.config.organization_id}


def _row(shop: SampleShop, body: dict[str, Any], at: datetime, delivery: Delivery) -> Row:
    """A row that was delivered long ago: nothing is to be done with it."""
    kind, customer = body["event_name"], body["customer"]
    phone = customer.get("phone")
    return {
        "store_id": STORE_ID,
        "event_id": body["event_id"],
        "customer_id": customer["customer_id"],
        "kind": kind,
        "intent": intent_of(kind),
        "at": at,
        "empties_cart": False,
        "delivery": delivery,
        "ignored_because": None,
        "address_hash": phone and shop.hashed(phone),
        "email_hash": email_hash(shop.hash_key, customer["email"]),
        "body": body,
        "received_at": at + MOMENT,
        "attempts": 0,
        "dispatched_at": at + MOMENT,
        "taken_by": None,
        "signalled": True,
    }


def quarantine_rows(shop: SampleShop) -> Iterator[Row]:
    """Two bodies that could not be read."""
    missing = {"type": "missing", "loc": ["body", "customer"], "msg": "Field required"}
    naive = {"type": "timezone_aware", "loc": ["body", "timestamp"], "msg": "needs an offset"}
    event = {"event_id": "made-up-wrong", "event_name": CART, "timestamp": "2026-01-01T10:00:00"}
    for days_ago, wrong in ((2, [missing, naive]), (1, [missing])):
        yield {
            "store_id": STORE_ID,
            "body": json.dumps(event | {"made_up": True}),
            "errors": wrong,
            "received_at": shop.now - timedelta(days=days_ago),
        }

"""Recording what accepted events mean for results: orders, what changed them, and clicks.

In the accepting transaction, so that no answered order is missing from the results. Events about
no order and without a click token cost nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.events.orders import OrderChange, OrderPlaced
from domain.messages.click_tokens import token_in
from ingest.event_routing import PreparedEvent
from storage import engagement, orders
from storage.engagement import Click
from storage.orders import PostedChange, PostedOrder


@dataclass(frozen=True)
class Stored:
    """A posted event that was stored."""

    prepared: PreparedEvent
    at: datetime
    """As it was stored: cut to milliseconds."""
    person: frozenset[str]
    """Of an order: every customer id of who placed it, as far as is known."""


async def record_results(
    connection: AsyncConnection, stored: Sequence[Stored], now: datetime
) -> None:
    """Record orders, refunds, cancellations and clicks of events that were just stored."""
    await orders.add(connection, list(_orders(stored)), now)
    await orders.add_changes(connection, list(_changes(stored)), now)
    await engagement.add_clicks(connection, list(_clicks(stored)), now)


def _orders(stored: Iterable[Stored]) -> Iterator[PostedOrder]:
    for each in stored:
        prepared, order = each.prepared, each.prepared.order
        if isinstance(order, OrderPlaced):
            parameter = prepared.store.config.click_token
            yield PostedOrder(
                store_id=prepared.store.store_id,
                order_key=_key_of(prepared, order),
                order_id=order.order_id,
                customer_id=prepared.customer.customer_id,
                event_id=prepared.event.event_id,
                at=each.at,
                money=order.money,
                click_token=token_in(order.landing_url, parameter) if parameter else None,
                people=each.person,
            )


def _changes(stored: Iterable[Stored]) -> Iterator[PostedChange]:
    for each in stored:
        prepared, change = each.prepared, each.prepared.order
        if isinstance(change, OrderChange):
            key, event_id = _key_of(prepared, change), prepared.event.event_id
            yield PostedChange(
                store_id=prepared.store.store_id,
                change_key=orders.change_key(prepared.store.hash_key, change, key, event_id),
                order_key=key,
                kind=change.kind,
                event_id=event_id,
                customer_id=prepared.customer.customer_id,
                at=each.at,
                money=change.money,
            )


def _clicks(stored: Iterable[Stored]) -> Iterator[Click]:
    for each in stored:
        prepared = each.prepared
        for token in prepared.click_tokens:
            yield Click(prepared.store.store_id, token, each.at)


def _key_of(prepared: PreparedEvent, order: OrderPlaced | OrderChange) -> str:
    return orders.order_key(prepared.store.hash_key, order.order_id, prepared.event.event_id)

"""The people behind a figure of the results."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from domain.results.attribution import is_within
from domain.results.order_entries import entries
from storage import order_credits, people_behind
from storage.database import Database
from storage.order_credits import OrderWithMessages
from storage.people_behind import IGNORED, JOURNEYS, MESSAGES, Behind, Person
from storage.stores import Store

ORDERED: Final = "ordered"
"""Orders within the window after a delivered message."""

ORDERED_BY_CLICK: Final = "ordered_by_click"
FIGURES: Final = frozenset({*MESSAGES, *JOURNEYS, IGNORED, ORDERED, ORDERED_BY_CLICK})
"""What people can be listed by."""


async def people_of(
    database: Database, store: Store, behind: Behind, offset: int, limit: int
) -> list[Person]:
    """The customers behind a figure, the last counted first.

    Args:
        database: to read.
        store: whose figure.
        behind: which; `figure` is one of `FIGURES`.
        offset: how many to leave out.
        limit: how many at most.
    """
    async with database.reading(long=True) as connection:
        if behind.figure not in {ORDERED, ORDERED_BY_CLICK}:
            return await people_behind.people(connection, store.store_id, behind, offset, limit)
        period = (behind.start, behind.end)
        orders = await order_credits.in_period(connection, store.store_id, *period)
    found = sorted(_buyers(orders, store, behind), key=lambda each: each.last_at, reverse=True)
    return found[offset : offset + limit]


def _buyers(orders: list[OrderWithMessages], store: Store, behind: Behind) -> Iterator[Person]:
    """Who ordered, with the orders that count."""
    times, last_at = Counter[str](), dict[str, datetime]()
    for each in orders:
        message = _credited(each, store, behind)
        if message is None or not _is_of_part(message, behind):
            continue
        if any(entry.placed and behind.start <= entry.at < behind.end for entry in _entries(each)):
            times[each.customer_id] += 1
            placed_at = each.order.placed_at
            last_at[each.customer_id] = max(last_at.get(each.customer_id, placed_at), placed_at)
    yield from (Person(who, count, last_at[who]) for who, count in times.items())


def _entries(each: OrderWithMessages) -> Iterator[Any]:
    yield from entries(each.order, each.changes)


def _credited(each: OrderWithMessages, store: Store, behind: Behind) -> Mapping[str, Any] | None:
    """The message that an order is credited to."""
    if behind.figure == ORDERED_BY_CLICK:
        return each.clicked
    last = each.last_delivered
    delivered_at = last["delivered_at"] if last else None
    window = store.config.attribution_window
    return last if is_within(each.order.placed_at, delivered_at, window) else None


def _is_of_part(message: Mapping[str, Any], behind: Behind) -> bool:
    known = {
        "plan": message["kind"],
        "step": message["step"],
        "variant": message["variant"],
        "template": message["template"] or message["channel"],
        "language": message["language"],
    }
    return all(getattr(behind, name) in {None, value} for name, value in known.items())

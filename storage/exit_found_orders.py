"""Orders that exit checks found: of unknown value, until the posted ones come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from domain.customers.identity import keyed_hash
from storage import result_changes
from storage.order_statements import (
    ADD_EXIT_FOUND,
    ADD_PEOPLE,
    EXIT_FOUND_OF_SAME_PEOPLE,
    FORGET,
    PUSHED,
    STATES,
)
from storage.result_changes import change

SAME_ORDER_WITHIN: Final = timedelta(minutes=10)
"""An order that an exit check found is the posted one of that person, if both are so close: the
partner's Exit API and its events may disagree on the time."""


_FIRST: Final = datetime.min.replace(tzinfo=UTC)


class FoundBy(StrEnum):
    """How an order became known."""

    EVENT = "event"
    EXIT_CHECK = "exit_check"
    """The Exit API named it, without id or amount, and no event about it has come yet."""


@dataclass(frozen=True)
class ExitFoundOrder:
    """An order that an exit check found."""

    store_id: str
    customer_id: str
    at: datetime
    people: frozenset[str]


async def add_exit_found(
    connection: AsyncConnection, found: ExitFoundOrder, hash_key: str, now: datetime
) -> None:
    """Write an order of unknown value, unless the person's posted one is there. Idempotent.

    Args:
        connection: of a transaction that holds the locks of the customer and of their contacts.
        found: the order.
        hash_key: of the store.
        now: the time.
    """
    about = {
        "of_store": found.store_id,
        "people": sorted(found.people),
        "found_by": FoundBy.EVENT.value,
        "earliest": _just_before(found.at),
        "latest": found.at + SAME_ORDER_WITHIN,
    }
    if (await connection.execute(PUSHED, about)).scalar():
        return
    dialect, key = connection.dialect.name, _exit_found_key(found, hash_key)
    await connection.execute(ADD_EXIT_FOUND[dialect], _exit_found_row(found, key, now))
    late = [change(found.store_id, found.at)]
    await result_changes.mark_late(connection, late, now)
    people = [person_row(found.store_id, key, each) for each in sorted(found.people)]
    await connection.execute(ADD_PEOPLE[dialect], people)


async def forget_exit_found(
    connection: AsyncConnection, store_id: str, keys: Sequence[str], now: datetime
) -> None:
    """Forget what exit checks found of the orders that are posted now.

    An order covers the time from its placing to its newest state, so that the result is the same
    whichever of its posts comes first.
    """
    of_keys = {"of_store": store_id, "order_keys": keys}
    covered = {
        row.order_key: (_just_before(row.placed_at), row.state_at + SAME_ORDER_WITHIN)
        for row in await connection.execute(STATES, of_keys)
    }
    start = min(earliest for earliest, _ in covered.values())
    end = max(latest for _, latest in covered.values())
    between = {**of_keys, "start": start, "end": end}
    found = {
        row.found_key: change(store_id, row.placed_at)
        for row in await connection.execute(EXIT_FOUND_OF_SAME_PEOPLE, between)
        if covered[row.order_key][0] <= row.placed_at <= covered[row.order_key][1]
    }
    if found:
        await result_changes.mark_late(connection, found.values(), now)
        for statement in FORGET:
            await connection.execute(statement, {**of_keys, "order_keys": sorted(found)})


def _just_before(at: datetime) -> datetime:
    """A partner may have posted the first minutes of the year 1."""
    return max(at, _FIRST + SAME_ORDER_WITHIN) - SAME_ORDER_WITHIN


def _exit_found_key(found: ExitFoundOrder, hash_key: str) -> str:
    return keyed_hash(hash_key, f"exit_order:{found.customer_id}:{found.at.isoformat()}")


def _exit_found_row(found: ExitFoundOrder, key: str, now: datetime) -> dict[str, Any]:
    return {
        "store_id": found.store_id,
        "order_key": key,
        "customer_id": found.customer_id,
        "found_by": FoundBy.EXIT_CHECK,
        "placed_at": found.at,
        "state_at": found.at,
        "received_at": now,
    }


def person_row(store_id: str, key: str, customer_id: str) -> dict[str, Any]:
    """A row of who placed an order."""
    return {"store_id": store_id, "order_key": key, "customer_id": customer_id}

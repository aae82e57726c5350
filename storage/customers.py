"""Everything that is stored about one customer, to be exported or erased."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, String, Table, cast, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import quarantine
from storage.database import lock
from storage.quarantine import Page
from storage.tables import holds, inbox, journeys, messages, suppressions
from storage.tables import quarantine as quarantined

AT_ONCE = 500
"""Quarantined bodies looked through in one go."""

NOTE = {"type": "erased", "loc": ["body"], "msg": "the body was erased with its customer"}
_INTERNAL = frozenset({"store_id", "customer_id", "address_hash", "leased_until"})
"""Whose it is, which the reader knows, and what means nothing outside of the program."""

Rows = list[dict[str, Any]]


async def stored(connection: AsyncConnection, store_id: str, customer_id: str) -> dict[str, Rows]:
    """What is known of a customer, oldest first: events with their bodies, messages and so on."""
    tables = {
        "events": (inbox, inbox.c.id),
        "messages": (messages, messages.c.claimed_at),
        "journeys": (journeys, journeys.c.closed_at),
        "holds": (holds, holds.c.held_at),
    }
    found = {
        name: await _rows(
            connection, select(table).where(_of(table, store_id, customer_id)).order_by(order)
        )
        for name, (table, order) in tables.items()
    }
    query = select(suppressions).where(
        suppressions.c.store_id == store_id,
        suppressions.c.address_hash.in_(_hashes(store_id, customer_id)),
    )
    return {**found, "suppressions": await _rows(connection, query)}


async def quarantined_about(
    connection: AsyncConnection, store_id: str, is_about: Callable[[str], bool]
) -> Rows:
    """The store's quarantined bodies that are about somebody, newest first."""
    found: Rows = []
    before = None
    while page := await quarantine.listed(connection, Page(AT_ONCE, before, store_id)):
        found += [_shown(row) for row in page if is_about(row["body"])]
        before = page[-1]["id"]
    return found


async def erase(
    connection: AsyncConnection, store_id: str, customer_id: str, bodies: Iterable[dict[str, Any]]
) -> int:
    """Empty what a customer posted; ids, kinds and times stay, so that nothing happens twice.

    The ledger and the suppressions have only a keyed hash of the number, which must stay for
    caps and opt-outs to hold.

    Args:
        connection: of the erasing transaction.
        store_id: whose customer.
        customer_id: who.
        bodies: quarantined ones, as `quarantined_about` gives them.

    Returns:
        Of how many events something was erased.
    """
    await lock(connection, "customer", store_id, customer_id)
    emptied = await connection.execute(
        update(inbox)
        .where(_of(inbox, store_id, customer_id), cast(inbox.c.body, String) != "{}")
        .values(body={})
    )
    for row in bodies:
        await connection.execute(
            update(quarantined)
            .where(quarantined.c.id == row["id"])
            .values(body="", errors=[*row["errors"], NOTE])
        )
    return emptied.rowcount


def _of(table: Table, store_id: str, customer_id: str) -> ColumnElement[bool]:
    return (table.c.store_id == store_id) & (table.c.customer_id == customer_id)


def _hashes(store_id: str, customer_id: str) -> Any:
    known = (
        select(table.c.address_hash).where(_of(table, store_id, customer_id))
        for table in (inbox, messages)
    )
    return union(*known).scalar_subquery()


async def _rows(connection: AsyncConnection, query: Select[Any]) -> Rows:
    return [_shown(row) for row in (await connection.execute(query)).mappings()]


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _INTERNAL}

"""Everything that is stored about one customer, to be exported or erased."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    Table,
    cast,
    select,
    union,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.database import lock
from storage.messages import ERASED
from storage.tables import holds, inbox, journeys, messages, suppressions, webhooks
from storage.tables import quarantine as quarantined
from storage.webhooks import Webhook

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
        suppressions.c.address_hash.in_(_hashes(store_id, customer_id).scalar_subquery()),
    )
    wishes = [_readable(row) for row in await _rows(connection, query)]
    return {**found, "suppressions": wishes}


async def address_hashes(
    connection: AsyncConnection, store_id: str, customer_id: str
) -> frozenset[str]:
    """The keyed hashes of every number that a customer ever had."""
    found = await connection.execute(_hashes(store_id, customer_id))
    return frozenset(each for each in found.scalars() if each is not None)


async def quarantined_about(
    connection: AsyncConnection, store_id: str, is_about: Callable[[str], bool]
) -> Rows:
    """Quarantined bodies about somebody, of the store and of nobody, newest first."""
    whose = (quarantined.c.store_id == store_id) | quarantined.c.store_id.is_(None)
    query = select(quarantined).where(whose).order_by(quarantined.c.id.desc()).limit(AT_ONCE)
    found: Rows = []
    page = await _rows(connection, query)
    while page:
        found += [row for row in page if is_about(row["body"])]
        page = await _rows(connection, query.where(quarantined.c.id < page[-1]["id"]))
    return found


async def waiting_about(
    connection: AsyncConnection, is_about: Callable[[str], bool]
) -> list[Webhook]:
    """Notifications of Meta's that wait to be processed and are about somebody, oldest first."""
    query = select(webhooks.c.id, webhooks.c.body).order_by(webhooks.c.id).limit(AT_ONCE)
    found: list[Webhook] = []
    page = [Webhook(*row) for row in await connection.execute(query)]
    while page:
        found += [row for row in page if is_about(row.body.decode(errors="replace"))]
        rest = query.where(webhooks.c.id > page[-1].id)
        page = [Webhook(*row) for row in await connection.execute(rest)]
    return found


@dataclass(frozen=True)
class Erasure:
    """Of how many events and messages something was erased."""

    events: int
    messages: int


async def erase(
    connection: AsyncConnection, store_id: str, customer_id: str, bodies: Iterable[dict[str, Any]]
) -> Erasure:
    """Empty what a customer posted; ids, kinds and times stay, so that nothing happens twice.

    Meta's message ids have the number in them. The ledger and the suppressions have otherwise
    only a keyed hash of it, which must stay for caps and opt-outs to hold.

    Args:
        connection: of the erasing transaction.
        store_id: whose customer.
        customer_id: who.
        bodies: quarantined ones, as `quarantined_about` gives them.
    """
    await lock(connection, "customer", store_id, customer_id)
    events = await connection.execute(
        update(inbox)
        .where(_of(inbox, store_id, customer_id), cast(inbox.c.body, String) != "{}")
        .values(body={})
    )
    named = messages.c.provider_id.is_distinct_from(ERASED)
    sent = await connection.execute(
        update(messages)
        .where(_of(messages, store_id, customer_id), named)
        .values(provider_id=ERASED)
    )
    await _erase_evidence(connection, store_id, customer_id)
    for row in bodies:
        await connection.execute(
            update(quarantined)
            .where(quarantined.c.id == row["id"])
            .values(body="", errors=[*row["errors"], NOTE])
        )
    return Erasure(events.rowcount, sent.rowcount)


async def _erase_evidence(connection: AsyncConnection, store_id: str, customer_id: str) -> None:
    """Take Meta's message ids out of closed journeys, whose decisions once had them."""
    query = select(journeys.c.run_id, journeys.c.decisions).where(
        _of(journeys, store_id, customer_id)
    )
    for run_id, decisions in (await connection.execute(query)).all():
        erased = [{**each, "evidence": _without_id(each["evidence"])} for each in decisions]
        if erased != decisions:
            await connection.execute(
                update(journeys).where(journeys.c.run_id == run_id).values(decisions=erased)
            )


def _without_id(evidence: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in evidence.items() if name != "provider_id"}


def _readable(wish: dict[str, Any]) -> dict[str, Any]:
    """A suppression for people: whether it holds, why it did, since and until when."""
    return {
        "suppressed": wish["lifted_at"] is None,
        "because": wish["because"] or None,
        "since": wish["created_at"] if wish["because"] else None,
        "lifted_at": wish["lifted_at"],
    }


def _of(table: Table, store_id: str, customer_id: str) -> ColumnElement[bool]:
    return (table.c.store_id == store_id) & (table.c.customer_id == customer_id)


def _hashes(store_id: str, customer_id: str) -> CompoundSelect[Any]:
    known = (
        select(table.c.address_hash).where(_of(table, store_id, customer_id))
        for table in (inbox, messages)
    )
    return union(*known)


async def _rows(connection: AsyncConnection, query: Select[Any]) -> Rows:
    return [_shown(row) for row in (await connection.execute(query)).mappings()]


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _INTERNAL}

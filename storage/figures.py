"""What is counted at every scrape of `/metrics`: never by looking through the whole ledger.

Each count looks at the few rows that are meant, by an index where there are others, and stops at
`MOST_COUNTED`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, case, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import inbox, quarantine
from storage.database import MOST_COUNTED, count_some
from storage.stores import PAUSED_BY_OPERATOR
from storage.tables import UNSETTLED, holds, messages, stores, template_holds

PAUSERS: Final = ("operator", "account")
"""Who paused a store: somebody by hand, or Meta, by an error about its account."""

HOLDERS: Final = ("store", "template")
"""What a held journey waits for."""

UNSETTLED_STATUSES: Final = ("claimed", "unknown")


@dataclass(frozen=True)
class Counts:
    """How much waits, is held or needs a look, of all stores together."""

    backlog: int
    quarantined: int
    held_templates: int
    paused_stores: Mapping[str, int]
    held_journeys: Mapping[str, int]
    unsettled_messages: Mapping[str, int]


async def count(connection: AsyncConnection) -> Counts:
    """Count everything."""
    by_operator = stores.c.paused_because == PAUSED_BY_OPERATOR
    pauser = case((by_operator, PAUSERS[0]), else_=PAUSERS[1])
    holder = case((holds.c.template.is_(None), HOLDERS[0]), else_=HOLDERS[1])
    paused = select(pauser.label("label")).where(stores.c.paused_at.is_not(None))
    return Counts(
        backlog=await inbox.backlog(connection),
        quarantined=await quarantine.size(connection),
        held_templates=await count_some(connection, select(template_holds.c.store_id)),
        paused_stores=await _sizes(connection, paused, PAUSERS),
        held_journeys=await _sizes(connection, select(holder.label("label")), HOLDERS),
        unsettled_messages=await _sizes(connection, unsettled(), UNSETTLED_STATUSES),
    )


def unsettled() -> Select[Any]:
    """The status of every message of which nobody knows, or not yet, whether Meta has it."""
    return select(messages.c.status.label("label")).where(text(UNSETTLED))


async def _sizes(
    connection: AsyncConnection, rows: Select[Any], labels: tuple[str, ...]
) -> dict[str, int]:
    """How many rows have which label; zeros too, so that an alert has something to look at."""
    some = rows.limit(MOST_COUNTED).subquery()
    counted = select(some.c.label, func.count()).group_by(some.c.label)
    return dict.fromkeys(labels, 0) | {row[0]: row[1] for row in await connection.execute(counted)}

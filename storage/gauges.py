"""The gauges of `/metrics`, read at every scrape without scanning the whole ledger.

Each gauge reads only its own few rows, through an index where the table has others, and stops at
`MAX_COUNTED`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, case, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import inbox, quarantine
from storage.database import MAX_COUNTED, count_some
from storage.stores import PAUSED_BY_OPERATOR
from storage.tables import UNSETTLED, holds, messages, stores, template_holds

PAUSERS: Final = ("operator", "account")
"""What paused a store: its operator, or an error of Meta's about its account."""

HOLDERS: Final = ("store", "template")
"""What a held journey waits for."""

UNSETTLED_STATUSES: Final = ("claimed", "unknown")


@dataclass(frozen=True)
class GaugeValues:
    """How much waits, is held or needs an operator, of all stores together."""

    backlog: int
    quarantined: int
    held_templates: int
    paused_stores: Mapping[str, int]
    held_journeys: Mapping[str, int]
    unsettled_messages: Mapping[str, int]


async def read_gauges(connection: AsyncConnection) -> GaugeValues:
    """Read all gauges."""
    by_operator = stores.c.paused_because == PAUSED_BY_OPERATOR
    pauser = case((by_operator, PAUSERS[0]), else_=PAUSERS[1])
    holder = case((holds.c.template.is_(None), HOLDERS[0]), else_=HOLDERS[1])
    paused = select(pauser.label("label")).where(stores.c.paused_at.is_not(None))
    return GaugeValues(
        backlog=await inbox.backlog(connection),
        quarantined=await quarantine.size(connection),
        held_templates=await count_some(connection, select(template_holds.c.store_id)),
        paused_stores=await _sizes(connection, paused, PAUSERS),
        held_journeys=await _sizes(connection, select(holder.label("label")), HOLDERS),
        unsettled_messages=await _sizes(connection, unsettled(), UNSETTLED_STATUSES),
    )


def unsettled() -> Select[Any]:
    """The status of every message that Meta may or may not have."""
    return select(messages.c.status.label("label")).where(text(UNSETTLED))


async def _sizes(
    connection: AsyncConnection, rows: Select[Any], labels: tuple[str, ...]
) -> dict[str, int]:
    """How many rows have which label; zeros too, so that alerts see every label."""
    some = rows.limit(MAX_COUNTED).subquery()
    counted = select(some.c.label, func.count()).group_by(some.c.label)
    return dict.fromkeys(labels, 0) | {row[0]: row[1] for row in await connection.execute(counted)}

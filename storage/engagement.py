"""What people did with messages: clicked their links, and replied. The earliest time is kept."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Update, bindparam, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import result_changes
from storage.new_rows import insert_if_new
from storage.result_changes import change
from storage.result_tables import link_clicks
from storage.tables import messages


@dataclass(frozen=True)
class Click:
    """A token of a message in a URL of an event."""

    store_id: str
    token: str
    at: datetime


@dataclass(frozen=True)
class LinkClick:
    """A click that Meta tells of: neither a person nor a message is known."""

    store_id: str
    click_id: str
    component: str | None
    """`cta` or `body`."""
    tracking_token: str | None
    clicked_at: datetime


def _earliest(column: Column[Any]) -> Update:
    """Set a time of a message, unless an earlier one is known."""
    at = bindparam("of_at", type_=column.type)
    return (
        update(messages)
        .where(messages.c.message_id == bindparam("of_message"), or_(column.is_(None), column > at))
        .values({column: at})
    )


_CLICKED: Final = _earliest(messages.c.clicked_at)
_REPLIED: Final = _earliest(messages.c.replied_at)
_ADD_LINK_CLICK: Final = insert_if_new(link_clicks)


async def add_clicks(connection: AsyncConnection, clicks: Sequence[Click], now: datetime) -> None:
    """Note that links of messages were followed; tokens of no message of the store are nothing.

    Rows are locked in the order in which statuses lock them.
    """
    if not clicks:
        return
    key = tuple_(messages.c.store_id, messages.c.click_token)
    pairs = sorted({(each.store_id, each.token) for each in clicks})
    columns = ("message_id", "store_id", "click_token", "claimed_at")
    query = select(*(messages.c[name] for name in columns))
    known = messages.c.click_token.is_not(None)  # by which the index is used
    ordered = query.where(known, key.in_(pairs)).order_by(messages.c.message_id)
    found = (await connection.execute(ordered.with_for_update())).all()
    rows = [
        {"of_message": row.message_id, "of_at": each.at}
        for row in found
        for each in clicks
        if (each.store_id, each.token) == (row.store_id, row.click_token)
    ]
    if rows:
        await connection.execute(_CLICKED, rows)
    late = (change(row.store_id, row.claimed_at) for row in found)
    await result_changes.mark_late(connection, late, now)


async def add_reply(
    connection: AsyncConnection,
    provider_id: str,
    store_ids: Collection[str],
    at: datetime,
    now: datetime,
) -> bool:
    """Note that a message was replied to; whether that is new.

    Args:
        connection: of a transaction.
        provider_id: Meta's id of the message.
        store_ids: the stores of the number that was written to.
        at: when the reply was written.
        now: the time.
    """
    query = select(messages.c.message_id, messages.c.store_id, messages.c.claimed_at).where(
        messages.c.provider_id == provider_id, messages.c.store_id.in_(store_ids)
    )
    found = (await connection.execute(query.order_by(messages.c.message_id))).all()
    changed = 0
    for row in found:
        replied = await connection.execute(_REPLIED, {"of_message": row.message_id, "of_at": at})
        changed += replied.rowcount
    late = (change(row.store_id, row.claimed_at) for row in found)
    await result_changes.mark_late(connection, late, now)
    return changed > 0


async def add_link_click(connection: AsyncConnection, click: LinkClick) -> bool:
    """Keep a click that Meta tells of; whether it is new."""
    add = _ADD_LINK_CLICK[connection.dialect.name]
    return (await connection.execute(add, click.__dict__)).first() is not None

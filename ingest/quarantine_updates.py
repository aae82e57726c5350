"""Quarantining Meta's updates: each on its own, so that an operator can retry it."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ingest.update_results import RoutedUpdate
from storage import quarantine
from storage.quarantine import Rejected
from whatsapp.updates import Other, Unreadable, Update, UpdateKind

LISTS: Final = {
    UpdateKind.STATUS: "statuses",
    UpdateKind.MESSAGE: "messages",
    UpdateKind.USER_PREFERENCE: "user_preferences",
}
"""Where a notification has updates of each kind."""

UNROUTABLE: Final = {
    "type": "unroutable",
    "loc": ["metadata", "phone_number_id"],
    "msg": "no store has this number",
}


async def add_to_quarantine(
    connection: AsyncConnection, batch: Sequence[RoutedUpdate], now: datetime
) -> None:
    """Quarantine unreadable and unroutable updates.

    Unreadable ones are listed for their stores. Of each number that no store has, at most
    `quarantine.MAX_UNROUTED` are kept.
    """
    for rejected in _unreadable(batch):
        await quarantine.add(connection, rejected, now)
    for number, of_number in _unroutable(batch).items():
        await _add_within_limit(connection, number, of_number, now)


def _unreadable(batch: Iterable[RoutedUpdate]) -> Iterator[Rejected]:
    for each in batch:
        content = each.update.content
        if isinstance(content, Unreadable):
            for store_id in _store_ids(each):
                yield _rejected(each.update, store_id, content.body, content.problems)


def _unroutable(batch: Iterable[RoutedUpdate]) -> dict[str | None, list[Rejected]]:
    """Updates by the number, which no store has."""
    by_number: defaultdict[str | None, list[Rejected]] = defaultdict(list)
    for each in batch:
        if not each.stores and not isinstance(each.update.content, Unreadable | Other):
            rejected = _rejected(each.update, None, json.dumps(each.update.item), [UNROUTABLE])
            by_number[each.update.phone_number_id].append(rejected)
    return by_number


async def _add_within_limit(
    connection: AsyncConnection, number: str | None, updates: Sequence[Rejected], now: datetime
) -> None:
    room = await quarantine.room_for(connection, number)
    for rejected in updates[:room]:
        await quarantine.add(connection, rejected, now)


def notification(row: dict[str, Any]) -> bytes:
    """The body that Meta would have posted with this quarantined update alone."""
    if row["source"] == UpdateKind.NOTIFICATION:
        return str(row["body"]).encode()
    items = {LISTS[UpdateKind(row["source"])]: [json.loads(row["body"])]}
    value = {"metadata": {"phone_number_id": row["phone_number_id"]}, **items}
    return json.dumps({"entry": [{"changes": [{"value": value}]}]}).encode()


def _store_ids(each: RoutedUpdate) -> Sequence[str | None]:
    return [store.store_id for store in each.stores] or [None]


def _rejected(update: Update, store_id: str | None, body: str, errors: Sequence[Any]) -> Rejected:
    return Rejected(store_id, body, list(errors), update.kind.value, update.phone_number_id)

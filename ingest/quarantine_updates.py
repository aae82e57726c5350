"""Quarantining Meta's updates: each on its own, so that an operator can retry it."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from ingest.update_results import RoutedUpdate
from storage import quarantine
from storage.quarantine import Rejected
from whatsapp.template_changes import TemplateUpdate
from whatsapp.updates import Other, Unreadable, Update, UpdateKind

LISTS: Final = {
    UpdateKind.STATUS: "statuses",
    UpdateKind.MESSAGE: "messages",
    UpdateKind.USER_PREFERENCE: "user_preferences",
    UpdateKind.CLICK: "user_actions",
}
"""Where a notification has updates of each kind."""

_WHOLE: Final = frozenset({UpdateKind.NOTIFICATION, UpdateKind.TEMPLATE})
"""Updates that are kept as a notification of their own."""

_WITHOUT_NUMBER: Final = (Unreadable, Other, TemplateUpdate)
"""Updates that no phone number routes."""

UNROUTABLE: Final = {
    "type": "unroutable",
    "loc": ["metadata", "phone_number_id"],
    "msg": "no store has this number",
}


UNKNOWN_PERSON: Final = {
    "type": "unknown_person",
    "loc": ["user_id"],
    "msg": "an opt-out, and no phone number is known of this person yet",
}


async def add_to_quarantine(
    connection: AsyncConnection,
    batch: Sequence[RoutedUpdate],
    unknown_people: Sequence[RoutedUpdate],
    now: datetime,
) -> Counter[str]:
    """Quarantine what had no effect, as far as its quota has room.

    Unreadable updates are listed for their stores, as are opt-outs of people without a number.

    Returns:
        How many were not kept, by source.
    """
    unkept = Counter[str]()
    unmatched = [each for each in batch if any(each is other for other in unknown_people)]
    rejected = chain(_unreadable(batch), _unroutable(batch), _of_unknown_people(unmatched))
    for sharing in _by_quota(rejected):
        room = await quarantine.room_for(connection, sharing[0])
        for each in sharing[:room]:
            await quarantine.add(connection, each, now)
        unkept[sharing[0].source] += len(sharing[room:])
    return unkept


def _by_quota(updates: Iterable[Rejected]) -> Iterable[list[Rejected]]:
    groups: defaultdict[object, list[Rejected]] = defaultdict(list)
    for rejected in updates:
        groups[rejected.quota].append(rejected)
    return groups.values()


def _unreadable(batch: Iterable[RoutedUpdate]) -> Iterator[Rejected]:
    for each in batch:
        content = each.update.content
        if isinstance(content, Unreadable):
            for store_id in _store_ids(each):
                yield _rejected(each.update, store_id, content.body, content.problems)


def _of_unknown_people(batch: Iterable[RoutedUpdate]) -> Iterator[Rejected]:
    for each in batch:
        body = json.dumps(each.update.item)
        for store in each.stores:
            yield _rejected(each.update, store.store_id, body, [UNKNOWN_PERSON])


def _unroutable(batch: Iterable[RoutedUpdate]) -> Iterator[Rejected]:
    """Updates to a number that no store has."""
    for each in batch:
        if not each.stores and not isinstance(each.update.content, _WITHOUT_NUMBER):
            yield _rejected(each.update, None, json.dumps(each.update.item), [UNROUTABLE])


def notification(row: dict[str, Any]) -> bytes:
    """The body that Meta would have posted with this quarantined update alone."""
    if row["source"] in _WHOLE:
        return str(row["body"]).encode()
    items = {LISTS[UpdateKind(row["source"])]: [json.loads(row["body"])]}
    value = {"metadata": {"phone_number_id": row["phone_number_id"]}, **items}
    return json.dumps({"entry": [{"changes": [{"value": value}]}]}).encode()


def _store_ids(each: RoutedUpdate) -> Sequence[str | None]:
    return [store.store_id for store in each.stores] or [None]


def _rejected(update: Update, store_id: str | None, body: str, errors: Sequence[Any]) -> Rejected:
    return Rejected(store_id, body, list(errors), update.kind.value, update.phone_number_id)

"""What has no effect now goes to quarantine, each update for itself, to be tried again later."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from api.updates import Routed
from storage import quarantine
from storage.quarantine import Rejected
from whatsapp.updates import Kind, Other, Unreadable

LISTS: Final = {
    Kind.STATUS: "statuses",
    Kind.MESSAGE: "messages",
    Kind.USER_PREFERENCE: "user_preferences",
}
"""Where a notification has updates of each kind."""

UNROUTABLE: Final = {
    "type": "unroutable",
    "loc": ["metadata", "phone_number_id"],
    "msg": "no store has this number",
}


async def keep(connection: AsyncConnection, batch: Iterable[Routed], now: datetime) -> None:
    """Put what is wrong where the operator of its stores sees it; what is nobody's, aside.

    Of what is nobody's there is only so much room for each number at Meta.
    """
    nobodys: defaultdict[str | None, list[Rejected]] = defaultdict(list)
    for each in batch:
        if isinstance(each.update.content, Unreadable):
            wrong = each.update.content
            for rejected in _for_each_store(each, wrong.body, wrong.problems):
                await quarantine.add(connection, rejected, now)
        elif not each.stores and not isinstance(each.update.content, Other):
            unrouted = _for_each_store(each, json.dumps(each.update.item), [UNROUTABLE])
            nobodys[each.update.phone_number_id] += unrouted
    for number, rejected_ones in nobodys.items():
        room = await quarantine.room_for(connection, number)
        for rejected in rejected_ones[:room]:
            await quarantine.add(connection, rejected, now)


def notification(row: dict[str, Any]) -> bytes:
    """What Meta would have posted, had it posted this quarantined update alone."""
    if row["source"] == Kind.NOTIFICATION:
        return str(row["body"]).encode()
    items = {LISTS[Kind(row["source"])]: [json.loads(row["body"])]}
    value = {"metadata": {"phone_number_id": row["phone_number_id"]}, **items}
    return json.dumps({"entry": [{"changes": [{"value": value}]}]}).encode()


def _for_each_store(each: Routed, body: str, errors: Sequence[Any]) -> list[Rejected]:
    update = each.update
    whose: list[str | None] = [route.store_id for route in each.stores]
    return [
        Rejected(store_id, body, list(errors), update.kind.value, update.phone_number_id)
        for store_id in whose or [None]
    ]

"""Taking in what is in quarantine: an event as if its partner posted it, an update as if Meta did.

Both know what they have seen before, so trying twice does no harm.
"""

from collections import Counter
from typing import Any

from fastapi import HTTPException

from api import event_body, setting_aside, updates
from api.errors import InvalidBodyError
from api.services import Services
from storage import stores
from storage.quarantine import EVENT
from whatsapp.updates import Other, Unreadable
from whatsapp.webhook import parse


async def retry(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """Take a quarantined body in.

    Returns:
        The `receipt` of an event; or the `fates` of updates, and how many had each.

    Raises:
        HTTPException: 409, it was erased, or no store has its number yet.
        InvalidBodyError: it is still not what it should be.
    """
    if not row["body"]:
        raise HTTPException(409, "its body was erased")
    return await (_event if row["source"] == EVENT else _updates)(services, row)


async def _event(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    async with services.database.reading() as connection:
        store = await stores.existing(connection, row["store_id"])
    raw = row["body"].encode(errors="replace")
    valid = event_body.parse(raw, store.config.organization_id, services.clock())
    receipt = await services.intake.accept(store, valid.event, valid.body)
    services.metrics.events.labels(receipt.status.value).inc()
    return {"receipt": receipt}


async def _updates(services: Services, row: dict[str, Any]) -> dict[str, Any]:
    """All of its updates, or none: what has its effect is not in quarantine any more."""
    read = parse(setting_aside.notification(row))
    for each in read:
        if isinstance(each.content, Unreadable):
            raise InvalidBodyError(list(each.content.problems))
    async with services.database.reading() as connection:
        (batch,) = await updates.route(connection, [read])
    if not all(each.stores or isinstance(each.update.content, Other) for each in batch):
        raise HTTPException(409, "no store has this number")
    tally = await updates.take_effect(services.database, batch, services.clock())
    services.webhooks.report(tally)
    fates = Counter[str]()
    for (_, fate), count in tally.fates.items():
        fates[fate.value] += count
    return {"fates": fates}

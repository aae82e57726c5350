"""Applying updates that say what people did with messages: clicks and replies."""

from datetime import datetime

from ingest.people import chosen_at
from ingest.update_results import RoutedUpdate, UpdateResult
from storage import engagement
from storage.database import Database
from storage.engagement import LinkClick
from whatsapp.clicks import UserAction
from whatsapp.updates import Inbound


async def apply_action(
    database: Database, action: UserAction, routed: RoutedUpdate
) -> UpdateResult:
    """Keep a click for every store of the number. Idempotent."""
    if not action.is_click:
        return UpdateResult.IGNORED
    clicks = [
        LinkClick(
            store.store_id, action.key, action.component, action.tracking_token, action.timestamp
        )
        for store in routed.stores
    ]
    async with database.transaction() as connection:
        new = [await engagement.add_link_click(connection, each) for each in clicks]
    return UpdateResult.CHANGED if any(new) else UpdateResult.UNCHANGED


async def note_reply(
    database: Database, inbound: Inbound, routed: RoutedUpdate, now: datetime
) -> bool:
    """Note that a message of a store was replied to, by a text or a quick reply; whether it was.

    Idempotent: the earliest reply counts.
    """
    if not inbound.answers or not routed.stores:
        return False
    store_ids = [store.store_id for store in routed.stores]
    async with database.transaction() as connection:
        at = chosen_at(inbound, now)
        return await engagement.add_reply(connection, inbound.answers, store_ids, at, now)

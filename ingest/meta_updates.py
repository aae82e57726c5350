"""Routing Meta's updates to stores and applying them: to the ledger, and to suppressions.

A notification that was processed in part is processed again: applying is idempotent.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain

from sqlalchemy.ext.asyncio import AsyncConnection

from ingest.engagement_updates import apply_action, note_reply
from ingest.opt_out_updates import apply_to_person
from ingest.people import learn, said_of_people
from ingest.status_updates import StatusOfMessage, apply_statuses, status_of_message
from ingest.template_updates import apply_to_templates
from ingest.update_results import RoutedUpdate, UpdateCounts, UpdateResult
from storage import phone_numbers
from storage.database import Database
from storage.phone_numbers import StoresOfNumber
from whatsapp.clicks import UserAction
from whatsapp.template_changes import TemplateUpdate
from whatsapp.updates import Inbound, Other, Unreadable, Update


async def route(
    connection: AsyncConnection, batches: Sequence[Sequence[Update]]
) -> list[list[RoutedUpdate]]:
    """Find the stores of every update, for several notifications at once."""
    updates = chain.from_iterable(batches)
    numbers = {update.phone_number_id for update in updates if update.phone_number_id}
    stores = await phone_numbers.stores_of(connection, numbers)
    return [[_routed(update, stores) for update in batch] for batch in batches]


def _routed(update: Update, stores: Mapping[str, StoresOfNumber]) -> RoutedUpdate:
    found = stores.get(update.phone_number_id or "", StoresOfNumber())
    return RoutedUpdate(update, found.stores, found.sealed)


def require_opened(batch: Iterable[RoutedUpdate]) -> None:
    """See that no update of a batch waits for a store whose secrets cannot be opened.

    Raises:
        SecretCipherError: one does.
    """
    for each in batch:
        if each.sealed is not None:
            raise each.sealed


async def apply_updates(
    database: Database, batch: Sequence[RoutedUpdate], now: datetime
) -> UpdateCounts:
    """Apply readable updates. Idempotent."""
    counts, of_messages, others = UpdateCounts(), list[StatusOfMessage](), list[RoutedUpdate]()
    await learn(database, said_of_people(batch, now))
    for each in batch:
        status = status_of_message(each, now)
        if status is None:
            others.append(each)
        else:
            of_messages.append(status)
    await apply_statuses(database, of_messages, now, counts)  # they tell whose a user id is
    for each in others:
        result = await _apply(database, each, now, counts)
        counts.results[each.update.kind, result] += 1
    return counts


async def _apply(
    database: Database, routed: RoutedUpdate, now: datetime, counts: UpdateCounts
) -> UpdateResult:
    if isinstance(routed.update.content, TemplateUpdate):
        return await apply_to_templates(database, routed.update.content, now)
    if (without_effect := _without_effect(routed)) is not None:
        return without_effect
    if isinstance(routed.update.content, UserAction):
        return await apply_action(database, routed.update.content, routed)
    return await _apply_to_person(database, routed, now, counts)


async def _apply_to_person(
    database: Database, routed: RoutedUpdate, now: datetime, counts: UpdateCounts
) -> UpdateResult:
    """Apply what a person said. Every reply counts as one, also STOP."""
    content = routed.update.content
    replied = isinstance(content, Inbound) and await note_reply(database, content, routed, now)
    result = await apply_to_person(database, routed, now)
    if result is UpdateResult.QUARANTINED:
        counts.unknown_people.append(routed)
    return UpdateResult.CHANGED if replied and result is UpdateResult.IGNORED else result


def _without_effect(routed: RoutedUpdate) -> UpdateResult | None:
    match routed.update.content:
        case Unreadable():
            return UpdateResult.QUARANTINED
        case Other():
            return UpdateResult.IGNORED
    return None if routed.stores else UpdateResult.UNROUTABLE

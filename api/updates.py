"""What is made of Meta's updates: statuses go into the ledger, opt-outs to the suppressions.

Everything here may happen twice: a notification that was half processed is processed again. Each
opt-out has its own transaction, since customers are locked before ledger and address.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from domain import phones
from domain.identity import keyed_hash
from domain.opting_out import opts_out
from storage import opt_outs, routes, statuses, suppressions
from storage.database import Database
from storage.messages import MessageStatus
from storage.routes import Route
from storage.statuses import Told
from whatsapp.updates import MARKETING, Inbound, Kind, Other, Preference, Status, Unreadable, Update

_STATUSES: Final = {
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    "played": MessageStatus.READ,
    "failed": MessageStatus.FAILED,
}
_MOST_CHARACTERS: Final = 512
_MESSAGE_ID_LENGTH: Final = 32


class Fate(StrEnum):
    """What became of an update."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    """Known before, or overtaken by what is known."""
    UNMATCHED = "unmatched"
    """About no message of the store, or nobody with a number."""
    UNROUTABLE = "unroutable"
    """No store has that `phone_number_id`: kept in quarantine until one has."""
    IGNORED = "ignored"
    QUARANTINED = "quarantined"


@dataclass(frozen=True)
class Tally:
    """What became of updates, and what was news of messages."""

    fates: Counter[tuple[Kind, Fate]] = field(default_factory=Counter)
    news: Counter[MessageStatus] = field(default_factory=Counter)


_Address = tuple[str, str]
"""A store, and the keyed hash of a number."""


@dataclass(frozen=True)
class Routed:
    """An update and the stores whose number it came to."""

    update: Update
    stores: Sequence[Route]


async def route(
    connection: AsyncConnection, batches: Sequence[Sequence[Update]]
) -> list[list[Routed]]:
    """Find the stores of every update, of several notifications at once."""
    every = (update for batch in batches for update in batch)
    numbers = {update.phone_number_id for update in every if update.phone_number_id}
    known = await routes.of(connection, numbers)
    return [
        [Routed(each, known.get(each.phone_number_id or "", [])) for each in batch]
        for batch in batches
    ]


async def take_effect(database: Database, batch: Sequence[Routed], now: datetime) -> Tally:
    """Have every readable update its effect, which a second time is none."""
    tally, told = Tally(), list[tuple[Status, Told]]()
    for each in batch:
        match each.update.content:
            case Unreadable():
                fate = Fate.QUARANTINED
            case Other():
                fate = Fate.IGNORED
            case _ if not each.stores:
                fate = Fate.UNROUTABLE
            case Status() as status if status.is_of_a_message and status.status in _STATUSES:
                told.append((status, _told(status, each.stores)))
                continue
            case Status():
                fate = Fate.IGNORED
            case Inbound() as inbound:
                fate = await _heard(database, inbound, each.stores, now)
            case Preference() as preference:
                fate = await _preferred(database, preference, each.stores, now)
        tally.fates[each.update.kind, fate] += 1
    for start in range(0, len(told), statuses.MOST):
        await _fold(database, told[start : start + statuses.MOST], now, tally)
    return tally


def _told(status: Status, stores: Sequence[Route]) -> Told:
    ours = status.biz_opaque_callback_data or ""
    error = status.errors[0] if status.errors else None
    return Told(
        message_id=ours if ours.isalnum() and len(ours) == _MESSAGE_ID_LENGTH else None,
        provider_id=status.id,
        store_ids=frozenset(route.store_id for route in stores),
        status=_STATUSES[status.status],
        because=error.text[:_MOST_CHARACTERS] if error else None,
        error_code=error.code if error else None,
    )


async def _fold(
    database: Database, told: Sequence[tuple[Status, Told]], now: datetime, tally: Tally
) -> None:
    async with database.transaction() as connection:
        folds = await statuses.fold(connection, [each for _, each in told], now)
    for (status, known), fold in zip(told, folds, strict=True):
        if fold is None:
            tally.fates[Kind.STATUS, Fate.UNMATCHED] += 1
            continue
        if status.opted_out:
            whose = (fold.entry.store_id, fold.entry.address_hash)
            await _suppress(database, {whose}, "told by Meta", min(status.timestamp, now))
        tally.fates[Kind.STATUS, Fate.CHANGED if fold.changed else Fate.UNCHANGED] += 1
        tally.news[known.status] += fold.changed


async def _heard(
    database: Database, inbound: Inbound, stores: Sequence[Route], now: datetime
) -> Fate:
    """Meta does not make an opt-out of what a person writes or presses: this does."""
    said = inbound.said
    stopped = [route for route in stores if said and opts_out(said, route.opt_out_words)]
    if not stopped:
        return Fate.IGNORED
    whose = set(_addresses(inbound.sender, stopped))
    if inbound.answers:
        ids = [route.store_id for route in stopped]
        async with database.reading() as connection:
            whose.update(await statuses.address_of(connection, inbound.answers, ids))
    return await _suppress(database, whose, "said STOP", min(inbound.timestamp, now))


async def _preferred(
    database: Database, preference: Preference, stores: Sequence[Route], now: datetime
) -> Fate:
    whose, at = set(_addresses(preference.wa_id, stores)), min(preference.timestamp, now)
    match preference.category, preference.value:
        case (category, "stop") if category == MARKETING:
            return await _suppress(database, whose, "stopped marketing in WhatsApp", at)
        case (category, "resume") if category == MARKETING:
            return await _lift(database, whose, at)
        case _:
            return Fate.IGNORED


def _addresses(wa_id: str | None, stores: Iterable[Route]) -> list[_Address]:
    known = phones.addresses_of(wa_id) if wa_id else ()
    return [
        (route.store_id, keyed_hash(route.hash_key, address))
        for route in stores
        for address in known
    ]


async def _suppress(
    database: Database, whose: Iterable[_Address], because: str, at: datetime
) -> Fate:
    fate = Fate.UNMATCHED
    for store_id, hashed in sorted(whose):
        async with database.transaction() as connection:
            begins = await suppressions.would_begin(connection, store_id, hashed, at)
            suppress = opt_outs.opt_out if begins else suppressions.add
            await suppress(connection, store_id, hashed, because, at)
        fate = Fate.CHANGED if begins or fate is Fate.CHANGED else Fate.UNCHANGED
    return fate


async def _lift(database: Database, whose: Iterable[_Address], at: datetime) -> Fate:
    fate = Fate.UNMATCHED
    for store_id, hashed in sorted(whose):
        async with database.transaction() as connection:
            lifted = await suppressions.lift(connection, store_id, hashed, at)
        fate = Fate.CHANGED if lifted or fate is Fate.CHANGED else Fate.UNCHANGED
    return fate

"""Everything that is stored about one customer: exported, or erased."""

import json
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel

from domain.customers.customer_matching import (
    identifiers_of,
    mentions_any,
    mentions_email,
    mentions_number,
    mentions_user_id,
)
from operations.customer_keys import known_keys
from storage import contacts, customers
from storage.customers import Rows
from storage.database import Database, lock_each
from storage.messages import ERASED
from storage.stores import Store
from storage.webhooks import StoredNotification
from whatsapp.updates import UpdateKind
from whatsapp.webhook import parse

IsAbout = Callable[[str], bool]
"""Whether a text is about the customer."""

RequestExit = Callable[[Store, str], Awaitable[object]]
"""Ends a customer's open journey; the exit is stored when it returns."""

ProcessNotifications = Callable[[Sequence[StoredNotification]], Awaitable[None]]
"""Processes notifications of Meta's that are not processed yet."""


class Export(BaseModel):
    """Everything that is stored about a customer, except for keyed hashes of contacts."""

    customer_id: str
    events: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    journeys: list[dict[str, Any]]
    holds: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    """With `changes`: refunds and cancellations. Amounts are decimal text."""
    suppressions: list[dict[str, Any]]
    quarantined: list[dict[str, Any]]
    waiting: list[dict[str, Any]]
    """Updates of Meta's that are not processed yet."""


class Erased(BaseModel):
    """How much of what a customer posted was erased by this call."""

    customer_id: str
    events: int
    messages: int
    quarantined: int


class _Stored(NamedTuple):
    keys: Sequence[str]
    """Of the customer."""
    found: dict[str, Rows]
    is_about: IsAbout
    """Finds other bodies about the customer."""


class CustomerData:
    """Exports and erases what is stored about a customer."""

    def __init__(
        self, database: Database, request_exit: RequestExit, process: ProcessNotifications
    ) -> None:
        """Work on this database.

        Args:
            database: has the data.
            request_exit: called before anything is erased.
            process: called with the notifications about the customer before they are erased.
        """
        self._database = database
        self._request_exit = request_exit
        self._process = process

    async def export(self, store: Store, customer_id: str) -> Export | None:
        """Everything that is stored about a customer; None when that is nothing."""
        _, found, is_about = await self._stored(store, customer_id)
        async with self._database.reading(long=True) as connection:
            quarantined = await customers.quarantined_about(connection, store.store_id, is_about)
            waiting = await customers.waiting_about(connection, is_about)
        found["quarantined"] = [_without_other_people(row) for row in quarantined]
        found["waiting"] = [item for row in waiting for item in _updates_about(row.body, is_about)]
        if not any(found.values()):
            return None
        return Export.model_validate({"customer_id": customer_id, **found})

    async def erase(self, store: Store, customer_id: str) -> Erased:
        """End the open journey and erase what is personal; opt-outs stay. Idempotent.

        The exit is stored first: from then on no message is claimed for what was posted before.
        """
        keys, found, is_about = await self._stored(store, customer_id)
        if any(found.values()):
            for key in keys:
                await self._request_exit(store, key)
        async with self._database.reading(long=True) as connection:
            waiting = await customers.waiting_about(connection, is_about)
        await self._process(waiting)
        async with self._database.transaction(long=True) as connection:
            names = [("customer", store.store_id, key) for key in sorted(keys)]
            await lock_each(connection, names)  # before any row, as posts do
            bodies = await customers.quarantined_about(connection, store.store_id, is_about)
            erased = [
                await customers.erase(connection, store.store_id, key, bodies) for key in keys
            ]
        return Erased(
            customer_id=customer_id,
            events=sum(each.events for each in erased),
            messages=sum(each.messages for each in erased),
            quarantined=len(bodies),
        )

    async def _stored(self, store: Store, customer_id: str) -> _Stored:
        """What is stored about a customer, under every key."""
        region, store_id = store.config.default_region, store.store_id
        found: dict[str, Rows] = defaultdict(list)
        hashes, emails = set[str](), set[str]()
        async with self._database.reading(long=True) as connection:
            keys = await known_keys(connection, store, customer_id)
            for key in keys:
                for name, rows in (await customers.stored(connection, store_id, key)).items():
                    found[name] += [row for row in rows if row not in found[name]]
                hashes |= await customers.identities_of(connection, store_id, key)
                emails |= (await contacts.of_customer(connection, store_id, key)).emails
        named = identifiers_of(customer_id, (event["body"] for event in found["events"]), region)
        provider_ids = {row["provider_id"] for row in found["messages"]} - {None, ERASED}
        identifiers = named | provider_ids

        def about(text: str) -> bool:
            return (
                mentions_any(text, identifiers, region)
                or mentions_number(text, store.hash_key, hashes)
                or mentions_user_id(text, store.hash_key, hashes)
                or mentions_email(text, store.hash_key, emails)
            )

        return _Stored(keys, found, about)


def _without_other_people(row: dict[str, Any]) -> dict[str, Any]:
    """A quarantined row as it may be shown to the customer: no updates of other people."""
    return {**row, "body": None} if row["source"] == UpdateKind.NOTIFICATION else row


def _updates_about(body: bytes, is_about: IsAbout) -> list[Any]:
    """The updates of a notification that are about the customer."""
    items = (update.item for update in parse(body))
    return [item for item in items if item is not None and is_about(json.dumps(item))]

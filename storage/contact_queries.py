"""The queries of `contacts`, built once for each number of contacts.

Building one takes longer than executing it. `of_0`, `of_1`, … are the contacts.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Select,
    bindparam,
    func,
    literal,
    or_,
    select,
    union_all,
)

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import EventKind
from storage.tables import inbox

MAX_EVENTS: Final = 500
"""The newest events of a customer, in which contacts are looked for."""

MAX_SHARED: Final = 20
"""A number or e-mail address that more customers have is a till's, or a placeholder."""

MAX_KEPT: Final = 64
"""Queries that a process keeps: few people have more than two numbers and an e-mail address."""

_OF_STORE: Final = inbox.c.store_id == bindparam("of_store")

OF_CUSTOMER: Final = (
    select(inbox.c.address_hash, inbox.c.email_hash)
    .where(_OF_STORE, inbox.c.customer_id == bindparam("of_customer"))
    .order_by(inbox.c.id.desc())
    .limit(MAX_EVENTS)
)
"""Not distinct: SQLite would read the store."""


@lru_cache(MAX_KEPT)
def customers_with(numbers: int, emails: int) -> CompoundSelect[Any]:
    """Some customers with each of so many numbers and e-mail addresses."""
    columns = enumerate(_columns(numbers, emails))
    return union_all(*(_some_customers(column, place) for place, column in columns))


@lru_cache(MAX_KEPT)
def orders_with(numbers: int, emails: int) -> Select[Any]:
    """The orders of customers that name one of so many numbers and e-mail addresses."""
    columns = enumerate(_columns(numbers, emails))
    return (
        select(*(inbox.c[name] for name in JourneyEvent.model_fields))
        .where(
            _OF_STORE,
            inbox.c.customer_id.in_(bindparam("customer_ids", expanding=True)),
            inbox.c.at >= bindparam("since"),
            inbox.c.kind == EventKind.ORDER_PLACED,
            or_(*(column == bindparam(f"of_{place}") for place, column in columns)),
        )
        .order_by(inbox.c.at, inbox.c.id)
    )


def _columns(numbers: int, emails: int) -> Iterator[Column[Any]]:
    yield from (inbox.c.address_hash for _ in range(numbers))
    yield from (inbox.c.email_hash for _ in range(emails))


def _some_customers(column: Column[Any], number: int) -> Select[Any]:
    """At most `MAX_SHARED` + 1 customers with a contact, and the contact's place in the list.

    Each is found by one step in the index, however many events have the contact.
    """
    has_contact = column == bindparam(f"of_{number}")
    of_contact: tuple[ColumnElement[bool], ...] = (_OF_STORE, has_contact)
    smallest = func.min(inbox.c.customer_id)
    first = select(smallest.label("customer_id"), literal(1).label("place")).where(*of_contact)
    found = first.cte(recursive=True)
    following = select(smallest).where(*of_contact, inbox.c.customer_id > found.c.customer_id)
    more = found.c.customer_id.is_not(None) & (found.c.place <= MAX_SHARED)
    found = found.union_all(
        select(following.correlate(found).scalar_subquery(), found.c.place + 1).where(more)
    )
    return select(literal(number), found.c.customer_id).where(found.c.customer_id.is_not(None))

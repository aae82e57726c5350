"""Accepting many events in one transaction: locks, what is known of their customers, the rows."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    FromClause,
    Row,
    ScalarSelect,
    Select,
    String,
    bindparam,
    exists,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.events.kinds import EventKind
from domain.journey.identity import CustomerRef
from domain.journey.routing import MAX_SIGNALS, Delivery
from domain.values.exact_json import write_json
from storage import aliases
from storage.aliases import Learned
from storage.contacts import Contacts, contact_locks
from storage.database import lock_name
from storage.inbox import InboxRow, NewEvent
from storage.tables import inbox

LOCK_TIMEOUT: Final = "1s"
"""For locks that cannot be tried, such as that of an event that another process is storing."""

MAX_LOOKED_AT: Final = 2000
"""Of a customer's events, the newest that are looked at. A customer with more is a bot or a shared
id: what its older events did is not known."""

_TRY_LOCKS: Final = text(
    "SELECT name, pg_try_advisory_xact_lock(hashtextextended(name, 0)),"
    " set_config('lock_timeout', :timeout, true)"
    " FROM unnest(CAST(:names AS text[])) AS name"
)


@dataclass(frozen=True)
class CustomerFacts:
    """What the inbox knows of a customer before further events are accepted."""

    may_be_open: bool = False
    """Whether an event of theirs may have started a journey that has not closed."""
    was_started: bool = False
    """Whether such an event was delivered."""
    ever_started: bool = False
    """Whether any kept event of theirs may have started a journey, open or closed."""
    newest_waiting: int | None = None
    """The newest event that is not delivered."""
    many_since: datetime | None = None
    """When the last but `MAX_SIGNALS` - 1 was received; None: there are not so many."""


@dataclass(frozen=True)
class Accepting:
    """An event about to be stored, with the way it is delivered."""

    new: NewEvent
    leased_until: datetime | None
    """Until when this process delivers it."""
    is_delivered: bool
    """It needs no delivery."""


async def try_locks(
    connection: AsyncConnection, names: Collection[Sequence[str]]
) -> set[tuple[str, ...]]:
    """Take those of these locks that are free, and return the others.

    A transaction that waited for one customer's lock would keep all others of its batch waiting.
    On SQLite there is one writing transaction at a time anyway.
    """
    if not names or connection.dialect.name != "postgresql":
        return set()
    wanted = {lock_name(each): tuple(each) for each in names}
    asked = {"names": list(wanted), "timeout": LOCK_TIMEOUT}
    found = await connection.execute(_TRY_LOCKS, asked)
    return {wanted[name] for name, locked, _ in found if not locked}


def locks_of(customer: CustomerRef, kind: str, contacts: Contacts) -> list[tuple[str, ...]]:
    """The locks under which an event is stored, in the order in which all take them.

    An order waits for the claims of everyone with its number or e-mail address, and they for it.
    """
    own = ("customer", customer.store_id, customer.customer_id)
    is_order = kind == EventKind.ORDER_PLACED
    return [own, *(contact_locks(customer.store_id, contacts) if is_order else ())]


async def facts_of(
    connection: AsyncConnection, customers: Collection[CustomerRef]
) -> dict[CustomerRef, CustomerFacts]:
    """What is known of customers, by one query."""
    dialect = connection.dialect.name
    pairs = [(each.store_id, each.customer_id) for each in customers]
    found = await connection.execute(_facts_query(dialect), _keys_value(dialect, pairs))
    return {CustomerRef(row.store_id, row.customer_id): _facts(row) for row in found}


def _facts(row: Row[Any]) -> CustomerFacts:
    """What is not known may be: a journey is then looked for in vain, but never overlooked."""
    return CustomerFacts(
        may_be_open=bool(row.may_be_open or row.has_more),
        was_started=bool(row.was_started or row.has_more),
        ever_started=bool(row.ever_started or row.has_more),
        newest_waiting=row.newest_waiting,
        many_since=row.many_since,
    )


@cache
def _facts_query(dialect: str) -> Select[Any]:
    keys = _keys(dialect)
    theirs = (inbox.c.store_id == keys.c.store_id, inbox.c.customer_id == keys.c.customer_id)
    looked_at = (
        select(inbox.c.delivery, inbox.c.taken_by, inbox.c.dispatched_at)
        .where(*theirs)
        .order_by(inbox.c.id.desc())
        .limit(MAX_LOOKED_AT)
        .correlate(keys)
        .subquery()
    )
    starts = looked_at.c.delivery == Delivery.SIGNAL_OR_START.value
    unclosed = (starts, looked_at.c.taken_by.is_(None))
    return select(
        keys.c.store_id,
        keys.c.customer_id,
        exists().where(*unclosed).label("may_be_open"),
        exists().where(*unclosed, looked_at.c.dispatched_at.is_not(None)).label("was_started"),
        exists().where(starts).label("ever_started"),
        _newest(inbox.c.id, *theirs, skipping=MAX_LOOKED_AT).is_not(None).label("has_more"),
        _newest(inbox.c.id, *theirs, inbox.c.dispatched_at.is_(None)).label("newest_waiting"),
        _newest(inbox.c.received_at, *theirs, skipping=MAX_SIGNALS - 1).label("many_since"),
    )


def _newest(column: Any, *conditions: Any, skipping: int = 0) -> ScalarSelect[Any]:
    newest = select(column).where(*conditions).order_by(inbox.c.id.desc()).limit(1)
    return (newest.offset(skipping) if skipping else newest).scalar_subquery()


def _keys(dialect: str) -> FromClause:
    """The customers that are asked about, as a table."""
    if dialect == "postgresql":
        arrays = (bindparam(name, type_=ARRAY(String)) for name in ("store_ids", "customer_ids"))
        columns = ("store_id", "customer_id")
        return func.unnest(*arrays).table_valued(*columns, name="keys").render_derived()
    each = func.json_each(bindparam("keys", type_=String)).table_valued("value")
    return select(
        func.json_extract(each.c.value, "$[0]", type_=String).label("store_id"),
        func.json_extract(each.c.value, "$[1]", type_=String).label("customer_id"),
    ).subquery("keys")


def _keys_value(dialect: str, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    if dialect != "postgresql":
        return {"keys": write_json(pairs)}
    return {
        "store_ids": [store_id for store_id, _ in pairs],
        "customer_ids": [customer_id for _, customer_id in pairs],
    }


async def add_all(
    connection: AsyncConnection, accepting: Sequence[Accepting], now: datetime
) -> list[InboxRow | None]:
    """Store events in this order; None for each whose id its store already had.

    The caller holds the locks of their customers, and of orders' contacts.
    """
    await aliases.learn(connection, _learned(accepting, now))
    found = await connection.execute(
        _insertion(connection.dialect.name), [_values(each, now) for each in accepting]
    )
    ids = {(row.store_id, row.event_id): row.id for row in found}
    rows: list[InboxRow | None] = []
    for each in accepting:  # of one id that comes twice in a batch, the first one is stored
        row_id = ids.pop((each.new.store_id, each.new.event.event_id), None)
        rows.append(None if row_id is None else InboxRow.of_new(row_id, each.new, now))
    return rows


def _learned(accepting: Iterable[Accepting], now: datetime) -> list[Learned]:
    return [
        Learned(each.new.store_id, each.new.contacts.numbers, now)
        for each in accepting
        if each.new.other_forms
    ]


@cache
def _insertion(dialect: str) -> Any:
    make = sqlite_insert if dialect == "sqlite" else postgresql_insert
    returned = (inbox.c.id, inbox.c.store_id, inbox.c.event_id)
    return make(inbox).on_conflict_do_nothing().returning(*returned)


def _values(accepting: Accepting, now: datetime) -> Mapping[str, Any]:
    new = accepting.new
    return {
        "store_id": new.store_id,
        "customer_id": new.customer_id,
        **new.event.model_dump(),
        "delivery": new.routing.delivery.value,
        "ignored_because": new.routing.ignored_because,
        "signalled": new.signalled,
        "address_hash": new.address_hash,
        "email_hash": new.email_hash,
        "body": new.body,
        "received_at": now,
        "leased_until": accepting.leased_until,
        "dispatched_at": now if accepting.is_delivered else None,
    }

"""The statements of `later_events`, built once: building one takes longer than executing it."""

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Update,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)

from domain.events.journey_event import JourneyEvent
from domain.events.kinds import OPERATOR_EXIT, EventKind
from domain.journey.routing import Delivery
from storage.tables import inbox

MAX_OF_A_KIND: Final = 20
"""The newest events of each kind that are read, emptied carts apart. Of one kind, older ones decide
nothing more."""

_FIELDS: Final = tuple(JourneyEvent.model_fields)
_OF_CUSTOMER: Final = (
    inbox.c.store_id == bindparam("of_store"),
    inbox.c.customer_id == bindparam("of_customer"),
)
_FOR_JOURNEYS: Final = and_(inbox.c.delivery != Delivery.STORE_ONLY, inbox.c.kind != OPERATOR_EXIT)
_BY_ID: Final = inbox.c.event_id.in_(bindparam("event_ids", expanding=True))


def _newest_of_each_kind(which: ColumnElement[bool]) -> Select[Any]:
    newest = (inbox.c.at.desc(), inbox.c.id.desc())
    place = func.row_number().over(
        partition_by=(inbox.c.kind, inbox.c.empties_cart), order_by=newest
    )
    found = (
        select(*(inbox.c[name] for name in _FIELDS), inbox.c.id, place.label("place"))
        .where(*_OF_CUSTOMER, which)
        .subquery()
    )
    return (
        select(*(found.c[name] for name in _FIELDS))
        .where(found.c.place <= MAX_OF_A_KIND)
        .order_by(found.c.at.desc(), found.c.id.desc())
    )


def _accepted() -> ColumnElement[bool]:
    takes_back = or_(inbox.c.kind == EventKind.ORDER_PLACED, inbox.c.empties_cart)
    own = inbox.c.taken_by == bindparam("run_id")
    is_new = and_(
        inbox.c.at > bindparam("left_at"), or_(inbox.c.taken_by.is_(None), own, takes_back)
    )
    is_order = inbox.c.kind == EventKind.ORDER_PLACED
    ordered = and_(inbox.c.at >= bindparam("orders_since"), is_order)
    return and_(_FOR_JOURNEYS, or_(is_new, ordered))


def _exits() -> ColumnElement[bool]:
    """The operator's exits that came after the trigger, by arrival or by the clock."""
    trigger = inbox.alias()
    is_trigger = (
        trigger.c.store_id == bindparam("of_store"),
        trigger.c.event_id == bindparam("trigger"),
    )
    trigger_id = select(trigger.c.id).where(*is_trigger).scalar_subquery()
    trigger_at = select(trigger.c.at).where(*is_trigger).scalar_subquery()
    later = or_(inbox.c.id > trigger_id, inbox.c.at >= trigger_at)
    return and_(inbox.c.kind == OPERATOR_EXIT, later)


def _take() -> Update:
    """Undo what an earlier record of this run took in, and take in what this one names.

    What was not delivered because the earlier record had taken it in is delivered after all.
    """
    is_named = and_(
        inbox.c.event_id.not_in(bindparam("but", expanding=True)),
        or_(_BY_ID, inbox.c.at <= bindparam("up_to")),
    )
    was_taken = inbox.c.taken_by == bindparam("run_id")
    undone = and_(was_taken, inbox.c.dispatched_at == bindparam("closed_before"))
    dispatched_at = case((undone, None), else_=inbox.c.dispatched_at)
    others_need_it = inbox.c.kind.in_((EventKind.ORDER_PLACED, OPERATOR_EXIT))
    at = bindparam("closed_at", type_=inbox.c.dispatched_at.type)
    delivered = case((others_need_it, dispatched_at), else_=func.coalesce(dispatched_at, at))
    run_id = bindparam("run_id", type_=inbox.c.taken_by.type)
    return (
        update(inbox)
        .where(*_OF_CUSTOMER, or_(was_taken, and_(inbox.c.taken_by.is_(None), is_named)))
        .values(
            taken_by=case((is_named, run_id), else_=None),
            dispatched_at=case((is_named, delivered), else_=dispatched_at),
        )
    )


ACCEPTED: Final = _newest_of_each_kind(_accepted())
ACCEPTED_OR_EXITS: Final = _newest_of_each_kind(or_(_accepted(), _exits()))
UNSIGNALLED: Final = _newest_of_each_kind(
    and_(
        _FOR_JOURNEYS,
        inbox.c.signalled.is_(False),
        inbox.c.taken_by.is_(None),
        inbox.c.at > bindparam("left_at"),
    )
)
TAKEN: Final = select(inbox.c.event_id).where(
    inbox.c.store_id == bindparam("of_store"), _BY_ID, inbox.c.taken_by != bindparam("run_id")
)
TAKE: Final = _take()

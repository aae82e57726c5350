"""What the activities of a journey read first: several tables, by one query each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import RowMapping, Select, and_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.journey.identity import CustomerRef
from domain.journey.outcomes import WITHOUT_A_PLAN, Outcome
from storage import exit_api_state, stores
from storage.exit_api_state import ExitApiState
from storage.stores import Store
from storage.tables import exit_api_state as exit_apis
from storage.tables import inbox, journeys
from storage.tables import stores as stores_table

_OF_TRIGGER: Final = and_(
    inbox.c.store_id == stores_table.c.store_id, inbox.c.event_id == bindparam("of_event")
)
_OF_STORE: Final = stores_table.c.store_id == bindparam("of_store")
_MESSAGED_UP_TO: Final = (
    select(func.max(journeys.c.left_at))
    .where(
        journeys.c.store_id == bindparam("of_store"),
        journeys.c.customer_id == bindparam("of_customer"),
        journeys.c.outcome.in_([Outcome.MESSAGED, Outcome.SKIPPED]),
        journeys.c.reason.not_in(WITHOUT_A_PLAN),
        journeys.c.run_id != bindparam("of_run"),
    )
    .scalar_subquery()
)
_FOR_PLAN: Final = (
    select(*stores.COLUMNS, inbox.c.body, _MESSAGED_UP_TO.label("messaged_up_to"))
    .select_from(stores_table.outerjoin(inbox, _OF_TRIGGER))
    .where(_OF_STORE)
)
_FOR_DELIVERY: Final = (
    select(*stores.COLUMNS, inbox.c.body, *exit_api_state.COLUMNS)
    .select_from(
        stores_table.outerjoin(inbox, _OF_TRIGGER).outerjoin(
            exit_apis, exit_apis.c.store_id == stores_table.c.store_id
        )
    )
    .where(_OF_STORE)
)


@dataclass(frozen=True)
class PlanReads:
    """What a plan depends on."""

    store: Store
    body: Mapping[str, Any]
    """Of the trigger, as posted; empty when it was erased."""
    messaged_up_to: datetime | None
    """When the customer had left, of other journeys that followed their plan; None if none did."""


@dataclass(frozen=True)
class DeliveryReads:
    """What a delivery begins with."""

    store: Store
    body: Mapping[str, Any]
    """Of the trigger, as posted; empty when it was erased."""
    exit_api: ExitApiState
    """What is known of the store's Exit API."""


async def for_plan(
    connection: AsyncConnection, customer: CustomerRef, event_id: str, run_id: str
) -> PlanReads:
    """Read what the plan for a trigger depends on.

    Args:
        connection: to read by.
        customer: whose journey it is.
        event_id: the trigger's.
        run_id: of the journey. It may have closed and decide once more: its own earlier end says
            nothing about its events.

    Raises:
        LookupError: the store does not exist.
    """
    row = await _row(connection, _FOR_PLAN, customer, of_event=event_id, of_run=run_id)
    store = stores.of_row(connection, row)
    return PlanReads(store, row["body"] or {}, row["messaged_up_to"])


async def for_delivery(
    connection: AsyncConnection, customer: CustomerRef, event_id: str
) -> DeliveryReads:
    """Read what the delivery of a message about a trigger begins with.

    Raises:
        LookupError: the store does not exist.
    """
    row = await _row(connection, _FOR_DELIVERY, customer, of_event=event_id)
    store = stores.of_row(connection, row)
    api = store.config.exit_api
    known = ExitApiState() if api is None else exit_api_state.of_row(row, api)
    return DeliveryReads(store, row["body"] or {}, known)


async def _row(
    connection: AsyncConnection, query: Select[Any], customer: CustomerRef, **which: str
) -> RowMapping:
    which |= {"of_store": customer.store_id, "of_customer": customer.customer_id}
    row: RowMapping | None = (await connection.execute(query, which)).mappings().first()
    if row is None:
        raise LookupError(f"no store {customer.store_id}")
    return row

"""For the operator and the store itself: journeys explained and ended, messages, statistics."""

from typing import Any

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel

from api.dependencies import CustomerIdPath, OwnStore, ServicesDep
from api.errors import not_found
from api.history_cursor import HistoryCursorQuery, to_history_cursor
from api.openapi_answers import error_responses
from api.period import CursorQuery, PeriodQuery, to_cursor
from domain.journey.identity import CustomerRef
from ingest.receipts import ReceiptStatus
from operations.customer_keys import customer_of
from operations.explanation import Explanation
from operations.history import History, HistoryPosition
from operations.statistics import Statistics, statistics_of
from storage import message_reports
from storage.message_reports import LedgerPage
from storage.messages import MessageStatus

PAGE_SIZE = 100

router = APIRouter(prefix="/v1/stores/{store_id}", tags=["journeys"])


class AcceptedExit(BaseModel):
    """An accepted exit."""

    journey_id: str
    status: ReceiptStatus


class CustomerHistory(History):
    """A page of what is known of a customer."""

    next_cursor: str | None


class MessagePricing(BaseModel):
    """What Meta says about the price of a message, in its words."""

    billable: bool | None
    pricing_model: str | None
    category: str | None
    type: str | None


class LedgerEntry(BaseModel):
    """A message, sent or not."""

    message_id: str
    customer_id: str
    kind: str
    step: int
    fallback: int
    fallback_because: str | None
    channel: str
    template: str | None
    status: str
    provider_id: str | None
    because: str | None
    error_code: int | None
    due_at: AwareDatetime
    claimed_at: AwareDatetime
    sent_at: AwareDatetime | None
    delivered_at: AwareDatetime | None
    read_at: AwareDatetime | None
    clicked_at: AwareDatetime | None
    """The earliest sign that the customer followed a link of the message."""
    replied_at: AwareDatetime | None
    country: str | None
    """Of the number: ISO 3166."""
    experiment_id: str | None
    variant: str | None
    pricing: MessagePricing | None
    """None: Meta has said nothing about it."""


class Ledger(BaseModel):
    """A page of messages, oldest claim first."""

    messages: list[LedgerEntry]
    next_cursor: str | None


@router.get("/journeys/{customer_id:path}", responses=error_responses(404))
async def get_journey(
    store: OwnStore,
    customer_id: CustomerIdPath,
    services: ServicesDep,
    after: HistoryCursorQuery,
    *,
    history: bool = False,
) -> Explanation | CustomerHistory:
    """The current or last journey of a customer, explained.

    `?history=true` lists all journeys that are kept and the ignored events with their reasons,
    newest first, also of a customer who never had a journey. `cursor` continues it.
    """
    customer = await customer_of(services.database, store, customer_id)
    if history:
        return await _history(services, customer, after)
    explanation = await services.explainer.explain(customer)
    if explanation is None:
        raise not_found("journey; ?history=true lists ignored events")
    return explanation


async def _history(
    services: ServicesDep, customer: CustomerRef, after: HistoryPosition | None
) -> CustomerHistory:
    page = await services.history.read(customer, after)
    if page is None:
        raise not_found("customer: no event of this id is kept")
    cursor = page.next and to_history_cursor(page.next)
    return CustomerHistory(**dict(page.history), next_cursor=cursor)


@router.post("/journeys/{customer_id:path}/exit", status_code=202, responses=error_responses(404))
async def exit_journey(
    store: OwnStore, customer_id: CustomerIdPath, services: ServicesDep
) -> AcceptedExit:
    """End a customer's open journey now."""
    customer = await customer_of(services.database, store, customer_id)
    receipt = await services.intake.exit(store, customer.customer_id)
    if receipt.journey_id is None:
        raise not_found("open journey")
    return AcceptedExit(journey_id=receipt.journey_id, status=receipt.status)


@router.get("/messages", responses=error_responses(404))
async def list_messages(
    store: OwnStore,
    period: PeriodQuery,
    after: CursorQuery,
    services: ServicesDep,
    status: MessageStatus | None = None,
) -> Ledger:
    """Messages claimed in a period, by default the last seven days, of all or of one status."""
    page = LedgerPage(period.start, period.end, after, PAGE_SIZE + 1, status)
    async with services.database.reading(long=True) as connection:
        rows = await message_reports.listed(connection, store.store_id, page)
    entries = [_entry(row) for row in rows[:PAGE_SIZE]]
    last = (entries[-1].claimed_at, entries[-1].message_id) if len(rows) > PAGE_SIZE else None
    return Ledger(messages=entries, next_cursor=last and to_cursor(last))


def _entry(row: dict[str, Any]) -> LedgerEntry:
    said = {
        "billable": row["billable"],
        "pricing_model": row["price_model"],
        "category": row["price_category"],
        "type": row["price_type"],
    }
    is_said = any(value is not None for value in said.values())
    return LedgerEntry.model_validate({**row, "pricing": said if is_said else None})


@router.get("/stats", responses=error_responses(404))
async def get_stats(store: OwnStore, period: PeriodQuery, services: ServicesDep) -> Statistics:
    """How journeys ended, what became of messages, and how many people got one, by plan and step.

    `steps` counts the steps' own messages by status, `fallbacks` those sent instead. A person whose
    own message failed and whose fallback was sent has one of each, and counts once in `people`.
    """
    return await statistics_of(services.database, store.store_id, period.start, period.end)

"""The results of a store, as they are answered and shown."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.results.order_entries import MILLIONTHS
from storage.result_groups import By

Money = dict[str, Decimal]
"""Amounts in major units, by currency."""


_DIGITS = 2
"""After the point, at least."""


def money(amounts: dict[str, int]) -> Money:
    """Amounts of millionths in major units, at least with two digits after the point."""
    return {currency: in_major_units(amount) for currency, amount in sorted(amounts.items())}


def in_major_units(amount: int) -> Decimal:
    """An amount of millionths."""
    exact = (Decimal(amount) / MILLIONTHS).normalize()
    is_finer = -int(exact.as_tuple().exponent) > _DIGITS
    return exact if is_finer else exact.quantize(Decimal(1).scaleb(-_DIGITS))


class Estimate(BaseModel):
    """A number that was caused, with the interval that holds on any day it is looked at."""

    model_config = ConfigDict(frozen=True)

    estimate: float
    low: float
    high: float


class OrderCounts(BaseModel):
    """Orders three ways, which are never added up. Cancelled ones are taken off."""

    clicked: int = 0
    """The order's landing URL carries the token of a message of this row."""
    within_window: int = 0
    """A message of this row was the last one delivered before the order, within the window."""
    incremental: Estimate | None = None
    """What the messages caused, against the holdout."""


class Revenue(BaseModel):
    """Money three ways, which are never added up. Refunds are taken off, on their own day."""

    clicked: Money = Field(default_factory=dict)
    within_window: Money = Field(default_factory=dict)
    incremental: dict[str, Estimate] | None = None


class ResultRow(BaseModel):
    """What one plan, step, variant, template or day came to."""

    plan: str | None = None
    step: int | None = None
    variant: str | None = None
    template: str | None = None
    """Of a channel's messages, the channel."""
    language: str | None = None
    day: date | None = None
    journeys: int = 0
    """Journeys that closed in the period; of steps, variants and templates those that came to the
    claim of such a message."""
    messaged: int = 0
    """Messages that went out, or may have."""
    unconfirmed: int = 0
    """Of these, the ones without word of a delivery. No order is credited to them within the
    window."""
    undelivered: int = 0
    """Messages that failed."""
    withheld: int = 0
    """Messages that were not sent, since their person is held out of an experiment."""
    delivered: int = 0
    read: int = 0
    clicked: int = 0
    replied: int = 0
    opted_out: int = 0
    """Opt-outs within the window after a message of this row was delivered, as the last one."""
    orders: OrderCounts = Field(default_factory=OrderCounts)
    revenue: Revenue = Field(default_factory=Revenue)
    refunded: Revenue = Field(default_factory=Revenue)
    """What was taken off in the period."""
    cancelled: OrderCounts = Field(default_factory=OrderCounts)
    of_unknown_value: OrderCounts = Field(default_factory=OrderCounts)
    """Orders that count above, and of which no amount is known."""
    incremental_because: str | None = None
    """Why `incremental` is null."""
    experiment_id: str | None = None
    """The experiment behind `incremental`."""
    cost: Money | None = None
    """What Meta charges for the row's messages, as far as the store says; None: it does not."""
    cost_unknown: int = 0
    """Billed messages for which the store states no rate."""


class AllOrders(BaseModel):
    """All orders of the store in the period, credited to a message or not."""

    orders: int = 0
    cancelled: int = 0
    of_unknown_value: int = 0
    revenue: Money = Field(default_factory=dict)
    refunded: Money = Field(default_factory=dict)


class Results(BaseModel):
    """A store's results in a period."""

    model_config = ConfigDict(populate_by_name=True)

    start: AwareDatetime = Field(alias="from")
    end: AwareDatetime = Field(alias="to")
    by: By
    attribution_window: str
    click_token: str | None
    rows: list[ResultRow]
    all_orders: AllOrders

    @classmethod
    def of(cls, start: datetime, end: datetime, **values: Any) -> "Results":
        """Results of a period."""
        return cls.model_validate({"from": start, "to": end, **values})

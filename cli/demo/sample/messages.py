"""Rows of the sample store's ledger: each message, and what became of it by now."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cli.demo.sample.run import MOMENT, JourneyRun
from cli.demo.sample.shop import STORE_ID, SampleShop
from domain.journey.plan import PlannedStep
from domain.messages.click_tokens import click_token
from domain.messages.message import WHATSAPP
from storage.messages import MessageStatus
from storage.withholding import BECAUSE

Row = dict[str, Any]


@dataclass(frozen=True)
class Recipient:
    """Whom a journey's messages reach."""

    address_hash: str
    country: str
    variant: str | None
    """Of the cart's plan."""


NO_WORD: Final = "no answer after the request was written"
_FAILURES: Final[Mapping[int, str]] = {
    131026: "Message undeliverable",
    131049: "In order to maintain a healthy ecosystem engagement, the message failed to be "
    "delivered.",
}
_STATUSES: Final[Mapping[MessageStatus, float]] = {
    MessageStatus.UNKNOWN: 0.008,
    MessageStatus.ACCEPTED: 0.01,
    MessageStatus.SENT: 0.04,
    MessageStatus.FAILED: 0.03,
    MessageStatus.DELIVERED: 0.34,
    MessageStatus.READ: 0.572,
}
"""What becomes of messages, and how often."""

_CLICKED, _REPLIED = 0.06, 0.02
"""Of messages that were read, besides the clicks that led to an order."""

_FREE: Final = 0.08
"""Of delivered messages: sent within 24 hours of the shopper's own."""


def message_row(shop: SampleShop, run: JourneyRun, step: PlannedStep, to: Recipient) -> Row:
    """A message as it was claimed."""
    key = (run.customer_id, run.trigger.event_id, str(step.number), "0")
    in_experiment = run.trigger.kind == shop.experiment.kind
    at = step.due_at + MOMENT
    return _EMPTY | {
        "message_id": shop.hashed(f"message:{run.trigger.event_id}:{step.number}"),
        "store_id": STORE_ID,
        "customer_id": run.customer_id,
        "trigger_event_id": run.trigger.event_id,
        "step": step.number,
        "kind": run.trigger.kind,
        "template": step.sender(0),
        "address_hash": to.address_hash,
        "country": to.country,
        "click_token": click_token(shop.hash_key, STORE_ID, *key),
        "experiment_id": shop.experiment.experiment_id if in_experiment else None,
        "variant": to.variant if in_experiment else None,
        **dict.fromkeys(("claimed_at", "updated_at"), at),
        "due_at": step.due_at,
    }


_EMPTY: Final[Row] = {
    "fallback": 0,
    "channel": WHATSAPP,
    "language": "en",
    **dict.fromkeys(
        (
            *("because", "error_code", "provider_id"),
            *("billable", "price_model", "price_category", "price_type"),
            *("sent_at", "delivered_at", "read_at", "clicked_at", "replied_at"),
        )
    ),
}
"""Rows that are written together have the same columns."""


def withheld(row: Row) -> Row:
    """The message of a held-out shopper."""
    return row | {"status": MessageStatus.WITHHELD, "because": BECAUSE}


def unreachable(row: Row) -> Row:
    """The message that Meta refused at once."""
    return row | _failure(131026)


def _failure(code: int) -> Row:
    return {"status": MessageStatus.FAILED, "error_code": code, "because": _FAILURES[code]}


def went_out(chance: random.Random, row: Row, now: datetime) -> Row:
    """A message that Meta took, and what is known of it by now."""
    [status] = chance.choices(list(_STATUSES), list(_STATUSES.values()))
    delivered_at = row["claimed_at"] + timedelta(seconds=chance.uniform(1, 90))
    read_at = delivered_at + timedelta(minutes=chance.expovariate(1 / 40))
    free, failure = chance.random() < _FREE, chance.choice(list(_FAILURES))
    if status is MessageStatus.UNKNOWN:
        return row | {"status": status, "because": NO_WORD}
    sent = row | {
        "status": status,
        "sent_at": row["claimed_at"],
        "provider_id": f"wamid.made-up-{row['message_id']}",
    }
    if status is MessageStatus.FAILED:
        return sent | _failure(failure)
    if status not in {MessageStatus.DELIVERED, MessageStatus.READ}:
        return sent
    if delivered_at > now:
        return sent | {"status": MessageStatus.SENT}
    was_read = status is MessageStatus.READ and read_at <= now
    delivered = sent | _delivered(delivered_at, free=free)
    return _engaged(chance, read(delivered, read_at), now) if was_read else delivered


def _delivered(at: datetime, *, free: bool) -> Row:
    return {
        "status": MessageStatus.DELIVERED,
        "delivered_at": at,
        "updated_at": at,
        "billable": not free,
        "price_model": "PMP",
        "price_category": "marketing",
        "price_type": "free_customer_service" if free else "regular",
    }


def read(row: Row, at: datetime) -> Row:
    """A delivered message that was read."""
    times = {"read_at": at, "updated_at": max(at, row["updated_at"])}
    return row | times | {"status": MessageStatus.READ}


def _engaged(chance: random.Random, row: Row, now: datetime) -> Row:
    """Some who read also look at the shop, or answer."""
    at = row["read_at"] + timedelta(minutes=chance.uniform(0.1, 5))
    clicked, replied = chance.random() < _CLICKED, chance.random() < _REPLIED
    if at > now:
        return row
    return row | {
        "clicked_at": at if clicked else None,
        "replied_at": at if replied else None,
    }


def clicked(row: Row, at: datetime) -> Row:
    """A delivered message whose link led to the shop."""
    seen = row if row["read_at"] else read(row, at)
    return seen | {
        "read_at": min(seen["read_at"], at),
        "clicked_at": min(seen["clicked_at"] or at, at),
    }
